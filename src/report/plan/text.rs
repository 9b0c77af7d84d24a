//! `plan` for people: the counts on stdout, the faults on stderr.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::api_base::{ApiBase, Destination, Hosts};
use crate::campaign::moment::shown;
use crate::campaign::ramp::{Ramp, Rest};
use crate::diagnostic::Diagnostics;
use crate::diagnostic::code::Code;
use crate::diagnostic::render::{Sources, draw};
use crate::locale::Catalog;
use crate::locale::visible::{command_line, one_line};
use crate::message::media::size;
use crate::plan::Plan;
use crate::plan::schedule::forecast::Forecast;
use crate::plan::schedule::outlook::Outlook;
use crate::report::breakdown::{Breakdown, told};
use crate::report::plan::compare::Changes;
use crate::report::plan::json::{Facts, UploadReport};

/// How many faults of one code a person is shown; the rest are counted.
const SHOWN_PER_CODE: u64 = 10;
/// How many rows with a change a person is told; the manifest names more.
const ROWS_SHOWN: usize = 20;

/// Faults, drawn with their places.
pub(crate) fn faults(faults: &Diagnostics, sources: &Sources, words: &Catalog, color: bool) -> String {
    let mut out = String::new();
    let mut shown: BTreeMap<Code, u64> = BTreeMap::new();
    for fault in faults.kept() {
        let count = shown.entry(fault.code).or_default();
        *count += 1;
        if *count <= SHOWN_PER_CODE {
            out.push_str(&draw(fault, sources, words, color));
            out.push_str("\n\n");
        }
    }
    for (code, count) in faults.counts() {
        if *count > SHOWN_PER_CODE {
            let more = count - SHOWN_PER_CODE;
            out.push_str(&words.say("plan.more", &[("count", &more), ("code", &code.slug())]));
            out.push('\n');
        }
    }
    out
}

/// What a plan is of, who gets it and who does not, its forecast and its digest.
pub(crate) fn summary(facts: &Facts, plan: &Plan, breakdown: &Breakdown, words: &Catalog) -> String {
    let mut out = String::new();
    let mut line = |key: &str, value: String| out.push_str(&fact(key, &value, words));
    if let Some(title) = &facts.title {
        line("title", title.clone());
    }
    if let Some(campaign) = &facts.campaign {
        let wave = facts.wave.unwrap_or(1);
        line("campaign", words.say("plan.wave", &[("campaign", campaign), ("wave", &wave)]));
    }
    if let Some(appid) = &facts.appid {
        line("account", appid.clone());
    }
    if let Some(hosts) = &facts.hosts {
        line("destination", destination(hosts, words));
    }
    if let Some(command) = &facts.token_command {
        line("token-command", command_line(command));
    }
    if let Some(kind) = &facts.kind {
        line("kind", words.kind(kind));
    }
    if let Some(encoding) = plan.encoding {
        line("encoding", encoding.to_owned());
    }
    if let Some(sheet) = &plan.sheet {
        line("sheet", sheet.name.clone());
    }
    if !facts.policies.is_empty() {
        line("policies", facts.policies.join(", "));
    }
    // Of a list that could not be read nothing is known, not even that nobody is on it.
    if plan.counts.rows() == 0 && plan.diagnostics.errors() > 0 {
        return out;
    }
    out.push_str(&told::text(breakdown, words));
    let mut line = |key: &str, value: String| out.push_str(&fact(key, &value, words));
    if !plan.media.is_empty() {
        line("uploads", uploads(plan, words));
    }
    if let Some(steps) = &facts.ramp {
        line("ramp", ramp(steps, plan.counts.planned, words));
    }
    line("forecast", length(facts.forecast_seconds, words));
    line("digest", plan.digest.to_string());
    if let Some(id) = &facts.id {
        line("id", id.to_string());
    }
    line("warnings", plan.diagnostics.warnings().to_string());
    out
}

/// A line that says one thing of the plan.
fn fact(key: &str, value: &str, words: &Catalog) -> String {
    words.say(&format!("plan.line.{key}"), &[("value", &one_line(value))]) + "\n"
}

/// In which steps so many messages are sent, as part of a line.
pub(crate) fn ramp(ramp: &Ramp, planned: u64, words: &Catalog) -> String {
    let steps: Vec<String> = ramp.sizes(planned).iter().map(u64::to_string).collect();
    let wait = match ramp.wait {
        Rest::None => words.say("ramp.wait-none", &[]),
        Rest::For(time) => words.say("ramp.wait-for", &[("length", &length(time.as_secs(), words))]),
        Rest::Ask => words.say("ramp.wait-ask", &[]),
    };
    let halt = match ramp.halt.unknown {
        Some(unknown) => {
            words.say("ramp.halt-both", &[("refused", &ramp.halt.refused), ("unknown", &unknown)])
        }
        None => words.say("ramp.halt-refused", &[("refused", &ramp.halt.refused)]),
    };
    words.say("ramp.line", &[("steps", &steps.join(" → ")), ("wait", &wait), ("halt", &halt)])
}

