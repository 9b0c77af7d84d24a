//! Who writes the results of a run.

use std::io;
use std::path::PathBuf;

use crate::delivery::additions::Additions;
use crate::delivery::tally::Tally;
use crate::journal::JournalError;
use crate::journal::store::Store;

/// Who writes down for people what became of the audience.
pub trait Results: Send + Sync {
    /// Writes it while the run goes on. Gives whether it could be written.
    fn refresh(&self, journal: &Store) -> bool;

    /// Writes it at the end of a run, and counts it.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    fn conclude(&self, journal: &Store) -> Result<Concluded, JournalError>;
}

/// What the results say.
#[derive(Debug, Default)]
pub struct Concluded {
    /// Their counts.
    pub tally: Tally,
    /// Where they are; nothing where they could not be written.
    pub file: Option<PathBuf>,
    /// Why they are not where they should be.
    pub not_there: Option<io::Error>,
    /// A file that stays as it is, and what somebody wrote in it.
    pub kept: Option<(PathBuf, Additions)>,
    /// Whether the audience on disk is no longer the one that was sent, so that only the journal could be asked.
    pub changed: bool,
}
