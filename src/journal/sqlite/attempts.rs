//! The attempts of a campaign, as they are read.

use crate::journal::JournalError;
use crate::journal::attempts::RecordedAttempt;
use crate::journal::backend::Attempts;
use crate::journal::identity::CampaignKey;
use crate::journal::record::RecordedCause;
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::{SqliteStore, timestamp};

impl Attempts for SqliteStore {
    fn attempts(
        &self,
        campaign: CampaignKey,
        each: &mut dyn FnMut(RecordedAttempt),
    ) -> Result<(), JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT a.errcode, t.value, a.at, a.latency FROM attempt a LEFT JOIN text t ON t.id = a.reason \
                 WHERE a.id > ?1 AND a.id < ?2 ORDER BY a.id",
            )?;
            let (first, end) = range(campaign);
            let mut rows = statement.query([first, end])?;
            while let Some(row) = rows.next()? {
                each(RecordedAttempt {
                    cause: RecordedCause::from_disk(row.get(0)?, row.get(1)?),
                    at: timestamp(row.get(2)?)?,
                    latency_ms: row.get(3)?,
                });
            }
            Ok(())
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }
}
