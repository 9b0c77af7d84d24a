//! What became of a campaign: who got it and who did not, by status and reason, and those of whom nobody knows.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::campaign::Campaign;
use crate::campaign::moment;
use crate::console::desk::{Desk, What};
use crate::console::folder::Found;
use crate::console::place::hex;
use crate::console::program::{Planned, Question};
use crate::console::screens::folder::title;
use crate::console::screens::people::{class, tiles};
use crate::console::screens::refused;
use crate::console::screens::send::typed;
use crate::console::screens::{Fields, Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::console::standing::{Known, Standing, counts};
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::{Counts, Status};
use crate::journal::record::{Recorded, RecordedCause, State};
use crate::journal::store::Store;
use crate::locale::Catalog;
use crate::plan::inputs::Inputs;
use crate::report::join::{Join, RowReport, identity};
use crate::wechat::answer::error_code::key;

const CONTENT: &str = include_str!("../assets/results.hbs");

/// So many people stand on one page.
const PAGE: usize = 50;
/// So many columns of the list stand beside a person.
const COLUMNS: usize = 2;

/// A person and what became of the message.
#[derive(Debug, Serialize)]
struct Person {
    row: u64,
    cells: Vec<String>,
    word: String,
    class: &'static str,
    why: String,
    at: String,
    /// What settles this person's message; only where it may have arrived.
    settle: Option<Settle>,
}

/// Names a message in a form without its openid.
#[derive(Debug, Serialize)]
struct Settle {
    mark: String,
    /// Names the message as it was shown: one that was settled or sent once more since has another.
    state: String,
    seal: String,
}

/// A page of the people of a status.
#[derive(Debug, Default)]
struct People {
    columns: Vec<String>,
    list: Vec<Person>,
    more: bool,
}

/// Which people are asked for.
struct Wanted<'w> {
    status: Option<Status>,
    /// The page, from 1.
    page: usize,
    /// What has to stand in their rows, in small letters.
    who: &'w str,
}

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found, asked: &BTreeMap<String, String>) -> Result<Shown, Wrong> {
    Ok(Shown::Page(page(desk, found, asked, None)?))
}

