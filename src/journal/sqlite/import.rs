//! What an export knows, taken into a journal. Nothing that the journal knows is lost by it: of a message that both know,
//! what forbids another request more than the other counts.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::backend::{Imports, Notes, PersonIndex};
use crate::journal::history::Pruned;
use crate::journal::identity::{CampaignKey, Channel, Claim, Identity, MessageKey, Person};
use crate::journal::imported::{self, Known, is_openid};
use crate::journal::index::{Index, gravity};
use crate::journal::lineage::Lineage;
use crate::journal::payload::UNSEEN;
use crate::journal::portable::{Attempt, Export, ImportError, Imported, Line, Message, Resolution, Run};
use crate::journal::receipt::Entry;
use crate::journal::record::State;
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::{SqliteStore, timestamp};
use crate::journal::sqlite::writing::{count_change, count_intents, text_id};
use crate::journal::sqlite::{marks, prune};

/// Why a line is not taken in.
enum Stop {
    Sqlite(rusqlite::Error),
    Import(ImportError),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Self {
        Self::Import(error)
    }
}

impl Imports for SqliteStore {
    fn take_export(&mut self, export: &mut Export) -> Result<Imported, ImportError> {
        let appid = export.header().appid.clone();
        let mine = self.uuid()? == export.header().journal;
        let index = self.indexes(&appid, &export.header().campaign.clone())?;
        let store = &*self;
        let imported = (|| {
            let transaction = store.connection.unchecked_transaction()?;
            let mut taking =
                Taking { store, new: &transaction, index: &index, wave: None, done: Imported::default() };
            while let Some(line) = export.next()? {
                taking.take(line, export)?;
            }
            taking.finish(export)?;
            let Taking { done, .. } = taking;
            count_change(&transaction)?;
            if mine {
                // An older copy of itself: it has been given that many intents all the same.
                transaction.execute(
                    "UPDATE meta SET value = max(value, ?1) WHERE key = 'intents'",
                    [export.header().intents],
                )?;
            }
            transaction.commit()?;
            Ok(done)
        })();
        let done = imported.map_err(|stop| match stop {
            Stop::Sqlite(error) => ImportError::Journal(self.unwritable(&error)),
            Stop::Import(error) => error,
        })?;
        for (campaign, epoch) in self.claims(&appid, &export.header().campaign.clone())? {
            // That it could not be done costs only time later.
            let _ = self.index_persons(Claim { campaign, epoch }, &appid);
        }
        Ok(done)
    }

    fn has_imported(&self, campaign: CampaignKey, receipt: &Entry) -> Result<bool, JournalError> {
        Ok(imported::covers(self.note(&imported::note(campaign, &receipt.journal))?, receipt))
    }
}

impl SqliteStore {
    fn indexes(&self, appid: &str, campaign: &str) -> Result<HashMap<(u32, String), Index>, JournalError> {
        let mut found = HashMap::new();
        for channel in [Channel::Send, Channel::Try] {
            for (wave, key) in self.waves_by_number(appid, campaign, channel)? {
                found.insert((wave, channel.name().to_owned()), Index::load(self, key)?);
            }
        }
        Ok(found)
    }

