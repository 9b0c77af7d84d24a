//! The campaigns of the folder: what each is called, from which account, how it stands, and when it was sent last.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::json;

use crate::campaign::moment::{shown, usual_zone};
use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::program::Planned;
use crate::console::screens::{Fields, Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::console::standing::{Known, Standing};
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
    /// Where it stands among the others.
    #[serde(skip)]
    rank: u8,
}

/// From so many campaigns on one is looked for by its name.
const MANY: usize = 12;

/// The screen.
pub(crate) fn show(desk: &Desk, asked: &BTreeMap<String, String>) -> Result<Shown, Wrong> {
    let words = desk.words();
    let campaigns = desk.campaigns();
    // Each is planned by itself, and most are not read again: on all cores the rest of a large folder takes no longer
    // than its largest list.
    let mut cards: Vec<Card> = std::thread::scope(|scope| {
        let each: Vec<_> =
            campaigns.iter().map(|found| scope.spawn(|| card(desk, found, &desk.words()))).collect();
        each.into_iter().filter_map(|card| card.join().ok()).collect()
    });
    // What somebody waits for stands first; the names decide among equals.
    cards.sort_by_key(|card| card.rank);
    let find = asked.get("find").map_or("", |find| find.trim()).to_lowercase();
    let all = cards.len();
    cards.retain(|card| [&card.title, &card.file].iter().any(|name| name.to_lowercase().contains(&find)));
    let folder = desk.folder().canonicalize();
    let screen = Screen {
        title: words.say("console.folder.title", &[]),
        templates: vec![("content", CONTENT)],
        content: json!({
            "cards": cards,
            "find": find,
            "finds": all > MANY,
            "none": all == 0,
            "lost": desk.lost(&campaigns),
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

/// Stops a sending whose campaign is not found any more.
pub(crate) fn interrupt(desk: &Desk, key: &str, fields: &Fields) -> Result<Shown, Wrong> {
    if desk.read_only {
        return Err(Wrong::ReadOnly);
    }
    fields.insist(desk, &["lost", key])?;
    desk.interrupt(key);
    Ok(Shown::Go("/".to_owned()))
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
        counts: known.settled().as_ref().map(|counts| told(counts, words)),
        last: last_run(&known, &planned, words),
        rank: known.rank(),
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

/// The zone that times of a campaign are told in: its own, as in its results.
pub(crate) fn zone(planned: &Planned) -> TimeZone {
    planned.campaign.as_ref().map_or_else(usual_zone, |campaign| campaign.send.hours.zone.clone())
}

/// When the last run began and how it ended.
pub(crate) fn last_run(known: &Known, planned: &Planned, words: &Catalog) -> String {
    let Some(run) = &known.last else { return words.say("console.never", &[]) };
    let at = shown(run.started, &zone(planned));
    let is_running = known.standing == Standing::Running;
    match (&run.ending, run.halt(words)) {
        (Some(_), Some(why)) => words.say("console.halted", &[("at", &at), ("why", &why)]),
        (Some(ending), None) => {
            let ending = words.say(&format!("runs.ending.{ending}"), &[]);
            words.say("console.last", &[("at", &at), ("ending", &ending)])
        }
        (None, _) if is_running => words.say("console.begun", &[("at", &at)]),
        // Its process was killed, or the computer went off.
        (None, _) => words.say("console.last", &[("at", &at), ("ending", &words.say("runs.crashed", &[]))]),
    }
}
