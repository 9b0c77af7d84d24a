//! The campaigns of the folder: what each is called, from which account, how it stands, and when it was sent last.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::program::{Planned, Question};
use crate::console::screens::{Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::delivery::outcome::{Counts, Status};
use crate::diagnostic::render::display;
use crate::locale::Catalog;

const CONTENT: &str = include_str!("../assets/folder.hbs");

#[derive(Serialize)]
struct Card {
    path: String,
    title: String,
    file: String,
    account: Option<String>,
    class: &'static str,
    standing: String,
    counts: Option<String>,
    last: String,
}

/// The screen.
pub(crate) fn show(desk: &Desk) -> Result<Shown, Wrong> {
    let words = desk.words();
    let campaigns = desk.campaigns();
    // Each is planned by itself, and most are not read again: on all cores the rest of a large folder takes no longer
    // than its largest list.
    let cards: Vec<Card> = std::thread::scope(|scope| {
        let each: Vec<_> =
            campaigns.iter().map(|found| scope.spawn(|| card(desk, found, &desk.words()))).collect();
        each.into_iter().filter_map(|card| card.join().ok()).collect()
    });
    let folder = desk.folder().canonicalize();
    let screen = Screen {
        title: words.say("console.folder.title", &[]),
        templates: vec![("content", CONTENT)],
        content: json!({
            "cards": cards,
            "read_only": desk.read_only,
            "folder": display(folder.as_deref().unwrap_or(desk.folder())),
        }),
        of: None,
        commands: campaigns
            .first()
            .map(|found| desk.program.command_line(&["status"], &found.path, &[]))
            .into_iter()
            .collect(),
        pictures: None,
        renews: false,
    };
    Ok(Shown::Page(screen.page(desk, &words)?))
}

fn card(desk: &Desk, found: &Found, words: &Catalog) -> Card {
    let (planned, known) = desk.known(found);
    Card {
        path: Tab::Campaign.path(&found.key),
        title: title(found, &planned),
        file: found.name.clone(),
        account: planned.facts.appid.clone(),
        class: known.class(),
        standing: words.say(&format!("console.standing.{}", known.word()), &[("count", &known.number())]),
        counts: known.counts.as_ref().map(|counts| told(counts, words)),
        last: last_run(desk, found, words),
    }
}

/// What people call a campaign: its title, or its id, or its file.
pub(crate) fn title(found: &Found, planned: &Planned) -> String {
    let facts = &planned.facts;
    facts.title.clone().or_else(|| facts.campaign.clone()).unwrap_or_else(|| found.name.clone())
}

/// The statuses that somebody has, in words.
pub(crate) fn told(counts: &Counts, words: &Catalog) -> String {
    let each = Status::ALL.into_iter().filter(|status| counts.of(*status) > 0).map(|status| {
        let word = words.say(&format!("status.{}", status.name()), &[]);
        words.say("console.count", &[("count", &counts.of(status)), ("word", &word)])
    });
    let more = |told: String, one: String| words.say("console.more", &[("told", &told), ("one", &one)]);
    each.reduce(more).unwrap_or_else(|| words.say("console.nobody", &[]))
}

/// A moment as somebody at this computer says it.
pub(crate) fn when(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// When the last run began and how it ended.
pub(crate) fn last_run(desk: &Desk, found: &Found, words: &Catalog) -> String {
    let told = desk.ask(&Question::Runs, &found.path).json();
    let Some(run) = told.as_ref().and_then(Json::as_array).and_then(|runs| runs.last()) else {
        return words.say("console.never", &[]);
    };
    let at = run["started"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let at = at.map_or_else(|| "?".to_owned(), when);
    match run["exit"].as_str() {
        Some(exit) => {
            let ending = words.say(&format!("runs.ending.{exit}"), &[]);
            words.say("console.last", &[("at", &at), ("ending", &ending)])
        }
        None => words.say("console.begun", &[("at", &at)]),
    }
}
