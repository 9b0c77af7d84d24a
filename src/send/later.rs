//! Messages that wait: for another attempt, or for their turn.

use std::cmp::Reverse;
use std::time::Instant;

use crate::send::worker::Job;

/// A job that is due at a time; of several, the one that is due first is the greatest, as a heap wants it.
pub(crate) struct Later {
    pub(crate) due: Reverse<Instant>,
    pub(crate) job: Job,
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}
impl Eq for Later {}
impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}
