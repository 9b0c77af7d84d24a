//! Signals and stop files: the first one drains, a second signal aborts.

use std::fmt;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};

use crate::delivery::stop::Stop;

/// Tells whether a signal has come.
type Listener = Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<()>> + Send>;

/// Listens for the operator.
pub struct Signals {
    heard: Vec<(Listener, Stop)>,
}

impl Signals {
    /// Begins to listen. A signal that cannot be listened to keeps its usual effect.
    pub(crate) fn listen() -> Self {
        Self { heard: listeners() }
    }

    /// Hears nothing, and leaves every signal its usual effect: for a run inside of a bench or a test.
    pub fn none() -> Self {
        Self { heard: Vec::new() }
    }

    /// The next signal. It may be broken off and called again.
    pub(crate) async fn next(&mut self) -> Stop {
        std::future::poll_fn(|context| {
            for (signal, stop) in &mut self.heard {
                if let Poll::Ready(Some(())) = signal(context) {
                    return Poll::Ready(stop.clone());
                }
            }
            Poll::Pending
        })
        .await
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.heard.iter().map(|(_, stop)| stop)).finish()
    }
}

#[cfg(unix)]
fn listeners() -> Vec<(Listener, Stop)> {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        (SignalKind::interrupt(), Stop::Interrupted),
        (SignalKind::terminate(), Stop::Terminated),
        (SignalKind::hangup(), Stop::Terminated),
    ];
    let mut heard: Vec<(Listener, Stop)> = Vec::new();
    let ignored = ignored();
    for (kind, stop) in kinds {
        // A signal that was ignored from the start, as under nohup, stays ignored on purpose.
        if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
            continue;
        }
        if let Ok(mut signal) = signal(kind) {
            heard.push((Box::new(move |context| signal.poll_recv(context)), stop));
        }
    }
    heard
}

/// The signals that this process ignored from its beginning, a bit each, as `/proc` tells it; none where there is no
/// such file.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").ok();
    let mask = status.and_then(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(line.trim(), 16).ok()
    });
    mask.unwrap_or(0)
}

/// Ctrl-C and Ctrl-Break are the keys; a closed window, a logoff and a shutdown are how Windows ends a process, and give
/// it a few seconds to do so. Whatever is in flight then is settled as after a crash.
#[cfg(windows)]
fn listeners() -> Vec<(Listener, Stop)> {
    use tokio::signal::windows;
    let mut heard: Vec<(Listener, Stop)> = Vec::new();
    if let Ok(mut signal) = windows::ctrl_c() {
        heard.push((Box::new(move |context| signal.poll_recv(context)), Stop::Interrupted));
    }
    if let Ok(mut signal) = windows::ctrl_break() {
        heard.push((Box::new(move |context| signal.poll_recv(context)), Stop::Interrupted));
    }
    if let Ok(mut signal) = windows::ctrl_close() {
        heard.push((Box::new(move |context| signal.poll_recv(context)), Stop::Terminated));
    }
    if let Ok(mut signal) = windows::ctrl_logoff() {
        heard.push((Box::new(move |context| signal.poll_recv(context)), Stop::Terminated));
    }
    if let Ok(mut signal) = windows::ctrl_shutdown() {
        heard.push((Box::new(move |context| signal.poll_recv(context)), Stop::Terminated));
    }
    heard
}

/// How often it is looked for a file that asks the run to stop.
pub(crate) const LOOK: Duration = Duration::from_millis(200);

/// The files any of which asks a run to stop by being there.
#[derive(Debug, Clone, Default)]
pub struct StopFiles(Vec<PathBuf>);

impl StopFiles {
    /// These files.
    pub(crate) fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(files.into_iter().collect())
    }

    /// The first of them that is there.
    pub(crate) fn found(&self) -> Option<&Path> {
        self.0.iter().find(|file| file.exists()).map(PathBuf::as_path)
    }

    /// Waits until one of them is there. `ticks` keeps the time, so that this may be broken off and called again.
    pub(crate) async fn appear(&self, ticks: &mut Interval) {
        loop {
            ticks.tick().await;
            if self.found().is_some() {
                return;
            }
        }
    }
}

/// The time between two looks.
pub(crate) fn ticks() -> Interval {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
