//! How intents and outcomes are written, within a transaction of the writer's.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::delivery::attempt::{Attempt, Cause};
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::identity::{CampaignKey, Claim, MessageKey};
use crate::journal::record::State;
use crate::journal::sqlite::schema::{campaign_of, range};
use crate::journal::sqlite::store::Store;

/// An intent, as it is written.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The message's number, where the journal knows it.
    pub id: Option<MessageKey>,
    /// The openid.
    pub openid: String,
    /// Which message to this openid it is, from 1.
    pub nth: u32,
    /// Which attempt it is, from 1, over all runs.
    pub attempt: u32,
    /// When it was decided.
    pub at: Timestamp,
    /// The payload's mark.
    pub payload: i64,
}

/// Why a transaction was not committed.
pub(crate) enum Failure {
    /// SQLite did not write it.
    Sqlite(rusqlite::Error),
    /// Somebody else has claimed the campaign.
    Fenced,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failure {
    /// What it says of a journal.
    pub(crate) fn told(&self, store: &Store) -> JournalError {
        match self {
            Self::Sqlite(error) => store.unwritable(error),
            Self::Fenced => JournalError::Fenced,
        }
    }
}

/// Insists, within a transaction, that nobody else has claimed the campaign.
pub(crate) fn insist(transaction: &Transaction<'_>, claim: Claim) -> Result<(), Failure> {
    let epoch: Option<i64> = transaction
        .prepare_cached("SELECT epoch FROM campaign WHERE id = ?1")?
        .query_row([claim.campaign.0], |row| row.get(0))
        .optional()?;
    if epoch == Some(claim.epoch) { Ok(()) } else { Err(Failure::Fenced) }
}

/// Counts intents: the counter only ever grows, so that a journal that knows fewer than a receipt was restored or lost.
pub(crate) fn count_intents(transaction: &Transaction<'_>, more: usize) -> rusqlite::Result<()> {
    if more == 0 {
        return Ok(());
    }
    let more = i64::try_from(more).expect("a commit holds a few thousand intents");
    transaction
        .prepare_cached("UPDATE meta SET value = value + ?1 WHERE key = 'intents'")?
        .execute([more])
        .map(drop)
}

pub(crate) fn write_intent(
    transaction: &Transaction<'_>,
    campaign: CampaignKey,
    intent: &Intent,
) -> rusqlite::Result<MessageKey> {
    let at = intent.at.as_millisecond();
    match intent.id {
        None => {
            let (first, end) = range(campaign);
            transaction
                .prepare_cached(
                    "INSERT INTO message(id, openid, nth, state, attempts, at, payload) VALUES( \
                     (SELECT ifnull(max(id), ?1) + 1 FROM message WHERE id > ?1 AND id < ?2), ?3, ?4, 0, ?5, ?6, ?7)",
                )?
                .execute(params![first, end, intent.openid, intent.nth, intent.attempt, at, intent.payload])?;
            Ok(MessageKey(transaction.last_insert_rowid()))
        }
        Some(id) => {
            transaction
                .prepare_cached(
                    "UPDATE message SET state = 0, attempts = ?1, at = ?2, payload = ?3, errcode = NULL, \
                     reason = NULL, hint = NULL, rid = NULL, latency = NULL WHERE id = ?4",
                )?
                .execute(params![intent.attempt, at, intent.payload, id.0])?;
            Ok(id)
        }
    }
}

pub(crate) fn write_outcome(
    transaction: &Transaction<'_>,
    id: MessageKey,
    outcome: Outcome,
    attempt: &Attempt,
) -> rusqlite::Result<()> {
    let (errcode, reason, hint, rid) = match &attempt.cause {
        // The usual answer says nothing that the errcode does not.
        Cause::Answer { code: 0, .. } => (Some(0), None, None, None),
        Cause::Answer { code, errmsg } => {
            (Some(*code), Some(errmsg.text().to_owned()), errmsg.hint(), errmsg.rid())
        }
        Cause::Event(incident) => (None, Some(incident.to_string()), None, None),
    };
    let reason = reason.map(|reason| text_id(transaction, &reason)).transpose()?;
    let at = attempt.finished.as_millisecond();
    let latency = i64::try_from(attempt.latency.as_millis()).unwrap_or(i64::MAX);
    let state = State::Settled(outcome).to_disk();
    transaction
        .prepare_cached(
            "UPDATE message SET state = ?1, errcode = ?2, reason = ?3, hint = ?4, rid = ?5, at = ?6, latency = ?7 \
             WHERE id = ?8",
        )?
        .execute(params![state, errcode, reason, hint, rid, at, latency, id.0])?;
    if outcome == Outcome::Postponed {
        let (first, end) = range(campaign_of(id.0));
        transaction
            .prepare_cached(
                "INSERT INTO attempt(id, message, number, errcode, reason, rid, at, latency) VALUES( \
                 (SELECT ifnull(max(id), ?1) + 1 FROM attempt WHERE id > ?1 AND id < ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![first, end, id.0, attempt.number, errcode, reason, rid, at, latency])?;
    }
    Ok(())
}

/// The number of a text that comes again and again, such as an errmsg.
pub(super) fn text_id(transaction: &Transaction<'_>, text: &str) -> rusqlite::Result<i64> {
    let mut find = transaction.prepare_cached("SELECT id FROM text WHERE value = ?1")?;
    if let Some(id) = find.query_row([text], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    transaction.prepare_cached("INSERT INTO text(value) VALUES(?1)")?.execute([text])?;
    Ok(transaction.last_insert_rowid())
}
