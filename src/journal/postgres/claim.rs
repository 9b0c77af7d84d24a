//! Campaigns and who may write them.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;

use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::backend::Claims;
use crate::journal::error::Worker;
use crate::journal::identity::{CampaignKey, Claim, Identity};
use crate::journal::lineage::MessageSet;
use crate::journal::postgres::columns::{campaign, epoch, on_disk};
use crate::journal::postgres::lease::{LEASE, Lease};
use crate::journal::postgres::seen;
use crate::journal::postgres::session::{Failure, Transaction, get, parameters};
use crate::journal::postgres::store::{Held, PostgresStore};
use crate::journal::record::State;

const FIND: &str = "SELECT id FROM wxcast.campaign WHERE appid = $1 AND campaign = $2 AND wave = $3 AND channel = $4 \
                    AND destination = $5";

impl Claims for PostgresStore {
    fn find_campaign(&self, identity: &Identity) -> Result<Option<CampaignKey>, JournalError> {
        let Identity { appid, campaign, wave, channel } = identity;
        let (wave, channel) = (i64::from(*wave), channel.name());
        let whose = parameters![*appid, *campaign, wave, channel, self.destination];
        self.ask(|| self.session.row(FIND, whose)?.map(|row| key(&row)).transpose())
    }

    fn claim(&mut self, identity: &Identity, incident: Incident) -> Result<Claim, JournalError> {
        self.release();
        let reason = self.ask(|| self.text(&incident.to_string()))?;
        let claim = self.write(|transaction| {
            let key = self.lock_campaign(transaction, identity)?;
            end_silent(transaction, key, reason, None, |worker| self.held_by(worker))?;
            begin(transaction, key, None)
        })?;
        self.hold(claim, &identity.appid)?;
        Ok(claim)
    }

    fn recover(&mut self, claim: Claim, incident: Incident) -> Result<usize, JournalError> {
        let Some(held) = self.held.as_ref().filter(|held| held.claim == claim) else {
            return Err(JournalError::Fenced);
        };
        let persons: Vec<&[u8]> = held.in_flight.values().map(|(person, _)| person.0.as_slice()).collect();
        let numbers: Vec<i32> = held.in_flight.values().map(|(_, nth)| *nth).collect();
        if persons.is_empty() {
            return Ok(0);
        }
        let reason = self.ask(|| self.text(&incident.to_string()))?;
        let settled = self.write(|transaction| {
            insist(transaction, claim)?;
            let settle = "UPDATE wxcast.message m SET state = $1, reason = $2 FROM unnest($3, $4) AS o (person, nth) \
                          WHERE m.campaign = $5 AND m.person = o.person AND m.nth = o.nth AND m.state = 0 \
                          AND m.owner = $6";
            let unknown = on_disk(State::Settled(Outcome::Unknown));
            let (campaign, owner) = (campaign(claim.campaign), epoch(claim));
            let settled =
                transaction.execute(settle, parameters![unknown, reason, persons, numbers, campaign, owner])?;
            count_change(transaction, claim)?;
            Ok(settled)
        })?;
        if let Some(held) = &mut self.held {
            held.in_flight.clear();
        }
        usize::try_from(settled).map_err(|_| JournalError::Fenced)
    }
}

impl PostgresStore {
    /// The number of a campaign, which is made where it is not there. Nobody else claims it until the transaction ends.
    pub(crate) fn lock_campaign(
        &self,
        transaction: &Transaction<'_>,
        identity: &Identity,
    ) -> Result<CampaignKey, Failure> {
        let Identity { appid, campaign, wave, channel } = identity;
        let (wave, channel) = (i64::from(*wave), channel.name());
        let whose = parameters![*appid, *campaign, wave, channel, self.destination];
        transaction.execute(
            "INSERT INTO wxcast.campaign (appid, campaign, wave, channel, destination) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING",
            whose,
        )?;
        let found = transaction.row(&format!("{FIND} FOR UPDATE"), whose)?;
        key(&found.ok_or(Failure::Damaged("campaign"))?)
    }

    /// From now on this journal writes the campaign, and says that it is alive.
    pub(crate) fn hold(&mut self, claim: Claim, appid: &str) -> Result<(), JournalError> {
        // What is remembered is one guard of several, so that it cannot be written keeps nobody from sending.
        let _ = seen::remember(self);
        let lease = Lease::keep(self.session.settings(), claim)?;
        self.held = Some(Held {
            claim,
            appid: Arc::from(appid),
            numbers: 0..0,
            in_flight: HashMap::new(),
            commits: 0,
            gave_up: false,
            _lease: lease,
        });
        Ok(())
    }

    pub(crate) fn held_by(&self, worker: Worker) -> Failure {
        Failure::Journal(JournalError::Held { place: self.session.settings().place(), worker })
    }

    /// Lets others have the campaign. What is in flight may have been delivered.
    pub(crate) fn release(&mut self) {
        let Some(claim) = self.held.as_ref().map(|held| held.claim) else { return };
        if self.held.as_ref().is_some_and(|held| held.gave_up) {
            // The lease ends by itself, and others find out what was in flight.
            self.held = None;
            return;
        }
        let _ = seen::remember(self);
        // If it cannot be said, the lease ends by itself and others find out what was in flight.
        if self.recover(claim, Incident::Crash).is_ok() {
            let end = "UPDATE wxcast.worker SET ended = clock_timestamp() WHERE campaign = $1 AND epoch = $2 \
                       AND ended IS NULL";
            let free = "UPDATE wxcast.block SET owner = NULL WHERE campaign = $1 AND owner = $2 AND NOT done";
            let _ = self.write(|transaction| {
                transaction.execute(end, parameters![campaign(claim.campaign), epoch(claim)])?;
                transaction.execute(free, parameters![campaign(claim.campaign), epoch(claim)])
            });
        }
        self.held = None;
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.release();
    }
}

