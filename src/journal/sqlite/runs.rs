//! Runs, as they are written and read.

use std::error::Error;

use rusqlite::types::Type;
use rusqlite::{Row, params};
use serde::de::DeserializeOwned;

use crate::delivery::exit::Exit;
use crate::delivery::stop::StopReason;
use crate::journal::JournalError;
use crate::journal::backend::Runs;
use crate::journal::identity::{CampaignKey, Claim, RunKey};
use crate::journal::run::{RunEnd, RunRecord, RunStart};
use crate::journal::sqlite::store::{SqliteStore, timestamp, whole as stored};
use crate::journal::sqlite::writing::{Failure, insist};

impl Runs for SqliteStore {
    fn begin_run(&mut self, claim: Claim, run: &RunStart) -> Result<RunKey, JournalError> {
        let skipped = serde_json::to_string(&run.skipped).expect("words and numbers are JSON");
        let hosts = serde_json::to_string(&run.hosts).expect("texts are JSON");
        let begun = (|| {
            let transaction = self.transaction()?;
            insist(&transaction, claim)?;
            transaction.execute(
                "INSERT INTO run(campaign, started, pid, host, version, digest, text, planned, plan, skipped, hosts) \
                 VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
                params![
                    claim.campaign.0,
                    run.started.as_millisecond(),
                    run.pid,
                    run.host,
                    env!("CARGO_PKG_VERSION"),
                    run.digest,
                    run.text,
                    whole(run.planned),
                    run.plan,
                    skipped,
                    hosts
                ],
            )?;
            let id = transaction.last_insert_rowid();
            transaction.commit()?;
            Ok(RunKey(id))
        })();
        begun.map_err(|failure: Failure| failure.told(self))
    }

    fn end_run(&self, id: RunKey, end: &RunEnd) -> Result<(), JournalError> {
        let requests = whole(end.requests);
        let counts = serde_json::to_string(&end.counts).expect("numbers are JSON");
        let (ended, ending) = (end.ended.as_millisecond(), end.exit.name());
        let reason = end.reason.as_ref().map(ToString::to_string);
        self.connection
            .execute(
                "UPDATE run SET ended = ?1, ending = ?2, exit = ?3, requests = ?4, reason = ?5, counts = ?6 \
                 WHERE id = ?7",
                params![ended, ending, end.exit.code(), requests, reason, counts, id.0],
            )
            .map(drop)
            .map_err(|error| self.unwritable(&error))
    }

    fn runs(&self, campaign: CampaignKey) -> Result<Vec<RunRecord>, JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT id, started, ended, ending, digest, text, planned, requests, reason, counts, \
                 skipped, host, hosts FROM run \
                 WHERE campaign = ?1 ORDER BY id",
            )?;
            statement.query_map([campaign.0], run_record)?.collect::<rusqlite::Result<Vec<RunRecord>>>()
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }
}

fn run_record(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        id: RunKey(row.get(0)?),
        computer: row.get(11)?,
        // Older versions did not note them.
        hosts: json(row, 12)?.unwrap_or_default(),
        started: timestamp(row.get(1)?)?,
        ended: row.get::<_, Option<i64>>(2)?.map(timestamp).transpose()?,
        ending: row.get::<_, Option<String>>(3)?.map(|name| ending(&name)).transpose()?,
        digest: row.get(4)?,
        text: row.get(5)?,
        planned: stored(row, 6)?,
        requests: row.get::<_, Option<i64>>(7)?.map(|_| stored(row, 7)).transpose()?,
        reason: row.get::<_, Option<String>>(8)?.map(|reason| StopReason::parse(&reason)),
        counts: json(row, 9)?,
        skipped: json(row, 10)?,
    })
}

/// A column of JSON, where there is something in it: older versions did not note everything.
///
/// # Errors
///
/// When it is no such JSON: the file is damaged then.
fn json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get::<_, Option<String>>(index)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| damaged(index, error))
}

fn ending(name: &str) -> rusqlite::Result<Exit> {
    Exit::parse(name).ok_or_else(|| damaged(3, format!("ending = {name:?}")))
}

fn damaged(column: usize, what: impl Into<Box<dyn Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, what.into())
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).expect("nobody has so many messages")
}
