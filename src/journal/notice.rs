//! What the journal notes of a run beside its messages. It explains a run and decides nothing, so whatever is wrong
//! with it, nobody waits for it.
//!
//! The table came after the format's first version and changes nothing of it: a journal without it is read as one that
//! has nothing to say, and a wxcast that does not know it passes it by.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use crate::delivery::notice::Notice;
use crate::journal::JournalError;
use crate::journal::store::{Store, timestamp};

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS notice(
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL) STRICT;
";

/// Something that was noted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Noticed {
    /// The run.
    pub(crate) run: i64,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// What.
    pub(crate) what: Notice,
}

impl Store {
    /// Makes the table where it is missing.
    pub(crate) fn make_room_for_notices(&self) -> Result<(), JournalError> {
        self.connection.execute_batch(TABLE).map_err(|error| self.refusal(&error))
    }

    /// What was noted of the runs of a campaign, the first thing first. What a later version noted that this one does
    /// not understand is left out.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn notices(&self, campaign: i64) -> Result<Vec<Noticed>, JournalError> {
        (|| {
            let there =
                "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'notice')";
            if !self.connection.query_row(there, [], |row| row.get(0))? {
                return Ok(Vec::new());
            }
            let mut statement = self.connection.prepare_cached(
                "SELECT n.run, n.at, n.what FROM notice n JOIN run r ON r.id = n.run WHERE r.campaign = ?1 \
                 ORDER BY n.id",
            )?;
            let mut rows = statement.query([campaign])?;
            let mut notices = Vec::new();
            while let Some(row) = rows.next()? {
                let what: String = row.get(2)?;
                if let Ok(what) = serde_json::from_str(&what) {
                    notices.push(Noticed { run: row.get(0)?, at: timestamp(row.get(1)?), what });
                }
            }
            Ok(notices)
        })()
        .map_err(|error: rusqlite::Error| self.refusal(&error))
    }
}

pub(crate) fn write_notice(transaction: &Transaction<'_>, noticed: &Noticed) -> rusqlite::Result<()> {
    let what = serde_json::to_string(&noticed.what).unwrap_or_default();
    transaction
        .prepare_cached("INSERT INTO notice(run, at, what) VALUES(?1,?2,?3)")?
        .execute(params![noticed.run, noticed.at.as_millisecond(), what])
        .map(drop)
}
