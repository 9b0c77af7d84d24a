//! The simulator's time: real time plus what was skipped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Counts from the start of the simulator. It can be put forward, so that a test need not wait three days for
/// a media id to expire.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_unix: Duration,
    skipped_ms: AtomicU64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        // A computer whose clock stands before 1970 simulates from 1970 on.
        let started_unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { started: Instant::now(), started_unix, skipped_ms: AtomicU64::new(0) }
    }

    /// The time since the start, skipped time included.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed() + Duration::from_millis(self.skipped_ms.load(Ordering::Relaxed))
    }

    /// The time since the start, skipped time left out.
    pub(crate) fn real(&self) -> Duration {
        self.started.elapsed()
    }

    /// Seconds since 1970, skipped time included.
    pub(crate) fn unix_seconds(&self) -> u64 {
        (self.started_unix + self.now()).as_secs()
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.skipped_ms.fetch_add(by, Ordering::Relaxed);
    }
}