/// What the table of who gets it and who does not leaves open of windows, a sentence each.
pub(crate) fn outlook(outlook: &Outlook, zone: &TimeZone, words: &Catalog) -> Vec<String> {
    let Forecast { late, blank, latest_start, .. } = outlook.forecast;
    let mut told = Vec::new();
    let mut tell = |key: &str, count: u64| {
        if count > 0 {
            told.push(words.say(&format!("windows.{key}"), &[("count", &count)]));
        }
    };
    tell("one-minute", outlook.one_minute.unwrap_or(0));
    tell("blank", blank);
    if let Some(form) = outlook.form {
        let form = words.say(&format!("windows.form.{}", form.name()), &[]);
        told.push(words.say("windows.read", &[("form", &form)]));
    }
    // Where somebody would be late already, the table says what would help.
    if let Some(start) = latest_start.filter(|_| late == 0) {
        told.push(words.say("windows.latest", &[("start", &shown(start, zone))]));
    }
    told
}

/// Where messages go, as people should read it before they agree: to WeChat, to somebody else's server, or nowhere.
pub(crate) fn destination(hosts: &Hosts, words: &Catalog) -> String {
    let name = |bases: &mut dyn Iterator<Item = &ApiBase>| {
        bases.map(ToString::to_string).collect::<Vec<String>>().join(", ")
    };
    let foreign = name(&mut hosts.foreign());
    match hosts.destination() {
        Destination::Local => words.say("destination.local", &[("hosts", &foreign)]),
        Destination::Real if foreign.is_empty() => {
            words.say("destination.real", &[("hosts", &name(&mut hosts.all().iter()))])
        }
        Destination::Real => words.say("destination.foreign", &[("hosts", &foreign)]),
    }
}

/// The media files of a plan in one line.
fn uploads(plan: &Plan, words: &Catalog) -> String {
    let all = UploadReport::all(plan);
    let types: Vec<String> = all.iter().map(|of| format!("{} {}", of.r#type, of.files)).collect();
    let (files, bytes) = all.iter().fold((0, 0), |(files, bytes), of| (files + of.files, bytes + of.bytes));
    let (size, types) = (size(bytes), types.join(", "));
    words.say("media.summary", &[("files", &files), ("size", &size), ("types", &types)])
}

/// A length of time as people say it.
pub(crate) fn length(seconds: u64, words: &Catalog) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => words.say("length.seconds", &[("seconds", &rest)]),
        (0, _) => words.say("length.minutes", &[("minutes", &minutes), ("seconds", &rest)]),
        _ => words.say("length.hours", &[("hours", &hours), ("minutes", &minutes)]),
    }
}

/// What has changed since an earlier plan, a line each.
pub(crate) fn changes(changes: &Changes, words: &Catalog) -> String {
    let mut out = format!("{}\n", words.say("plan.changes.title", &[]));
    for (key, count, named) in [
        ("added", changes.added, &changes.added_rows),
        ("removed", changes.removed, &changes.removed_rows),
        ("changed", changes.changed, &changes.changed_rows),
        ("unchanged", changes.unchanged, &Vec::new()),
    ] {
        let name = words.say(&format!("plan.changes.{key}"), &[]);
        let mut line = words.say("plan.changes.line", &[("name", &name), ("count", &count)]);
        if !named.is_empty() {
            line += &words.say("plan.changes.of-rows", &[("rows", &rows(count, named))]);
        }
        out.push_str(&format!("  {line}\n"));
    }
    for sentence in going(changes, words) {
        out.push_str(&format!("  {sentence}\n"));
    }
    if changes.reordered {
        out.push_str(&format!("  {}\n", words.say("plan.changes.reordered", &[])));
    }
    out
}

/// What has changed of where messages go and of where tokens come from, a sentence each.
pub(crate) fn going(changes: &Changes, words: &Catalog) -> Vec<String> {
    let none = || words.say("plan.changes.none", &[]);
    let hosts = changes.earlier_hosts.as_ref().map(|hosts| {
        let hosts = if hosts.is_empty() { none() } else { hosts.join(", ") };
        words.say("plan.changes.hosts", &[("then", &hosts)])
    });
    let command = changes.earlier_token_command.as_ref().map(|command| {
        let command = if command.is_empty() { none() } else { command_line(command) };
        words.say("plan.changes.token-command", &[("then", &command)])
    });
    hosts.into_iter().chain(command).collect()
}

/// The rows that are named, and a sign where they are not all.
pub(crate) fn rows(count: u64, named: &[u64]) -> String {
    let shown: Vec<String> = named.iter().take(ROWS_SHOWN).map(u64::to_string).collect();
    let all = u64::try_from(shown.len()).is_ok_and(|shown| shown == count);
    let more = if all || shown.is_empty() { "" } else { ", …" };
    shown.join(", ") + more
}
