//! The messages of a campaign, as they are read.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::backend::Messages;
use crate::journal::identity::{CampaignKey, Claim, MessageKey, Naming, Recipient};
use crate::journal::record::{Known, MessageCounts, Recorded, RecordedCause, State};
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::{Counted, SqliteStore, timestamp, whole};
use crate::journal::sqlite::writing::{Failure, count_change, insist, text_id};

const SELECT: &str = "SELECT m.id, m.openid, m.nth, m.state, m.attempts, m.errcode, t.value, m.hint, m.rid, m.at, \
                      m.latency, m.payload FROM message m LEFT JOIN text t ON t.id = m.reason";

impl Messages for SqliteStore {
    fn known(
        &self,
        campaign: CampaignKey,
        each: &mut dyn FnMut(&Recipient<'_>, u32, Known),
    ) -> Result<(), JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT id, openid, nth, state, attempts, errcode, payload FROM message WHERE id > ?1 AND id < ?2 \
                 ORDER BY id",
            )?;
            let (first, end) = range(campaign);
            let mut rows = statement.query([first, end])?;
            while let Some(row) = rows.next()? {
                let known = Known {
                    id: MessageKey(row.get(0)?),
                    state: state(row, 3)?,
                    attempts: row.get(4)?,
                    errcode: row.get(5)?,
                    payload: row.get(6)?,
                };
                each(&row.get_ref(1)?.as_str()?.into(), row.get(2)?, known);
            }
            Ok(())
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn identities(
        &self,
        campaign: CampaignKey,
        each: &mut dyn FnMut(&Recipient<'_>, u32),
    ) -> Result<(), JournalError> {
        (|| {
            let mut statement = self
                .connection
                .prepare_cached("SELECT openid, nth FROM message WHERE id > ?1 AND id < ?2 ORDER BY id")?;
            let (first, end) = range(campaign);
            let mut rows = statement.query([first, end])?;
            while let Some(row) = rows.next()? {
                each(&row.get_ref(0)?.as_str()?.into(), row.get(1)?);
            }
            Ok(())
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn naming(&self, _: &str) -> Naming {
        Naming::Openids
    }

    fn naming_of(&self, _: CampaignKey) -> Result<Naming, JournalError> {
        Ok(Naming::Openids)
    }

    fn before(&self, campaign: CampaignKey) -> MessageKey {
        MessageKey(range(campaign).0)
    }

    fn most(&self, campaign: CampaignKey) -> Result<usize, JournalError> {
        let (first, end) = range(campaign);
        let last = "SELECT ifnull(max(id), ?1) - ?1 FROM message WHERE id > ?1 AND id < ?2";
        self.connection
            .query_row(last, [first, end], |row| row.get::<_, u32>(0))
            .map(|most| most as usize)
            .map_err(|error| self.unreadable(&error))
    }

    fn message(&self, id: MessageKey) -> Result<Option<Recorded>, JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(&format!("{SELECT} WHERE m.id = ?1"))?;
            statement.query_row([id.0], recorded).optional()
        })()
        .map_err(|error| self.unreadable(&error))
    }

    fn messages_after(
        &self,
        campaign: CampaignKey,
        after: MessageKey,
        most: usize,
        each: &mut dyn FnMut(Recorded),
    ) -> Result<(), JournalError> {
        (|| {
            let mut statement = self
                .connection
                .prepare_cached(&format!("{SELECT} WHERE m.id > ?1 AND m.id < ?2 ORDER BY m.id LIMIT ?3"))?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let mut rows = statement.query([after.0.max(range(campaign).0), range(campaign).1, most])?;
            while let Some(row) = rows.next()? {
                each(recorded(row)?);
            }
            Ok(())
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn count(&self, campaign: CampaignKey) -> Result<MessageCounts, JournalError> {
        let counted = || {
            let moment = self.moment()?;
            if let Some(counted) = self.counted.borrow().as_ref().filter(|it| it.is_of(campaign, moment)) {
                return Ok(counted.counts.clone());
            }
            let counts = count(&self.connection, campaign)?;
            // What somebody committed meanwhile is in some of the counts and not in others: asked next, they are made anew.
            let counted = Counted { campaign, moment, counts: counts.clone() };
            *self.counted.borrow_mut() = Some(counted);
            Ok(counts)
        };
        counted().map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn resolve(
        &mut self,
        claim: Claim,
        ids: &[MessageKey],
        outcome: Outcome,
        who: &str,
        at: Timestamp,
    ) -> Result<usize, JournalError> {
        let resolved = (|| {
            let transaction = self.transaction()?;
            insist(&transaction, claim)?;
            let reason = text_id(&transaction, &Incident::Resolved.to_string())?;
            let (state, unknown) =
                (State::Settled(outcome).to_disk(), State::Settled(Outcome::Unknown).to_disk());
            let mut count = 0;
            let (first, end) = range(claim.campaign());
            for id in ids {
                // When and why it was unknown stays known: the report of the run in which it became so does not change.
                transaction
                    .prepare_cached(
                        "INSERT INTO attempt(id, message, number, errcode, reason, rid, at, latency) \
                         SELECT (SELECT ifnull(max(id), ?1) + 1 FROM attempt WHERE id > ?1 AND id < ?2), \
                         id, attempts, errcode, reason, rid, at, latency FROM message WHERE id = ?3 AND state = ?4",
                    )?
                    .execute(params![first, end, id.0, unknown])?;
                let changed = transaction
                    .prepare_cached(
                        "UPDATE message SET state = ?1, reason = ?2, errcode = NULL, at = ?3 WHERE id = ?4 AND (state = ?5 OR reason = ?2)",
                    )?
                    .execute(params![state, reason, at.as_millisecond(), id.0, unknown])?;
                if changed > 0 {
                    transaction
                        .prepare_cached(
                            "INSERT INTO resolution(message, outcome, who, at) VALUES(?1,?2,?3,?4)",
                        )?
                        .execute(params![id.0, state, who, at.as_millisecond()])?;
                }
                count += changed;
            }
            count_change(&transaction)?;
            transaction.commit()?;
            Ok(count)
        })();
        resolved.map_err(|failure: Failure| failure.told(self))
    }
}

/// So many messages of a campaign are in each state: all of them are read.
fn count(connection: &Connection, campaign: CampaignKey) -> rusqlite::Result<MessageCounts> {
    let (first, end) = range(campaign);
    let (mut counts, skipped) = connection.query_row(
        "SELECT total(state = 0), total(state = 1), total(state = 2), total(state = 3), total(state = 4), \
         total(state = 5), total(state > 5) FROM message WHERE id > ?1 AND id < ?2",
        [first, end],
        |row| {
            // Exact: a campaign has fewer messages than a float has integers.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let count = |index| row.get::<_, f64>(index).map(|count| count as u64);
            let counts = MessageCounts {
                in_flight: count(0)?,
                sent: count(1)?,
                refused: count(2)?,
                failed: count(3)?,
                unknown: count(4)?,
                postponed: count(5)?,
                ..MessageCounts::default()
            };
            Ok((counts, count(6)?))
        },
    )?;
    if skipped > 0 {
        let mut statement = connection.prepare_cached(
            "SELECT state, count(*) FROM message WHERE id > ?1 AND id < ?2 AND state > 5 GROUP BY 1",
        )?;
        let mut rows = statement.query([first, end])?;
        while let Some(row) = rows.next()? {
            if let State::Skipped(reason) = state(row, 0)? {
                counts.skipped.insert(reason, whole(row, 1)?);
            }
        }
    }
    if counts.refused > 0 {
        let mut statement = connection.prepare_cached(
            "SELECT ifnull(errcode, 0), count(*) FROM message WHERE id > ?1 AND id < ?2 AND state = 2 GROUP BY 1",
        )?;
        let codes = statement.query_map([first, end], |row| Ok((row.get(0)?, whole(row, 1)?)))?;
        counts.refused_by_code = codes.collect::<rusqlite::Result<_>>()?;
    }
    if counts.failed + counts.unknown > 0 {
        let mut statement = connection.prepare_cached(
            "SELECT m.state, m.errcode, t.value, count(*) FROM message m LEFT JOIN text t ON t.id = m.reason \
             WHERE m.id > ?1 AND m.id < ?2 AND m.state IN (3, 4) GROUP BY 1, 2, 3",
        )?;
        let mut rows = statement.query([first, end])?;
        while let Some(row) = rows.next()? {
            let causes = match row.get(0)? {
                3 => &mut counts.failed_by_cause,
                _ => &mut counts.unknown_by_cause,
            };
            if let Some(cause) = RecordedCause::from_disk(row.get(1)?, row.get(2)?) {
                *causes.entry(cause.name()).or_default() += whole(row, 3)?;
            }
        }
    }
    Ok(counts)
}

pub(super) fn state(row: &Row<'_>, index: usize) -> rusqlite::Result<State> {
    let state: i64 = row.get(index)?;
    State::from_disk(state).ok_or(rusqlite::Error::IntegralValueOutOfRange(index, state))
}

/// The moment that belongs to a skip, as it is kept.
fn moment(text: &str) -> rusqlite::Result<Timestamp> {
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(7, Type::Text, Box::new(error)))
}

fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let state = state(row, 3)?;
    let hint: Option<String> = row.get(7)?;
    let (hint, skipped_at) = match state {
        State::InFlight | State::Settled(_) => (hint, None),
        State::Skipped(_) => (None, hint.map(|at| moment(&at)).transpose()?),
    };
    Ok(Recorded {
        id: MessageKey(row.get(0)?),
        recipient: row.get::<_, String>(1)?.into(),
        nth: row.get(2)?,
        state,
        attempts: row.get(4)?,
        cause: RecordedCause::from_disk(row.get(5)?, row.get(6)?),
        hint,
        rid: row.get(8)?,
        skipped_at,
        at: timestamp(row.get(9)?)?,
        latency_ms: row.get(10)?,
        payload: row.get(11)?,
    })
}
