//! The simulator's time: real time, or that of a rehearsal, plus what was skipped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;

use crate::clock;
use crate::simulator::units::{Speed, Start};

/// `[clock]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClockTable {
    pub(crate) start: Option<Start>,
    pub(crate) speed: Option<Speed>,
}

impl ClockTable {
    /// The clock that it wants, where that is another one than this computer's.
    pub(crate) fn clock(&self) -> Option<clock::Clock> {
        let Self { start, speed } = *self;
        let start = start.map(|start| start.0);
        (start.is_some() || speed.is_some()).then(|| {
            clock::Clock::scaled(start.unwrap_or_else(Timestamp::now), speed.map_or(1, |speed| speed.0))
        })
    }
}

/// Counts from the start of the simulator. It can be put forward, so that a test need not wait three days for
/// a media id to expire.
#[derive(Debug)]
pub(crate) struct Clock {
    shared: clock::Clock,
    /// Whether it is another one than this computer's.
    is_own: bool,
    started: Instant,
    started_unix: Duration,
    /// The start by this computer's clock.
    really: Instant,
    skipped_ms: AtomicU64,
}

impl Clock {
    /// This computer's, or the one that a scenario wants.
    pub(crate) fn start(wanted: Option<clock::Clock>) -> Self {
        let is_own = wanted.is_none();
        let shared = wanted.unwrap_or_else(clock::Clock::own);
        // A clock that stands before 1970 simulates from 1970 on.
        let since = shared.now().duration_since(Timestamp::UNIX_EPOCH);
        let started_unix = Duration::try_from(since).unwrap_or(Duration::ZERO);
        Self {
            is_own,
            started: shared.instant(),
            started_unix,
            really: Instant::now(),
            skipped_ms: AtomicU64::new(0),
            shared,
        }
    }

    /// The time since the start, skipped time included.
    pub(crate) fn now(&self) -> Duration {
        let passed = self.shared.instant().saturating_duration_since(self.started);
        passed + Duration::from_millis(self.skipped_ms.load(Ordering::Relaxed))
    }

    /// The time since the start by this computer's clock, skipped time left out.
    pub(crate) fn real(&self) -> Duration {
        self.really.elapsed()
    }

    /// Seconds since 1970, skipped time included.
    pub(crate) fn unix_seconds(&self) -> u64 {
        (self.started_unix + self.now()).as_secs()
    }

    /// The clock, for whoever is to have the same.
    pub(crate) fn shared(&self) -> &clock::Clock {
        &self.shared
    }

    /// The time that answers tell, where it is not this computer's.
    pub(crate) fn told(&self) -> Option<Timestamp> {
        let seconds = i64::try_from(self.unix_seconds()).ok()?;
        (!self.is_own).then(|| Timestamp::from_second(seconds).ok())?
    }

    /// How long a length of its time takes.
    pub(crate) fn takes(&self, length: Duration) -> Duration {
        self.shared.takes(length)
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.skipped_ms.fetch_add(by, Ordering::Relaxed);
    }
}
