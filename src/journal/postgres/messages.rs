//! The messages of a campaign, as they are read.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::backend::Messages;
use crate::journal::identity::{CampaignKey, Claim, MessageKey, Naming, Recipient};
use crate::journal::postgres::claim::{count_change, insist};
use crate::journal::postgres::columns::{
    campaign, message_key, moment, number, on_disk, person, small, state, whole,
};
use crate::journal::postgres::session::{Failure, get, parameters};
use crate::journal::postgres::store::PostgresStore;
use crate::journal::record::{Known, MessageCounts, Recorded, RecordedCause, State};

const SELECT: &str = "SELECT m.number, m.person, m.nth, m.state, m.attempts, m.errcode, t.value, m.hint, m.rid, m.at, \
                      m.latency, m.payload FROM wxcast.message m LEFT JOIN wxcast.text t ON t.id = m.reason";

impl Messages for PostgresStore {
    fn known(
        &self,
        key: CampaignKey,
        each: &mut dyn FnMut(&Recipient<'_>, u32, Known),
    ) -> Result<(), JournalError> {
        let all = "SELECT number, person, nth, state, attempts, errcode, payload FROM wxcast.message WHERE campaign = $1";
        self.ask(|| {
            self.session.each(all, parameters![campaign(key)], |row| {
                let known = Known {
                    id: message_key(key, get(row, 0)?),
                    state: state(row, 3)?,
                    attempts: small(row, 4)?,
                    errcode: get(row, 5)?,
                    payload: get(row, 6)?,
                };
                each(&Recipient::Person(person(row, 1)?), small(row, 2)?, known);
                Ok(())
            })
        })
    }

    fn identities(
        &self,
        key: CampaignKey,
        each: &mut dyn FnMut(&Recipient<'_>, u32),
    ) -> Result<(), JournalError> {
        let all = "SELECT person, nth FROM wxcast.message WHERE campaign = $1";
        self.ask(|| {
            self.session.each(all, parameters![campaign(key)], |row| {
                each(&Recipient::Person(person(row, 0)?), small(row, 1)?);
                Ok(())
            })
        })
    }

    fn naming(&self, appid: &str) -> Naming {
        Naming::Persons(Arc::from(appid))
    }

    fn naming_of(&self, key: CampaignKey) -> Result<Naming, JournalError> {
        let appid = "SELECT appid FROM wxcast.campaign WHERE id = $1";
        self.ask(|| {
            let row = self.session.row(appid, parameters![campaign(key)])?;
            Ok(self.naming(get(&row.ok_or(Failure::Damaged("campaign"))?, 0)?))
        })
    }

    fn before(&self, campaign: CampaignKey) -> MessageKey {
        message_key(campaign, 0)
    }

    fn most(&self, key: CampaignKey) -> Result<usize, JournalError> {
        let last = "SELECT numbered::bigint FROM wxcast.campaign WHERE id = $1";
        self.ask(|| match self.session.row(last, parameters![campaign(key)])? {
            Some(row) => whole(&row, 0),
            None => Ok(0),
        })
    }

    fn message(&self, id: MessageKey) -> Result<Option<Recorded>, JournalError> {
        let (of, number) = number(id);
        let one = format!("{SELECT} WHERE m.campaign = $1 AND m.number = $2");
        self.ask(|| {
            let found = self.session.row(&one, parameters![of, number])?;
            found.map(|row| recorded(&row, CampaignKey(i64::from(of)))).transpose()
        })
    }

    fn messages_after(
        &self,
        key: CampaignKey,
        after: MessageKey,
        most: usize,
        each: &mut dyn FnMut(Recorded),
    ) -> Result<(), JournalError> {
        let next = format!("{SELECT} WHERE m.campaign = $1 AND m.number > $2 ORDER BY m.number LIMIT $3");
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.ask(|| {
            self.session.each(&next, parameters![campaign(key), number(after).1, most], |row| {
                each(recorded(row, key)?);
                Ok(())
            })
        })
    }

    fn count(&self, key: CampaignKey) -> Result<MessageCounts, JournalError> {
        let all = "SELECT g.state, g.errcode, t.value, g.count FROM (SELECT state, \
                   CASE WHEN state IN (2, 3, 4) THEN errcode END AS errcode, \
                   CASE WHEN state IN (3, 4) THEN reason END AS reason, count(*) AS count \
                   FROM wxcast.message WHERE campaign = $1 GROUP BY 1, 2, 3) g \
                   LEFT JOIN wxcast.text t ON t.id = g.reason";
        self.ask(|| {
            let mut counts = MessageCounts::default();
            for row in self.session.rows(all, parameters![campaign(key)])? {
                add(&mut counts, &row)?;
            }
            Ok(counts)
        })
    }

    fn resolve(
        &mut self,
        claim: Claim,
        ids: &[MessageKey],
        outcome: Outcome,
        who: &str,
        at: Timestamp,
    ) -> Result<usize, JournalError> {
        let reason = self.ask(|| self.text(&Incident::Resolved.to_string()))?;
        let numbers: Vec<i32> = ids.iter().map(|id| number(*id).1).collect();
        let (to, at) = (on_disk(State::Settled(outcome)), at.as_millisecond());
        let changed = self.write(|transaction| {
            insist(transaction, claim)?;
            let settle = "WITH settled AS (UPDATE wxcast.message SET state = $1, reason = $2, errcode = NULL, at = $3 \
                          WHERE campaign = $4 AND number = ANY ($5) AND (state = 4 OR reason = $2) RETURNING number) \
                          INSERT INTO wxcast.resolution (campaign, message, outcome, who, at) \
                          SELECT $4, number, $1, $6, $3 FROM settled";
            let of = campaign(claim.campaign);
            let changed = transaction.execute(settle, parameters![to, reason, at, of, numbers, who])?;
            count_change(transaction, claim)?;
            Ok(changed)
        })?;
        Ok(usize::try_from(changed).expect("they are fewer than were named"))
    }
}

fn add(counts: &mut MessageCounts, row: &Row) -> Result<(), Failure> {
    let (errcode, count): (Option<i64>, u64) = (get(row, 1)?, whole(row, 3)?);
    let cause = RecordedCause::from_disk(errcode, get(row, 2)?);
    match state(row, 0)? {
        State::InFlight => counts.in_flight += count,
        State::Settled(Outcome::Sent) => counts.sent += count,
        State::Settled(Outcome::Postponed) => counts.postponed += count,
        State::Settled(Outcome::Refused) => {
            counts.refused += count;
            *counts.refused_by_code.entry(errcode.unwrap_or(0)).or_default() += count;
        }
        State::Settled(Outcome::Failed) => {
            counts.failed += count;
            if let Some(cause) = cause {
                *counts.failed_by_cause.entry(cause.name()).or_default() += count;
            }
        }
        State::Settled(Outcome::Unknown) => {
            counts.unknown += count;
            if let Some(cause) = cause {
                *counts.unknown_by_cause.entry(cause.name()).or_default() += count;
            }
        }
        State::Skipped(reason) => *counts.skipped.entry(reason).or_default() += count,
    }
    Ok(())
}

fn recorded(row: &Row, campaign: CampaignKey) -> Result<Recorded, Failure> {
    let (state, hint): (State, Option<String>) = (state(row, 3)?, get(row, 7)?);
    let (hint, skipped_at) = match state {
        State::InFlight | State::Settled(_) => (hint, None),
        // The moment that belongs to the reason stands in the place of a hint.
        State::Skipped(_) => {
            let at = hint.map(|at| at.parse().map_err(|_| Failure::Damaged("hint"))).transpose()?;
            (None, at)
        }
    };
    Ok(Recorded {
        id: message_key(campaign, get(row, 0)?),
        recipient: Recipient::Person(person(row, 1)?),
        nth: small(row, 2)?,
        state,
        attempts: small(row, 4)?,
        cause: RecordedCause::from_disk(get(row, 5)?, get(row, 6)?),
        hint,
        rid: get(row, 8)?,
        skipped_at,
        at: moment(row, 9)?,
        latency_ms: get::<Option<i32>>(row, 10)?.map(i64::from),
        payload: get(row, 11)?,
    })
}
