//! The one owner of a run: what is sent when, and what becomes of it.

mod late;
mod ramp;
mod settle;
mod wake;

use std::collections::BinaryHeap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::watch;
use tokio::time::Interval;

use crate::campaign::Campaign;
use crate::campaign::file::Duplicates;
use crate::campaign::hours::Hours;
use crate::clock::Clock;
use crate::delivery::event::Event;
use crate::delivery::stop::{Stop, StorageFault};
use crate::journal::kept::Kept;
use crate::journal::postgres::pace::SharedPace;
use crate::journal::receipt::Watch;
use crate::journal::{Journal, flushing};
use crate::send::breaker::Breaker;
use crate::send::dispatcher::wake::{Wake, outside, sleep};
use crate::send::doors::{Doors, Hour};
use crate::send::feed::{FeedEnd, Jobs};
use crate::send::later::Later;
use crate::send::ramp::gate::{RampGate, until};
use crate::send::ramp::state::RampState;
use crate::send::rate::{Load, Pacer};
use crate::send::retry::RetryCounts;
use crate::send::shutdown::{Signals, StopFiles, ticks};
use crate::send::turns::Turns;
use crate::send::worker::{Attempted, Job, Shared, attempt};

/// How a run ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// Why it stopped, where it did not just finish.
    pub stop: Option<Stop>,
    /// How many requests it made.
    pub requests: u64,
    /// How many of them were broken off by a second signal.
    pub(crate) broken_off: u64,
    /// How long it sent.
    pub(crate) duration: Duration,
}

/// What a run needs.
pub struct Run<'r, J> {
    /// How to send.
    pub campaign: &'r Campaign,
    /// The messages.
    pub jobs: Jobs,
    /// The platform, its tokens and the journal.
    pub shared: Arc<Shared<J>>,
    /// Where the ramp stands, where there is one.
    pub ramp: Option<Arc<RampState>>,
    /// At most this many messages are begun.
    pub limit: Option<u64>,
    /// Told of everything that happens.
    pub watch: &'r mut dyn FnMut(&Event),
    /// Ends the run when somebody asks from outside.
    pub signals: Signals,
    /// Ends it when one of these files appears.
    pub stop_files: StopFiles,
    /// Ends it when one of these files, the journal or a lock, is no longer the one that was opened.
    pub kept: Vec<Kept>,
    /// The run's receipt, where it leaves one.
    pub receipt: Option<Watch>,
    /// The pace of the account over all computers, where they share it.
    pub(crate) pace: Option<Arc<SharedPace>>,
}

type InFlight = FuturesUnordered<Pin<Box<dyn Future<Output = Attempted> + Send>>>;

struct Dispatcher<'r, J> {
    run: Run<'r, J>,
    clock: Clock,
    /// When the platform was asked for the time last, because this computer's clock cannot be trusted.
    asked_time: Option<Instant>,
    pacer: Pacer,
    load: Load,
    breaker: Breaker,
    in_flight: InFlight,
    /// Where one person may get several messages: whose turn it is.
    turns: Option<Turns>,
    /// Whether it is the hour to begin anything.
    doors: Doors,
    ready: Option<Job>,
    later: BinaryHeap<Later>,
    fed: bool,
    ticks: Interval,
    launched: u64,
    limited: bool,
    /// What policies keep unsent for now.
    postponed: Postponed,
    /// Which messages wait for their step of the ramp, where there is one.
    ramp: Option<RampGate>,
    /// Whether the operator has sent a signal; the next one aborts.
    signalled: bool,
    requests: u64,
    broken_off: u64,
    stop: Option<Stop>,
    /// Tells those who have not begun that they need not.
    stopping: Arc<watch::Sender<bool>>,
}

/// Messages that a policy keeps unsent for now.
#[derive(Debug, Default)]
struct Postponed {
    count: u64,
    /// When the first of them may be sent.
    until: Option<Timestamp>,
}

impl Postponed {
    fn add(&mut self, until: Timestamp) {
        self.count += 1;
        self.until = Some(self.until.map_or(until, |first| first.min(until)));
    }

    /// Whoever goes on at that moment finds the hours open.
    fn stop(&self, hours: &Hours) -> Option<Stop> {
        let resume_at = |until| hours.opens(until).unwrap_or(until);
        self.until.map(|until| Stop::Caps { count: self.count, resume_at: resume_at(until) })
    }
}

/// Whether a message was not begun yet in this run.
fn is_fresh(job: &Job) -> bool {
    job.retries == RetryCounts::default()
}

/// So many tasks, about one for each message on its way, run between two looks at the dispatcher and at the network.
/// With twice as many, which is usual, all messages go through the executor in step: either all of them wait for the
/// journal, or the journal waits for them.
const TASKS_AT_ONCE: u32 = 31;

/// The runtime that a run is made for. It is on this thread. One is enough: the work is waiting, and the journal and
/// the planner have threads of their own.
///
/// # Errors
///
/// When the system has none.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().event_interval(TASKS_AT_ONCE).build()
}

/// How long a run that is broken off waits for intents that are just being written.
const LAST_INTENTS: Duration = Duration::from_secs(2);

