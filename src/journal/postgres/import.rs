//! What an export knows, taken into a journal. Nothing that the journal knows is lost by it: of a message that both know,
//! what forbids another request more than the other counts.

use std::collections::{HashMap, HashSet};

use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::backend::{Imports, Notes};
use crate::journal::history::Pruned;
use crate::journal::identity::{CampaignKey, Channel, Claim, Identity, Person};
use crate::journal::imported::{self, Known, is_openid};
use crate::journal::index::gravity;
use crate::journal::lineage::{Lineage, MessageSet};
use crate::journal::payload::UNSEEN;
use crate::journal::portable::{Attempt, Export, ImportError, Imported, Line, Message, Resolution, Run};
use crate::journal::postgres::claim::{begin, end_silent};
use crate::journal::postgres::columns::{campaign, epoch, nth, on_disk, person, state};
use crate::journal::postgres::notes::PUT;
use crate::journal::postgres::session::{Failure, Transaction, get, parameters};
use crate::journal::postgres::store::PostgresStore;
use crate::journal::postgres::takeover::count;
use crate::journal::postgres::{marks, prune};
use crate::journal::receipt::Entry;
use crate::journal::record::State;

/// So many messages are written at a time.
const MESSAGES: usize = 1024;

impl Imports for PostgresStore {
    fn take_export(&mut self, export: &mut Export) -> Result<Imported, ImportError> {
        let (mine, known) = (self.uuid()? == export.header().journal, self.intents()?);
        // An older copy of itself: it has been given that many intents all the same.
        let given = if mine { (export.header().intents - known).max(0) } else { 0 };
        let crash =
            self.text(&Incident::Crash.to_string()).map_err(|failure| self.session.unwritable(&failure))?;
        let mut wrong = None;
        let imported = self.session.transaction(|transaction| {
            let mut taking =
                Taking { store: self, transaction, crash, given, wave: None, done: Imported::default() };
            match taking.all(export) {
                Ok(()) => Ok(taking.done),
                Err(Stop::Failure(failure)) => Err(failure),
                Err(Stop::Import(error)) => {
                    wrong = Some(error);
                    Err(Failure::Fenced)
                }
            }
        });
        imported.map_err(|failure| {
            // Texts that were made in this transaction are not there.
            self.texts.borrow_mut().clear();
            wrong.unwrap_or_else(|| ImportError::Journal(self.session.unwritable(&failure)))
        })
    }

    fn has_imported(&self, campaign: CampaignKey, receipt: &Entry) -> Result<bool, JournalError> {
        Ok(imported::covers(self.note(&imported::note(campaign, &receipt.journal))?, receipt))
    }
}

/// Why a line is not taken in.
enum Stop {
    Failure(Failure),
    Import(ImportError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Self {
        Self::Import(error)
    }
}

/// A wave whose lines are being taken in.
struct Wave {
    claim: Claim,
    exported: Known,
    /// What had been taken out of the other journal.
    pruned: Option<Pruned>,
    /// Whom the export has told of; nobody stands in it twice.
    seen: HashSet<(Person, u32)>,
    /// Messages that are not written yet.
    waiting: Vec<(Message, String, Person, State)>,
    /// The numbers here of the messages that were not known before.
    new: HashMap<u32, i32>,
    /// Which these are.
    set: MessageSet,
    news: usize,
    /// The next message's number.
    next: i32,
    /// The run that was added last.
    run: Option<i64>,
}

struct Taking<'a> {
    store: &'a PostgresStore,
    transaction: &'a Transaction<'a>,
    crash: i32,
    given: i64,
    wave: Option<Wave>,
    done: Imported,
}

