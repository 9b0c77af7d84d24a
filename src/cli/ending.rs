//! How a run ended, in sentences and as an exit.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::api_base::Destination;
use crate::campaign::file::OnUnknown;
use crate::campaign::{Campaign, moment};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::Format;
use crate::cli::origin::Origin;
use crate::cli::problem::{Problem, journal_reason};
use crate::cli::ramp::why as ramp_halted;
use crate::cli::refusal::{account, advice, declined, token};
use crate::cli::stop_file;
use crate::cli::terminal::Terminal;
use crate::delivery::additions::Additions;
use crate::delivery::attempt::Cause;
use crate::delivery::outcome::Counts;
use crate::delivery::skip::SkipReason;
use crate::delivery::stop::{Stop, StorageFault};
use crate::delivery::tally::Tally;
use crate::diagnostic::render::display;
use crate::journal::identity::Channel;
use crate::locale::mask::masked_name;
use crate::locale::sentence::{Filling, Sentence};
use crate::locale::visible::one_line;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::report::run::summary::{self, Summary, by_code};
use crate::report::run::times;
use crate::send::execution::Finished;
use crate::send::execution::results::Concluded;
use crate::wechat::answer::errmsg::Errmsg;
use crate::wechat::answer::reply::NotAnswer;

/// How a run ends: the most important of all that applies.
pub(crate) fn exit(finished: &Finished) -> Exit {
    let Concluded { tally, file, not_there, kept: _, changed: _ } = &finished.concluded;
    let counts = Exit::of_counts(&tally.counts);
    let stop = finished.stop.as_ref().map_or(Exit::Ok, Exit::of_stop);
    let unwritten = finished.unwritten.as_ref().map_or(Exit::Ok, |_| Exit::Storage);
    let results = if file.is_none() && not_there.is_some() { Exit::Storage } else { Exit::Ok };
    let late = if finished.unannounced > 0 { Exit::Partial } else { Exit::Ok };
    counts.max(stop).max(unwritten).max(results).max(late)
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
    /// What it was sent for.
    pub(crate) channel: Channel,
    /// Where its requests went.
    pub(crate) destination: Destination,
    /// Where AppID and AppSecret came from, where they were needed.
    pub(crate) origin: Option<&'a Origin>,
}

/// Tells how a run ended.
///
/// # Errors
///
/// What kept it from ending well, with the exit of all that applies.
pub(crate) fn report(
    finished: &Finished,
    what: &What<'_>,
    format: Format,
    terminal: &Terminal,
) -> Result<Exit, Problem> {
    let exit = exit(finished);
    summarize(finished, what, exit, format, terminal);
    match problems(finished, what) {
        Some(problem) => Err(problem.exits(exit)),
        None => Ok(exit),
    }
}

/// Everything that went wrong, in the order in which it matters to whoever reads it.
fn problems(finished: &Finished, what: &What<'_>) -> Option<Problem> {
    let Concluded { tally: _, file, not_there, kept: _, changed: _ } = &finished.concluded;
    let not_there = not_there.as_ref().filter(|_| file.is_none());
    let results = not_there.map(|reason| Problem::cannot_write(&what.campaign.results.path, reason));
    let stop = finished.stop.as_ref().map(|stop| match stop {
        // The second signal broke off what the first one waited for.
        Stop::Interrupted | Stop::Terminated if finished.broken_off > 0 => {
            Problem::new(Exit::of_stop(stop), "stop.signal-broken-off").with("count", finished.broken_off)
        }
        stop => stopped(stop, what.campaign, what.origin),
    });
    let unwritten = finished.unwritten.as_ref().map(|unwritten| match unwritten.count {
        0 => unwritten.error.clone().into(),
        count => Problem::new(Exit::Storage, "unwritten")
            .with("count", count)
            .with("reason", journal_reason(&unwritten.error)),
    });
    [results, stop, unwritten].into_iter().flatten().reduce(Problem::and)
}

/// Tells what was done, whether it ended well or not.
fn summarize(finished: &Finished, what: &What<'_>, exit: Exit, format: Format, terminal: &Terminal) {
    let Concluded { tally, file, not_there, kept, changed: _ } = &finished.concluded;
    if let (Some((first, added)), Some(second)) = (kept, file) {
        results_kept(first, added, second, terminal);
    }
    if let (Some(reason), Some(second)) = (not_there, file) {
        results_elsewhere(&what.campaign.results.path, second, reason, terminal);
    }
    if finished.unannounced > 0 {
        terminal.warn("late-unannounced", &[("count", &finished.unannounced)]);
    }
    if finished.broken_off > 0 {
        terminal.say("broken-off", &[("count", &finished.broken_off)]);
    }
    times_off(tally, terminal);
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
            channel: what.channel.name().to_owned(),
            destination: what.destination.name().to_owned(),
            digest: what.plan.digest.to_string(),
            plan: what.id.to_string(),
            counts: tally.counts,
            skipped_by_reason: skipped_by_reason(what.plan, tally),
            refused_by_code: by_code(&tally.refused_by_code),
            requests: finished.requests,
            duration_seconds: (seconds * 1000.0).round() / 1000.0,
            rate: (rate * 10.0).round() / 10.0,
            resume_at: resume_at(finished, what.campaign),
            results,
            exit: summary::ExitReport { code: exit.code(), name: exit.name().to_owned() },
        }),
        Format::Human => {
            terminal.colorful(&summary::counts(tally, &terminal.words, terminal.colors_data()));
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
}

