//! Campaigns that are over, taken out of a journal. What stays is that they were sent, with how many people: so that
//! whoever sends one again is stopped and told, although nobody knows any more who got it.

use jiff::Timestamp;
use rusqlite::Error::FromSqlConversionFailure;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::journal::JournalError;
use crate::journal::backend::{Messages, People, Prunes};
use crate::journal::history::{Prunable, Pruned};
use crate::journal::identity::{CampaignKey, Claim};
use crate::journal::sqlite::marks;
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::{SqliteStore, timestamp};
use crate::journal::sqlite::writing::count_change;

fn note(campaign: CampaignKey) -> String {
    format!("pruned:{}", campaign.0)
}

impl Prunes for SqliteStore {
    fn appids(&self) -> Result<Vec<String>, JournalError> {
        (|| {
            let mut found = self.connection.prepare("SELECT DISTINCT appid FROM campaign ORDER BY appid")?;
            found.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn last_activity(&self, campaign: CampaignKey) -> Result<Option<Timestamp>, JournalError> {
        let (first, end) = range(campaign);
        let last = "SELECT max(at) FROM (SELECT max(at) AS at FROM message WHERE id > ?1 AND id < ?2 UNION ALL \
                    SELECT max(max(started, ifnull(ended, 0))) FROM run WHERE campaign = ?3)";
        self.connection
            .query_row(last, [first, end, campaign.0], |row| {
                row.get::<_, Option<i64>>(0)?.map(timestamp).transpose()
            })
            .map_err(|error| self.unreadable(&error))
    }

    fn last_answer(&self, campaign: CampaignKey) -> Result<Option<Timestamp>, JournalError> {
        let (first, end) = range(campaign);
        // Whoever is skipped is never tried.
        let last = "SELECT max(at) FROM message WHERE id > ?1 AND id < ?2 AND attempts > 0";
        self.connection
            .query_row(last, [first, end], |row| row.get::<_, Option<i64>>(0)?.map(timestamp).transpose())
            .map_err(|error| self.unreadable(&error))
    }

    fn prunable(&self, before: Timestamp) -> Result<Vec<Prunable>, JournalError> {
        let mut found = Vec::new();
        for appid in self.appids()? {
            for record in self.campaigns(&appid)? {
                let (key, whose) = (record.key, record.whose);
                let messages = self.count(key)?.statuses().total();
                if let Some(last) = self.last_activity(key)?.filter(|last| *last < before && messages > 0) {
                    found.push(Prunable { key, whose, messages, last });
                }
            }
        }
        Ok(found)
    }

    fn prune(&mut self, campaigns: &[Prunable], at: Timestamp) -> Result<(), JournalError> {
        (|| {
            let transaction = self.transaction()?;
            for campaign in campaigns {
                prune(&transaction, campaign, at)?;
            }
            transaction.commit()
        })()
        .map_err(|error: rusqlite::Error| self.unwritable(&error))?;
        // VACUUM needs as much room again and no other reader. If it fails, the room is reused later.
        let _ = self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
        Ok(())
    }

    fn pruned(&self, campaign: CampaignKey) -> Result<Option<Pruned>, JournalError> {
        noted(&self.connection, campaign).map_err(|error| self.unreadable(&error))
    }

    fn forget_pruned(&self, campaign: CampaignKey) -> Result<(), JournalError> {
        forget(&self.connection, campaign).map_err(|error| self.unwritable(&error))
    }
}

fn prune(transaction: &Transaction<'_>, campaign: &Prunable, at: Timestamp) -> rusqlite::Result<()> {
    // A process with an earlier claim can write nothing more.
    let epoch = transaction.query_row(
        "UPDATE campaign SET indexed = 0, epoch = epoch + 1 WHERE id = ?1 RETURNING epoch",
        [campaign.key.0],
        |row| row.get(0),
    )?;
    marks::leave(transaction, Claim { campaign: campaign.key, epoch })?;
    let set = marks::forget(transaction, campaign.key)?;
    let (first, end) = range(campaign.key);
    for statement in [
        "DELETE FROM resolution WHERE message > ?1 AND message < ?2",
        "DELETE FROM attempt WHERE id > ?1 AND id < ?2",
        "DELETE FROM message WHERE id > ?1 AND id < ?2",
    ] {
        transaction.execute(statement, [first, end])?;
    }
    transaction.execute("DELETE FROM person WHERE campaign = ?1", [campaign.key.0])?;
    let pruned = Pruned { messages: campaign.messages, last: Some(campaign.last), at, set };
    put(transaction, campaign.key, &pruned)?;
    count_change(transaction)?;
    // Texts that no message refers to any more.
    transaction.execute(
        "DELETE FROM text WHERE id NOT IN (SELECT reason FROM message WHERE reason IS NOT NULL) \
         AND id NOT IN (SELECT reason FROM attempt WHERE reason IS NOT NULL)",
        [],
    )?;
    Ok(())
}

/// What stays of a campaign that was pruned, as a transaction sees it.
pub(super) fn noted(connection: &Connection, campaign: CampaignKey) -> rusqlite::Result<Option<Pruned>> {
    let noted: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [note(campaign)], |row| row.get(0))
        .optional()?;
    // To take a note that cannot be read for none would let the campaign be sent once more.
    let damaged = |error: serde_json::Error| FromSqlConversionFailure(0, Type::Text, error.into());
    noted.map(|noted| serde_json::from_str(&noted).map_err(damaged)).transpose()
}

/// Notes that a campaign was pruned.
pub(super) fn put(connection: &Connection, campaign: CampaignKey, pruned: &Pruned) -> rusqlite::Result<()> {
    let pruned = serde_json::to_string(pruned).expect("numbers and times are JSON");
    connection
        .execute(
            "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
            [note(campaign), pruned],
        )
        .map(drop)
}

/// Forgets it.
pub(super) fn forget(connection: &Connection, campaign: CampaignKey) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [note(campaign)]).map(drop)
}
