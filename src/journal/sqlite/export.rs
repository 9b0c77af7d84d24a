//! A campaign as a file of its own.

use std::io::{self, Write};

use rusqlite::{Row, Transaction};

use crate::journal::JournalError;
use crate::journal::backend::{Exports, Notes};
use crate::journal::identity::CampaignKey;
use crate::journal::portable::{Attempt, Exported, Line, Message, Resolution, Run, Writing};
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::SqliteStore;
use crate::journal::sqlite::{marks, prune};

/// Why an export is not written.
#[derive(Debug)]
enum ExportError {
    /// The journal cannot be read.
    Journal(rusqlite::Error),
    /// The stream takes no more.
    File(io::Error),
}

impl From<rusqlite::Error> for ExportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Journal(error)
    }
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl Exports for SqliteStore {
    fn export(&self, what: &Exported<'_>, out: &mut dyn Write) -> Result<io::Result<u64>, JournalError> {
        let header = what.header(self.uuid()?, self.intents()?);
        let exported = (|| {
            // One moment for all of it.
            let moment = self.connection.unchecked_transaction()?;
            let mut writing = Writing::begin(out, &header)?;
            let mut waves = moment.prepare(
                "SELECT id, wave, channel, epoch FROM campaign WHERE appid = ?1 AND campaign = ?2 ORDER BY id",
            )?;
            let mut waves = waves.query([what.appid, what.campaign])?;
            while let Some(row) = waves.next()? {
                let (wave, channel, epoch) = (row.get(1)?, row.get(2)?, row.get(3)?);
                let key = CampaignKey(row.get(0)?);
                let (lineage, pruned) =
                    (Some(marks::lineage(&moment, key)?.for_export()), prune::noted(&moment, key)?);
                writing.line(&Line::Wave { wave, channel, epoch, lineage, pruned })?;
                export_wave(&moment, key, &mut writing)?;
            }
            Ok(writing.end()?)
        })();
        match exported {
            Ok(messages) => Ok(Ok(messages)),
            Err(ExportError::File(error)) => Ok(Err(error)),
            Err(ExportError::Journal(error)) => Err(self.unreadable(&error)),
        }
    }
}

fn export_wave(
    moment: &Transaction<'_>,
    campaign: CampaignKey,
    writing: &mut Writing<'_>,
) -> Result<(), ExportError> {
    let (first, end) = range(campaign);
    let of_range = [first, end];
    let mut messages = moment.prepare(
        "SELECT m.id - ?1, m.openid, m.nth, m.state, m.attempts, m.errcode, t.value, m.hint, m.rid, m.at, m.latency, \
         m.payload FROM message m LEFT JOIN text t ON t.id = m.reason WHERE m.id > ?1 AND m.id < ?2 ORDER BY m.id",
    )?;
    let mut rows = messages.query(of_range)?;
    while let Some(row) = rows.next()? {
        writing.line(&Line::Message(message(row)?))?;
    }
    let mut attempts = moment.prepare(
        "SELECT a.message - ?1, a.number, a.errcode, t.value, a.rid, a.at, a.latency FROM attempt a \
         LEFT JOIN text t ON t.id = a.reason WHERE a.id > ?1 AND a.id < ?2 ORDER BY a.id",
    )?;
    let mut rows = attempts.query(of_range)?;
    while let Some(row) = rows.next()? {
        writing.line(&Line::Attempt(attempt(row)?))?;
    }
    let mut resolutions = moment.prepare(
        "SELECT message - ?1, outcome, who, at FROM resolution WHERE message > ?1 AND message < ?2 ORDER BY id",
    )?;
    let mut rows = resolutions.query(of_range)?;
    while let Some(row) = rows.next()? {
        let (message, outcome, who, at) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        writing.line(&Line::Resolution(Resolution { message, outcome, who, at }))?;
    }
    let mut runs = moment.prepare(
        "SELECT id, started, ended, ending, exit, pid, host, version, digest, text, planned, requests, reason, counts, \
         plan, skipped, hosts FROM run WHERE campaign = ?1 ORDER BY id",
    )?;
    let mut notices = moment.prepare("SELECT at, what FROM notice WHERE run = ?1 ORDER BY id")?;
    let mut rows = runs.query([campaign.0])?;
    while let Some(row) = rows.next()? {
        writing.line(&Line::Run(Box::new(run(row)?)))?;
        let mut noticed = notices.query([row.get::<_, i64>(0)?])?;
        while let Some(notice) = noticed.next()? {
            writing.line(&Line::Notice { at: notice.get(0)?, what: notice.get(1)? })?;
        }
    }
    Ok(())
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        number: row.get(0)?,
        openid: Some(row.get(1)?),
        person: None,
        nth: row.get(2)?,
        state: row.get(3)?,
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

fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        message: row.get(0)?,
        number: row.get(1)?,
        errcode: row.get(2)?,
        reason: row.get(3)?,
        rid: row.get(4)?,
        at: row.get(5)?,
        latency: row.get(6)?,
    })
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        started: row.get(1)?,
        ended: row.get(2)?,
        ending: row.get(3)?,
        exit: row.get(4)?,
        pid: row.get(5)?,
        host: row.get(6)?,
        version: row.get(7)?,
        digest: row.get(8)?,
        text: row.get(9)?,
        planned: row.get(10)?,
        requests: row.get(11)?,
        reason: row.get(12)?,
        counts: row.get(13)?,
        plan: row.get(14)?,
        skipped: row.get(15)?,
        hosts: row.get(16)?,
    })
}
