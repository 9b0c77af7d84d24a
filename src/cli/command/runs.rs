//! `wxcast runs`: the runs of a campaign so far.

use std::fmt::Display;
use std::path::Path;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::campaign::moment;
use crate::cli::context::{Whose, whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Format};
use crate::cli::problem::Problem;
use crate::cli::telling::{Asked, Teller};
use crate::cli::terminal::Terminal;
use crate::delivery::outcome::Counts;
use crate::delivery::stop::{StopReason, StopWord};
use crate::journal::run::RunRecord;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::report::join::tally_of_journal;

/// How wide the ending of a run is shown, in columns of the terminal: as most of them need, Chinese or not.
const ENDING: usize = 22;

/// A run, for machines.
#[derive(Debug, Serialize)]
struct RunReport {
    run: i64,
    started: String,
    ended: Option<String>,
    exit: Option<Exit>,
    reason: Option<StopReason>,
    digest: String,
    planned: u64,
    requests: Option<u64>,
    counts: Option<Counts>,
}

/// Tells of the runs.
pub(crate) fn run(args: &args::Runs, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let Whose { identity, id, zone, .. } = whose(path)?;
    let asked =
        Asked { path, whose: &identity, id: &id, flag: args.journal.dir(), local: args.journal.local };
    let teller = Teller::find(&asked, terminal)?;
    let (runs, reached) = runs(&teller.state, &identity)?;
    let going = teller.running;
    match args.format {
        Format::Json => terminal.json(&runs.iter().map(report).collect::<Vec<_>>()),
        Format::Human if runs.is_empty() && teller.is_doubted() => {}
        Format::Human if runs.is_empty() => {
            terminal.say("runs.none", &[]);
            terminal.next("init", path);
        }
        Format::Human => {
            for (index, run) in runs.iter().enumerate() {
                let last = index + 1 == runs.len();
                let reached = reached.filter(|_| last);
                terminal.data(&format!("{}\n", line(run, going && last, reached, &zone, terminal)));
            }
            if !teller.is_doubted() {
                terminal.next("look", path);
            }
        }
    }
    teller.warn(terminal);
    Ok(Exit::Ok)
}

/// The runs, and what has become of the list by now.
fn runs(state: &Path, whose: &Identity) -> Result<(Vec<RunRecord>, Option<Counts>), JournalError> {
    let Some(store) = Store::read(state)? else { return Ok((Vec::new(), None)) };
    let Some(number) = store.find_campaign(whose)? else { return Ok((Vec::new(), None)) };
    Ok((store.runs(number)?, Some(tally_of_journal(&store, number)?.counts)))
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

fn line(run: &RunRecord, now: bool, reached: Option<Counts>, zone: &TimeZone, terminal: &Terminal) -> String {
    let words = &terminal.words;
    let ending = match run.ending {
        Some(ending) => ended(ending, run.reason.as_ref(), terminal),
        None if now => words.say("runs.now", &[]),
        None => words.say("runs.crashed", &[]),
    };
    let started = moment::happened(run.started, zone);
    // The column that differs most in width; what follows it stands in line.
    let ending = console::pad_str(&ending, ENDING, console::Alignment::Left, None);
    let said = |key: &str, more: &[(&str, &dyn Display)]| {
        let known: [(&str, &dyn Display); 3] = [("run", &run.id), ("started", &started), ("ending", &ending)];
        words.say(key, &[&known[..], more].concat())
    };
    // Both are noted at its end: of a run that goes on, or crashed, the journal tells how far it came while no other
    // run followed, and nothing afterwards.
    let Some(Counts { sent, refused, failed, unknown, skipped: _, unsent }) = run.counts.or(reached) else {
        return said("runs.line-unnoted", &[]);
    };
    let counts: [(&str, &dyn Display); 5] = [
        ("sent", &sent),
        ("refused", &refused),
        ("failed", &failed),
        ("unknown", &unknown),
        ("unsent", &unsent),
    ];
    match &run.requests {
        Some(requests) => said("runs.line", &[&counts[..], &[("requests", requests)]].concat()),
        None => said("runs.line-so-far", &counts),
    }
}

/// How a run ended, and why.
fn ended(ending: Exit, reason: Option<&StopReason>, terminal: &Terminal) -> String {
    let words = &terminal.words;
    let stopped = |word: &StopWord| words.say(&format!("runs.reason.{}", word.name()), &[]);
    let ending = words.say(&format!("runs.ending.{ending}"), &[]);
    let because =
        |reason: &dyn Display| words.say("runs.because", &[("ending", &ending), ("reason", reason)]);
    match reason {
        None => ending,
        Some(StopReason::Known(word, None)) => because(&stopped(word)),
        Some(StopReason::Known(word, Some(detail))) => because(&format!("{} {detail}", stopped(word))),
        // What a later version has written has no words here.
        Some(StopReason::Foreign(reason)) => because(reason),
    }
}
