//! What the journal notes of itself, and of where a campaign's messages came from.

use rusqlite::OptionalExtension as _;
use rusqlite::types::FromSql;

use crate::journal::JournalError;
use crate::journal::backend::{Messages, Notes, TakeOver};
use crate::journal::identity::{CampaignKey, Identity};
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::SqliteStore;

impl Notes for SqliteStore {
    fn uuid(&self) -> Result<String, JournalError> {
        self.meta("uuid")?.ok_or_else(|| self.unreadable(&rusqlite::Error::QueryReturnedNoRows))
    }

    fn intents(&self) -> Result<i64, JournalError> {
        self.meta("intents")?.ok_or_else(|| self.unreadable(&rusqlite::Error::QueryReturnedNoRows))
    }

    fn version(&self, campaign: CampaignKey) -> Result<String, JournalError> {
        let last = |table: &str| -> Result<i64, JournalError> {
            self.connection
                .query_row(&format!("SELECT ifnull(max(id), 0) FROM {table}"), [], |row| row.get(0))
                .map_err(|error| self.unreadable(&error))
        };
        let (intents, runs, resolutions) = (self.intents()?, last("run")?, last("resolution")?);
        Ok(format!("{intents} {runs} {resolutions} {:?}", self.count(campaign)?))
    }

    fn note(&self, key: &str) -> Result<Option<String>, JournalError> {
        self.meta(key)
    }

    fn set_note(&self, key: &str, value: &str) -> Result<(), JournalError> {
        self.connection
            .execute(
                "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
                [key, value],
            )
            .map(drop)
            .map_err(|error| self.unwritable(&error))
    }

    fn origin(&self, campaign: CampaignKey) -> Result<Option<String>, JournalError> {
        self.connection
            .query_row("SELECT origin FROM campaign WHERE id = ?1", [campaign.0], |row| row.get(0))
            .map_err(|error| self.unreadable(&error))
    }

    fn forget_origin(&self, campaign: CampaignKey) -> Result<(), JournalError> {
        self.connection
            .execute("UPDATE campaign SET origin = NULL WHERE id = ?1", [campaign.0])
            .map(drop)
            .map_err(|error| self.unwritable(&error))
    }

    fn knows(&self, identity: &Identity) -> Result<bool, JournalError> {
        let waves = self.waves(identity)?;
        let known = || {
            for wave in waves {
                let (first, end) = range(wave);
                let any = "SELECT EXISTS (SELECT 1 FROM message WHERE id > ?1 AND id < ?2)";
                if self.connection.query_row(any, [first, end], |row| row.get(0))? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        known().map_err(|error: rusqlite::Error| self.unreadable(&error))
    }
}

impl SqliteStore {
    fn meta<T: FromSql>(&self, key: &str) -> Result<Option<T>, JournalError> {
        self.connection
            .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(|error| self.unreadable(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_journals_are_taken_for_each_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let [one, other] =
            ["one", "other"].map(|name| SqliteStore::open(&folder.path().join(name)).expect("a journal"));
        assert_eq!(one.intents(), Ok(0));
        assert_eq!(one.uuid().map(|uuid| uuid.len()), Ok(32));
        assert_ne!(one.uuid(), other.uuid());
    }
}
