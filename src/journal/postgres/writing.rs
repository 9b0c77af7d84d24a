//! How intents and outcomes are written: as many as there are in one transaction, whose statements are sent together.
//!
//! Only whose row this process wrote may be sent. The answer to a commit may be lost: whoever connects again reads how
//! often this process has committed, and waits for what the old connection left behind, because both lock the same row.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio_postgres::Row;

use crate::delivery::attempt::{Attempt, Incident};
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::backend::Commits;
use crate::journal::batch::{Batch, Intent};
use crate::journal::identity::{Claim, MessageKey, Person};
use crate::journal::lineage::MessageSet;
use crate::journal::postgres::columns::{
    campaign, epoch, message_key, milliseconds, nth, number, on_disk, person, told,
};
use crate::journal::postgres::connect::Connection;
use crate::journal::postgres::late;
use crate::journal::postgres::lease::LEASE;
use crate::journal::postgres::session::{BEGIN, Failure, PATIENCE, Transaction, durable, get, parameters};
use crate::journal::postgres::store::{Held, PostgresStore};
use crate::journal::record::State;

/// So many numbers for messages are taken at a time.
const NUMBERS: usize = 1024;
/// How long to wait between two tries to reach a database that is away.
const AGAIN: Duration = Duration::from_millis(200);

/// A message's identity within its campaign.
type Whose = (Person, i32);

/// The outcomes of one commit, column by column.
#[derive(Default)]
pub(crate) struct Outcomes {
    pub(crate) persons: Vec<Person>,
    pub(crate) nths: Vec<i32>,
    pub(crate) attempts: Vec<i32>,
    pub(crate) states: Vec<i16>,
    pub(crate) errcodes: Vec<Option<i64>>,
    pub(crate) reasons: Vec<Option<i32>>,
    pub(crate) hints: Vec<Option<String>>,
    pub(crate) rids: Vec<Option<String>>,
    pub(crate) ats: Vec<i64>,
    pub(crate) latencies: Vec<i32>,
    /// The numbers of the messages, of those that are tried again.
    again: Vec<Option<i32>>,
}

/// Rows of messages, column by column.
#[derive(Default)]
struct Rows {
    persons: Vec<Person>,
    nths: Vec<i32>,
    numbers: Vec<i32>,
    states: Vec<i16>,
    attempts: Vec<i32>,
    ats: Vec<i64>,
    payloads: Vec<i64>,
    errcodes: Vec<Option<i64>>,
    reasons: Vec<Option<i32>>,
    hints: Vec<Option<String>>,
    rids: Vec<Option<String>>,
    latencies: Vec<Option<i32>>,
    /// Whom they are to, for what counts which messages there are.
    openids: Vec<String>,
}

/// What came of a batch.
struct Written {
    /// The messages whose intents are this process' own now, with their numbers.
    mine: HashMap<Whose, i32>,
}

impl Commits for PostgresStore {
    fn commit(
        &mut self,
        claim: Claim,
        batch: &Batch<'_>,
    ) -> Result<Vec<Result<MessageKey, JournalError>>, JournalError> {
        let Some(mut held) = self.held.take().filter(|held| held.claim == claim) else {
            return Err(JournalError::Fenced);
        };
        let written = self.patiently(&mut held, batch);
        let told = match written {
            Ok(written) => Ok(settle(&mut held, batch, &written)),
            // What this process has sent it knows best, whoever has its messages now.
            Err(Failure::Fenced) => self.late(&mut held, batch),
            Err(failure) => {
                if matches!(failure, Failure::Undurable(_)) {
                    // Where that is not durable either, they are unknown after a failure.
                    let _ = self.take_back(&held, batch);
                }
                Err(self.session.unwritable(&failure))
            }
        };
        self.held = Some(held);
        told
    }

    fn put_aside(&mut self, claim: Claim, batch: &Batch<'_>) -> bool {
        match (&self.held, &self.uuid) {
            (Some(held), Some(uuid)) if held.claim == claim => {
                late::put_aside(&self.folder, uuid, held, batch)
            }
            (Some(_) | None, _) => false,
        }
    }
}

