//! `report --format markdown`: a run as a comment or a summary, and as people read it on a terminal.

use std::io::{self, Write};

use serde::Serialize;

use crate::delivery::outcome::Status;
use crate::locale::Catalog;
use crate::report::breakdown::told::grouped;
use crate::report::form::markdown::{head, inline, row};
use crate::report::run::json::{By, ByValue, Reason, Run, RunReport, Unknown, share};

/// How many unknown messages are listed; the results file has them all.
const LISTED: usize = 100;

/// A thing that happened during a run.
#[derive(Debug, Serialize)]
pub(crate) struct HappeningLine {
    pub(crate) run: i64,
    pub(crate) at: String,
    pub(crate) text: String,
}

/// Writes the report.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &RunReport, words: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text(report, words).as_bytes())
}

fn text(report: &RunReport, words: &Catalog) -> String {
    let mut out = format!("### {}\n\n", inline(&report.title(words)));
    if report.is_local() {
        out.push_str(&format!("**{}**\n\n", words.say("report.local", &[])));
    }
    if report.running {
        out.push_str(&format!("{}\n\n", words.say("report.running", &[("count", &report.in_flight)])));
    }
    for line in first(report, words) {
        out.push_str(&format!("- {}\n", inline(&line)));
    }
    out.push('\n');
    out.push_str(&head(&[label("status", words), label("count", words)]));
    for (_, word, count) in report.statuses(words) {
        out.push_str(&row(&[word, count.to_string()]));
    }
    out.push_str(&parts(report, words));
    out.push_str(&reasons("outcomes", &report.reasons, words));
    out.push_str(&format!("\n#### {}\n\n", words.say("report.engineers", &[])));
    out.push_str(&format!("{}\n\n", inline(&told_name(report, words))));
    for line in facts(report, words) {
        out.push_str(&format!("- {}\n", inline(&line)));
    }
    out.push_str(&reasons("retries", &report.retries.reasons, words));
    out.push_str(&runs(report, words));
    out.push_str(&happenings(report, words));
    out.push_str(&unknown(report, words));
    out
}

/// What the campaign is called by machines.
pub(crate) fn told_name(report: &RunReport, words: &Catalog) -> String {
    let name = report.name(words);
    [Some(&name), Some(&report.appid), Some(&report.kind)]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<String>>()
        .join(" · ")
}

fn label(key: &str, words: &Catalog) -> String {
    words.say(&format!("report.label.{key}"), &[])
}

/// What somebody asks first: how many of how many, when, and whether anything speaks against it.
pub(crate) fn first(report: &RunReport, words: &Catalog) -> Vec<String> {
    let mut first: Vec<String> = report.doubt.iter().cloned().collect();
    first.push(report.reached(words));
    if let (Some(from), Some(to)) = (report.first, report.last) {
        let (from, to) = (report.time(from), report.time(to));
        first.push(words.say("report.times", &[("first", &from), ("last", &to)]));
    }
    if report.settled_by_hand > 0 {
        first.push(words.say("report.settled", &[("count", &report.settled_by_hand)]));
    }
    first.extend(report.times_off.clone());
    for (key, count) in [("gone", report.gone), ("altered", report.altered)] {
        if count > 0 {
            first.push(words.say(&format!("report.{key}"), &[("count", &count)]));
        }
    }
    if report.digest.is_none() {
        first.push(words.say("report.faulty-files", &[]));
    }
    first
}

/// What an engineer asks then, in a sentence each; the HTML report says the same.
pub(crate) fn facts(report: &RunReport, words: &Catalog) -> Vec<String> {
    let mut facts = vec![words.say("report.requests", &[("count", &report.requests)])];
    if let Some(latency) = report.latency_ms {
        facts.push(words.say(
            "report.latency",
            &[("median", &latency.median), ("share", &latency.p95), ("max", &latency.max)],
        ));
    }
    if report.retries.attempts > 0 {
        let retries = &report.retries;
        facts.push(
            words.say("report.retried", &[("messages", &retries.messages), ("attempts", &retries.attempts)]),
        );
    }
    if report.token_fetches > 0 {
        facts.push(words.say("report.token-fetches", &[("count", &report.token_fetches)]));
    }
    if report.retries.token > 0 {
        facts.push(words.say("report.token", &[("count", &report.retries.token)]));
    }
    facts
}

/// The people by the values of a column, as rows of texts: the value, all of them, those who were sent it, the share of
/// those, and the others by status.
pub(crate) fn by_rows(by: &By, words: &Catalog) -> Vec<[String; 5]> {
    let row = |of: &ByValue| {
        let counts = &of.counts;
        let others =
            Status::ALL.into_iter().filter(|status| *status != Status::Sent && counts.of(*status) > 0);
        let others = others.map(|status| {
            format!("{} {}", words.say(&format!("status.{}", status.name()), &[]), grouped(counts.of(status)))
        });
        let value = if of.value.is_empty() { words.say("preview.html.blank", &[]) } else { of.value.clone() };
        [
            value,
            grouped(counts.total()),
            grouped(counts.sent),
            share(counts.sent, counts.total()),
            others.collect::<Vec<String>>().join(" · "),
        ]
    };
    by.values.iter().map(row).collect()
}