/// Says that WeChat found windows closed which by the audience's times were open.
fn times_off(tally: &Tally, terminal: &Terminal) {
    if let Some(told) = times::sentence(&tally.ages, &terminal.words) {
        terminal.warn_of(&told);
    }
}

/// When a run that paused may go on, where that is known.
fn resume_at(finished: &Finished, campaign: &Campaign) -> Option<String> {
    match &finished.stop {
        Some(Stop::Hours { resume_at }) => resume_at.map(|at| moment::rfc3339(at, &campaign.send.hours.zone)),
        Some(Stop::Caps { resume_at: at, .. }) => Some(moment::rfc3339(*at, &campaign.send.hours.zone)),
        Some(_) | None => None,
    }
}

/// Everybody who was skipped, by what the files say or by what the run decided.
pub(crate) fn skipped_by_reason(plan: &Plan, tally: &Tally) -> BTreeMap<String, u64> {
    let decided = SkipReason::ALL.map(|why| (why.name(), tally.skipped.get(&why).copied().unwrap_or(0)));
    // Whom an earlier run reached is not skipped, although the files leave them out by now.
    let by_files = plan.counts.by_name().into_iter().map(|(why, count)| {
        let reached = tally.left_out.get(&why).copied().unwrap_or(0);
        (why, count.saturating_sub(reached))
    });
    let mut all: BTreeMap<String, u64> = by_files.collect();
    // One word may stand for what files say and for what the run decided.
    for (why, count) in decided {
        *all.entry(why.to_owned()).or_default() += count;
    }
    all
}

/// Says that the results are beside the usual file.
fn results_elsewhere(usual: &Path, second: &Path, reason: &io::Error, terminal: &Terminal) {
    terminal.say(
        "results-elsewhere",
        &[("file", &display(usual)), ("reason", reason), ("second", &display(second))],
    );
}

/// Says that a file of results stays as it is, because somebody wrote in it, and where the results are.
pub(crate) fn results_kept(first: &Path, added: &Additions, second: &Path, terminal: &Terminal) {
    let Additions { columns, sheets, title } = added;
    let named = |key: &str, names: &[String]| {
        let names = names.iter().map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| terminal.words.say(&format!("results-kept.{key}"), &[("names", &names)]))
    };
    let above = title.then(|| terminal.words.say("results-kept.title", &[]));
    let what = [above, named("columns", columns), named("sheets", sheets)].into_iter().flatten();
    let what = what.collect::<Vec<_>>().join("; ");
    terminal.say(
        "results-kept.said",
        &[("file", &display(first)), ("what", &what), ("second", &display(second))],
    );
}

