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
    /// Their files.
    pub(crate) fn kept(&self) -> impl Iterator<Item = Kept> {
        self.held.iter().map(|lock| lock.kept.clone())
    }

    /// Takes one more, and waits for it until then if somebody else has it.
    ///
    /// # Errors
    ///
    /// When somebody still has it, or its file cannot be used.
    pub(crate) fn take(&mut self, path: &Path, holder: &Holder, until: Instant) -> Result<(), LockError> {
        loop {
            match Lock::take(path, holder) {
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
