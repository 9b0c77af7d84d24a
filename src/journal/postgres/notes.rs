//! What the journal notes of itself, and of where a campaign's messages came from.

use crate::journal::JournalError;
use crate::journal::backend::{Notes, TakeOver};
use crate::journal::identity::{CampaignKey, Identity};
use crate::journal::postgres::columns::campaign;
use crate::journal::postgres::session::{Failure, get, parameters};
use crate::journal::postgres::store::PostgresStore;

impl Notes for PostgresStore {
    fn uuid(&self) -> Result<String, JournalError> {
        match self.note("uuid")? {
            Some(uuid) => Ok(uuid),
            None => self.ask(|| Err(Failure::Damaged("uuid"))),
        }
    }

    fn intents(&self) -> Result<i64, JournalError> {
        let all = "SELECT coalesce(sum(intents), 0)::bigint FROM wxcast.worker";
        self.ask(|| self.session.row(all, &[])?.map_or(Ok(0), |row| get(&row, 0)))
    }

    fn version(&self, key: CampaignKey) -> Result<String, JournalError> {
        let version = "SELECT (SELECT coalesce(sum(changes), 0)::bigint FROM wxcast.worker WHERE campaign = $1), \
                       (SELECT coalesce(max(id), 0) FROM wxcast.run WHERE campaign = $1), \
                       (SELECT coalesce(max(id), 0) FROM wxcast.resolution WHERE campaign = $1)";
        self.ask(|| {
            let row =
                self.session.row(version, parameters![campaign(key)])?.ok_or(Failure::Damaged("version"))?;
            let (changes, runs, resolutions): (i64, i64, i64) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
            Ok(format!("{} {changes} {runs} {resolutions}", key.0))
        })
    }

    fn knows(&self, identity: &Identity) -> Result<bool, JournalError> {
        let any = "SELECT EXISTS (SELECT 1 FROM wxcast.message WHERE campaign = $1)";
        for wave in self.waves(identity)? {
            let known = self.ask(|| match self.session.row(any, parameters![campaign(wave)])? {
                Some(row) => get(&row, 0),
                None => Ok(false),
            })?;
            if known {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn note(&self, key: &str) -> Result<Option<String>, JournalError> {
        let note = "SELECT value FROM wxcast.meta WHERE key = $1";
        self.ask(|| self.session.row(note, parameters![key])?.map(|row| get(&row, 0)).transpose())
    }

    fn set_note(&self, key: &str, value: &str) -> Result<(), JournalError> {
        self.write(|transaction| transaction.execute(PUT, parameters![key, value]).map(drop))
    }

    fn origin(&self, key: CampaignKey) -> Result<Option<String>, JournalError> {
        let origin = "SELECT origin FROM wxcast.campaign WHERE id = $1";
        self.ask(|| match self.session.row(origin, parameters![campaign(key)])? {
            Some(row) => get(&row, 0),
            None => Ok(None),
        })
    }

    fn forget_origin(&self, key: CampaignKey) -> Result<(), JournalError> {
        let forget = "UPDATE wxcast.campaign SET origin = NULL WHERE id = $1";
        self.write(|transaction| transaction.execute(forget, parameters![campaign(key)]).map(drop))
    }
}

/// Makes a note in place of an earlier one.
pub(crate) const PUT: &str = "INSERT INTO wxcast.meta (key, value) VALUES ($1, $2) \
                              ON CONFLICT (key) DO UPDATE SET value = excluded.value";
