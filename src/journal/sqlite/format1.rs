//! Journals of format 1, which lay beside their campaigns: what they know goes into the account's journal.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, Row, Transaction, params};

use crate::journal::JournalError;
use crate::journal::identity::CampaignKey;
use crate::journal::index::gravity;
use crate::journal::record::State;
use crate::journal::sqlite::file::{self, There};
use crate::journal::sqlite::marks;
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::{FILE, SqliteStore, unreadable};
use crate::journal::sqlite::writing::{count_intents, text_id};

/// The name under which an imported journal is kept.
pub(crate) const KEPT: &str = "journal.format1.sqlite3";

/// Whether there is something to import in a folder. A journal that was kept before is imported again where the
/// account's journal does not know the campaign: that was lost, or is the one of another destination.
///
/// # Errors
///
/// When the file cannot be read, or is no journal.
pub(crate) fn is_due(folder: &Path, known: bool) -> Result<bool, JournalError> {
    Ok(is_format1(&folder.join(FILE))? || (!known && is_format1(&folder.join(KEPT))?))
}

fn is_format1(path: &Path) -> Result<bool, JournalError> {
    Ok(file::look(path)? == There::Journal(1))
}

impl SqliteStore {
    /// Imports what a journal of format 1 in `folder` knows of an account, in one transaction, and keeps it under
    /// another name. `here` tells whether a machine that it notes is this one.
    ///
    /// # Errors
    ///
    /// When one of the two cannot be read or written. Then nothing is imported.
    pub(crate) fn import_format1(
        &mut self,
        folder: &Path,
        appid: &str,
        here: impl Fn(&str) -> bool,
    ) -> Result<(), JournalError> {
        let (fresh, kept) = (folder.join(FILE), folder.join(KEPT));
        if !is_format1(&fresh)? {
            return self.import(&kept, appid, here);
        }
        self.import(&fresh, appid, here)?;
        // Should it stay where it is, as in a folder that cannot be written, importing it again changes nothing.
        if !kept.exists() && !folder.join(format!("{FILE}-wal")).exists() {
            let _ = std::fs::rename(&fresh, &kept);
        }
        Ok(())
    }

    fn import(&mut self, path: &Path, appid: &str, here: impl Fn(&str) -> bool) -> Result<(), JournalError> {
        let reading = |error: &rusqlite::Error| unreadable(path, error);
        let (old, _copy) = match file::connect(path).and_then(|old| is_readable(&old).map(|()| old)) {
            Ok(old) => (old, None),
            Err(_) => file::connect_unwritable(path).map_err(|error| JournalError::Unreachable {
                place: path.into(),
                reason: error.to_string(),
            })?,
        };
        let machine = old
            .query_row("SELECT (SELECT value FROM meta WHERE key = 'machine')", [], |row| {
                row.get::<_, Option<String>>(0)
            })
            .map_err(|error| reading(&error))?;
        let origin = machine.filter(|machine| !here(machine));
        let mut campaigns = Vec::new();
        (|| {
            let mut statement = old.prepare("SELECT id, campaign, wave FROM campaign WHERE appid = ?1")?;
            for row in statement.query_map([appid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))? {
                campaigns.push(row?);
            }
            Ok(())
        })()
        .map_err(|error: rusqlite::Error| reading(&error))?;
        let imported = (|| {
            let transaction = self.transaction()?;
            for (number, campaign, wave) in &campaigns {
                let of: Campaign<'_> = Campaign { number: *number, appid, campaign, wave: *wave };
                of.import(&old, &transaction, origin.as_deref())?;
            }
            transaction.commit()
        })();
        imported.map_err(|error: rusqlite::Error| self.unwritable(&error))
    }
}

/// Reading the log of the old journal needs memory beside it, which cannot always be made.
fn is_readable(old: &Connection) -> rusqlite::Result<()> {
    old.query_row("SELECT count(*) FROM campaign", [], |_| Ok(()))
}

/// A campaign of the old journal.
struct Campaign<'a> {
    number: i64,
    appid: &'a str,
    campaign: &'a String,
    wave: u32,
}

