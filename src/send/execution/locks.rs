//! The locks of a run: nobody else sends this campaign, and nobody else sends for this account, whose ceiling holds for
//! both together.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::journal::kept::Kept;
use crate::journal::lock::{FolderLock, Holder, Lock, LockError, hold};

/// How often a lock that is waited for is tried.
const EVERY: Duration = Duration::from_millis(50);

/// Locks that are held until they are dropped.
#[derive(Debug, Default)]
pub struct Locks {
    /// Let go first: whoever finds it held waits for the lock beside the campaign to be put back.
    campaign: Option<File>,
    held: Vec<Lock>,
    beside: Option<Arc<FolderLock>>,
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
        self.held.push(insist(until, || Lock::take(path, holder))?);
        Ok(())
    }

    /// The same of the lock that lies beside the campaign, where others work too.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub(crate) fn take_beside(
        &mut self,
        path: &Path,
        holder: &Holder,
        until: Instant,
    ) -> Result<(), LockError> {
        self.beside = Some(Arc::new(insist(until, || FolderLock::take(path, holder))?));
        Ok(())
    }

    /// The lock beside the campaign, where it was taken.
    pub(crate) fn beside(&self) -> Option<Arc<FolderLock>> {
        self.beside.clone()
    }

    /// Holds the campaign file, by which a run is noticed whose lock beside it was deleted.
    pub(crate) fn hold_campaign(&mut self, campaign: &Path) {
        self.campaign = hold(campaign);
    }
}

fn insist<T>(until: Instant, take: impl Fn() -> Result<T, LockError>) -> Result<T, LockError> {
    loop {
        match take() {
            Err(LockError::Held(_)) if Instant::now() < until => std::thread::sleep(EVERY),
            taken => return taken,
        }
    }
}
