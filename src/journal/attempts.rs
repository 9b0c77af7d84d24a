//! The attempts of a campaign that were followed by another one.

use jiff::Timestamp;

use crate::journal::JournalError;
use crate::journal::store::{Store, timestamp};

/// An attempt that certainly delivered nothing and was, or will be, tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedAttempt {
    /// The platform's errcode, where it answered.
    pub(crate) errcode: Option<i64>,
    /// The platform's errmsg, or the name of what took its place.
    pub(crate) reason: Option<String>,
    /// When it ended.
    pub(crate) at: Timestamp,
    /// How long it took, in milliseconds.
    pub(crate) latency_ms: Option<i64>,
}

impl Store {
    /// Calls `each` with every such attempt of a campaign, in the order in which they ended. Every message's last
    /// attempt is not among them: it is in the message itself.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn attempts(
        &self,
        campaign: i64,
        mut each: impl FnMut(RecordedAttempt),
    ) -> Result<(), JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT a.errcode, t.value, a.at, a.latency FROM attempt a JOIN message m ON m.id = a.message \
                 LEFT JOIN text t ON t.id = a.reason WHERE m.campaign = ?1 ORDER BY a.id",
            )?;
            let mut rows = statement.query([campaign])?;
            while let Some(row) = rows.next()? {
                each(RecordedAttempt {
                    errcode: row.get(0)?,
                    reason: row.get(1)?,
                    at: timestamp(row.get(2)?),
                    latency_ms: row.get(3)?,
                });
            }
            Ok(())
        })()
        .map_err(|error: rusqlite::Error| self.refusal(&error))
    }
}
