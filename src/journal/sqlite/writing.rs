//! How intents and outcomes are written, within a transaction of the writer's.

use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::delivery::attempt::{Attempt, Cause};
use crate::delivery::outcome::Outcome;
use crate::delivery::skip::Skipped;
use crate::journal::JournalError;
use crate::journal::backend::Commits;
use crate::journal::batch::{Batch, Intent};
use crate::journal::identity::{CampaignKey, Claim, MessageKey};
use crate::journal::record::State;
use crate::journal::sqlite::marks;
use crate::journal::sqlite::notices::write_notice;
use crate::journal::sqlite::schema::{campaign_of, range};
use crate::journal::sqlite::store::SqliteStore;

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
    pub(crate) fn told(&self, store: &SqliteStore) -> JournalError {
        match self {
            Self::Sqlite(error) => store.unwritable(error),
            Self::Fenced => JournalError::Fenced,
        }
    }
}

impl Commits for SqliteStore {
    fn commit(
        &mut self,
        claim: Claim,
        batch: &Batch<'_>,
    ) -> Result<Vec<Result<MessageKey, JournalError>>, JournalError> {
        let written = (|| {
            let transaction = self.transaction()?;
            insist(&transaction, claim)?;
            let ids = write_batch(&transaction, claim.campaign, batch)?;
            count_change(&transaction)?;
            transaction.commit()?;
            // No intent is refused: only one process writes, the one that has claimed the campaign.
            Ok(ids.into_iter().map(Ok).collect())
        })();
        written.map_err(|failure: Failure| failure.told(self))
    }

    /// What the file does not take, no file beside it would.
    fn put_aside(&mut self, _: Claim, _: &Batch<'_>) -> bool {
        false
    }
}

fn write_batch(
    transaction: &Transaction<'_>,
    campaign: CampaignKey,
    batch: &Batch<'_>,
) -> rusqlite::Result<Vec<MessageKey>> {
    let Batch { outcomes, undelivered, skips, notices, intents } = batch;
    for settled in *outcomes {
        write_outcome(transaction, settled.id, settled.outcome, &settled.attempt)?;
    }
    for settled in *undelivered {
        let id = write_intent(transaction, campaign, &settled.intent)?;
        write_outcome(transaction, id, settled.outcome, &settled.attempt)?;
    }
    for (message, skipped) in *skips {
        write_skip(transaction, campaign, message, *skipped)?;
    }
    for noticed in *notices {
        write_notice(transaction, noticed)?;
    }
    let ids = intents
        .iter()
        .map(|intent| write_intent(transaction, campaign, intent))
        .collect::<rusqlite::Result<Vec<MessageKey>>>()?;
    let undelivered_intents = undelivered.iter().map(|settled| &settled.intent);
    let skipped = skips.iter().map(|(message, _)| message);
    marks::note_new(transaction, campaign, undelivered_intents.chain(skipped).chain(*intents))?;
    count_intents(transaction, ids.len() + undelivered.len() + skips.len())?;
    Ok(ids)
}

/// Insists, within a transaction, that nobody else has claimed the campaign.
pub(crate) fn insist(transaction: &Transaction<'_>, claim: Claim) -> Result<(), Failure> {
    let epoch: Option<i64> = transaction
        .prepare_cached("SELECT epoch FROM campaign WHERE id = ?1")?
        .query_row([claim.campaign.0], |row| row.get(0))
        .optional()?;
    if epoch == Some(claim.epoch) { Ok(()) } else { Err(Failure::Fenced) }
}

/// Counts intents and skips: the counter only ever grows, so that a journal that knows fewer than a receipt was restored or lost.
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

/// Counts a commit that changed what results tell of any campaign. Whoever writes messages calls it: whether results
/// are still what they would be is asked at every start, and the messages themselves, a million of them, take a tenth
/// of a second to be counted.
pub(crate) fn count_change(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO meta(key, value) VALUES('changes', 1) ON CONFLICT DO UPDATE SET value = value + 1",
        )?
        .execute([])
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

