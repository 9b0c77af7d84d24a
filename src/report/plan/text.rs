//! `plan` for people: the counts on stdout, the faults on stderr.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::tz::TimeZone;

use crate::api_base::{ApiBase, Destination, Hosts};
use crate::campaign::moment::shown;
use crate::campaign::ramp::{Ramp, Rest};
use crate::delivery::rule::{Rule, Says};
use crate::diagnostic::Diagnostics;
use crate::diagnostic::code::Code;
use crate::diagnostic::render::{Sources, draw};
use crate::locale::Catalog;
use crate::locale::visible::{command_line, one_line};
use crate::message::media::size;
use crate::plan::Plan;
use crate::plan::schedule::forecast::Forecast;
use crate::plan::schedule::outlook::Outlook;
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

/// The counts, forecast and digest of a plan, a line each.
pub(crate) fn summary(facts: &Facts, plan: &Plan, words: &Catalog) -> String {
    let mut out = String::new();
    let mut line = |key: &str, value: String| {
        out.push_str(&words.say(&format!("plan.line.{key}"), &[("value", &one_line(&value))]));
        out.push('\n');
    };
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
        line("kind", kind.clone());
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
    line("rows", plan.counts.rows().to_string());
    line("planned", plan.counts.planned.to_string());
    line("skipped", plan.counts.skipped().to_string());
    line("invalid", plan.counts.invalid.to_string());
    for rows in plan.skipped_rows() {
        line("reason", skipped(rows.why.name(), rows.list, rows.count, words));
    }
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

/// How many rows get no message for one reason, as part of a line. Only some reasons come from a list, and only their
/// sentences name one.
pub(crate) fn skipped(why: &str, list: Option<&str>, count: u64, words: &Catalog) -> String {
    let reason = words.say(&format!("send.skip.{why}"), &[("list", &list.unwrap_or(""))]);
    words.say("send.skip.each", &[("count", &count), ("reason", &reason)])
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

/// How many messages a policy's rule holds back, as a sentence.
pub(crate) fn held_back(rule: &Rule, count: u64, words: &Catalog) -> String {
    let (most, time, key) = match &rule.says {
        Says::Refused => {
            return words.say("caps.refused", &[("count", &count), ("policy", &one_line(&rule.policy))]);
        }
        Says::Cap { most, time, later: true } => (most, time, "caps.later"),
        Says::Cap { most, time, later: false } => (most, time, "caps.skipped"),
    };
    let places: [(&str, &dyn Display); 4] =
        [("count", &count), ("most", most), ("time", time), ("policy", &one_line(&rule.policy))];
    words.say(key, &places)
}

/// Who can still be reached and who not, a sentence each, the most important first.
pub(crate) fn outlook(outlook: &Outlook, zone: &TimeZone, words: &Catalog) -> Vec<String> {
    let Forecast { in_time, out, late, blank, needed_rate, latest_start } = outlook.forecast;
    let at = shown(outlook.at, zone);
    let mut told = vec![words.say("windows.in-time", &[("count", &in_time), ("at", &at)])];
    let mut tell = |key: &str, count: u64| {
        if count > 0 {
            told.push(words.say(&format!("windows.{key}"), &[("count", &count)]));
        }
    };
    tell("out", out);
    tell("one-minute", outlook.one_minute);
    tell("late", late);
    tell("blank", blank);
    if let Some(form) = outlook.form {
        let form = words.say(&format!("windows.form.{}", form.name()), &[]);
        told.push(words.say("windows.read", &[("form", &form)]));
    }
    let rate = needed_rate.map(|rate| format!("{:.1}", (rate * 10.0).ceil() / 10.0));
    let start = latest_start.map(|start| shown(start, zone));
    match (late > 0, rate, start) {
        (true, Some(rate), Some(start)) => {
            told.push(words.say("windows.needed-or-earlier", &[("rate", &rate), ("start", &start)]));
        }
        (true, Some(rate), None) => told.push(words.say("windows.needed", &[("rate", &rate)])),
        (true, None, Some(start)) => told.push(words.say("windows.earlier", &[("start", &start)])),
        (false, _, Some(start)) => told.push(words.say("windows.latest", &[("start", &start)])),
        (true, None, None) | (false, _, None) => {}
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