fn page(
    desk: &Desk,
    found: &Found,
    asked: &BTreeMap<String, String>,
    why: Option<&str>,
) -> Result<String, Wrong> {
    let words = desk.words();
    // Before anything is read that the page shows: what comes in between is not agreed to.
    let waiting = waiting(desk, found);
    let planned = desk.plan(&found.path);
    let report = desk.ask(&Question::Report, &found.path);
    let told = report.json();
    let counted = told.as_ref().and_then(counts);
    let status = asked.get("status").and_then(|word| parse(word));
    let number = asked.get("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1).max(1);
    let who = asked.get("who").map_or("", |who| who.trim());
    let unknown = counted.as_ref().map_or(0, |counts| counts.unknown);
    // Whoever comes for the first time sees first what waits for them.
    let status = status.or((unknown > 0 && !asked.contains_key("status")).then_some(Status::Unknown));
    let small = who.to_lowercase();
    let wanted = Wanted { status, page: number, who: &small };
    let people = people(desk, found, &planned, &wanted, &words);
    let (people, trouble) = match people {
        Ok(people) => (people, None),
        Err(why) => (People::default(), Some(why)),
    };
    let path = Tab::Results.path(&found.key);
    let path_of = |number: usize| {
        let asked: String = url::form_urlencoded::byte_serialize(who.as_bytes()).collect();
        format!("{path}?status={}&who={asked}&page={number}#people", status.map_or("all", Status::name))
    };
    // How many there are is counted where nobody is looked for by name.
    let of = counted.as_ref().map_or(0, |counts| status.map_or_else(|| counts.total(), |one| counts.of(one)));
    let pages = usize::try_from(of).unwrap_or(usize::MAX).div_ceil(PAGE).max(1);
    let running = told.as_ref().is_some_and(|told| told["running"] == true);
    let known = desk.standing(found, &planned);
    let killed = desk.failure(found, known.last.as_ref()).is_some_and(|ended| ended.was_killed());
    let halt = match known.standing {
        Standing::Halted(_) => known.last.as_ref().and_then(|last| last.halt(&words)),
        _ => None,
    };
    let never = known.last.is_none() && counted.is_some_and(|counts| counts.sent + counts.unknown == 0);
    let ended = desk.ended(What::Resolve, found).filter(|ended| ended.code != Some(0));
    desk.forget(What::Resolve, found);
    let wrong: Vec<&str> = report.wrong.iter().map(|line| line.text.as_str()).collect();
    let by_report = told.as_ref().map_or_else(Vec::new, |told| reasons(told, &words));
    let all_reasons = [by_report, skipped(&known, &words)].concat();
    let screen = Screen {
        title: words.say("console.results.title", &[("title", &title(found, &planned))]),
        templates: vec![("content", CONTENT)],
        content: json!({
            "title": title(found, &planned),
            "running": running,
            "watch": format!("/campaign/{}/running", found.key),
            "doubt": told.as_ref().map(|told| told["doubt"].clone()),
            "wrong": wrong,
            "trouble": trouble,
            "tiles": counted.as_ref().map_or_else(Vec::new, |counts| tiles(counts, &words)),
            "all": counted.map_or(0, Counts::total),
            "filtered": status.is_some(),
            "heading": match status {
                Some(status) => words.say(&format!("status.{}", status.name()), &[]),
                None => words.say("console.results.everybody", &[]),
            },
            "reasons": all_reasons,
            "columns": people.columns,
            "people": people.list,
            "before": (number > 1).then(|| path_of(number - 1)),
            "after": people.more.then(|| path_of(number + 1)),
            "path": path,
            "who": who,
            "status": status.map_or("all", Status::name),
            "number": number,
            "pages": (who.is_empty() && pages > 1).then_some(pages),
            "killed": killed,
            "never": never,
            "halt": halt,
            "unknown": unknown,
            "why": why,
            "settles": unknown > 0 && waiting.is_some() && !running && !desk.read_only,
            "set": waiting.as_ref().map(|(_, set)| set),
            "seal": waiting.as_ref().map(|(_, set)| desk.seal.of(&["resolve", &found.key, "all", set])),
            "resolve": format!("/campaign/{}/resolve", found.key),
            "ended": ended.map(|ended| ended.said),
            "workbook": format!("/campaign/{}/results.xlsx", found.key),
            "send": Tab::Send.path(&found.key),
            "left": counted.as_ref().map_or(0, |counts| counts.unsent + counts.failed),
        }),
        of: Some((found, Tab::Results)),
        commands: vec![
            desk.program.command_line(&["report"], &found.path, &["--format", "html", "-o", "report.html"]),
            desk.program.command_line(&["results"], &found.path, &["-o", "results.xlsx"]),
        ],
        pictures: None,
        renews: false,
    };
    Ok(screen.page(desk, &words)?)
}

fn parse(word: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.name() == word)
}

/// The reasons of a report, those that need a person first as it has them.
fn reasons(told: &Json, words: &Catalog) -> Vec<Json> {
    let listed = told["reasons"].as_array().map_or(&[][..], Vec::as_slice);
    let worth = listed.iter().filter(|reason| reason["status"] != Status::Sent.name());
    let told = |reason: &Json| {
        let status = reason["status"].as_str().unwrap_or("");
        let text = |name: &str| reason[name].as_str().unwrap_or("").to_owned();
        let code = reason["errcode"]
            .as_i64()
            .map_or_else(|| words.cause(&text("incident")), |code| code.to_string());
        json!({
            "word": words.say(&format!("status.{status}"), &[]),
            "class": parse(status).map_or("quiet", class),
            "count": reason["count"],
            "code": code,
            "meaning": text("meaning"),
            "advice": text("advice"),
        })
    };
    worth.map(told).collect()
}

