//! The notice that a run has ended or paused, sent once everything of the run is on disk. It changes no exit code, and
//! that it could not be sent is a line.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api_base::ApiBase;
use crate::campaign::file::NotifyOn;
use crate::campaign::{Campaign, Notify, moment};
use crate::cli::context::variable;
use crate::cli::ending::skipped_by_reason;
use crate::cli::exit_code::Exit;
use crate::cli::platform::runtime;
use crate::cli::terminal::{Terminal, argument};
use crate::delivery::stop::Stop;
use crate::delivery::tally::Tally;
use crate::locale::Catalog;
use crate::plan::Plan;
use crate::report::breakdown::{Breakdown, told};
use crate::report::run::notice::{Notice, is_taken};
use crate::report::run::stopped::why;
use crate::report::run::summary::{self, by_code};
use crate::send::execution::Finished;
use crate::wechat::client::{Client, Timeouts};
use crate::wechat::hook::Hook;

/// A notice that takes longer is not worth waiting for.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(3), answer: Duration::from_secs(5) };
/// The first try and one more.
const TRIES: u32 = 2;

/// Warns of a notice that could not be sent, before anybody relies on it.
pub(crate) fn look(campaign: &Campaign, terminal: &Terminal) {
    if let Some(notify) = &campaign.notify
        && address(notify).is_none()
    {
        terminal.warn("notify.no-address", &[("variable", &notify.url_env)]);
    }
}

/// Tells whoever wants to know how a run ended.
pub(crate) fn tell(
    (campaign, plan): (&Campaign, &Plan),
    finished: &Finished,
    exit: Exit,
    next: &str,
    terminal: &Terminal,
) {
    let Some(notify) = &campaign.notify else { return };
    let unknown = finished.concluded.tally.counts.unknown > 0;
    let Some(event) = happened(exit, unknown).into_iter().find(|event| notify.on.contains(event)) else {
        return;
    };
    let Some(hook) = address(notify) else { return };
    let words = &terminal.words;
    let counts = &finished.concluded.tally.counts;
    let title = campaign.title.clone().unwrap_or_else(|| campaign.id.to_string());
    let ending = words.say(&format!("runs.exit.{}", exit.name()), &[]);
    let stopped = finished.stop.as_ref().map(|stop| why(&stop.reason(), words));
    let resume_at = match &finished.stop {
        Some(Stop::Hours { resume_at: Some(at) } | Stop::Caps { resume_at: at, .. }) => Some(*at),
        Some(_) | None => None,
    };
    let zone = &campaign.send.hours.zone;
    let next = words.say(&format!("next.{next}"), &[("campaign", &argument(&campaign.path))]);
    let told = summary::counts(&finished.concluded.tally, words, false);
    let resumes = resume_at.map(|at| words.say("notify.resumes", &[("at", &moment::shown(at, zone))]));
    let tally = &finished.concluded.tally;
    let counted = told.lines().map(str::to_owned).chain(skipped(plan, tally, words));
    let lines = stopped.iter().cloned().chain(counted).chain(resumes).chain([next.clone()]);
    let facts = json!({
        "campaign": campaign.id.to_string(),
        "title": campaign.title,
        "wave": campaign.wave,
        "event": event.name(),
        "exit": { "code": exit.code(), "name": exit.name() },
        "counts": counts,
        "skipped_by_reason": skipped_by_reason(plan, tally),
        "refused_by_code": by_code(&finished.concluded.tally.refused_by_code),
        "reason": finished.stop.as_ref().map(|stop| stop.reason().to_string()),
        "resume_at": resume_at.map(|at| moment::rfc3339(at, zone)),
        "next": next,
    });
    let notice = Notice {
        title: words.say("notify.title", &[("campaign", &title), ("ending", &ending)]),
        lines: lines.collect(),
        facts: &facts,
    };
    if !is_sent(notify, &hook, &notice.body(notify.style)) {
        terminal.warn("notify.failed", &[("host", &hook.host)]);
    }
}

/// Who was skipped and why, a line each: by what the files say, and by what the run decided.
fn skipped(plan: &Plan, tally: &Tally, words: &Catalog) -> Vec<String> {
    Breakdown::of_run(plan, tally).iter().map(|without| format!("  {}", told::line(without, words))).collect()
}

/// What happened, first of all what the exit says: a run that ended with unknown outcomes has ended, too, and one that
/// paused may have left some.
fn happened(exit: Exit, unknown: bool) -> Vec<NotifyOn> {
    let mut events = match exit {
        Exit::Paused | Exit::Interrupted | Exit::Terminated => vec![NotifyOn::Pause],
        Exit::Unknown => vec![NotifyOn::Unknown, NotifyOn::End],
        Exit::Ok
        | Exit::Internal
        | Exit::Usage
        | Exit::Invalid
        | Exit::Partial
        | Exit::Gate
        | Exit::Account
        | Exit::Storage => vec![NotifyOn::End],
    };
    if unknown && !events.contains(&NotifyOn::Unknown) {
        events.push(NotifyOn::Unknown);
    }
    events
}

/// What came of a notice that was only a test.
#[derive(Debug)]
pub(crate) enum Tested {
    /// Nobody is to be told of anything.
    Nobody,
    /// This variable holds no address.
    NoAddress(String),
    /// This host took it.
    Taken(ApiBase),
    /// This host did not.
    NotTaken(ApiBase),
}

/// Sends a notice that says it is a test.
pub(crate) fn test(campaign: &Campaign, words: &Catalog) -> Tested {
    let Some(notify) = &campaign.notify else { return Tested::Nobody };
    let Some(hook) = address(notify) else { return Tested::NoAddress(notify.url_env.clone()) };
    let title = campaign.title.clone().unwrap_or_else(|| campaign.id.to_string());
    let line = words.say("doctor.notify.text", &[]);
    let facts = json!({
        "campaign": campaign.id.to_string(),
        "title": campaign.title,
        "wave": campaign.wave,
        "event": "test",
        "next": line,
    });
    let ending = words.say("doctor.notify.title", &[]);
    let title = words.say("notify.title", &[("campaign", &title), ("ending", &ending)]);
    let notice = Notice { title, lines: vec![line], facts: &facts };
    let taken = is_sent(notify, &hook, &notice.body(notify.style));
    if taken { Tested::Taken(hook.host) } else { Tested::NotTaken(hook.host) }
}

fn address(notify: &Notify) -> Option<Hook> {
    variable(&notify.url_env).and_then(|address| Hook::parse(&address))
}

fn is_sent(notify: &Notify, hook: &Hook, body: &Value) -> bool {
    let (Ok(client), Ok(runtime)) = (Client::new(hook.host.clone(), TIMEOUTS), runtime()) else {
        return false;
    };
    (0..TRIES).any(|_| {
        let answer = runtime.block_on(client.post_hook(hook, body));
        answer.is_some_and(|(status, body)| is_taken(notify.style, status, &body))
    })
}