/// A message as both formats have it, its reason as a text.
struct Message {
    id: i64,
    openid: String,
    nth: u32,
    state: State,
    attempts: u32,
    errcode: Option<i64>,
    reason: Option<String>,
    hint: Option<String>,
    rid: Option<String>,
    at: i64,
    latency: Option<i64>,
    payload: i64,
}

impl Campaign<'_> {
    fn import(&self, old: &Connection, new: &Transaction<'_>, origin: Option<&str>) -> rusqlite::Result<()> {
        new.execute(
            "INSERT INTO campaign(appid, campaign, wave, channel, epoch, indexed, origin) \
             VALUES(?1, ?2, ?3, 'send', 0, 0, ?4) ON CONFLICT DO NOTHING",
            params![self.appid, self.campaign, self.wave, origin],
        )?;
        let campaign = new.query_row(
            "SELECT id FROM campaign WHERE appid = ?1 AND campaign = ?2 AND wave = ?3 AND channel = 'send'",
            params![self.appid, self.campaign, self.wave],
            |row| row.get(0).map(CampaignKey),
        )?;
        let blank = is_blank(new, campaign)?;
        let numbers = self.messages(old, new, campaign)?;
        // A campaign that is known has its runs already: from this file, or as a copy of it that went on.
        if blank {
            self.attempts(old, new, campaign, &numbers)?;
            self.runs(old, new, campaign)?;
            resolutions(old, new, &numbers)?;
        }
        Ok(())
    }

    /// Imports the messages. Gives the new number of each.
    fn messages(
        &self,
        old: &Connection,
        new: &Transaction<'_>,
        campaign: CampaignKey,
    ) -> rusqlite::Result<HashMap<i64, i64>> {
        let (first, end) = range(campaign);
        let mut known = HashMap::new();
        let mut next = first;
        let mut there =
            new.prepare("SELECT id, openid, nth, state FROM message WHERE id > ?1 AND id < ?2")?;
        let mut rows = there.query([first, end])?;
        while let Some(row) = rows.next()? {
            next = row.get(0)?;
            known.insert((row.get::<_, String>(1)?, row.get::<_, u32>(2)?), (next, state(row, 3)?));
        }
        let mut select = old.prepare(
            "SELECT m.id, m.openid, m.nth, m.state, m.attempts, m.errcode, t.value, m.hint, m.rid, m.at, m.latency, \
             m.payload FROM message m LEFT JOIN text t ON t.id = m.reason WHERE m.campaign = ?1 ORDER BY m.id",
        )?;
        let mut insert = new.prepare_cached(
            "INSERT INTO message(id, openid, nth, state, attempts, errcode, reason, hint, rid, at, latency, payload) \
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO UPDATE SET \
             state = ?4, attempts = ?5, errcode = ?6, reason = ?7, hint = ?8, rid = ?9, at = ?10, latency = ?11, payload = ?12",
        )?;
        let mut numbers = HashMap::new();
        let mut added = 0;
        for message in select.query_map([self.number], message)? {
            let message = message?;
            let number = match known.get(&(message.openid.clone(), message.nth)) {
                Some((_, state)) if gravity(*state) >= gravity(message.state) => continue,
                Some((number, _)) => *number,
                None => {
                    next += 1;
                    added += 1;
                    next
                }
            };
            numbers.insert(message.id, number);
            let reason = message.reason.as_deref().map(|reason| text_id(new, reason)).transpose()?;
            let Message { openid, nth, state, attempts, errcode, hint, rid, at, latency, payload, .. } =
                message;
            let state = state.to_disk();
            insert.execute(params![
                number, openid, nth, state, attempts, errcode, reason, hint, rid, at, latency, payload
            ])?;
        }
        count_intents(new, added)?;
        marks::count_anew(new, campaign)?;
        Ok(numbers)
    }

    fn attempts(
        &self,
        old: &Connection,
        new: &Transaction<'_>,
        campaign: CampaignKey,
        numbers: &HashMap<i64, i64>,
    ) -> rusqlite::Result<()> {
        let mut next = range(campaign).0;
        let mut select = old.prepare(
            "SELECT a.message, a.number, a.errcode, t.value, a.rid, a.at, a.latency FROM attempt a \
             JOIN message m ON m.id = a.message LEFT JOIN text t ON t.id = a.reason WHERE m.campaign = ?1 ORDER BY a.id",
        )?;
        let mut rows = select.query([self.number])?;
        while let Some(row) = rows.next()? {
            let Some(message) = numbers.get(&row.get(0)?) else { continue };
            let reason = row.get::<_, Option<String>>(3)?.map(|text| text_id(new, &text)).transpose()?;
            next += 1;
            new.prepare_cached(
                "INSERT INTO attempt(id, message, number, errcode, reason, rid, at, latency) \
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                next,
                message,
                row.get::<_, i64>(1)?,
                row.get::<_, Option<i64>>(2)?,
                reason,
                row.get::<_, Option<String>>(4)?,
                row.get::<_, i64>(5)?,
                row.get::<_, Option<i64>>(6)?
            ])?;
        }
        Ok(())
    }

    fn runs(&self, old: &Connection, new: &Transaction<'_>, campaign: CampaignKey) -> rusqlite::Result<()> {
        let has_notices: bool = old.query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'notice')",
            [],
            |row| row.get(0),
        )?;
        let mut select = old.prepare(
            "SELECT id, started, ended, ending, exit, pid, host, version, digest, text, planned, requests, reason, \
             counts FROM run WHERE campaign = ?1 ORDER BY id",
        )?;
        let mut rows = select.query([self.number])?;
        while let Some(row) = rows.next()? {
            let mut values = vec![rusqlite::types::Value::Integer(campaign.0)];
            for column in 1..14 {
                values.push(row.get(column)?);
            }
            new.prepare_cached(
                "INSERT INTO run(campaign, started, ended, ending, exit, pid, host, version, digest, text, planned, \
                 requests, reason, counts) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(rusqlite::params_from_iter(values))?;
            let run = new.last_insert_rowid();
            if has_notices {
                let mut notices =
                    old.prepare_cached("SELECT at, what FROM notice WHERE run = ?1 ORDER BY id")?;
                let mut notices = notices.query([row.get::<_, i64>(0)?])?;
                while let Some(notice) = notices.next()? {
                    new.prepare_cached("INSERT INTO notice(run, at, what) VALUES(?1, ?2, ?3)")?
                        .execute(params![run, notice.get::<_, i64>(0)?, notice.get::<_, String>(1)?])?;
                }
            }
        }
        Ok(())
    }
}