/// Why people were skipped, as `status` counts them.
fn skipped(known: &Known, words: &Catalog) -> Vec<Json> {
    let line = |(reason, count): &(String, u64)| {
        json!({
            "word": words.say(&format!("status.{}", Status::Skipped.name()), &[]),
            "class": class(Status::Skipped),
            "count": count,
            "code": "",
            "meaning": words.say(&format!("results.reason.{reason}"), &[]),
            "advice": "",
        })
    };
    known.skipped.iter().map(line).collect()
}

/// The people of a status, page by page; why there are none, where that is so.
fn people(
    desk: &Desk,
    found: &Found,
    planned: &Planned,
    wanted: &Wanted<'_>,
    words: &Catalog,
) -> Result<People, String> {
    let campaign = planned.campaign.as_ref().ok_or_else(|| words.say("console.results.faulty", &[]))?;
    let store = desk
        .program
        .journal(&found.path, words.language())
        .map_err(|answer| answer.wrong.iter().map(|line| line.text.clone()).collect::<Vec<_>>().join(" "))?;
    let failed = |_| words.say("error.changed", &[]);
    let inputs = Inputs::of_campaign(campaign, &planned.plan.library);
    let mut join = Join::open(&inputs, &planned.plan, store.as_ref(), &identity(campaign)).map_err(failed)?;
    let openid = &campaign.audience.openid_column;
    let header = join.header();
    let at = header.position(openid);
    let shown: Vec<(usize, String)> = header
        .names()
        .enumerate()
        .filter(|(_, name)| name != openid)
        .map(|(cell, name)| (cell, name.to_owned()))
        .take(COLUMNS)
        .collect();
    let mut people =
        People { columns: shown.iter().map(|(_, name)| name.clone()).collect(), ..People::default() };
    let (from, mut seen) = ((wanted.page - 1).saturating_mul(PAGE), 0_usize);
    let is_asked = |of: Status| wanted.status.is_none_or(|status| status == of);
    loop {
        let here = seen >= from && seen < from.saturating_add(PAGE);
        let Some(report) = join.next_where(&mut |of| here && is_asked(of)).map_err(failed)? else { break };
        if !is_asked(report.status) || !stands_in(wanted.who, &report, at) {
            continue;
        }
        seen += 1;
        if seen > from.saturating_add(PAGE) {
            people.more = true;
            break;
        }
        if here {
            people.list.push(person(desk, found, campaign, &report, at, &shown, words));
        }
    }
    Ok(people)
}

/// Whether a text stands in somebody's row, or is its number. The openid counts only as a whole: a part of one that nobody
/// sees would find people for no reason that they see.
fn stands_in(who: &str, report: &RowReport<'_>, openid: Option<usize>) -> bool {
    if who.is_empty() || report.row.number.to_string() == who {
        return true;
    }
    let mut cells = report.row.record().iter().enumerate();
    cells.any(|(at, cell)| {
        let cell = String::from_utf8_lossy(cell).to_lowercase();
        if Some(at) == openid { cell == who } else { cell.contains(who) }
    })
}

fn person(
    desk: &Desk,
    found: &Found,
    campaign: &Campaign,
    report: &RowReport<'_>,
    openid: Option<usize>,
    shown: &[(usize, String)],
    words: &Catalog,
) -> Person {
    let cell = |cell: usize| {
        report
            .row
            .record()
            .get(cell)
            .map_or_else(String::new, |cell| String::from_utf8_lossy(cell).into_owned())
    };
    let openid = openid.map_or_else(String::new, cell);
    let zone = &campaign.send.hours.zone;
    let settle = (report.status == Status::Unknown).then(|| {
        let mark = mark_of(desk, &openid);
        let state = state_of(desk, report);
        Settle { seal: desk.seal.of(&["resolve", &found.key, &mark, &state]), mark, state }
    });
    Person {
        row: report.row.number,
        cells: shown.iter().map(|(at, _)| cell(*at)).collect(),
        word: words.say(&format!("status.{}", report.status.name()), &[]),
        class: class(report.status),
        why: why(report, words),
        at: report
            .recorded
            .as_ref()
            .filter(|recorded| !matches!(recorded.state, State::Skipped(_)))
            .map_or_else(String::new, |recorded| moment::shown(recorded.at, zone)),
        settle,
    }
}