/// Sends until there is nothing left to send or a reason to stop.
pub async fn run<J: Journal>(mut run: Run<'_, J>) -> Ended {
    let clock = run.shared.client.clock().clone();
    clock.go();
    let begun = clock.instant();
    let settings = &run.campaign.send;
    let constant = run.campaign.templates.iter().all(|template| template.constant().is_some());
    let mut dispatcher = Dispatcher {
        pacer: Pacer::new(&settings.rates, clock.speed()).sharing(run.pace.clone()),
        load: Load::new(begun),
        breaker: Breaker::new(settings.max_refused, settings.max_unknown, constant),
        in_flight: FuturesUnordered::new(),
        turns: (run.campaign.audience.duplicates == Duplicates::Each).then(Turns::default),
        doors: Doors::of(&settings.hours),
        ready: None,
        later: BinaryHeap::new(),
        fed: false,
        ticks: ticks(),
        launched: 0,
        limited: false,
        postponed: Postponed::default(),
        ramp: run.ramp.take().map(|ramp| RampGate::new(ramp, &clock)),
        signalled: false,
        requests: 0,
        broken_off: 0,
        stop: None,
        stopping: Arc::new(watch::Sender::new(false)),
        clock: clock.clone(),
        asked_time: None,
        run,
    };
    dispatcher.work().await;
    clock.rest();
    let limit = dispatcher.limited.then_some(Stop::Limit);
    let postponed = dispatcher.postponed.stop(&settings.hours);
    Ended {
        stop: dispatcher.stop.or(limit).or(postponed),
        requests: dispatcher.requests,
        broken_off: dispatcher.broken_off,
        duration: clock.instant().saturating_duration_since(begun),
    }
}