impl Taking<'_> {
    fn all(&mut self, export: &mut Export) -> Result<(), Stop> {
        while let Some(line) = export.next()? {
            self.take(line, export)?;
        }
        self.finish(export)
    }

    fn take(&mut self, line: Line, export: &Export) -> Result<(), Stop> {
        let damaged = || Stop::Import(ImportError::Damaged(export.at()));
        if let Line::Wave { wave, channel, epoch, lineage, pruned } = line {
            self.finish(export)?;
            let channel = Channel::parse(&channel).ok_or_else(damaged)?;
            let (appid, campaign) = (export.header().appid.clone(), export.header().campaign.clone());
            let exported = Known { epoch, messages: 0, lineage };
            self.wave = Some(self.begin(&Identity { appid, campaign, wave, channel }, exported, pruned)?);
            return Ok(());
        }
        let Some(mut wave) = self.wave.take() else { return Err(damaged()) };
        match line {
            Line::Wave { .. } | Line::End { .. } => return Err(damaged()),
            Line::Message(message) => self.message(&mut wave, message, export)?,
            Line::Attempt(attempt) => self.attempt(&mut wave, attempt)?,
            Line::Resolution(resolution) => self.resolution(&mut wave, &resolution)?,
            Line::Run(run) => wave.run = self.run(&wave, &run)?,
            Line::Notice { at, what } => {
                if let Some(run) = wave.run {
                    let put = "INSERT INTO wxcast.notice (run, at, what) VALUES ($1, $2, $3)";
                    self.transaction.execute(put, parameters![run, at, what])?;
                }
            }
        }
        self.wave = Some(wave);
        Ok(())
    }

    fn begin(&self, whose: &Identity, exported: Known, pruned: Option<Pruned>) -> Result<Wave, Stop> {
        let key = self.store.lock_campaign(self.transaction, whose)?;
        end_silent(self.transaction, key, self.crash, None, |worker| self.store.held_by(worker))?;
        let at_least = i32::try_from(exported.epoch).map_err(|_| Failure::Damaged("epoch"))?;
        let ahead = "UPDATE wxcast.campaign SET epoch = greatest(epoch, $2) WHERE id = $1 RETURNING numbered";
        let row = self.transaction.row(ahead, parameters![campaign(key), at_least])?;
        let numbered: i32 = get(&row.ok_or(Failure::Damaged("campaign"))?, 0)?;
        let claim = begin(self.transaction, key, None)?;
        marks::leave(self.transaction, claim)?;
        Ok(Wave {
            claim,
            exported,
            pruned,
            seen: HashSet::new(),
            waiting: Vec::new(),
            new: HashMap::new(),
            set: MessageSet::default(),
            news: 0,
            next: numbered + 1,
            run: None,
        })
    }

    /// What the other journal knew is noted, and that this campaign's messages are here again.
    fn finish(&mut self, export: &Export) -> Result<(), Stop> {
        let Some(mut wave) = self.wave.take() else { return Ok(()) };
        self.flush(&mut wave)?;
        let (claim, key) = (wave.claim, wave.claim.campaign);
        let known = serde_json::to_string(&wave.exported).expect("two numbers are JSON");
        let note = imported::note(key, &export.header().journal);
        self.transaction.execute(PUT, parameters![note, known])?;
        count(self.transaction, claim, (wave.news, wave.new.len()), wave.set)?;
        let over = "UPDATE wxcast.worker SET ended = clock_timestamp(), intents = intents + $3 \
                    WHERE campaign = $1 AND epoch = $2";
        let given = std::mem::take(&mut self.given);
        self.transaction.execute(over, parameters![campaign(key), epoch(claim), given])?;
        let numbered = "UPDATE wxcast.campaign SET numbered = $2 WHERE id = $1";
        self.transaction.execute(numbered, parameters![campaign(key), wave.next - 1])?;
        self.done.missing += self.missing(key, wave.pruned, wave.exported.lineage.as_ref())?;
        Ok(())
    }

    /// Holds what was taken out of either journal against what is here now: it stays noted until all of it is back.
    /// Gives how many messages are not.
    fn missing(&self, key: CampaignKey, there: Option<Pruned>, taken: Option<&Lineage>) -> Result<u64, Stop> {
        let (messages, set) = marks::messages(self.transaction, key)?;
        let gone = [prune::noted(self.transaction, key)?, there].into_iter().flatten();
        let gone = gone
            .filter(|pruned| !pruned.is_back(messages, Some(set), taken))
            .max_by_key(|gone| gone.messages);
        let Some(gone) = gone else {
            prune::forget(self.transaction, key)?;
            return Ok(0);
        };
        prune::put(self.transaction, key, &gone)?;
        // As many as were taken out, and others: at least one of those is not here.
        Ok(gone.messages.saturating_sub(messages).max(1))
    }

    fn message(&mut self, wave: &mut Wave, message: Message, export: &Export) -> Result<(), Stop> {
        let damaged = || Stop::Import(ImportError::Damaged(export.at()));
        let state = State::from_disk(message.state).ok_or_else(damaged)?;
        let openid = message.openid.clone().ok_or_else(|| ImportError::Nameless(export.at()))?;
        let at = jiff::Timestamp::from_millisecond(message.at);
        let sound = is_openid(&openid) && message.nth > 0 && at.is_ok();
        let person = Person::of(&export.header().appid, &openid);
        if !sound || !wave.seen.insert((person, message.nth)) {
            return Err(damaged());
        }
        wave.exported.messages += 1;
        self.done.told += 1;
        wave.waiting.push((message, openid, person, state));
        if wave.waiting.len() == MESSAGES { self.flush(wave) } else { Ok(()) }
    }

    /// Writes what waits, where it says more than is known here.
    fn flush(&mut self, wave: &mut Wave) -> Result<(), Stop> {
        let waiting = std::mem::take(&mut wave.waiting);
        let known = self.known(wave.claim, &waiting)?;
        for (message, openid, person, state) in waiting {
            // The exporter held the campaign, so a message without an outcome was left by a process that had ended.
            let crashed = state == State::InFlight;
            let state = if crashed { State::Settled(Outcome::Unknown) } else { state };
            let there = known.get(&(person, nth(message.nth)));
            let seen_more = |payload: i64| payload == UNSEEN && message.payload != UNSEEN;
            match there {
                Some(there) if gravity(there.state) > gravity(state) => continue,
                Some(there) if gravity(there.state) == gravity(state) && !seen_more(there.payload) => {
                    continue;
                }
                Some(there) => self.done.undone += u64::from(there.by_hand),
                None => {
                    wave.new.insert(message.number, wave.next);
                    wave.set.add(&openid, message.nth);
                }
            }
            let number = wave.next;
            wave.next += i32::from(there.is_none());
            self.done.news += 1;
            wave.news += 1;
            let reason = if crashed { Some(self.crash) } else { self.reason(message.reason.as_deref())? };
            put(self.transaction, wave.claim, &message, (person, state), (number, reason))?;
        }
        Ok(())
    }

    fn reason(&self, reason: Option<&str>) -> Result<Option<i32>, Failure> {
        reason.map(|reason| self.store.text(reason)).transpose()
    }

    /// What is known here of these messages.
    fn known(
        &self,
        claim: Claim,
        of: &[(Message, String, Person, State)],
    ) -> Result<HashMap<(Person, i32), There>, Failure> {
        let persons: Vec<&[u8]> = of.iter().map(|(_, _, person, _)| person.0.as_slice()).collect();
        let nths: Vec<i32> = of.iter().map(|(message, ..)| nth(message.nth)).collect();
        let find = "SELECT m.person, m.nth, m.state, m.payload, EXISTS (SELECT 1 FROM wxcast.resolution r \
                    WHERE r.campaign = m.campaign AND r.message = m.number) \
                    FROM unnest($1, $2) AS o (person, nth) \
                    JOIN wxcast.message m ON m.campaign = $3 AND m.person = o.person AND m.nth = o.nth";
        let rows = self.transaction.rows(find, parameters![persons, nths, campaign(claim.campaign)])?;
        let there = rows.iter().map(|row| {
            let there = There { state: state(row, 2)?, payload: get(row, 3)?, by_hand: get(row, 4)? };
            Ok(((person(row, 0)?, get(row, 1)?), there))
        });
        there.collect()
    }

    /// Attempts of a message that was known before are not told apart from those that are here.
    fn attempt(&mut self, wave: &mut Wave, attempt: Attempt) -> Result<(), Stop> {
        self.flush(wave)?;
        let Some(message) = wave.new.get(&attempt.message).copied() else { return Ok(()) };
        let reason = self.reason(attempt.reason.as_deref())?;
        let (of, number) = (campaign(wave.claim.campaign), i32::try_from(attempt.number));
        let number = number.map_err(|_| Failure::Damaged("attempt"))?;
        let latency = attempt.latency.map(|latency| i32::try_from(latency).unwrap_or(i32::MAX));
        let put = "INSERT INTO wxcast.attempt (campaign, message, number, errcode, reason, rid, at, latency) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let all = parameters![of, message, number, attempt.errcode, reason, attempt.rid, attempt.at, latency];
        self.transaction.execute(put, all)?;
        Ok(())
    }

    fn resolution(&mut self, wave: &mut Wave, resolution: &Resolution) -> Result<(), Stop> {
        self.flush(wave)?;
        let Some(message) = wave.new.get(&resolution.message).copied() else { return Ok(()) };
        let Resolution { outcome, who, at, .. } = resolution;
        let outcome = i16::try_from(*outcome).map_err(|_| Failure::Damaged("outcome"))?;
        let put =
            "INSERT INTO wxcast.resolution (campaign, message, outcome, who, at) VALUES ($1, $2, $3, $4, $5)";
        let of = campaign(wave.claim.campaign);
        self.transaction.execute(put, parameters![of, message, outcome, *who, *at])?;
        Ok(())
    }

    /// Adds a run that is not here yet. Gives its number then.
    fn run(&self, wave: &Wave, run: &Run) -> Result<Option<i64>, Stop> {
        let of = campaign(wave.claim.campaign);
        let there =
            "SELECT id FROM wxcast.run WHERE campaign = $1 AND started = $2 AND pid = $3 AND host = $4";
        if self.transaction.row(there, parameters![of, run.started, run.pid, run.host])?.is_some() {
            return Ok(None);
        }
        let put = "INSERT INTO wxcast.run (campaign, started, ended, ending, exit, pid, host, version, digest, text, \
                   planned, requests, reason, counts, plan, skipped, hosts) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id";
        let all = parameters![
            of,
            run.started,
            run.ended,
            run.ending,
            run.exit,
            run.pid,
            run.host,
            run.version,
            run.digest,
            run.text,
            run.planned,
            run.requests,
            run.reason,
            run.counts,
            run.plan,
            run.skipped,
            run.hosts,
        ];
        let row = self.transaction.row(put, all)?.ok_or(Failure::Damaged("run"))?;
        Ok(Some(get(&row, 0)?))
    }
}

