//! Campaigns that are over, taken out of a journal. What stays is that they were sent, with how many people.

use jiff::Timestamp;

use crate::delivery::attempt::Incident;
use crate::journal::JournalError;
use crate::journal::backend::{Messages, Notes, People, Prunes};
use crate::journal::history::{Prunable, Pruned};
use crate::journal::identity::{CampaignKey, Claim};
use crate::journal::lineage::MessageSet;
use crate::journal::postgres::claim::end_silent;
use crate::journal::postgres::columns::{campaign, moment_or_none};
use crate::journal::postgres::marks;
use crate::journal::postgres::notes::PUT;
use crate::journal::postgres::session::{Failure, Transaction, get, parameters};
use crate::journal::postgres::store::PostgresStore;

fn note(key: CampaignKey) -> String {
    format!("pruned:{}", key.0)
}

impl Prunes for PostgresStore {
    fn appids(&self) -> Result<Vec<String>, JournalError> {
        let all = "SELECT DISTINCT appid FROM wxcast.campaign WHERE destination = $1 ORDER BY appid";
        self.ask(|| {
            self.session.rows(all, parameters![self.destination])?.iter().map(|row| get(row, 0)).collect()
        })
    }

    fn last_activity(&self, key: CampaignKey) -> Result<Option<Timestamp>, JournalError> {
        let last = "SELECT max(at) FROM (SELECT max(at) AS at FROM wxcast.message WHERE campaign = $1 UNION ALL \
                    SELECT max(greatest(started, ended)) FROM wxcast.run WHERE campaign = $1) AS last";
        self.ask(|| match self.session.row(last, parameters![campaign(key)])? {
            Some(row) => moment_or_none(&row, 0),
            None => Ok(None),
        })
    }

    fn last_answer(&self, key: CampaignKey) -> Result<Option<Timestamp>, JournalError> {
        // Whoever is skipped is never tried.
        let last = "SELECT max(at) FROM wxcast.message WHERE campaign = $1 AND attempts > 0";
        self.ask(|| match self.session.row(last, parameters![campaign(key)])? {
            Some(row) => moment_or_none(&row, 0),
            None => Ok(None),
        })
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
        let reason = self.ask(|| self.text(&Incident::Crash.to_string()))?;
        self.write(|transaction| {
            for campaign in campaigns {
                self.prune_one(transaction, campaign, at, reason)?;
            }
            Ok(())
        })
    }

    fn pruned(&self, key: CampaignKey) -> Result<Option<Pruned>, JournalError> {
        let noted = self.note(&note(key))?;
        self.ask(|| parsed(noted))
    }

    fn forget_pruned(&self, key: CampaignKey) -> Result<(), JournalError> {
        self.write(|transaction| forget(transaction, key))
    }
}

impl PostgresStore {
    fn prune_one(
        &self,
        transaction: &Transaction<'_>,
        prunable: &Prunable,
        at: Timestamp,
        reason: i32,
    ) -> Result<(), Failure> {
        let (key, of) = (prunable.key, campaign(prunable.key));
        // A process with an earlier claim can write nothing more, and none may be at work.
        let next = "UPDATE wxcast.campaign SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch";
        let row = transaction.row(next, parameters![of])?.ok_or(Failure::Damaged("campaign"))?;
        end_silent(transaction, key, reason, None, |worker| self.held_by(worker))?;
        marks::leave(transaction, Claim { campaign: key, epoch: i64::from(get::<i32>(&row, 0)?) })?;
        let (_, set) = marks::messages(transaction, key)?;
        for statement in [
            "DELETE FROM wxcast.resolution WHERE campaign = $1",
            "DELETE FROM wxcast.attempt WHERE campaign = $1",
            "DELETE FROM wxcast.message WHERE campaign = $1",
            "DELETE FROM wxcast.block WHERE campaign = $1",
        ] {
            transaction.execute(statement, parameters![of])?;
        }
        let none =
            "UPDATE wxcast.worker SET messages = 0, members = $2, changes = changes + 1 WHERE campaign = $1";
        transaction.execute(none, parameters![of, MessageSet::default().to_string()])?;
        let pruned = Pruned { messages: prunable.messages, last: Some(prunable.last), at, set: Some(set) };
        put(transaction, key, &pruned)
    }
}

/// What stays of a campaign that was pruned, within a transaction.
pub(crate) fn noted(transaction: &Transaction<'_>, key: CampaignKey) -> Result<Option<Pruned>, Failure> {
    let noted = "SELECT value FROM wxcast.meta WHERE key = $1";
    parsed(transaction.row(noted, parameters![note(key)])?.map(|row| get(&row, 0)).transpose()?)
}

/// To take a note that cannot be read for none would let the campaign be sent once more.
fn parsed(noted: Option<String>) -> Result<Option<Pruned>, Failure> {
    noted.map(|noted| serde_json::from_str(&noted).map_err(|_| Failure::Damaged("pruned"))).transpose()
}

/// Notes that a campaign was pruned.
pub(crate) fn put(transaction: &Transaction<'_>, key: CampaignKey, pruned: &Pruned) -> Result<(), Failure> {
    let pruned = serde_json::to_string(pruned).expect("numbers and times are JSON");
    transaction.execute(PUT, parameters![note(key), pruned]).map(drop)
}

/// Forgets it.
pub(crate) fn forget(transaction: &Transaction<'_>, key: CampaignKey) -> Result<(), Failure> {
    transaction.execute("DELETE FROM wxcast.meta WHERE key = $1", parameters![note(key)]).map(drop)
}
