//! Results that keep up with a run, at a small share of its time.
//!
//! To write results is to read audience and journal from their beginning to their end, so it is done only when something
//! was settled since the last time, and the longer it takes, the longer the next one waits. While nothing happens, nothing
//! is read and nothing is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::journal::store::Store;
use crate::send::execution::receipts::Receipts;
use crate::send::execution::results::Results;

/// Results are refreshed no more often than this.
const EVERY: Duration = Duration::from_secs(2);
/// And wait so many times as long as the last refresh took: two hundredths of the time go into them.
const SHARE: u32 = 50;
/// What is settled is told before it is on disk. So much later it is there.
const ON_DISK: Duration = Duration::from_millis(100);

/// When results are refreshed: the decision, without clock and files.
#[derive(Debug, Default)]
struct Schedule {
    /// How many messages were settled when the results were last written.
    written: u64,
    /// How long that took.
    cost: Duration,
}

impl Schedule {
    /// How long after a refresh, or a look that led to none, the next look comes.
    fn pause(&self) -> Duration {
        EVERY.max(self.cost * SHARE)
    }

    fn is_due(&self, settled: u64) -> bool {
        settled != self.written
    }

    fn written(&mut self, settled: u64, cost: Duration) {
        (self.written, self.cost) = (settled, cost);
    }

    /// What cannot be written now is tried again, and no sooner.
    fn failed(&mut self, cost: Duration) {
        self.cost = cost;
    }
}

/// Something that is written again and again during a run.
struct Turn<'a> {
    schedule: Schedule,
    /// When it is looked at next.
    next: Instant,
    write: &'a dyn Fn(&Store) -> bool,
}

impl<'a> Turn<'a> {
    fn new(write: &'a dyn Fn(&Store) -> bool) -> Self {
        let schedule = Schedule::default();
        Self { next: Instant::now() + schedule.pause(), schedule, write }
    }

    /// Whether it is to be written now.
    fn is_due(&self, settled: u64) -> bool {
        self.next <= Instant::now() && self.schedule.is_due(settled)
    }

    /// Lets a look pass that led to nothing.
    fn pass(&mut self) {
        if self.next <= Instant::now() {
            self.next = Instant::now() + self.schedule.pause();
        }
    }

    /// Writes it, where it is due.
    fn take(&mut self, settled: u64, state: &Path) {
        if self.is_due(settled) {
            let begun = Instant::now();
            // A refresh that fails is tried again later. If the last one fails too, that is reported.
            if matches!(Store::read(state), Ok(Some(store)) if (self.write)(&store)) {
                self.schedule.written(settled, begun.elapsed());
            } else {
                self.schedule.failed(begun.elapsed());
            }
        }
        self.pass();
    }
}

/// Refreshes the results of a run on a thread of its own.
pub(crate) struct Refresher {
    settled: Arc<AtomicU64>,
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Refresher {
    pub(crate) fn start(results: Arc<dyn Results>, receipts: Option<Receipts>, state: PathBuf) -> Self {
        let settled = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&settled);
        let (stop, stopped) = channel();
        let waits = move |time| stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
        let thread = std::thread::spawn(move || {
            // The receipt is cheap to write and says how far the journal had come, so it is refreshed even where the results are
            // too large to be.
            let write_receipt = |store: &Store| {
                let written = receipts.as_ref().map(|receipts| receipts.write(store, true, None));
                written.is_none_or(|written| written.is_ok_and(|entry| entry.is_some()))
            };
            let write_results = |store: &Store| results.refresh(store);
            let mut turns = [Turn::new(&write_receipt), Turn::new(&write_results)];
            loop {
                let next = turns.iter().map(|turn| turn.next).min().expect("there are two");
                if !waits(next.saturating_duration_since(Instant::now())) {
                    return;
                }
                let settled = counted.load(Ordering::Relaxed);
                if !turns.iter().any(|turn| turn.is_due(settled)) {
                    turns.iter_mut().for_each(Turn::pass);
                } else if waits(ON_DISK) {
                    turns.iter_mut().for_each(|turn| turn.take(settled, &state));
                } else {
                    return;
                }
            }
        });
        Self { settled, stop, thread }
    }

    /// Counts messages as they are settled.
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.settled)
    }

    pub(crate) fn stop(self) {
        let _ = self.stop.send(());
        // Results are written to a temporary file and renamed, so a panic here costs one refresh and nothing more.
        let _ = self.thread.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_written_when_something_was_settled_and_not_again_before_more_is() {
        let mut schedule = Schedule::default();
        assert!(!schedule.is_due(0), "nothing happened");
        assert!(schedule.is_due(1));
        schedule.written(1, Duration::from_millis(3));
        assert!(!schedule.is_due(1));
        assert!(schedule.is_due(2));
        schedule.failed(Duration::ZERO);
        assert!(schedule.is_due(2), "what failed is tried again");
    }

    #[test]
    fn the_longer_it_takes_the_less_often_it_is_done() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.pause(), EVERY);
        schedule.written(1, Duration::from_millis(1));
        assert_eq!(schedule.pause(), EVERY);
        schedule.written(2, Duration::from_secs(1));
        assert_eq!(schedule.pause(), Duration::from_secs(50));
    }
}