/// Ends those who have not said for long that they are alive, and makes what they had in flight unknown. Whoever is alive
/// and does not send `plan` is handed to `alive`, which says what is wrong with that; so is everybody where there is none.
pub(crate) fn end_silent(
    transaction: &Transaction<'_>,
    key: CampaignKey,
    reason: i32,
    plan: Option<&str>,
    alive: impl Fn(Worker) -> Failure,
) -> Result<(), Failure> {
    let at_work = "SELECT host, pid, (extract(epoch FROM started) * 1000)::bigint, until > clock_timestamp(), plan, epoch \
                   FROM wxcast.worker WHERE campaign = $1 AND ended IS NULL ORDER BY epoch FOR UPDATE";
    let mut silent = Vec::new();
    for row in &transaction.rows(at_work, parameters![campaign(key)])? {
        let theirs: Option<String> = get(row, 4)?;
        if !get::<bool>(row, 3)? {
            silent.push(get::<i32>(row, 5)?);
        } else if plan.is_none() || theirs.as_deref() != plan {
            return Err(alive(worker(row)?));
        }
    }
    end(transaction, key, reason, &silent)
}

/// Ends those who are silent, whoever else is at work. One that is just committing is not silent.
pub(crate) fn settle_silent(
    transaction: &Transaction<'_>,
    key: CampaignKey,
    reason: i32,
) -> Result<(), Failure> {
    let silent = "SELECT epoch FROM wxcast.worker WHERE campaign = $1 AND ended IS NULL \
                  AND until <= clock_timestamp() ORDER BY epoch FOR UPDATE SKIP LOCKED";
    let rows = transaction.rows(silent, parameters![campaign(key)])?;
    let silent = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<i32>, Failure>>()?;
    end(transaction, key, reason, &silent)
}

/// Ends these, whose rows are locked. Their next commits fail; what they had in flight may have been delivered, and is
/// handed to nobody.
fn end(transaction: &Transaction<'_>, key: CampaignKey, reason: i32, epochs: &[i32]) -> Result<(), Failure> {
    if epochs.is_empty() {
        return Ok(());
    }
    let (of, epochs) = (campaign(key), epochs.to_vec());
    let over = "UPDATE wxcast.worker SET ended = clock_timestamp(), changes = changes + 1 \
                WHERE campaign = $1 AND epoch = ANY ($2)";
    transaction.execute(over, parameters![of, epochs])?;
    let settle = "UPDATE wxcast.message SET state = $1, reason = $2 WHERE campaign = $3 AND state = 0 \
                  AND owner = ANY ($4)";
    let unknown = on_disk(State::Settled(Outcome::Unknown));
    transaction.execute(settle, parameters![unknown, reason, of, epochs])?;
    let free = "UPDATE wxcast.block SET owner = NULL WHERE campaign = $1 AND owner = ANY ($2) AND NOT done";
    transaction.execute(free, parameters![of, epochs]).map(drop)
}

/// Who is at work: host, process and since when.
pub(crate) fn worker(row: &Row) -> Result<Worker, Failure> {
    let since = jiff::Timestamp::from_millisecond(get(row, 2)?).map_err(|_| Failure::Damaged("started"))?;
    Ok(Worker { host: get(row, 0)?, pid: get(row, 1)?, since })
}

/// Begins to write a campaign, whose row is locked.
pub(crate) fn begin(
    transaction: &Transaction<'_>,
    key: CampaignKey,
    plan: Option<&str>,
) -> Result<Claim, Failure> {
    let next = "UPDATE wxcast.campaign SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch";
    let row = transaction.row(next, parameters![campaign(key)])?.ok_or(Failure::Damaged("campaign"))?;
    let claim = Claim { campaign: key, epoch: i64::from(get::<i32>(&row, 0)?) };
    let pid = i64::from(std::process::id());
    let begin = format!(
        "INSERT INTO wxcast.worker (campaign, epoch, host, pid, version, until, members, plan) \
         VALUES ($1, $2, $3, $4, $5, clock_timestamp() + {LEASE}, $6, $7)"
    );
    let (host, nobody) = (crate::journal::postgres::host::name(), MessageSet::default().to_string());
    let version = env!("CARGO_PKG_VERSION");
    transaction
        .execute(&begin, parameters![campaign(key), epoch(claim), host, pid, version, nobody, plan])?;
    Ok(claim)
}

/// Insists, within a transaction, that nobody has taken over what this claim had, and that nobody does until it ends.
pub(crate) fn insist(transaction: &Transaction<'_>, claim: Claim) -> Result<(), Failure> {
    let mine =
        "SELECT epoch FROM wxcast.worker WHERE campaign = $1 AND epoch = $2 AND ended IS NULL FOR UPDATE";
    match transaction.row(mine, parameters![campaign(claim.campaign), epoch(claim)])? {
        Some(_) => Ok(()),
        None => Err(Failure::Fenced),
    }
}

/// Counts, within a transaction, a change of what results tell.
pub(crate) fn count_change(transaction: &Transaction<'_>, claim: Claim) -> Result<(), Failure> {
    let count = "UPDATE wxcast.worker SET changes = changes + 1 WHERE campaign = $1 AND epoch = $2";
    transaction.execute(count, parameters![campaign(claim.campaign), epoch(claim)]).map(drop)
}

fn key(row: &Row) -> Result<CampaignKey, Failure> {
    Ok(CampaignKey(i64::from(get::<i32>(row, 0)?)))
}