/// Why a run stopped.
pub(crate) fn stopped(stop: &Stop, campaign: &Campaign, origin: Option<&Origin>) -> Problem {
    let exit = Exit::of_stop(stop);
    let why = |key: &str| Problem::new(exit, &format!("stop.{key}"));
    let answered = |key: &str, code: &i64, errmsg: &Errmsg| {
        why(key).with("code", code).with("errmsg", errmsg.text()).with("advice", advice(*code))
    };
    match stop {
        Stop::Interrupted | Stop::Terminated => why("signal"),
        Stop::Asked => match stop_file::find(&campaign.path) {
            Some(file) => Problem::note(exit, "stop-asked-file").with("file", display(&file)),
            None => Problem::note(exit, "stop-asked"),
        },
        Stop::Limit => Problem::note(exit, "stop-limit"),
        Stop::Hours { resume_at: None } => Problem::note(exit, "stop-hours-over"),
        Stop::Hours { resume_at: Some(at) } => {
            let hours = &campaign.send.hours;
            let at = moment::shown(*at, &hours.zone);
            Problem::note(exit, "stop-hours").with("at", at).with("hours", hours.to_string())
        }
        Stop::Caps { count, resume_at } => {
            let at = moment::shown(*resume_at, &campaign.send.hours.zone);
            Problem::note(exit, "stop-caps").with("count", count).with("at", at)
        }
        Stop::RampStep { step, steps } => {
            Problem::note(exit, "stop-ramp-step").with("step", step).with("steps", steps)
        }
        Stop::Ramp(halted) => why("ramp").with("why", ramp_halted(halted)),
        Stop::Quota { code, errmsg } => answered("quota", code, errmsg),
        Stop::Account { code, errmsg } => Problem::said(exit, account(*code, errmsg, origin)),
        Stop::Token(error) => Problem::said(exit, token(error, origin)),
        Stop::Content { code, errmsg } => {
            let fields: Vec<String> = campaign.body.slots().iter().map(|slot| slot.at.to_string()).collect();
            answered("content", code, errmsg).with("fields", fields.join(", "))
        }
        Stop::Unfamiliar { code, errmsg, count } => answered("unfamiliar", code, errmsg).with("count", count),
        Stop::Declined { status, count } => Problem::said(exit, declined("declined", *status, *count)),
        Stop::Refused { refused, answered } => {
            why("refused").with("refused", refused).with("answered", answered)
        }
        Stop::Unknown { count, instead: None } => why("unknown").with("count", count),
        Stop::Unknown { count, instead: Some(instead) } => {
            let what = match instead {
                NotAnswer::Nothing => "nothing",
                NotAnswer::TooLong => "too-long",
                NotAnswer::Page => "page",
                NotAnswer::Json => "json",
                NotAnswer::Other => "other",
            };
            let what = Sentence::new(format!("instead-of-answer.{what}"));
            why("unknown-instead").with("count", count).with("what", what)
        }
        Stop::Unreachable { count } => match origin.and_then(Origin::host) {
            Some(host) => why("unreachable-at").with("host", host).with("count", count),
            None => why("unreachable").with("count", count),
        },
        Stop::Changed if !campaign.path.exists() => why("moved").with("file", display(&campaign.path)),
        Stop::Changed => why("changed"),
        Stop::FileChanged { file } => why("file-changed").with("file", masked_name(file)),
        Stop::Media { file, cause: Cause::Answer { code, errmsg } } => {
            answered("media", code, errmsg).with("file", file)
        }
        Stop::Media { file, cause: Cause::Event(incident) } => {
            why("media-unreachable").with("file", file).because(incident)
        }
        Stop::Storage(StorageFault::Replaced) => why("replaced"),
        Stop::Storage(StorageFault::Fenced) => why("taken-over"),
        Stop::Storage(fault) => why("storage").with("reason", storage(fault)),
    }
}

fn storage(fault: &StorageFault) -> Filling {
    match fault {
        StorageFault::Fenced => Sentence::new("reason.fenced").into(),
        StorageFault::Replaced => Sentence::new("reason.replaced").into(),
        StorageFault::NoWriter => Sentence::new("reason.no-writer").into(),
        StorageFault::Said(reason) => Filling::Reason(reason.clone()),
    }
}

/// The key below `next` of what to do after a run.
pub(crate) fn next_after(finished: &Finished, campaign: &Campaign, destination: Destination) -> String {
    match &finished.stop {
        Some(Stop::Storage(StorageFault::Replaced)) => "replaced".to_owned(),
        Some(Stop::Storage(StorageFault::Fenced)) => "taken-over".to_owned(),
        Some(Stop::Ramp(_)) => "ramp-halted".to_owned(),
        Some(Stop::RampStep { .. }) => "ramp-step".to_owned(),
        // It never goes on by itself.
        Some(Stop::Hours { resume_at: None }) if finished.concluded.tally.counts.unknown == 0 => {
            "hours-over".to_owned()
        }
        Some(Stop::Token(error)) if exit(finished) == Exit::Account && !error.is_of_account() => {
            "no-token".to_owned()
        }
        Some(_) | None => {
            let counts = &finished.concluded.tally.counts;
            next_key(exit(finished), counts, campaign.send.on_unknown, destination)
        }
    }
}

/// The key below `next` of what to do where a campaign is so far.
pub(crate) fn next_key(
    exit: Exit,
    counts: &Counts,
    on_unknown: OnUnknown,
    destination: Destination,
) -> String {
    let Counts { sent: _, refused, failed, unknown, skipped: _, unsent } = *counts;
    let held = match on_unknown {
        OnUnknown::Hold => unknown > 0,
        // The next run tries them again by itself.
        OnUnknown::Resend => false,
    };
    let key = match exit {
        Exit::Unknown if !held => "unknown-resent",
        Exit::Unknown if unsent + failed > 0 => "unknown-and-left",
        Exit::Paused if held => "paused-unknown",
        Exit::Interrupted | Exit::Terminated if held => "signal-unknown",
        Exit::Partial if unsent > 0 => "partial-left",
        // More windows had closed than the plan foresaw.
        Exit::Partial if failed + refused == 0 => "late",
        Exit::Partial if failed == 0 => "refused",
        Exit::Ok if destination == Destination::Local => "ok-local",
        other => return format!("exit.{}", other.name()),
    };
    key.to_owned()
}
