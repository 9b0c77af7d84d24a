//! A campaign as a file of its own.

use std::io::{self, Write};

use tokio_postgres::Row;

use crate::journal::JournalError;
use crate::journal::backend::{Exports, Notes};
use crate::journal::identity::CampaignKey;
use crate::journal::portable::{Attempt, Exported, Line, Message, Resolution, Run, Writing};
use crate::journal::postgres::columns::{campaign, person, small, whole};
use crate::journal::postgres::session::{Failure, Transaction, get, parameters};
use crate::journal::postgres::store::PostgresStore;
use crate::journal::postgres::{marks, prune};

impl Exports for PostgresStore {
    fn export(&self, what: &Exported<'_>, out: &mut dyn Write) -> Result<io::Result<u64>, JournalError> {
        let header = what.header(self.uuid()?, self.intents()?);
        self.write(|transaction| {
            // One moment for all of it.
            transaction.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
            let mut writing = match Writing::begin(out, &header) {
                Ok(writing) => writing,
                Err(error) => return Ok(Err(error)),
            };
            let waves = "SELECT id::bigint, wave, channel, epoch::bigint FROM wxcast.campaign \
                         WHERE appid = $1 AND campaign = $2 AND destination = $3 ORDER BY id";
            for row in transaction.rows(waves, parameters![what.appid, what.campaign, self.destination])? {
                let key = CampaignKey(get(&row, 0)?);
                let (wave, channel, epoch) = (whole(&row, 1)?, get(&row, 2)?, get(&row, 3)?);
                let lineage = Some(marks::lineage(transaction, key)?.for_export());
                let pruned = prune::noted(transaction, key)?;
                if let Err(error) = writing.line(&Line::Wave { wave, channel, epoch, lineage, pruned }) {
                    return Ok(Err(error));
                }
                if let Err(error) = export_wave(transaction, key, what, &mut writing)? {
                    return Ok(Err(error));
                }
            }
            Ok(writing.end())
        })
    }
}

/// The inner error is the stream's.
fn export_wave(
    transaction: &Transaction<'_>,
    key: CampaignKey,
    what: &Exported<'_>,
    writing: &mut Writing<'_>,
) -> Result<io::Result<()>, Failure> {
    let mut failed = Ok(());
    let mut put = |line: Line| {
        if failed.is_ok() {
            failed = writing.line(&line);
        }
    };
    let of = campaign(key);
    let messages = "SELECT m.number::bigint, m.person, m.nth, m.state::bigint, m.attempts, m.errcode, t.value, m.hint, \
                    m.rid, m.at, m.latency::bigint, m.payload FROM wxcast.message m \
                    LEFT JOIN wxcast.text t ON t.id = m.reason WHERE m.campaign = $1 ORDER BY m.number";
    transaction.each(messages, parameters![of], |row| {
        put(Line::Message(message(row, what)?));
        Ok(())
    })?;
    let attempts = "SELECT a.message::bigint, a.number::bigint, a.errcode, t.value, a.rid, a.at, a.latency::bigint \
                    FROM wxcast.attempt a LEFT JOIN wxcast.text t ON t.id = a.reason WHERE a.campaign = $1 ORDER BY a.id";
    transaction.each(attempts, parameters![of], |row| {
        put(Line::Attempt(attempt(row)?));
        Ok(())
    })?;
    let resolutions = "SELECT message::bigint, outcome::bigint, who, at FROM wxcast.resolution WHERE campaign = $1 \
                       ORDER BY id";
    transaction.each(resolutions, parameters![of], |row| {
        let (message, outcome, who, at) = (whole(row, 0)?, get(row, 1)?, get(row, 2)?, get(row, 3)?);
        put(Line::Resolution(Resolution { message, outcome, who, at }));
        Ok(())
    })?;
    let runs = "SELECT id, started, ended, ending, exit, pid, host, version, digest, text, planned, requests, reason, \
                counts, plan, skipped, hosts FROM wxcast.run WHERE campaign = $1 ORDER BY id";
    let notices = "SELECT at, what FROM wxcast.notice WHERE run = $1 ORDER BY id";
    for row in transaction.rows(runs, parameters![of])? {
        put(Line::Run(Box::new(run(&row)?)));
        for notice in transaction.rows(notices, parameters![get::<i64>(&row, 0)?])? {
            put(Line::Notice { at: get(&notice, 0)?, what: get(&notice, 1)? });
        }
    }
    Ok(failed)
}

fn message(row: &Row, what: &Exported<'_>) -> Result<Message, Failure> {
    let person = person(row, 1)?;
    let openid = what.names.get(&person).cloned();
    Ok(Message {
        number: whole(row, 0)?,
        person: openid.is_none().then(|| person.to_string()),
        openid,
        nth: small(row, 2)?,
        state: get(row, 3)?,
        attempts: small(row, 4)?,
        errcode: get(row, 5)?,
        reason: get(row, 6)?,
        hint: get(row, 7)?,
        rid: get(row, 8)?,
        at: get(row, 9)?,
        latency: get(row, 10)?,
        payload: get(row, 11)?,
    })
}

fn attempt(row: &Row) -> Result<Attempt, Failure> {
    Ok(Attempt {
        message: whole(row, 0)?,
        number: get(row, 1)?,
        errcode: get(row, 2)?,
        reason: get(row, 3)?,
        rid: get(row, 4)?,
        at: get(row, 5)?,
        latency: get(row, 6)?,
    })
}

fn run(row: &Row) -> Result<Run, Failure> {
    Ok(Run {
        started: get(row, 1)?,
        ended: get(row, 2)?,
        ending: get(row, 3)?,
        exit: get(row, 4)?,
        pid: get(row, 5)?,
        host: get(row, 6)?,
        version: get(row, 7)?,
        digest: get(row, 8)?,
        text: get(row, 9)?,
        planned: get(row, 10)?,
        requests: get(row, 11)?,
        reason: get(row, 12)?,
        counts: get(row, 13)?,
        plan: get(row, 14)?,
        skipped: get(row, 15)?,
        hosts: get(row, 16)?,
    })
}