fn resolutions(old: &Connection, new: &Transaction<'_>, numbers: &HashMap<i64, i64>) -> rusqlite::Result<()> {
    let mut select = old.prepare("SELECT message, outcome, who, at FROM resolution ORDER BY id")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let Some(message) = numbers.get(&row.get(0)?) else { continue };
        new.prepare_cached("INSERT INTO resolution(message, outcome, who, at) VALUES(?1, ?2, ?3, ?4)")?
            .execute(params![
                message,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?
            ])?;
    }
    Ok(())
}

fn is_blank(new: &Transaction<'_>, campaign: CampaignKey) -> rusqlite::Result<bool> {
    let (first, end) = range(campaign);
    new.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM message WHERE id > ?1 AND id < ?2) \
         AND NOT EXISTS (SELECT 1 FROM run WHERE campaign = ?3)",
        [first, end, campaign.0],
        |row| row.get(0),
    )
}

fn state(row: &Row<'_>, index: usize) -> rusqlite::Result<State> {
    let state: i64 = row.get(index)?;
    State::from_disk(state).ok_or(rusqlite::Error::IntegralValueOutOfRange(index, state))
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        openid: row.get(1)?,
        nth: row.get(2)?,
        state: state(row, 3)?,
        attempts: row.get(4)?,
        errcode: row.get(5)?,
        reason: row.get(6)?,
        hint: row.get(7)?,
        rid: row.get(8)?,
        at: row.get(9)?,
        latency: row.get(10)?,
        payload: row.get(11)?,
    })
}
