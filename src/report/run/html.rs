//! `report --format html`: a run as a page to look at, print and pass on. One file that needs nothing but itself.

use std::io::{self, Write};

use serde::Serialize;

use crate::delivery::outcome::Status;
use crate::locale::Catalog;
use crate::report::breakdown::told::grouped;
use crate::report::form::page::Page;
use crate::report::run::chart::Chart;
use crate::report::run::json::{By, Reason, RunReport};
use crate::report::run::markdown::{
    HappeningLine, by_head, by_rows, facts, first, lines as happenings, told_name,
};

const CONTENT: &str = include_str!("assets/run.hbs");
const CHART: &str = include_str!("assets/chart.hbs");
const REASONS: &str = include_str!("assets/reasons.hbs");
const STYLE: &str = include_str!("assets/run.css");

/// What the page shows.
#[derive(Serialize)]
struct Shown<'a> {
    title: String,
    /// Whether nobody got anything.
    local: bool,
    report: &'a RunReport,
    statuses: Vec<Tile>,
    first: Vec<String>,
    by: Vec<Part>,
    name: String,
    facts: Vec<String>,
    outcomes: Vec<Line>,
    retries: Vec<Line>,
    runs: Vec<RunLine>,
    happenings: Vec<HappeningLine>,
    charts: Vec<Chart>,
    unknown: Vec<UnknownLine>,
    unknown_help: String,
    unlisted: u64,
    version: &'static str,
}

#[derive(Serialize)]
struct Tile {
    word: String,
    count: String,
    /// How it is coloured where there are any.
    class: &'static str,
}

/// The people by the values of one column.
#[derive(Serialize)]
struct Part {
    title: String,
    head: [String; 5],
    rows: Vec<[String; 5]>,
}

#[derive(Serialize)]
struct Line {
    status: String,
    class: String,
    code: String,
    /// Whether the errcode is in no table.
    unlisted: bool,
    count: u64,
    text: String,
}

#[derive(Serialize)]
struct RunLine {
    run: i64,
    started: String,
    ended: String,
    requests: Option<u64>,
    ending: String,
}

#[derive(Serialize)]
struct UnknownLine {
    row: Option<u64>,
    openid: String,
    incident: Option<String>,
    at: String,
    attempts: u32,
}

/// Writes the page.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &RunReport, words: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let title = report.title(words);
    let templates = [("content", CONTENT), ("chart", CHART), ("reasons", REASONS)];
    let page = Page { title: &title, templates: &templates, style: STYLE, script: None };
    let html = page.fill(&shown(report, words), words).map_err(io::Error::other)?;
    out.write_all(html.as_bytes())
}

fn shown<'a>(report: &'a RunReport, words: &Catalog) -> Shown<'a> {
    let statuses = report.statuses(words).into_iter();
    let last = report.runs.len();
    Shown {
        title: report.title(words),
        local: report.is_local(),
        report,
        statuses: statuses.map(|(status, word, count)| tile(status, word, count)).collect(),
        first: first(report, words),
        by: report.by.iter().map(|by| part(by, words)).collect(),
        name: told_name(report, words),
        facts: facts(report, words),
        outcomes: lines(&report.reasons, words),
        retries: lines(&report.retries.reasons, words),
        runs: report
            .runs
            .iter()
            .enumerate()
            .map(|(index, run)| RunLine {
                run: run.run,
                started: report.time(run.started),
                ended: run.ended.map_or_else(String::new, |ended| report.time(ended)),
                requests: run.requests,
                ending: run.ending(report.running && index + 1 == last, words),
            })
            .collect(),
        happenings: happenings(report, words),
        charts: report.timeline.iter().map(|line| Chart::of(line, report)).collect(),
        unknown: report
            .unknown
            .iter()
            .map(|message| UnknownLine {
                row: message.row,
                openid: message.openid.clone(),
                incident: message.incident.as_deref().map(|name| words.cause(name)),
                at: report.time(message.at),
                attempts: message.attempts,
            })
            .collect(),
        unknown_help: words.say("report.unknown-help", &[]),
        unlisted: report.unlisted(),
        version: env!("CARGO_PKG_VERSION"),
    }
}

fn tile(status: Status, word: String, count: u64) -> Tile {
    Tile { word, count: grouped(count), class: if count > 0 { status.name() } else { "quiet" } }
}

fn part(by: &By, words: &Catalog) -> Part {
    Part {
        title: words.say("report.by", &[("column", &by.column)]),
        head: by_head(by, words),
        rows: by_rows(by, words),
    }
}

fn lines(reasons: &[Reason], words: &Catalog) -> Vec<Line> {
    let told = reasons.iter().filter(|reason| reason.status != Status::Sent.name());
    told.map(|reason| Line {
        status: reason.word(words),
        class: if reason.status == Status::Unsent.name() {
            "again".to_owned()
        } else {
            reason.status.clone()
        },
        code: reason.code(words),
        unlisted: reason.known == Some(false),
        count: reason.count,
        text: reason.text(),
    })
    .collect()
}