/// The names above such rows.
pub(crate) fn by_head(by: &By, words: &Catalog) -> [String; 5] {
    let sheet = |key: &str| words.say(&format!("results.sheet.{key}"), &[]);
    [by.column.clone(), sheet("count"), words.say("status.sent", &[]), sheet("share"), sheet("others")]
}

fn parts(report: &RunReport, words: &Catalog) -> String {
    let mut out = String::new();
    for by in &report.by {
        out.push_str(&format!("\n#### {}\n\n", words.say("report.by", &[("column", &inline(&by.column))])));
        out.push_str(&head(&by_head(by, words).map(|name| inline(&name))));
        for cells in by_rows(by, words) {
            out.push_str(&row(&cells.map(|cell| inline(&cell))));
        }
    }
    out
}

fn reasons(title: &str, reasons: &[Reason], words: &Catalog) -> String {
    let told: Vec<&Reason> = reasons.iter().filter(|reason| reason.status != Status::Sent.name()).collect();
    if told.is_empty() {
        return String::new();
    }
    let mut out = format!("\n#### {}\n\n", words.say(&format!("report.{title}"), &[]));
    out.push_str(&head(&["status", "code", "count", "meaning"].map(|key| label(key, words))));
    for reason in told {
        let status = reason.word(words);
        let unlisted = reason.known == Some(false);
        let code = if unlisted {
            words.say("report.unlisted", &[("code", &reason.code(words))])
        } else {
            reason.code(words)
        };
        out.push_str(&row(&[status, inline(&code), reason.count.to_string(), inline(&reason.text())]));
    }
    out
}

fn runs(report: &RunReport, words: &Catalog) -> String {
    if report.runs.is_empty() && report.doubt.is_some() {
        return String::new();
    }
    if report.runs.is_empty() {
        return format!("\n{}\n", words.say("runs.none", &[]));
    }
    let mut out = format!("\n#### {}\n\n", words.say("report.runs", &[]));
    out.push_str(&head(&["run", "started", "ended", "requests", "ending"].map(|key| label(key, words))));
    for (index, run) in report.runs.iter().enumerate() {
        let now = report.running && index + 1 == report.runs.len();
        out.push_str(&run_row(run, now, report, words));
    }
    out
}

fn run_row(run: &Run, now: bool, report: &RunReport, words: &Catalog) -> String {
    row(&[
        run.run.to_string(),
        inline(&report.time(run.started)),
        inline(&run.ended.map_or_else(String::new, |ended| report.time(ended))),
        run.requests.map_or_else(String::new, |requests| requests.to_string()),
        inline(&run.ending(now, words)),
    ])
}

fn happenings(report: &RunReport, words: &Catalog) -> String {
    let lines = lines(report, words);
    if lines.is_empty() {
        return String::new();
    }
    let mut out = format!("\n#### {}\n\n", words.say("report.happenings", &[]));
    out.push_str(&head(&["run", "at", "happened"].map(|key| label(key, words))));
    for line in lines {
        out.push_str(&row(&[line.run.to_string(), inline(&line.at), inline(&line.text)]));
    }
    out
}

/// What happened during the runs, the first thing first; the HTML report says the same.
pub(crate) fn lines(report: &RunReport, words: &Catalog) -> Vec<HappeningLine> {
    let of_run = |run: &Run| {
        let told = run.happenings.iter().map(|happening| HappeningLine {
            run: run.run,
            at: report.time(happening.at),
            text: happening.text.clone(),
        });
        let more = (run.more_happenings > 0).then(|| HappeningLine {
            run: run.run,
            at: String::new(),
            text: words.say("report.more-happenings", &[("count", &run.more_happenings)]),
        });
        told.chain(more).collect::<Vec<HappeningLine>>()
    };
    report.runs.iter().flat_map(of_run).collect()
}

fn unknown(report: &RunReport, words: &Catalog) -> String {
    if report.unknown.is_empty() {
        return String::new();
    }
    let mut out = format!("\n#### {}\n\n", words.say("report.unknown", &[]));
    out.push_str(&head(&["row", "openid", "code", "at"].map(|key| label(key, words))));
    for message in report.unknown.iter().take(LISTED) {
        out.push_str(&unknown_row(message, report, words));
    }
    let listed = report.unknown.len().min(LISTED);
    let more =
        report.counts.unknown.saturating_sub(u64::try_from(listed).expect("a count of what is in memory"));
    if more > 0 {
        out.push_str(&format!("\n{}\n", words.say("report.more-unknown", &[("count", &more)])));
    }
    out
}

fn unknown_row(message: &Unknown, report: &RunReport, words: &Catalog) -> String {
    row(&[
        message.row.map_or_else(String::new, |row| row.to_string()),
        inline(&message.openid),
        inline(&message.incident.as_deref().map_or_else(String::new, |name| words.cause(name))),
        inline(&report.time(message.at)),
    ])
}
