//! The runs of a campaign: when each began, how it ended and why.

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::delivery::outcome::Counts;
use crate::journal::JournalError;
use crate::journal::store::{Store, timestamp};

/// A run, when it begins.
#[derive(Debug, Clone)]
pub(crate) struct RunStart {
    /// When.
    pub(crate) started: Timestamp,
    /// The process.
    pub(crate) pid: u32,
    /// The machine.
    pub(crate) host: String,
    /// The digest of its plan.
    pub(crate) digest: String,
    /// The digest of the message before it is filled.
    pub(crate) text: String,
    /// How many messages were planned.
    pub(crate) planned: u64,
}

/// A run, as the journal tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunRecord {
    /// Its number.
    pub(crate) id: i64,
    /// When it began.
    pub(crate) started: Timestamp,
    /// When it ended; nothing while it runs, and after a crash.
    pub(crate) ended: Option<Timestamp>,
    /// The name of its exit.
    pub(crate) ending: Option<String>,
    /// The digest of its plan.
    pub(crate) digest: String,
    /// The digest of the message before it is filled.
    pub(crate) text: String,
    /// How many messages were planned.
    pub(crate) planned: u64,
    /// How many requests it made.
    pub(crate) requests: Option<u64>,
    /// Why it stopped before everybody had been tried, where it did.
    pub(crate) reason: Option<String>,
    /// The statuses of the audience when it ended.
    pub(crate) counts: Option<Counts>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(crate) struct RunEnd {
    /// When.
    pub(crate) ended: Timestamp,
    /// The name of its exit.
    pub(crate) ending: String,
    /// Its exit code.
    pub(crate) exit: u8,
    /// How many requests it made.
    pub(crate) requests: u64,
    /// Why it stopped before everybody had been tried, where it did.
    pub(crate) reason: Option<String>,
    /// The statuses of the audience.
    pub(crate) counts: Counts,
}

impl Store {
    /// Notes that a run begins and gives its number.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn begin_run(&self, campaign: i64, run: &RunStart) -> Result<i64, JournalError> {
        self.connection
            .execute(
                "INSERT INTO run(campaign, started, pid, host, version, digest, text, planned) \
                 VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
                params![
                    campaign,
                    run.started.as_millisecond(),
                    run.pid,
                    run.host,
                    env!("CARGO_PKG_VERSION"),
                    run.digest,
                    run.text,
                    i64::try_from(run.planned).unwrap_or(i64::MAX)
                ],
            )
            .map_err(|error| self.refusal(&error))?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Notes how a run ended.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn end_run(&self, id: i64, end: &RunEnd) -> Result<(), JournalError> {
        let requests = i64::try_from(end.requests).unwrap_or(i64::MAX);
        let counts = serde_json::to_string(&end.counts).unwrap_or_default();
        self.connection
            .execute(
                "UPDATE run SET ended = ?1, ending = ?2, exit = ?3, requests = ?4, reason = ?5, counts = ?6 \
                 WHERE id = ?7",
                params![end.ended.as_millisecond(), end.ending, end.exit, requests, end.reason, counts, id],
            )
            .map(drop)
            .map_err(|error| self.refusal(&error))
    }

    /// The runs of a campaign, the first one first.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn runs(&self, campaign: i64) -> Result<Vec<RunRecord>, JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT id, started, ended, ending, digest, text, planned, requests, reason, counts FROM run \
                 WHERE campaign = ?1 ORDER BY id",
            )?;
            statement.query_map([campaign], run_record)?.collect::<rusqlite::Result<Vec<RunRecord>>>()
        })()
        .map_err(|error: rusqlite::Error| self.refusal(&error))
    }
}

fn run_record(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    let count = |value: i64| u64::try_from(value).unwrap_or_default();
    Ok(RunRecord {
        id: row.get(0)?,
        started: timestamp(row.get(1)?),
        ended: row.get::<_, Option<i64>>(2)?.map(timestamp),
        ending: row.get(3)?,
        digest: row.get(4)?,
        text: row.get(5)?,
        planned: count(row.get(6)?),
        requests: row.get::<_, Option<i64>>(7)?.map(count),
        reason: row.get(8)?,
        counts: row.get::<_, Option<String>>(9)?.and_then(|counts| serde_json::from_str(&counts).ok()),
    })
}