/// What stands for a person in a form.
fn mark_of(desk: &Desk, openid: &str) -> String {
    desk.seal.of(&["person", openid])
}

/// What stands for a message as it is.
fn state_of(desk: &Desk, report: &RowReport<'_>) -> String {
    let recorded = report.recorded.as_ref();
    let told = recorded.map_or_else(String::new, |one| format!("{} {} {}", one.nth, one.attempts, one.at));
    desk.seal.of(&["state", &told])
}

/// Why a message is where it is.
fn why(report: &RowReport<'_>, words: &Catalog) -> String {
    let reason = |name: &str| words.say(&format!("results.reason.{name}"), &[]);
    if let Some(skipped) = report.skipped {
        return reason(skipped.name());
    }
    let Some(recorded) = &report.recorded else { return String::new() };
    if let State::Skipped(skipped) = recorded.state {
        return reason(&skipped.to_string());
    }
    match &recorded.cause {
        Some(RecordedCause::Answer { code: 0, .. }) => String::new(),
        Some(RecordedCause::Answer { code, .. }) => {
            let meaning = words.say(&format!("errcode.{}.meaning", key(*code)), &[]);
            words.say("console.results.code", &[("code", code), ("meaning", &meaning)])
        }
        Some(RecordedCause::Incident(incident)) => words.say(&incident.advice_key(), &[]),
        Some(RecordedCause::Unfamiliar(name)) => name.clone(),
        None if report.status == Status::Unknown => words.say(&Incident::Crash.advice_key(), &[]),
        None => String::new(),
    }
}

/// The results as a workbook.
pub(crate) fn workbook(desk: &Desk, found: &Found) -> Result<Shown, Wrong> {
    if desk.plan(&found.path).leads_outside() {
        return refused::show(desk, found, &desk.words().say("console.results.faulty", &[]), Tab::Results);
    }
    match written(desk, found) {
        Ok(Ok(bytes)) => Ok(Shown::File { name: file_name(found), bytes }),
        Ok(Err(why)) => refused::show(desk, found, &why, Tab::Results),
        Err(error) => refused::show(desk, found, &desk.words().reason(&error.to_string()), Tab::Results),
    }
}

/// The bytes of the workbook, or what `results` says instead.
fn written(desk: &Desk, found: &Found) -> io::Result<Result<Vec<u8>, String>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("results.xlsx");
    let answer = desk.ask(&Question::Results(file), &found.path);
    if !answer.wrong.is_empty() {
        return Ok(Err(answer.wrong.iter().map(|line| line.text.clone()).collect::<Vec<_>>().join(" ")));
    }
    // What a simulator was sent has a name of its own.
    let there = std::fs::read_dir(folder.path())?.flatten().map(|entry| entry.path());
    let workbook = there
        .filter(|path| path.extension().is_some_and(|extension| extension == "xlsx"))
        .min_by_key(|path| path.as_os_str().len());
    workbook.ok_or(io::ErrorKind::NotFound.into()).and_then(std::fs::read).map(Ok)
}

fn file_name(found: &Found) -> String {
    let name = found.name.trim_end_matches(".toml").replace('/', "-");
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    format!("{}.results.xlsx", if plain.is_empty() { "campaign" } else { &plain })
}

