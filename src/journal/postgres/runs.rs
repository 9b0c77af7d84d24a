//! Runs, as they are written and read.

use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use crate::delivery::exit::Exit;
use crate::delivery::stop::StopReason;
use crate::journal::JournalError;
use crate::journal::backend::Runs;
use crate::journal::identity::{CampaignKey, Claim, RunKey};
use crate::journal::postgres::claim::insist;
use crate::journal::postgres::columns::{campaign, epoch, moment, moment_or_none, whole};
use crate::journal::postgres::session::{Failure, get, parameters};
use crate::journal::postgres::store::PostgresStore;
use crate::journal::run::{RunEnd, RunRecord, RunStart};

impl Runs for PostgresStore {
    fn begin_run(&mut self, claim: Claim, run: &RunStart) -> Result<RunKey, JournalError> {
        let skipped = serde_json::to_string(&run.skipped).expect("words and numbers are JSON");
        let hosts = serde_json::to_string(&run.hosts).expect("texts are JSON");
        let (of, started, pid) = (campaign(claim.campaign), run.started.as_millisecond(), i64::from(run.pid));
        let (planned, version) = (count(run.planned), env!("CARGO_PKG_VERSION"));
        self.write(|transaction| {
            insist(transaction, claim)?;
            let named = "UPDATE wxcast.worker SET host = $1 WHERE campaign = $2 AND epoch = $3";
            transaction.execute(named, parameters![run.host, of, epoch(claim)])?;
            let begin = "INSERT INTO wxcast.run (campaign, started, pid, host, version, digest, text, planned, plan, \
                         skipped, hosts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id";
            let row = transaction.row(
                begin,
                parameters![
                    of, started, pid, run.host, version, run.digest, run.text, planned, run.plan, skipped, hosts
                ],
            )?;
            Ok(RunKey(get(&row.ok_or(Failure::Damaged("run"))?, 0)?))
        })
    }

    fn end_run(&self, id: RunKey, end: &RunEnd) -> Result<(), JournalError> {
        let counts = serde_json::to_string(&end.counts).expect("numbers are JSON");
        let (ended, ending, code) = (end.ended.as_millisecond(), end.exit.name(), i64::from(end.exit.code()));
        let (requests, reason) = (count(end.requests), end.reason.as_ref().map(ToString::to_string));
        let over = "UPDATE wxcast.run SET ended = $1, ending = $2, exit = $3, requests = $4, reason = $5, counts = $6 \
                    WHERE id = $7";
        self.write(|transaction| {
            let all = parameters![ended, ending, code, requests, reason, counts, id.0];
            transaction.execute(over, all).map(drop)
        })
    }

    fn runs(&self, key: CampaignKey) -> Result<Vec<RunRecord>, JournalError> {
        let all = "SELECT id, started, ended, ending, digest, text, planned, requests, reason, counts, skipped, host, \
                   hosts FROM wxcast.run WHERE campaign = $1 ORDER BY id";
        self.ask(|| self.session.rows(all, parameters![campaign(key)])?.iter().map(run_record).collect())
    }
}

fn run_record(row: &Row) -> Result<RunRecord, Failure> {
    let ending: Option<String> = get(row, 3)?;
    let ending = ending.map(|name| Exit::parse(&name).ok_or(Failure::Damaged("ending"))).transpose()?;
    Ok(RunRecord {
        id: RunKey(get(row, 0)?),
        computer: get(row, 11)?,
        hosts: json(row, 12)?.unwrap_or_default(),
        started: moment(row, 1)?,
        ended: moment_or_none(row, 2)?,
        ending,
        digest: get(row, 4)?,
        text: get(row, 5)?,
        planned: whole(row, 6)?,
        requests: get::<Option<i64>>(row, 7)?.map(|_| whole(row, 7)).transpose()?,
        reason: get::<Option<String>>(row, 8)?.map(|reason| StopReason::parse(&reason)),
        counts: json(row, 9)?,
        skipped: json(row, 10)?,
    })
}

/// A column of JSON, where there is something in it.
fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<Option<T>, Failure> {
    let Some(text) = get::<Option<String>>(row, column)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|_| Failure::Damaged("json"))
}

fn count(count: u64) -> i64 {
    i64::try_from(count).expect("nobody has so many messages")
}
