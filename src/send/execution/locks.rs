//! The locks of a run: nobody else sends this campaign, and nobody else sends for this account, whose ceiling holds for
//! both together.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::journal::kept::Kept;
use crate::journal::lock::{Holder, Lock, LockError};

/// How often a lock that is waited for is tried.
const EVERY: Duration = Duration::from_millis(50);

/// Locks that are held until they are dropped.
#[derive(Debug, Default)]
pub struct Locks {
    held: Vec<Lock>,
}

impl Locks {
    /// The files of those without which a run may not go on.
    pub(crate) fn kept(&self) -> impl Iterator<Item = Kept> {
        self.held.iter().filter_map(|lock| lock.kept.clone())
    }

    /// Takes one more, and waits for it until then if somebody else has it.
    ///
    /// # Errors
    ///
    /// When somebody still has it, or its file cannot be used.
    pub(crate) fn take(&mut self, path: &Path, holder: &Holder, until: Instant) -> Result<(), LockError> {
        self.insist(until, || Lock::take(path, holder))
    }

    /// The same of a lock that lies where others work too.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub(crate) fn take_among_others(
        &mut self,
        path: &Path,
        holder: &Holder,
        until: Instant,
    ) -> Result<(), LockError> {
        self.insist(until, || Lock::take_among_others(path, holder))
    }

    fn insist(
        &mut self,
        until: Instant,
        take: impl Fn() -> Result<Lock, LockError>,
    ) -> Result<(), LockError> {
        loop {
            match take() {
                Ok(lock) => {
                    self.held.push(lock);
                    return Ok(());
                }
                Err(LockError::Held(_)) if Instant::now() < until => std::thread::sleep(EVERY),
                Err(error) => return Err(error),
            }
        }
    }
}
