//! What the journal notes of itself, and of where a campaign's messages came from.

use rusqlite::OptionalExtension as _;
use rusqlite::types::FromSql;

use crate::journal::JournalError;
use crate::journal::backend::{Notes, TakeOver};
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
        // A journal in which no message was written yet has counted none.
        let changes = self.meta::<i64>("changes")?.unwrap_or(0);
        Ok(format!("{} {changes} {} {}", campaign.0, last("run")?, last("resolution")?))
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
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::delivery::attempt::{Attempt, Cause, Incident};
    use crate::delivery::outcome::Outcome;
    use crate::delivery::skip::{SkipReason, Skipped};
    use crate::journal::backend::{Claims, Commits, Messages, Prunes};
    use crate::journal::batch::{Batch, Intent, Settled};
    use crate::journal::history::Prunable;
    use crate::journal::identity::Channel;
    use crate::journal::told::ToldMessage;

    /// Whoever adds a way to write messages adds a line here: a change that is not counted leaves results as they were.
    #[test]
    fn whatever_changes_a_message_makes_another_version() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = SqliteStore::open(folder.path()).expect("a journal");
        let whose = Identity { appid: "a".into(), campaign: "c".into(), wave: 1, channel: Channel::Send };
        let claim = store.claim(&whose, Incident::Crash).expect("a claim");
        let campaign = claim.campaign();
        let at = Timestamp::UNIX_EPOCH;
        let intent =
            |openid: &str| Intent { id: None, openid: openid.into(), nth: 1, attempt: 1, at, payload: 7 };
        let mut versions = vec![store.version(campaign).expect("a version")];
        let mut note = |store: &SqliteStore, what: &str| {
            let version = store.version(campaign).expect("a version");
            assert!(!versions.contains(&version), "{what}");
            versions.push(version);
        };

        let intents = ["one", "two", "three"].map(intent);
        let ids = store.commit(claim, &Batch { intents: &intents, ..Batch::default() }).expect("a commit");
        let ids: Vec<_> = ids.into_iter().map(|id| id.expect("an intent")).collect();
        note(&store, "intents");
        let attempt = Attempt {
            number: 1,
            finished: at,
            latency: Duration::ZERO,
            cause: Cause::Event(Incident::Timeout),
        };
        let settled = [Settled { id: ids[0], outcome: Outcome::Unknown, attempt }];
        store.commit(claim, &Batch { outcomes: &settled, ..Batch::default() }).expect("a commit");
        note(&store, "an outcome");
        let skips = [(intent("four"), Skipped { reason: SkipReason::Cap, at: None })];
        store.commit(claim, &Batch { skips: &skips, ..Batch::default() }).expect("a commit");
        note(&store, "a skip");
        assert_eq!(store.recover(claim, Incident::Crash), Ok(2));
        note(&store, "what was in flight is unknown");
        assert_eq!(store.recover(claim, Incident::Crash), Ok(0));
        assert_eq!(store.resolve(claim, &ids[..1], Outcome::Sent, "somebody", at), Ok(1));
        note(&store, "somebody's decision");
        let told = ToldMessage {
            openid: "five".into(),
            nth: 1,
            outcome: Outcome::Sent,
            errcode: Some(0),
            reason: None,
            attempts: 1,
            at,
        };
        assert_eq!(store.take_in(claim, &mut std::iter::once(told)), Ok(1));
        note(&store, "what results told");
        store.prune(&[Prunable { key: campaign, whose, messages: 5, last: at }], at).expect("a journal");
        note(&store, "what was pruned");
    }

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
