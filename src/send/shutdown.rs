//! Signals and stop files: the first one drains, a second signal aborts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};

use crate::delivery::event::Stop;

/// Listens for the operator.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    heard: [(Option<tokio::signal::unix::Signal>, Stop); 3],
    #[cfg(windows)]
    heard: Option<tokio::signal::windows::CtrlC>,
}

impl Signals {
    /// Begins to listen. A signal that cannot be listened to keeps its usual effect.
    #[cfg(unix)]
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind, stop| (signal(kind).ok(), stop);
        Self {
            heard: [
                listen(SignalKind::interrupt(), Stop::Interrupted),
                listen(SignalKind::terminate(), Stop::Terminated),
                listen(SignalKind::hangup(), Stop::Terminated),
            ],
        }
    }

    /// Hears nothing, and leaves every signal its usual effect: for a run inside of a bench or a test.
    #[cfg(unix)]
    pub fn none() -> Self {
        Self { heard: [Stop::Interrupted, Stop::Terminated, Stop::Terminated].map(|stop| (None, stop)) }
    }

    /// Hears nothing, and leaves every signal its usual effect: for a run inside of a bench or a test.
    #[cfg(windows)]
    pub fn none() -> Self {
        Self { heard: None }
    }

    /// Begins to listen. A signal that cannot be listened to keeps its usual effect.
    #[cfg(windows)]
    pub fn listen() -> Self {
        Self { heard: tokio::signal::windows::ctrl_c().ok() }
    }

    /// The next signal. It may be broken off and called again.
    #[cfg(unix)]
    pub async fn next(&mut self) -> Stop {
        std::future::poll_fn(|context| {
            for (signal, stop) in &mut self.heard {
                if let Some(signal) = signal
                    && let std::task::Poll::Ready(Some(())) = signal.poll_recv(context)
                {
                    return std::task::Poll::Ready(stop.clone());
                }
            }
            std::task::Poll::Pending
        })
        .await
    }

    /// The next signal. It may be broken off and called again.
    #[cfg(windows)]
    pub async fn next(&mut self) -> Stop {
        let came = match &mut self.heard {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if came.is_none() {
            std::future::pending::<()>().await;
        }
        Stop::Interrupted
    }
}

/// How often it is looked for a file that asks the run to stop.
const LOOK: Duration = Duration::from_millis(200);

/// The files any of which asks a run to stop by being there.
#[derive(Debug, Clone, Default)]
pub struct StopFiles(Vec<PathBuf>);

impl StopFiles {
    /// These files.
    pub fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(files.into_iter().collect())
    }

    /// The first of them that is there.
    pub fn found(&self) -> Option<&Path> {
        self.0.iter().find(|file| file.exists()).map(PathBuf::as_path)
    }

    /// Waits until one of them is there. `ticks` keeps the time, so that this may be broken off and called again.
    pub async fn appear(&self, ticks: &mut Interval) {
        loop {
            ticks.tick().await;
            if self.found().is_some() {
                return;
            }
        }
    }
}

/// The time between two looks.
pub fn ticks() -> Interval {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
