//! `wxcast runs`: the runs of a campaign so far.

use std::path::Path;

use serde::Serialize;

use crate::cli::campaign_lock::campaign_lock;
use crate::cli::context::{Whose, whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Format};
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::telling;
use crate::delivery::ending::Ending;
use crate::delivery::outcome::Counts;
use crate::delivery::stop::{StopReason, StopWord};
use crate::journal::lock::is_held;
use crate::journal::run::RunRecord;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};

/// How wide the ending of a run is shown, in columns of the terminal: as most of them need, Chinese or not.
const ENDING: usize = 22;

/// A run, for machines.
#[derive(Debug, Serialize)]
struct RunReport {
    run: i64,
    started: String,
    ended: Option<String>,
    exit: Option<Ending>,
    reason: Option<StopReason>,
    digest: String,
    planned: u64,
    requests: Option<u64>,
    counts: Option<Counts>,
}

/// Tells of the runs.
pub(crate) fn run(args: &args::Runs, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let Whose { identity, id, .. } = whose(path)?;
    let (state, _) = telling(path, &identity, args.state_dir.as_ref(), args.local, terminal)?;
    let runs = runs(&state, &identity)?;
    let going = is_held(&campaign_lock(&state, &id));
    match args.format {
        Format::Json => terminal.json(&runs.iter().map(report).collect::<Vec<_>>()),
        Format::Human if runs.is_empty() => {
            terminal.say("runs.none", &[]);
            terminal.next("init", path);
        }
        Format::Human => {
            for (index, run) in runs.iter().enumerate() {
                let now = going && index + 1 == runs.len();
                terminal.data(&format!("{}\n", line(run, now, terminal)));
            }
            terminal.next("look", path);
        }
    }
    Ok(Exit::Ok)
}

fn runs(state: &Path, whose: &Identity) -> Result<Vec<RunRecord>, JournalError> {
    let Some(store) = Store::read(state)? else { return Ok(Vec::new()) };
    let Some(number) = store.find_campaign(whose)? else { return Ok(Vec::new()) };
    store.runs(number)
}

fn report(run: &RunRecord) -> RunReport {
    RunReport {
        run: run.id.0,
        started: run.started.to_string(),
        ended: run.ended.map(|ended| ended.to_string()),
        exit: run.ending,
        reason: run.reason.clone(),
        digest: run.digest.clone(),
        planned: run.planned,
        requests: run.requests,
        counts: run.counts,
    }
}

fn line(run: &RunRecord, now: bool, terminal: &Terminal) -> String {
    let words = &terminal.words;
    // Both are noted at its end: a run that goes on, or crashed, has noted nothing.
    let requests = run.requests.unwrap_or(0);
    let counts = run.counts.unwrap_or_default();
    let stopped = |word: &StopWord| words.say(&format!("runs.reason.{}", word.name()), &[]);
    let ending = |ending: Ending| {
        let ending = words.say(&format!("runs.ending.{ending}"), &[]);
        match &run.reason {
            None => ending,
            Some(StopReason::Known(word, None)) => format!("{ending} ({})", stopped(word)),
            Some(StopReason::Known(word, Some(detail))) => format!("{ending} ({} {detail})", stopped(word)),
            // What a later version has written has no words here.
            Some(StopReason::Foreign(reason)) => format!("{ending} ({reason})"),
        }
    };
    let ending = match run.ending {
        Some(word) => ending(word),
        None if now => words.say("runs.now", &[]),
        None => words.say("runs.crashed", &[]),
    };
    words.say(
        "runs.line",
        &[
            ("run", &run.id),
            ("started", &run.started.strftime("%Y-%m-%d %H:%M:%SZ")),
            // The column that differs most in width; what follows it stands in line.
            ("ending", &console::pad_str(&ending, ENDING, console::Alignment::Left, None)),
            ("requests", &requests),
            ("sent", &counts.sent),
            ("refused", &counts.refused),
            ("failed", &counts.failed),
            ("unknown", &counts.unknown),
            ("unsent", &counts.unsent),
        ],
    )
}
