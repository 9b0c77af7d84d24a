//! How a run ended, in sentences and as an exit.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::Path;

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::cli::exit_code::Exit;
use crate::cli::line::args::Format;
use crate::cli::origin::Origin;
use crate::cli::problem::{
    account_problem, advice, declined_sentence, journal_problem, journal_reason, token_problem,
};
use crate::cli::terminal::Terminal;
use crate::delivery::attempt::Cause;
use crate::delivery::outcome::Counts;
use crate::delivery::skip::SkipReason;
use crate::delivery::stop::Stop;
use crate::delivery::tally::Tally;
use crate::diagnostic::render::display;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::plan::skip::Skip;
use crate::report::join::identity;
use crate::report::results::csv::masked_name;
use crate::report::run::summary::{self, Summary, by_code};
use crate::send::execution::Finished;
use crate::send::execution::results::Concluded;

/// How a run ends: the most important of all that applies.
pub(crate) fn exit(finished: &Finished) -> Exit {
    let Concluded { tally, file, not_there, changed: _ } = &finished.concluded;
    let counts = Exit::of_counts(&tally.counts);
    let stop = finished.stop.as_ref().map_or(Exit::Ok, Exit::of_stop);
    let unwritten = finished.unwritten.as_ref().map_or(Exit::Ok, |_| Exit::Storage);
    let results = if file.is_none() && not_there.is_some() { Exit::Storage } else { Exit::Ok };
    counts.max(stop).max(unwritten).max(results)
}

/// The same, as the journal keeps it.
pub(crate) fn exit_noted(finished: &Finished) -> (&'static str, u8) {
    let exit = exit(finished);
    (exit.name(), exit.code())
}

/// What was sent.
#[derive(Debug)]
pub(crate) struct What<'a> {
    /// The campaign.
    pub(crate) campaign: &'a Campaign,
    /// Its plan.
    pub(crate) plan: &'a Plan,
    /// The plan's id.
    pub(crate) id: PlanId,
    /// Where its requests went.
    pub(crate) destination: Destination,
    /// Where AppID and AppSecret came from, where they were needed.
    pub(crate) origin: Option<&'a Origin>,
}

/// Tells how a run ended and gives its exit.
pub(crate) fn report(finished: &Finished, what: &What<'_>, format: Format, terminal: &Terminal) -> Exit {
    let exit = exit(finished);
    let Concluded { tally, file, not_there, changed: _ } = &finished.concluded;
    if let Some(reason) = not_there {
        results_elsewhere(&what.campaign.results.path, file.as_deref(), reason, terminal);
    }
    if let Some(stop) = &finished.stop {
        told(stop, what.campaign, what.origin, terminal);
    }
    if finished.broken_off > 0 {
        terminal.say("broken-off", &[("count", &finished.broken_off)]);
    }
    if let Some(unwritten) = finished.unwritten.as_ref().filter(|unwritten| unwritten.count == 0) {
        journal_problem(&unwritten.error, terminal);
    } else if let Some(unwritten) = &finished.unwritten {
        terminal.complain(
            "unwritten",
            &[("count", &unwritten.count), ("reason", &journal_reason(&unwritten.error, &terminal.words))],
        );
    }
    let seconds = finished.duration.as_secs_f64();
    // Counts of requests fit a float well enough for a rate.
    #[expect(clippy::cast_precision_loss)]
    let rate = if seconds > 0.0 { finished.requests as f64 / seconds } else { 0.0 };
    let results = file.as_ref().map(|path| display(path));
    match format {
        Format::Json => terminal.json(&Summary {
            campaign: what.campaign.id.to_string(),
            title: what.campaign.title.clone(),
            wave: what.campaign.wave,
            channel: identity(what.campaign).channel.name().to_owned(),
            destination: what.destination.name().to_owned(),
            digest: what.plan.digest.to_string(),
            plan: what.id.to_string(),
            counts: tally.counts,
            skipped_by_reason: skipped_by_reason(what.plan, tally),
            refused_by_code: by_code(&tally.refused_by_code),
            requests: finished.requests,
            duration_seconds: (seconds * 1000.0).round() / 1000.0,
            rate: (rate * 10.0).round() / 10.0,
            resume_at: None,
            results,
            exit: summary::Exit { code: exit.code(), name: exit.name().to_owned() },
        }),
        Format::Human => {
            terminal.data(&summary::counts(&tally.counts, &tally.refused_by_code, &terminal.words));
            if let Some(results) = results {
                terminal.say("summary.results", &[("file", &results)]);
            }
            let duration = format!("{seconds:.1}");
            let rate = format!("{rate:.1}");
            if finished.uploads > 0 {
                terminal.say("summary.uploads", &[("count", &finished.uploads)]);
            }
            terminal.say(
                "summary.requests",
                &[("requests", &finished.requests), ("seconds", &duration), ("rate", &rate)],
            );
        }
    }
    exit
}