    fn waves_by_number(
        &self,
        appid: &str,
        campaign: &str,
        channel: Channel,
    ) -> Result<Vec<(u32, CampaignKey)>, JournalError> {
        (|| {
            let mut waves = self.connection.prepare_cached(
                "SELECT wave, id FROM campaign WHERE appid = ?1 AND campaign = ?2 AND channel = ?3",
            )?;
            waves
                .query_map([appid, campaign, channel.name()], |row| {
                    Ok((row.get(0)?, CampaignKey(row.get(1)?)))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn claims(&self, appid: &str, campaign: &str) -> Result<Vec<(CampaignKey, i64)>, JournalError> {
        (|| {
            let mut found = self
                .connection
                .prepare_cached("SELECT id, epoch FROM campaign WHERE appid = ?1 AND campaign = ?2")?;
            found
                .query_map([appid, campaign], |row| Ok((CampaignKey(row.get(0)?), row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }
}

/// A wave whose lines are being taken in.
struct Wave {
    key: CampaignKey,
    exported: Known,
    /// What had been taken out of the other journal.
    pruned: Option<Pruned>,
    index: (u32, String),
    /// The next message's number.
    next: i64,
    /// Whom the export has told of; nobody stands in it twice.
    seen: HashSet<(Person, u32)>,
    /// The numbers here of the messages that were not known before.
    new: HashMap<u32, i64>,
    attempts: i64,
    /// The run that was added last.
    run: Option<i64>,
}

struct Taking<'a> {
    store: &'a SqliteStore,
    new: &'a Transaction<'a>,
    index: &'a HashMap<(u32, String), Index>,
    wave: Option<Wave>,
    done: Imported,
}

impl Taking<'_> {
    fn take(&mut self, line: Line, export: &Export) -> Result<(), Stop> {
        let damaged = || Stop::Import(ImportError::Damaged(export.at()));
        if let Line::Wave { wave, channel, epoch, lineage, pruned } = line {
            self.finish(export)?;
            let channel = Channel::parse(&channel).ok_or_else(damaged)?;
            let header = export.header();
            let (appid, campaign) = (header.appid.clone(), header.campaign.clone());
            let exported = Known { epoch, messages: 0, lineage };
            self.wave = Some(self.begin(&Identity { appid, campaign, wave, channel }, exported, pruned)?);
            return Ok(());
        }
        let Some(mut wave) = self.wave.take() else { return Err(damaged()) };
        match line {
            Line::Wave { .. } | Line::End { .. } => return Err(damaged()),
            Line::Message(message) => self.message(&mut wave, message, export)?,
            Line::Attempt(attempt) => self.attempt(&mut wave, attempt)?,
            Line::Resolution(resolution) => self.resolution(&wave, &resolution)?,
            Line::Run(run) => wave.run = self.run(&wave, &run)?,
            Line::Notice { at, what } => {
                if let Some(run) = wave.run {
                    self.new
                        .prepare_cached("INSERT INTO notice(run, at, what) VALUES(?1, ?2, ?3)")?
                        .execute(params![run, at, what])?;
                }
            }
        }
        self.wave = Some(wave);
        Ok(())
    }

    fn begin(&self, whose: &Identity, exported: Known, pruned: Option<Pruned>) -> Result<Wave, Stop> {
        let Identity { appid, campaign, wave, channel } = whose;
        let mut row = self.new.prepare_cached(
            "INSERT INTO campaign(appid, campaign, wave, channel, epoch, indexed) VALUES(?1, ?2, ?3, ?4, ?5, 0) \
             ON CONFLICT DO UPDATE SET epoch = max(epoch, ?5) + 1 RETURNING id, epoch",
        )?;
        let whose = params![appid, campaign, wave, channel.name(), exported.epoch];
        let claim =
            row.query_row(whose, |row| Ok(Claim { campaign: CampaignKey(row.get(0)?), epoch: row.get(1)? }))?;
        marks::leave(self.new, claim)?;
        let key = claim.campaign;
        let (first, end) = range(key);
        let last = |table: &str| {
            let last = format!("SELECT ifnull(max(id), ?1) FROM {table} WHERE id > ?1 AND id < ?2");
            self.new.query_row(&last, [first, end], |row| row.get::<_, i64>(0))
        };
        Ok(Wave {
            key,
            exported,
            pruned,
            index: (*wave, channel.name().to_owned()),
            next: last("message")?,
            seen: HashSet::new(),
            new: HashMap::new(),
            attempts: last("attempt")?,
            run: None,
        })
    }

    /// What the other journal knew is noted, and that this campaign's messages are here again.
    fn finish(&mut self, export: &Export) -> Result<(), Stop> {
        let Some(wave) = self.wave.take() else { return Ok(()) };
        let known = serde_json::to_string(&wave.exported).expect("two numbers are JSON");
        self.new.execute(
            "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
            [imported::note(wave.key, &export.header().journal), known],
        )?;
        marks::count_anew(self.new, wave.key)?;
        self.done.missing += self.missing(wave.key, wave.pruned, wave.exported.lineage.as_ref())?;
        Ok(())
    }

    /// Holds what was taken out of either journal against what is here now: it stays noted until all of it is back.
    /// Gives how many messages are not.
    fn missing(&self, key: CampaignKey, there: Option<Pruned>, taken: Option<&Lineage>) -> Result<u64, Stop> {
        let Lineage { messages, set, .. } = marks::lineage(self.new, key)?;
        let gone = [prune::noted(self.new, key)?, there].into_iter().flatten();
        let Some(gone) =
            gone.filter(|pruned| !pruned.is_back(messages, set, taken)).max_by_key(|gone| gone.messages)
        else {
            prune::forget(self.new, key)?;
            return Ok(0);
        };
        prune::put(self.new, key, &gone)?;
        // As many as were taken out, and others: at least one of those is not here.
        Ok(gone.messages.saturating_sub(messages).max(1))
    }

    fn message(&mut self, wave: &mut Wave, message: Message, export: &Export) -> Result<(), Stop> {
        let damaged = || Stop::Import(ImportError::Damaged(export.at()));
        let state = State::from_disk(message.state).ok_or_else(damaged)?;
        let openid = message.openid.ok_or_else(|| ImportError::Nameless(export.at()))?;
        let sound = is_openid(&openid) && message.nth > 0 && timestamp(message.at).is_ok();
        let person = (Person::of(&export.header().appid, &openid), message.nth);
        if !sound || !wave.seen.insert(person) {
            return Err(damaged());
        }
        wave.exported.messages += 1;
        self.done.told += 1;
        // The exporter held the lock, so a message without an outcome was left by a process that had ended.
        let crashed = state == State::InFlight;
        let state = if crashed { State::Settled(Outcome::Unknown) } else { state };
        let known = match self.index.get(&wave.index) {
            Some(index) => index.find(self.store, &openid, message.nth).map_err(ImportError::from)?,
            None => None,
        };
        let seen_more = |payload: i64| payload == UNSEEN && message.payload != UNSEEN;
        let id = match known {
            Some(known) if gravity(known.state) > gravity(state) => return Ok(()),
            Some(known) if gravity(known.state) == gravity(state) && !seen_more(known.payload) => {
                return Ok(());
            }
            Some(known) => {
                self.done.undone += u64::from(self.is_settled_by_hand(known.id)?);
                known.id.0
            }
            None => {
                wave.next += 1;
                wave.new.insert(message.number, wave.next);
                wave.next
            }
        };
        self.done.news += 1;
        let reason = if crashed { Some(Incident::Crash.to_string()) } else { message.reason };
        let reason = reason.map(|reason| text_id(self.new, &reason)).transpose()?;
        let Message { nth, attempts, errcode, hint, rid, at, latency, payload, .. } = message;
        self.new
            .prepare_cached(
                "INSERT INTO message(id, openid, nth, state, attempts, errcode, reason, hint, rid, at, latency, payload) \
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO UPDATE SET state = ?4, \
                 attempts = max(attempts, ?5), errcode = ?6, reason = ?7, hint = ?8, rid = ?9, at = ?10, latency = ?11, \
                 payload = ?12",
            )?
            .execute(params![
                id,
                openid,
                nth,
                state.to_disk(),
                attempts,
                errcode,
                reason,
                hint,
                rid,
                at,
                latency,
                payload
            ])?;
        count_intents(self.new, 1)?;
        Ok(())
    }

    /// Whether somebody said what became of a message.
    fn is_settled_by_hand(&self, id: MessageKey) -> Result<bool, Stop> {
        let mut settled =
            self.new.prepare_cached("SELECT EXISTS (SELECT 1 FROM resolution WHERE message = ?1)")?;
        Ok(settled.query_row([id.0], |row| row.get(0))?)
    }

    /// Attempts of a message that was known before are not told apart from those that are here.
    fn attempt(&self, wave: &mut Wave, attempt: Attempt) -> Result<(), Stop> {
        let Some(message) = wave.new.get(&attempt.message) else { return Ok(()) };
        let reason = attempt.reason.map(|reason| text_id(self.new, &reason)).transpose()?;
        wave.attempts += 1;
        self.new
            .prepare_cached(
                "INSERT INTO attempt(id, message, number, errcode, reason, rid, at, latency) \
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                wave.attempts,
                message,
                attempt.number,
                attempt.errcode,
                reason,
                attempt.rid,
                attempt.at,
                attempt.latency
            ])?;
        Ok(())
    }

    fn resolution(&self, wave: &Wave, resolution: &Resolution) -> Result<(), Stop> {
        let Some(message) = wave.new.get(&resolution.message) else { return Ok(()) };
        let Resolution { outcome, who, at, .. } = resolution;
        self.new
            .prepare_cached("INSERT INTO resolution(message, outcome, who, at) VALUES(?1, ?2, ?3, ?4)")?
            .execute(params![message, outcome, who, at])?;
        Ok(())
    }

    /// Adds a run that is not here yet. Gives its number then.
    fn run(&self, wave: &Wave, run: &Run) -> Result<Option<i64>, Stop> {
        let there: Option<i64> = self
            .new
            .prepare_cached(
                "SELECT id FROM run WHERE campaign = ?1 AND started = ?2 AND pid = ?3 AND host = ?4",
            )?
            .query_row(params![wave.key.0, run.started, run.pid, run.host], |row| row.get(0))
            .optional()?;
        if there.is_some() {
            return Ok(None);
        }
        self.new
            .prepare_cached(
                "INSERT INTO run(campaign, started, ended, ending, exit, pid, host, version, digest, text, planned, \
                 requests, reason, counts, plan, skipped, hosts) \
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )?
            .execute(params![
                wave.key.0,
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
                run.hosts
            ])?;
        Ok(Some(self.new.last_insert_rowid()))
    }
}
