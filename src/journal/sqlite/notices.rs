//! Notices, as they are written and read.

use rusqlite::{Transaction, params};

use crate::journal::JournalError;
use crate::journal::backend::Notices;
use crate::journal::identity::{CampaignKey, RunKey};
use crate::journal::notice::Noticed;
use crate::journal::sqlite::store::{SqliteStore, timestamp};

impl Notices for SqliteStore {
    fn notices(&self, campaign: CampaignKey) -> Result<Vec<Noticed>, JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT n.run, n.at, n.what FROM notice n JOIN run r ON r.id = n.run WHERE r.campaign = ?1 \
                 ORDER BY n.id",
            )?;
            let mut rows = statement.query([campaign.0])?;
            let mut notices = Vec::new();
            while let Some(row) = rows.next()? {
                let what: String = row.get(2)?;
                // A newer version may have noted what this one has no word for.
                if let Ok(what) = serde_json::from_str(&what) {
                    notices.push(Noticed { run: RunKey(row.get(0)?), at: timestamp(row.get(1)?)?, what });
                }
            }
            Ok(notices)
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }
}

pub(crate) fn write_notice(transaction: &Transaction<'_>, noticed: &Noticed) -> rusqlite::Result<()> {
    let what = serde_json::to_string(&noticed.what).expect("a notice is words and numbers");
    transaction
        .prepare_cached("INSERT INTO notice(run, at, what) VALUES(?1,?2,?3)")?
        .execute(params![noticed.run.0, noticed.at.as_millisecond(), what])
        .map(drop)
}