/// Everybody who was skipped, by what the files say or by what the run decided.
fn skipped_by_reason(plan: &Plan, tally: &Tally) -> BTreeMap<String, u64> {
    let by_files = Skip::ALL.map(|why| (why.name(), plan.counts.of(why)));
    let decided = SkipReason::ALL.map(|why| (why.name(), tally.skipped.get(&why).copied().unwrap_or(0)));
    by_files.into_iter().chain(decided).map(|(why, count)| (why.to_owned(), count)).collect()
}

/// Says that the results are beside the usual file, or nowhere.
fn results_elsewhere(usual: &Path, second: Option<&Path>, reason: &io::Error, terminal: &Terminal) {
    match second {
        Some(second) => terminal.say(
            "results-elsewhere",
            &[("file", &display(usual)), ("reason", reason), ("second", &display(second))],
        ),
        None => terminal.complain("cannot-write", &[("file", &display(usual)), ("reason", reason)]),
    }
}

/// Says why a run stopped.
pub(crate) fn told(stop: &Stop, campaign: &Campaign, origin: Option<&Origin>, terminal: &Terminal) {
    let say = |key: &str, places: &[(&str, &dyn Display)]| terminal.complain(&format!("stop.{key}"), places);
    match stop {
        Stop::Interrupted | Stop::Terminated => say("signal", &[]),
        Stop::Asked => terminal.say("stop-asked", &[]),
        Stop::Limit => terminal.say("stop-limit", &[]),
        Stop::Quota { code, errmsg } => {
            say("quota", &[("code", code), ("errmsg", &errmsg.text()), ("advice", &advice(*code, terminal))])
        }
        Stop::Account { code, errmsg } => account_problem(*code, errmsg, origin, terminal),
        Stop::Token(error) => token_problem(error, origin, terminal),
        Stop::Content { code, errmsg } => {
            let fields: Vec<String> = campaign.body.slots().iter().map(|slot| slot.at.to_string()).collect();
            say(
                "content",
                &[
                    ("code", code),
                    ("errmsg", &errmsg.text()),
                    ("fields", &fields.join(", ")),
                    ("advice", &advice(*code, terminal)),
                ],
            );
        }
        Stop::Unfamiliar { code, errmsg, count } => say(
            "unfamiliar",
            &[
                ("code", code),
                ("errmsg", &errmsg.text()),
                ("count", count),
                ("advice", &advice(*code, terminal)),
            ],
        ),
        Stop::Declined { status, count } => {
            terminal.complain_text(&declined_sentence("declined", *status, *count, terminal));
        }
        Stop::Refused { refused, answered } => {
            say("refused", &[("refused", refused), ("answered", answered)])
        }
        Stop::Unknown { count } => say("unknown", &[("count", count)]),
        Stop::Unreachable { count } => match origin.and_then(Origin::host) {
            Some(host) => say("unreachable-at", &[("host", &host), ("count", count)]),
            None => say("unreachable", &[("count", count)]),
        },
        Stop::Changed => say("changed", &[]),
        Stop::FileChanged { file } => say("file-changed", &[("file", &masked_name(file))]),
        Stop::Media { file, cause } => media_stop(file, cause, terminal),
        Stop::Storage(reason) => say("storage", &[("reason", reason)]),
    }
}

/// Says why a media file that everybody gets is not to be had.
fn media_stop(file: &str, cause: &Cause, terminal: &Terminal) {
    match cause {
        Cause::Answer { code, errmsg } => terminal.complain(
            "stop.media",
            &[
                ("file", &file),
                ("code", code),
                ("errmsg", &errmsg.text()),
                ("advice", &advice(*code, terminal)),
            ],
        ),
        Cause::Event(incident) => {
            terminal.complain("stop.media-unreachable", &[("file", &file), ("reason", incident)]);
        }
    }
}

/// The key below `next` of what to do after a run that ended so.
pub(crate) fn next_key(exit: Exit, counts: &Counts) -> String {
    match exit {
        Exit::Partial if counts.failed == 0 => "refused".to_owned(),
        other => format!("exit.{}", other.name()),
    }
}