/// What is known here of a message.
struct There {
    state: State,
    payload: i64,
    /// Whether somebody said what became of it.
    by_hand: bool,
}

fn put(
    transaction: &Transaction<'_>,
    claim: Claim,
    message: &Message,
    (person, state): (Person, State),
    (number, reason): (i32, Option<i32>),
) -> Result<(), Failure> {
    let put = "INSERT INTO wxcast.message AS m (campaign, owner, person, nth, number, state, attempts, errcode, reason, \
               hint, rid, at, latency, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
               ON CONFLICT (campaign, person, nth) DO UPDATE SET state = excluded.state, \
               attempts = greatest(m.attempts, excluded.attempts), errcode = excluded.errcode, \
               reason = excluded.reason, hint = excluded.hint, rid = excluded.rid, at = excluded.at, \
               latency = excluded.latency, payload = excluded.payload";
    let latency = message.latency.map(|latency| i32::try_from(latency).unwrap_or(i32::MAX));
    let (of, owner, person, state) =
        (campaign(claim.campaign), epoch(claim), person.0.as_slice(), on_disk(state));
    let (nth, attempts) = (nth(message.nth), nth(message.attempts));
    let all = parameters![
        of,
        owner,
        person,
        nth,
        number,
        state,
        attempts,
        message.errcode,
        reason,
        message.hint,
        message.rid,
        message.at,
        latency,
        message.payload,
    ];
    transaction.execute(put, all).map(drop)
}