impl PostgresStore {
    /// Writes a batch, and waits for a database that is away.
    fn patiently(&self, held: &mut Held, batch: &Batch<'_>) -> Result<Written, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            let failure = match self.once(held, batch) {
                Ok(written) => {
                    held.gave_up = false;
                    return Ok(written);
                }
                Err(failure) => failure,
            };
            if failure.is_collision() && Instant::now() < until {
                continue;
            }
            if !is_away(&failure) {
                return Err(failure);
            }
            let came_back = self.reconnect(held, until);
            match came_back {
                Ok(commits) if commits > held.commits => {
                    // It was committed, and the answer was lost. No request has left yet.
                    held.commits = commits;
                    return self.found(held, batch);
                }
                Ok(_) => {}
                Err(away) if is_away(&away) => {
                    held.gave_up = true;
                    return Err(failure);
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// Connects again. Gives how often this process has committed, once nothing of it is under way any more.
    fn reconnect(&self, held: &Held, until: Instant) -> Result<i64, Failure> {
        loop {
            let asked = self.session.renew().map_err(Failure::from).and_then(|()| self.commits(held.claim));
            match asked {
                Err(failure) if is_away(&failure) && !held.gave_up && Instant::now() < until => {
                    std::thread::sleep(AGAIN);
                }
                asked => return asked,
            }
        }
    }

    fn commits(&self, claim: Claim) -> Result<i64, Failure> {
        self.session.transaction(|transaction| {
            let mine = "SELECT commits FROM wxcast.worker WHERE campaign = $1 AND epoch = $2 AND ended IS NULL \
                        FOR UPDATE";
            let row = transaction.row(mine, parameters![campaign(claim.campaign), epoch(claim)])?;
            get(&row.ok_or(Failure::Fenced)?, 0)
        })
    }

    /// Which messages of a batch that was committed are this process' own.
    fn found(&self, held: &Held, batch: &Batch<'_>) -> Result<Written, Failure> {
        let (persons, nths, attempts) = identities(held, batch);
        let persons: Vec<&[u8]> = persons.iter().map(|person| person.0.as_slice()).collect();
        let find = "SELECT m.person, m.nth, m.number FROM unnest($1, $2, $3) AS o (person, nth, attempts) \
                    JOIN wxcast.message m ON m.campaign = $4 AND m.person = o.person AND m.nth = o.nth \
                    AND m.attempts = o.attempts AND m.owner = $5 AND m.state = 0";
        let of = (campaign(held.claim.campaign), epoch(held.claim));
        let rows = self.session.rows(find, parameters![persons, nths, attempts, of.0, of.1])?;
        let mine = rows.iter().map(mine).collect::<Result<_, Failure>>()?;
        Ok(Written { mine })
    }

    /// Writes a batch once.
    fn once(&self, held: &mut Held, batch: &Batch<'_>) -> Result<Written, Failure> {
        let outcomes = self.outcomes(held, batch)?;
        let settled = self.settled_rows(held, batch)?;
        let (new, again): (Vec<&Intent>, Vec<&Intent>) =
            batch.intents.iter().partition(|intent| intent.id.is_none());
        let new = self.intent_rows(held, &new)?;
        let again = self.intent_rows_of(held, &again);
        let claim = held.claim;
        let written = self.session.with(|connection| {
            let written = write(connection, claim, batch, (&outcomes, &settled, &new, &again));
            if written.is_err() && !connection.is_closed() {
                let _ = Transaction::over(connection).batch("ROLLBACK");
            }
            written
        });
        // One that is not durable was committed all the same.
        if matches!(written, Ok(_) | Err(Failure::Undurable(_))) {
            held.commits += 1;
        }
        written
    }

    /// Takes back intents whose commit is not durable: no request leaves because of them.
    fn take_back(&self, held: &Held, batch: &Batch<'_>) -> Result<(), Failure> {
        let reason = self.text(&Incident::NotBegun.to_string())?;
        let (persons, nths, attempts) = identities(held, batch);
        let persons: Vec<&[u8]> = persons.iter().map(|person| person.0.as_slice()).collect();
        let postponed = on_disk(State::Settled(Outcome::Postponed));
        let of = (campaign(held.claim.campaign), epoch(held.claim));
        let back = "UPDATE wxcast.message m SET state = $1, reason = $2 FROM unnest($3, $4, $5) \
                    AS o (person, nth, attempts) WHERE m.campaign = $6 AND m.person = o.person AND m.nth = o.nth \
                    AND m.attempts = o.attempts AND m.owner = $7 AND m.state = 0";
        self.session.transaction(|transaction| {
            let all = parameters![postponed, reason, persons, nths, attempts, of.0, of.1];
            transaction.execute(back, all).map(drop)
        })
    }

    /// What came of requests, with the numbers of texts.
    fn outcomes(&self, held: &Held, batch: &Batch<'_>) -> Result<Outcomes, Failure> {
        let mut outcomes = Outcomes::default();
        for settled in batch.outcomes {
            let (person, nth) =
                held.in_flight.get(&settled.id).expect("an outcome is of an intent of this process");
            let again = (settled.outcome == Outcome::Postponed).then_some(number(settled.id).1);
            outcomes.push(self, (*person, *nth), settled.outcome, &settled.attempt)?;
            outcomes.again.push(again);
        }
        Ok(outcomes)
    }

    /// Messages that are settled without a request.
    fn settled_rows(&self, held: &mut Held, batch: &Batch<'_>) -> Result<Rows, Failure> {
        let mut rows = Rows::default();
        let mut numbers = self.numbers(held, batch.undelivered.len() + batch.skips.len())?;
        for settled in batch.undelivered {
            let (errcode, reason, hint, rid) = told(&settled.attempt);
            let reason = reason.map(|reason| self.text(&reason)).transpose()?;
            rows.push(held, &settled.intent, numbers.next().expect("there are enough"));
            rows.ats.pop();
            rows.ats.push(settled.attempt.finished.as_millisecond());
            rows.states.push(on_disk(State::Settled(settled.outcome)));
            rows.errcodes.push(errcode);
            rows.reasons.push(reason);
            rows.hints.push(hint);
            rows.rids.push(rid);
            rows.latencies.push(Some(milliseconds(&settled.attempt)));
        }
        for (message, skipped) in batch.skips {
            rows.push(held, message, numbers.next().expect("there are enough"));
            rows.states.push(on_disk(State::Skipped(skipped.reason)));
            rows.errcodes.push(None);
            rows.reasons.push(None);
            rows.hints.push(skipped.at.map(|at| at.to_string()));
            rows.rids.push(None);
            rows.latencies.push(None);
        }
        Ok(rows)
    }

    /// New messages with intents.
    fn intent_rows(&self, held: &mut Held, intents: &[&Intent]) -> Result<Rows, Failure> {
        let mut rows = Rows::default();
        let mut numbers = self.numbers(held, intents.len())?;
        for intent in intents {
            rows.push(held, intent, numbers.next().expect("there are enough"));
        }
        Ok(rows)
    }

    /// Intents for messages that have a row.
    fn intent_rows_of(&self, held: &Held, intents: &[&Intent]) -> Rows {
        let mut rows = Rows::default();
        for intent in intents {
            let known = intent.id.map_or(0, |id| number(id).1);
            rows.push(held, intent, known);
        }
        rows
    }

    /// Numbers that no other message has. They are taken by the thousand, in a transaction of their own, so that nobody
    /// waits for a commit to get some.
    pub(crate) fn numbers(&self, held: &mut Held, wanted: usize) -> Result<std::ops::Range<i32>, Failure> {
        let wanted_now = i32::try_from(wanted).expect("a commit holds a few thousand messages");
        if held.numbers.len() < wanted {
            let more = i32::try_from(wanted.max(NUMBERS)).expect("a commit holds a few thousand messages");
            let take = "UPDATE wxcast.campaign SET numbered = numbered + $1 WHERE id = $2 RETURNING numbered";
            let taken = self.session.row(take, parameters![more, campaign(held.claim.campaign)])?;
            let last: i32 = get(&taken.ok_or(Failure::Damaged("campaign"))?, 0)?;
            held.numbers = last - more + 1..last + 1;
        }
        let first = held.numbers.start;
        held.numbers.start += wanted_now;
        Ok(first..first + wanted_now)
    }

    /// Writes the outcomes of a process that has been taken over, and nothing else.
    fn late(
        &self,
        held: &mut Held,
        batch: &Batch<'_>,
    ) -> Result<Vec<Result<MessageKey, JournalError>>, JournalError> {
        let written = || -> Result<(), Failure> {
            let outcomes = self.outcomes(held, batch)?;
            self.session.transaction(|transaction| {
                outcomes.write(transaction, held.claim)?;
                let count =
                    "UPDATE wxcast.worker SET changes = changes + 1 WHERE campaign = $1 AND epoch = $2";
                let of = (campaign(held.claim.campaign), epoch(held.claim));
                transaction.execute(count, parameters![of.0, of.1]).map(drop)
            })
        };
        written().map_err(|failure| self.session.unwritable(&failure))?;
        for settled in batch.outcomes {
            held.in_flight.remove(&settled.id);
        }
        Ok(batch.intents.iter().map(|_| Err(JournalError::Fenced)).collect())
    }
}

/// Writes all of a batch in one transaction. The statements are sent together; only the commit waits for what they say.
fn write(
    connection: &Connection,
    claim: Claim,
    batch: &Batch<'_>,
    (outcomes, settled, new, again): (&Outcomes, &Rows, &Rows, &Rows),
) -> Result<Written, Failure> {
    let client = connection.client();
    let (of, owner) = (campaign(claim.campaign), epoch(claim));
    let crash = Incident::Crash.to_string();
    let [outcome_persons, settled_persons, new_persons, again_persons] =
        [&outcomes.persons, &settled.persons, &new.persons, &again.persons]
            .map(|persons| persons.iter().map(|person| person.0.as_slice()).collect::<Vec<&[u8]>>());
    let notices: Vec<(i64, i64, String)> = batch
        .notices
        .iter()
        .map(|noticed| {
            let what = serde_json::to_string(&noticed.what).expect("a notice is words and numbers");
            (noticed.run.0, noticed.at.as_millisecond(), what)
        })
        .collect();
    let (runs, ats): (Vec<i64>, Vec<i64>) = notices.iter().map(|(run, at, _)| (*run, *at)).unzip();
    let whats: Vec<&str> = notices.iter().map(|(_, _, what)| what.as_str()).collect();

    let fence =
        "SELECT members FROM wxcast.worker WHERE campaign = $1 AND epoch = $2 AND ended IS NULL FOR UPDATE";
    let (begun, fenced, outcomes_done, attempts_done, settled_done, notices_done, new_done, again_done) =
        connection.wait(async {
            tokio::try_join!(
                biased;
                client.batch_execute(BEGIN),
                async { client.query_typed(fence, parameters![of, owner]).await },
                async {
                    if outcomes.persons.is_empty() {
                        return Ok(Vec::new());
                    }
                    client
                        .query_typed(
                            OUTCOMES,
                            parameters![
                                of,
                                owner,
                                crash,
                                outcome_persons,
                                outcomes.nths,
                                outcomes.attempts,
                                outcomes.states,
                                outcomes.errcodes,
                                outcomes.reasons,
                                outcomes.hints,
                                outcomes.rids,
                                outcomes.ats,
                                outcomes.latencies,
                            ],
                        )
                        .await
                },
                async {
                    if outcomes.again.iter().all(Option::is_none) {
                        return Ok(Vec::new());
                    }
                    client
                        .query_typed(
                            ATTEMPTS,
                            parameters![
                                of,
                                outcomes.again,
                                outcomes.attempts,
                                outcomes.errcodes,
                                outcomes.reasons,
                                outcomes.rids,
                                outcomes.ats,
                                outcomes.latencies,
                            ],
                        )
                        .await
                },
                async {
                    if settled.persons.is_empty() {
                        return Ok(Vec::new());
                    }
                    client
                        .query_typed(
                            SETTLED,
                            parameters![
                                of,
                                owner,
                                settled_persons,
                                settled.nths,
                                settled.numbers,
                                settled.states,
                                settled.attempts,
                                settled.ats,
                                settled.payloads,
                                settled.errcodes,
                                settled.reasons,
                                settled.hints,
                                settled.rids,
                                settled.latencies,
                            ],
                        )
                        .await
                },
                async {
                    if runs.is_empty() {
                        return Ok(Vec::new());
                    }
                    client
                        .query_typed(
                            "INSERT INTO wxcast.notice (run, at, what) SELECT * FROM unnest($1, $2, $3)",
                            parameters![runs, ats, whats],
                        )
                        .await
                },
                async {
                    if new.persons.is_empty() {
                        return Ok(Vec::new());
                    }
                    client
                        .query_typed(
                            INTENTS,
                            parameters![
                                of,
                                owner,
                                new_persons,
                                new.nths,
                                new.numbers,
                                new.attempts,
                                new.ats,
                                new.payloads,
                            ],
                        )
                        .await
                },
                async {
                    if again.persons.is_empty() {
                        return Ok(Vec::new());
                    }
                    client
                        .query_typed(
                            AGAIN_INTENTS,
                            parameters![
                                of,
                                owner,
                                again_persons,
                                again.nths,
                                again.attempts,
                                again.ats,
                                again.payloads,
                            ],
                        )
                        .await
                },
            )
        })?;
    let () = begun;
    drop((outcomes_done, attempts_done, notices_done));
    let row = fenced.first().ok_or(Failure::Fenced)?;
    let mut members =
        MessageSet::try_from(get::<String>(row, 0)?).map_err(|_| Failure::Damaged("members"))?;
    let (mut messages, mut written) = (0_i64, HashMap::new());
    for row in &new_done {
        let (whose, number) = mine(row)?;
        written.insert(whose, number);
    }
    for (index, person) in new.persons.iter().enumerate() {
        if written.contains_key(&(*person, new.nths[index])) {
            members.add(&new.openids[index], new.nths[index].unsigned_abs());
            messages += 1;
        }
    }
    for row in &settled_done {
        let (whose, _) = mine(row)?;
        if get::<bool>(row, 3)?
            && let Some(index) = settled.place(whose)
        {
            members.add(&settled.openids[index], settled.nths[index].unsigned_abs());
            messages += 1;
        }
    }
    for row in &again_done {
        let (whose, number) = mine(row)?;
        written.insert(whose, number);
    }
    let intents = i64::try_from(new_done.len() + again_done.len() + settled_done.len())
        .expect("a commit holds a few thousand messages");
    let renew = format!(
        "UPDATE wxcast.worker SET until = clock_timestamp() + {LEASE}, commits = commits + 1, \
         intents = intents + $3, messages = messages + $4, changes = changes + 1, members = $5 \
         WHERE campaign = $1 AND epoch = $2"
    );
    let members = members.to_string();
    connection.forget_warnings();
    connection.wait(async {
        tokio::try_join!(
            biased;
            async {
                client.execute_typed(&renew, parameters![of, owner, intents, messages, members]).await
            },
            client.batch_execute("COMMIT"),
        )
    })?;
    durable(connection)?;
    Ok(Written { mine: written })
}

/// An outcome counts for the attempt that this process made, unless something is known of it already. Whoever took over
/// knows nothing.
const OUTCOMES: &str = "UPDATE wxcast.message m SET state = o.state, errcode = o.errcode, reason = o.reason, \
     hint = o.hint, rid = o.rid, at = o.at, latency = o.latency \
     FROM unnest($4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
     AS o (person, nth, attempts, state, errcode, reason, hint, rid, at, latency) \
     WHERE m.campaign = $1 AND m.person = o.person AND m.nth = o.nth AND m.owner = $2 AND m.attempts = o.attempts \
     AND (m.state = 0 OR m.state = 4 AND m.reason = (SELECT id FROM wxcast.text WHERE value = $3))";
const ATTEMPTS: &str = "INSERT INTO wxcast.attempt (campaign, message, number, errcode, reason, rid, at, latency) \
     SELECT $1, o.* FROM unnest($2, $3, $4, $5, $6, $7, $8) AS o (message, number, errcode, reason, rid, at, latency) \
     WHERE o.message IS NOT NULL";
/// What was, or may have been, delivered stays what it is.
const SETTLED: &str = "INSERT INTO wxcast.message AS m (campaign, owner, person, nth, number, state, attempts, at, payload, \
     errcode, reason, hint, rid, latency) \
     SELECT $1, $2, o.* FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS o \
     ON CONFLICT (campaign, person, nth) DO UPDATE SET state = excluded.state, at = excluded.at, \
     payload = excluded.payload, errcode = excluded.errcode, reason = excluded.reason, hint = excluded.hint, \
     rid = excluded.rid, latency = excluded.latency WHERE m.state NOT IN (0, 1, 4) \
     RETURNING m.person, m.nth, m.number, m.xmax = 0";
const INTENTS: &str = "INSERT INTO wxcast.message (campaign, owner, state, person, nth, number, attempts, at, payload) \
     SELECT $1, $2, 0, o.* FROM unnest($3, $4, $5, $6, $7, $8) AS o ON CONFLICT DO NOTHING \
     RETURNING person, nth, number";
/// Somebody else may have tried it since this process read what had become of it.
const AGAIN_INTENTS: &str = "UPDATE wxcast.message m SET state = 0, owner = $2, attempts = o.attempts, at = o.at, \
     payload = o.payload, errcode = NULL, reason = NULL, hint = NULL, rid = NULL, latency = NULL \
     FROM unnest($3, $4, $5, $6, $7) AS o (person, nth, attempts, at, payload) \
     WHERE m.campaign = $1 AND m.person = o.person AND m.nth = o.nth AND m.attempts = o.attempts - 1 \
     AND m.state NOT IN (0, 1) RETURNING m.person, m.nth, m.number";

/// Notes what a batch that is on disk means for what is in flight, and answers for each intent.
fn settle(held: &mut Held, batch: &Batch<'_>, written: &Written) -> Vec<Result<MessageKey, JournalError>> {
    for settled in batch.outcomes {
        held.in_flight.remove(&settled.id);
    }
    let mut answers = Vec::with_capacity(batch.intents.len());
    for intent in batch.intents {
        let whose = (Person::of(&held.appid, &intent.openid), nth(intent.nth));
        answers.push(match written.mine.get(&whose) {
            Some(number) => {
                let id = message_key(held.claim.campaign, *number);
                held.in_flight.insert(id, whose);
                Ok(id)
            }
            None => Err(JournalError::Taken),
        });
    }
    answers
}

/// To whom the intents of a batch are, and which attempts, column by column.
fn identities(held: &Held, batch: &Batch<'_>) -> (Vec<Person>, Vec<i32>, Vec<i32>) {
    let intents = batch.intents.iter();
    let persons = intents.clone().map(|intent| Person::of(&held.appid, &intent.openid)).collect();
    let nths = intents.clone().map(|intent| nth(intent.nth)).collect();
    (persons, nths, intents.map(|intent| nth(intent.attempt)).collect())
}

fn mine(row: &Row) -> Result<(Whose, i32), Failure> {
    Ok(((person(row, 0)?, get(row, 1)?), get(row, 2)?))
}

/// Whether it is the database that is away, and not something that it says.
pub(crate) fn is_away(failure: &Failure) -> bool {
    match failure {
        Failure::Fault(fault) => fault.is_lost(),
        Failure::Journal(error) => matches!(error, JournalError::Unreachable { .. }),
        Failure::Fenced | Failure::Damaged(_) | Failure::Undurable(_) => false,
    }
}

impl Outcomes {
    fn push(
        &mut self,
        store: &PostgresStore,
        (person, nth_of): Whose,
        outcome: Outcome,
        attempt: &Attempt,
    ) -> Result<(), Failure> {
        let (errcode, reason, hint, rid) = told(attempt);
        self.reasons.push(reason.map(|reason| store.text(&reason)).transpose()?);
        self.persons.push(person);
        self.nths.push(nth_of);
        self.attempts.push(nth(attempt.number));
        self.states.push(on_disk(State::Settled(outcome)));
        self.errcodes.push(errcode);
        self.hints.push(hint);
        self.rids.push(rid);
        self.ats.push(attempt.finished.as_millisecond());
        self.latencies.push(milliseconds(attempt));
        Ok(())
    }

    /// Writes them in a transaction of somebody who has nothing else to write.
    pub(crate) fn write(&self, transaction: &Transaction<'_>, claim: Claim) -> Result<u64, Failure> {
        let persons: Vec<&[u8]> = self.persons.iter().map(|person| person.0.as_slice()).collect();
        let (of, owner) = (campaign(claim.campaign), epoch(claim));
        let crash = Incident::Crash.to_string();
        transaction.execute(
            OUTCOMES,
            parameters![
                of,
                owner,
                crash,
                persons,
                self.nths,
                self.attempts,
                self.states,
                self.errcodes,
                self.reasons,
                self.hints,
                self.rids,
                self.ats,
                self.latencies,
            ],
        )
    }
}

impl Rows {
    fn push(&mut self, held: &Held, intent: &Intent, number: i32) {
        self.persons.push(Person::of(&held.appid, &intent.openid));
        self.nths.push(nth(intent.nth));
        self.numbers.push(number);
        self.attempts.push(nth(intent.attempt));
        self.ats.push(intent.at.as_millisecond());
        self.payloads.push(intent.payload);
        self.openids.push(intent.openid.clone());
    }

    fn place(&self, (person, nth): Whose) -> Option<usize> {
        (0..self.persons.len()).find(|index| (self.persons[*index], self.nths[*index]) == (person, nth))
    }
}
