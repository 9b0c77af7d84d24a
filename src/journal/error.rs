//! Why a journal cannot be used, whichever kind it is.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::delivery::stop::StorageFault;

/// Where a journal lies, as people are shown it: a file now, and for a database its address without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Place {
    fn from(address: String) -> Self {
        Self(address)
    }
}

impl From<&Path> for Place {
    fn from(file: &Path) -> Self {
        let shown = file.display().to_string();
        // The same on every system, as all paths that people are shown.
        Self(if cfg!(windows) { shown.replace('\\', "/") } else { shown })
    }
}

impl From<&PathBuf> for Place {
    fn from(file: &PathBuf) -> Self {
        Self::from(file.as_path())
    }
}

/// A process that is at work on a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// The computer, by its name.
    pub(crate) host: String,
    /// The process.
    pub(crate) pid: i64,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// How a database shows that it is not what was seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// The journal was made in another cluster of databases.
    System,
    /// A standby has taken over, or the database was restored to a moment.
    Timeline,
    /// It knows fewer intents than this computer has seen.
    Counter {
        /// So many were seen.
        seen: i64,
        /// It knows so many.
        now: i64,
    },
}

/// Why the journal cannot be used. The reasons in it are the system's, or those of what keeps the journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// It cannot be made or opened.
    #[error("{place}: {reason}")]
    Unreachable {
        /// Which.
        place: Place,
        /// Why.
        reason: String,
    },
    /// What is there is not a journal of wxcast.
    #[error("{place} is no journal")]
    Foreign {
        /// What.
        place: Place,
    },
    /// A newer wxcast wrote it.
    #[error("{place} has format {found}, newer than {known}")]
    Newer {
        /// Which.
        place: Place,
        /// Its format.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// It is damaged.
    #[error("{place} is damaged: {reason}")]
    Corrupt {
        /// Which.
        place: Place,
        /// How that shows.
        reason: String,
    },
    /// It cannot be read now.
    #[error("{place}: {reason}")]
    Unreadable {
        /// Which.
        place: Place,
        /// Why.
        reason: String,
    },
    /// Another process has claimed the campaign since: what this one still wants to write is not written.
    #[error("fenced")]
    Fenced,
    /// The journal, or a lock of the run, is no longer the one that was opened: others would not find it.
    #[error("replaced")]
    Replaced,
    /// The thread that writes it has ended.
    #[error("no writer")]
    NoWriter,
    /// Another process is at work on the campaign.
    #[error("{place}: {} on {} is at work", worker.pid, worker.host)]
    Held {
        /// In which journal.
        place: Place,
        /// Who.
        worker: Worker,
    },
    /// The database has no journal yet.
    #[error("{place} has no journal")]
    Unprepared {
        /// Which.
        place: Place,
    },
    /// It is not what was seen last.
    #[error("{place} is not what was seen last: {what:?}")]
    Moved {
        /// Which.
        place: Place,
        /// How that shows.
        what: Moved,
    },
    /// Another process has this one message.
    #[error("taken")]
    Taken,
    /// It cannot be written now: disk full, read-only, an I/O error.
    #[error("{reason}")]
    Unwritable {
        /// Why.
        reason: String,
    },
}

/// What a run that can no longer write its journal stops for.
impl From<JournalError> for StorageFault {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Fenced => Self::Fenced,
            JournalError::Replaced => Self::Replaced,
            JournalError::NoWriter => Self::NoWriter,
            JournalError::Held { .. }
            | JournalError::Unprepared { .. }
            | JournalError::Moved { .. }
            | JournalError::Taken
            | JournalError::Unreachable { .. }
            | JournalError::Foreign { .. }
            | JournalError::Newer { .. }
            | JournalError::Corrupt { .. }
            | JournalError::Unreadable { .. }
            | JournalError::Unwritable { .. } => Self::Said(error.to_string()),
        }
    }
}