/// Writes that a message is skipped: as a new one, or in the place of what is known to have delivered nothing. One that
/// was, or may have been, delivered stays what it is.
pub(crate) fn write_skip(
    transaction: &Transaction<'_>,
    campaign: CampaignKey,
    message: &Intent,
    skipped: Skipped,
) -> rusqlite::Result<()> {
    let id = match message.id {
        None => write_intent(transaction, campaign, message)?,
        Some(id) => id,
    };
    let [in_flight, sent, unknown] =
        [State::InFlight, State::Settled(Outcome::Sent), State::Settled(Outcome::Unknown)]
            .map(State::to_disk);
    // The intent that was just written is no intent: both records are in one transaction, so nobody sees the first alone.
    let fresh = message.id.is_none();
    transaction
        .prepare_cached(
            "UPDATE message SET state = ?1, hint = ?2, at = ?3, payload = ?4, errcode = NULL, reason = NULL, \
             rid = NULL, latency = NULL WHERE id = ?5 AND (?6 OR state NOT IN (?7, ?8, ?9))",
        )?
        .execute(params![
            State::Skipped(skipped.reason).to_disk(),
            skipped.at.map(|at| at.to_string()),
            message.at.as_millisecond(),
            message.payload,
            id.0,
            fresh,
            in_flight,
            sent,
            unknown
        ])
        .map(drop)
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::delivery::attempt::Incident;
    use crate::delivery::skip::SkipReason;
    use crate::journal::Identity;
    use crate::journal::backend::{Claims, Messages};
    use crate::journal::identity::Channel;
    use crate::journal::record::Recorded;

    fn message(id: Option<MessageKey>, openid: &str, attempt: u32) -> Intent {
        Intent { id, openid: openid.into(), nth: 1, attempt, at: Timestamp::UNIX_EPOCH, payload: 7 }
    }

    #[test]
    fn what_is_skipped_says_why_is_decided_again_and_never_hides_what_may_have_been_delivered() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = SqliteStore::open(folder.path()).expect("a journal");
        let whose = Identity { appid: "a".into(), campaign: "c".into(), wave: 1, channel: Channel::Send };
        let campaign = store.claim(&whose, Incident::Crash).expect("a claim").campaign();
        let end: Timestamp = "2026-11-29T12:00:00Z".parse().expect("a time");
        let window = Skipped { reason: SkipReason::Window, at: Some(end) };
        let cap = Skipped { reason: SkipReason::Cap, at: None };
        let attempt = Attempt {
            number: 1,
            finished: end,
            latency: std::time::Duration::ZERO,
            cause: Cause::Event(Incident::Timeout),
        };

        let transaction = store.transaction().expect("a transaction");
        write_skip(&transaction, campaign, &message(None, "new", 0), window).expect("a skip");
        let known = |openid: &str, outcome: Option<Outcome>| {
            let id = write_intent(&transaction, campaign, &message(None, openid, 1)).expect("an intent");
            if let Some(outcome) = outcome {
                write_outcome(&transaction, id, outcome, &attempt).expect("an outcome");
            }
            write_skip(&transaction, campaign, &message(Some(id), openid, 1), cap).expect("a skip");
        };
        known("failed", Some(Outcome::Failed));
        known("flying", None);
        known("unknown", Some(Outcome::Unknown));
        known("sent", Some(Outcome::Sent));
        transaction.commit().expect("a commit");

        let mut found: Vec<Recorded> = Vec::new();
        store
            .messages_after(campaign, store.before(campaign), usize::MAX, &mut |message| found.push(message))
            .expect("the messages");
        let states: Vec<_> = found
            .iter()
            .map(|message| (message.recipient.openid().expect("kept"), message.state, message.skipped_at))
            .collect();
        let expected = [
            ("new", State::Skipped(SkipReason::Window), Some(end)),
            ("failed", State::Skipped(SkipReason::Cap), None),
            ("flying", State::InFlight, None),
            ("unknown", State::Settled(Outcome::Unknown), None),
            ("sent", State::Settled(Outcome::Sent), None),
        ];
        assert_eq!(states, expected);
        assert_eq!(found.iter().map(|message| message.attempts).collect::<Vec<_>>(), [0, 1, 1, 1, 1]);
        let counts = store.count(campaign).expect("the counts");
        assert_eq!(counts.skipped, [(SkipReason::Window, 1), (SkipReason::Cap, 1)].into());
        assert_eq!(counts.statuses().skipped, 2);

        let transaction = store.transaction().expect("a transaction");
        write_intent(&transaction, campaign, &message(Some(found[0].id), "new", 1)).expect("an intent");
        transaction.commit().expect("a commit");
        assert_eq!(store.count(campaign).expect("the counts").in_flight, 2, "it was counted before");
        // Whatever another process commits is counted, too.
        let other = SqliteStore::open(folder.path()).expect("a journal");
        assert_eq!(other.count(campaign).expect("the counts").in_flight, 2);
        let transaction = store.transaction().expect("a transaction");
        write_outcome(&transaction, found[0].id, Outcome::Sent, &attempt).expect("an outcome");
        transaction.commit().expect("a commit");
        assert_eq!(other.count(campaign).expect("the counts").in_flight, 1);
        let transaction = store.transaction().expect("a transaction");
        write_intent(&transaction, campaign, &message(Some(found[0].id), "new", 1)).expect("an intent");
        transaction.commit().expect("a commit");
        let again = store.message(found[0].id).expect("the journal").expect("the message");
        assert_eq!((again.state, again.skipped_at, again.hint), (State::InFlight, None, None));
    }
}