impl<J: Journal> Dispatcher<'_, J> {
    async fn work(&mut self) {
        if let Some(resting) = self.ramp.as_ref().and_then(|ramp| ramp.begins_resting(&self.clock)) {
            (self.run.watch)(&resting);
        }
        loop {
            self.start_what_can_be();
            if self.step_is_over() {
                self.end_step();
                continue;
            }
            if self.is_done() {
                return;
            }
            match self.wake().await {
                Wake::Attempted(attempted) => self.attempted(*attempted),
                Wake::Fed(fed) => self.take(fed),
                Wake::Due => self.ready = self.later.pop().map(|later| later.job),
                Wake::Paced => self.launch(),
                Wake::Rested => self.begin_step(),
                Wake::Signal(stop) if self.signalled => {
                    self.break_off().await;
                    self.drain(stop.clone());
                    if self.stop.as_ref().is_some_and(|before| before.rank() <= stop.rank()) {
                        self.stop = Some(stop);
                    }
                    return;
                }
                Wake::Signal(stop) => {
                    self.signalled = true;
                    self.drain(stop);
                }
                Wake::Asked => self.drain(Stop::Asked),
                Wake::Replaced => self.drain(Stop::Storage(StorageFault::Replaced)),
                Wake::Lost(reason) => self.drain(Stop::Storage(StorageFault::Said(reason))),
                Wake::TakenOver => self.drain(Stop::Storage(StorageFault::Fenced)),
                Wake::Looked => {
                    self.look_at_hours();
                }
            }
        }
    }

    /// Breaks off what is in flight. A message whose intent is just being written is waited for, since no request is
    /// begun for it any more and it is known to be undelivered; a request that is on its way is not.
    async fn break_off(&mut self) {
        let shared = Arc::clone(&self.run.shared);
        shared.air.close();
        tracing::info!(requests = shared.air.requests(), "breaking off");
        let until = tokio::time::Instant::now() + LAST_INTENTS;
        while self.in_flight.len() > shared.air.requests() {
            let next = tokio::time::timeout_at(until, self.in_flight.next());
            match flushing(&shared.journal, next).await {
                Ok(Some(attempted)) => self.attempted(attempted),
                Ok(None) | Err(_) => break,
            }
        }
        // These have an intent and no outcome: they may have been delivered.
        self.in_flight.clear();
        self.broken_off = u64::try_from(shared.air.requests()).expect("a count fits 64 bits");
        self.requests += self.broken_off;
    }

    /// Starts as much as slots, messages and pace allow at this moment, without the round through
    /// [`wake`](Self::wake) that waiting takes.
    fn start_what_can_be(&mut self) {
        while self.stop.is_none() && self.in_flight.len() < self.run.campaign.send.concurrency {
            if self.ready.is_none() && !self.ready_at_once() {
                return;
            }
            self.keep_to_limit();
            if self.ready.is_some() {
                if !self.pacer.passes() {
                    return;
                }
                self.launch();
            }
        }
    }

    /// Makes a message ready if one is there to be had. Gives false when there is none to look at.
    fn ready_at_once(&mut self) -> bool {
        if self.later.peek().is_some_and(|later| later.due.0 <= self.clock.instant()) {
            self.ready = self.later.pop().map(|later| later.job);
            return true;
        }
        if self.fed || !self.has_room_for_more() || self.waits_for_step() {
            return false;
        }
        match self.run.jobs.try_next() {
            Ok(fed) => self.take(Some(fed)),
            Err(TryRecvError::Disconnected) => self.take(None),
            Err(TryRecvError::Empty) => return false,
        }
        true
    }

    fn take(&mut self, fed: Option<Result<Job, FeedEnd>>) {
        match fed {
            Some(Ok(job)) => {
                let now_or_later = match &mut self.ramp {
                    Some(ramp) => ramp.admit(job),
                    None => Some(job),
                };
                let Some(job) = now_or_later else { return };
                let turn = match &mut self.turns {
                    Some(turns) => turns.admit(job),
                    None => Some(job),
                };
                // A message that is too late already does not wait for the pace.
                let now = self.clock.platform().from;
                match turn {
                    Some(job) if self.is_late(&job) => self.judge_again_or_skip(job),
                    Some(job) => match job.hold.filter(|hold| hold.holds(now)) {
                        Some(hold) => self.held_back(&job, hold),
                        None => self.ready = Some(job),
                    },
                    None => {}
                }
            }
            Some(Err(end)) => self.feed_ended(end),
            None => self.fed = true,
        }
    }

    /// Whether few enough messages wait to be tried again that new ones may be begun.
    fn has_room_for_more(&self) -> bool {
        let waiting = self.later.len() + self.turns.as_ref().map_or(0, Turns::waiting);
        waiting < self.run.campaign.send.concurrency.saturating_mul(4).max(64)
    }

    fn is_done(&self) -> bool {
        let nothing_to_start =
            self.stop.is_some() || (self.fed && self.ready.is_none() && self.later.is_empty());
        nothing_to_start && self.in_flight.is_empty()
    }

    async fn wake(&mut self) -> Wake {
        let going = self.stop.is_none();
        let room = self.in_flight.len() < self.run.campaign.send.concurrency;
        let may_start = going && room && self.ready.is_some();
        let may_take = going && self.ready.is_none();
        let may_feed = may_take && !self.fed && self.has_room_for_more() && !self.waits_for_step();
        let rested = self.ramp.as_ref().and_then(|ramp| ramp.rested_at());
        let due = self.later.peek().map(|later| later.due.0);
        let wait = due.map(|due| self.clock.takes(due.saturating_duration_since(self.clock.instant())));
        let shared = Arc::clone(&self.run.shared);
        let woken = async {
            // An arm's future is made even where its condition does not hold, but it is not waited for.
            tokio::select! {
                biased;
                stop = self.run.signals.next() => Wake::Signal(stop),
                wake = outside(&self.run.stop_files, &self.run.kept, self.run.receipt.as_ref(), self.run.pace.as_deref(), &mut self.ticks), if going => wake,
                Some(attempted) = self.in_flight.next(), if !self.in_flight.is_empty() => Wake::Attempted(Box::new(attempted)),
                () = sleep(wait.unwrap_or(Duration::ZERO)), if may_take && wait.is_some() => Wake::Due,
                fed = self.run.jobs.next(), if may_feed => Wake::Fed(fed),
                () = self.pacer.pace(), if may_start => Wake::Paced,
                () = until(rested, &self.clock), if going && rested.is_some() => Wake::Rested,
                () = self.doors.closing(&self.clock), if going && self.doors.may_close() => Wake::Looked,
            }
        };
        flushing(&shared.journal, woken).await
    }

    /// Puts a message aside that would be one too many, before it waits for its turn in the pace. Nothing new is begun
    /// then, but what was begun is brought to its end, retries and all.
    fn keep_to_limit(&mut self) {
        let is_full = self.run.limit.is_some_and(|limit| self.launched >= limit);
        if is_full && self.ready.take_if(|job| is_fresh(job)).is_some() {
            self.fed = true;
            self.limited = true;
        }
    }

    fn launch(&mut self) {
        let Some(job) = self.ready.take() else { return };
        // The hour may have ended while the message waited for its permit.
        match self.look_at_hours() {
            Hour::Open => {}
            Hour::Unsure => return self.judge_again(job),
            Hour::Over => return,
        }
        if self.is_late(&job) {
            return self.judge_again_or_skip(job);
        }
        self.launched += u64::from(is_fresh(&job));
        if let Some(ramp) = &mut self.ramp {
            ramp.begins();
        }
        self.in_flight.push(Box::pin(attempt(Arc::clone(&self.run.shared), job, Arc::clone(&self.stopping))));
    }

    fn feed_ended(&mut self, end: FeedEnd) {
        self.fed = true;
        self.drain(match end {
            FeedEnd::Changed => Stop::Changed,
            FeedEnd::Journal(error) => Stop::Storage(error.into()),
        });
    }

    /// Starts nothing more; what is in flight is waited for. The gravest reason stands, and of equals the first.
    fn drain(&mut self, stop: Stop) {
        let begins = self.stop.is_none();
        if self.stop.as_ref().is_none_or(|before| stop.rank() > before.rank()) {
            self.stop = Some(stop.clone());
        }
        if begins {
            tracing::info!(reason = %stop.reason(), "stopping");
            (self.run.watch)(&Event::Draining(stop));
            // Attempts that still wait for a token give up.
            self.stopping.send_replace(true);
        }
    }
}