/// Settles a message of which nobody knows whether it arrived, or all of them.
pub(crate) fn resolve(desk: &Desk, found: &Found, fields: &Fields) -> Result<Shown, Wrong> {
    let (whom, set) = (fields.get("whom"), fields.get("set"));
    fields.insist(desk, &["resolve", &found.key, whom, set])?;
    let verdict = match fields.get("verdict") {
        "sent" => "--sent",
        "not-sent" => "--not-sent",
        _ => return Err(Wrong::Nowhere),
    };
    let refused = |key: &str, places: &[(&str, &dyn std::fmt::Display)]| {
        let asked = BTreeMap::from([("status".to_owned(), Status::Unknown.name().to_owned())]);
        let why = desk.words().say(&format!("console.settle.{key}"), places);
        Ok(Shown::Refused(page(desk, found, &asked, Some(&why))?))
    };
    let started = if whom == "all" {
        // Whoever says something of all of them speaks of those that the page counted.
        let now = waiting(desk, found);
        let Some((count, _)) = now.filter(|(_, word)| word == set) else { return refused("changed", &[]) };
        // It cannot be taken back, and a click is quickly made.
        if typed(fields.get("people")) != Some(count) {
            return refused("miscounted", &[("count", &count)]);
        }
        desk.start(What::Resolve, found, &["resolve", verdict, "--all", "--yes"])
    } else {
        let Some(openid) = marked(desk, found, whom, set) else { return refused("changed", &[]) };
        let openid = format!("--openid={openid}");
        desk.start(What::Resolve, found, &["resolve", verdict, &openid, "--yes"])
    };
    // It writes a line into the journal: the page that follows is to tell of it.
    if started.is_ok() {
        desk.wait(What::Resolve, found);
    }
    Ok(Shown::Go(format!("{}?status=unknown", Tab::Results.path(&found.key))))
}

/// What stands for the messages of which nobody knows whether they arrived, each as it is: another one, one fewer or one
/// that was sent once more makes another word. Nothing where there are none, or they cannot be read.
fn waiting(desk: &Desk, found: &Found) -> Option<(u64, String)> {
    let planned = desk.plan(&found.path);
    let whose = identity(planned.campaign.as_ref()?);
    let store = desk.program.journal(&found.path, desk.language()).ok()??;
    let campaign = store.find_campaign(&whose).ok()??;
    let (mut count, mut digest) = (0_u64, Sha256::new());
    let each = |message: Recorded| {
        if message.state.status() == Status::Unknown {
            count += 1;
            let Recorded { recipient, nth, attempts, at, .. } = message;
            digest.update(Sha256::digest(recipient.to_string()));
            digest.update(Sha256::digest(format!("{nth} {attempts} {at}")));
        }
    };
    store.messages(campaign, each).ok()?;
    (count > 0).then(|| (count, desk.seal.of(&["waiting", &count.to_string(), &hex(&digest.finalize())])))
}

/// The openid that a mark stands for, where the message is as the page showed it.
fn marked(desk: &Desk, found: &Found, mark: &str, state: &str) -> Option<String> {
    let planned = desk.plan(&found.path);
    let campaign = planned.campaign.as_ref()?;
    let store: Option<Store> = desk.program.journal(&found.path, desk.language()).ok()?;
    let inputs = Inputs::of_campaign(campaign, &planned.plan.library);
    let mut join = Join::open(&inputs, &planned.plan, store.as_ref(), &identity(campaign)).ok()?;
    let at = join.header().position(&campaign.audience.openid_column)?;
    // What is known of it is asked of those alone of whom nobody knows.
    while let Some(report) = join.next_where(&mut |status| status == Status::Unknown).ok()? {
        if report.status != Status::Unknown {
            continue;
        }
        let openid = report.row.record().get(at).map(String::from_utf8_lossy)?.into_owned();
        if mark_of(desk, &openid) == mark && state_of(desk, &report) == state {
            return Some(openid);
        }
    }
    None
}
