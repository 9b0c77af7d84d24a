//! A campaign: what is to be done next, how far it is, and what is wrong with it.

use serde::Serialize;
use serde_json::json;

use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::screens::faults::{self, faults};
use crate::console::screens::folder::{last_run, title};
use crate::console::screens::people::{Tile, tiles};
use crate::console::screens::{Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::console::standing::{Known, Standing};
use crate::locale::Catalog;
use crate::report::plan::text::{destination, length};

const CONTENT: &str = include_str!("../assets/campaign.hbs");

/// The one thing to do next.
#[derive(Debug, Serialize)]
struct Next {
    text: String,
    path: String,
    button: String,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: String,
    value: String,
}

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found) -> Result<Shown, Wrong> {
    let words = desk.words();
    let (planned, known) = desk.known(found);
    let facts = &planned.facts;
    let plan = facts.id.map(|id| id.to_string());
    let seen = plan.as_deref().is_some_and(|plan| desk.has_looked_at(plan));
    let say = |key: &str| words.say(key, &[]);
    let mut told = Vec::new();
    let mut fact = |key: &str, value: String| {
        told.push(Fact { name: say(&format!("console.fact.{key}")), value });
    };
    if let Some(appid) = &facts.appid {
        fact("account", appid.clone());
    }
    if let Some(hosts) = &facts.hosts {
        fact("destination", destination(hosts, &words));
    }
    if let Some(kind) = &facts.kind {
        fact("kind", words.say(&format!("init.kind.{kind}"), &[]));
    }
    fact("rows", planned.plan.counts.rows().to_string());
    fact("planned", planned.plan.counts.planned.to_string());
    if planned.campaign.is_some() {
        fact("duration", length(facts.forecast_seconds, &words));
    }
    fact("last", last_run(&known, &planned, &words));
    let tiles: Vec<Tile> = known.settled().as_ref().map_or_else(Vec::new, |counts| tiles(counts, &words));
    let is_halted = matches!(known.standing, Standing::Halted(_));
    let screen = Screen {
        title: title(found, &planned),
        templates: vec![("content", CONTENT), ("faults", faults::TEMPLATE)],
        content: json!({
            "title": title(found, &planned),
            "class": known.class(),
            "standing": words.say(&format!("console.standing.{}", known.word()), &[("count", &known.number())]),
            "next": next(found, &known, seen, &words),
            "halt": known.last.as_ref().and_then(|last| last.halt(&words)).filter(|_| is_halted),
            "edit": Tab::Edit.path(&found.key),
            "doubt": known.doubt,
            "tiles": tiles,
            "facts": told,
            "faults": faults(desk.folder(), &planned, &words),
            "errors": planned.plan.diagnostics.errors(),
            "warnings": planned.plan.diagnostics.warnings(),
            "digest": planned.plan.digest.to_string(),
            "plan": plan,
        }),
        of: Some((found, Tab::Campaign)),
        commands: vec![
            desk.program.command_line(&["plan"], &found.path, &[]),
            desk.program.command_line(&["status"], &found.path, &[]),
        ],
        pictures: None,
        renews: false,
    };
    Ok(Shown::Page(screen.page(desk, &words)?))
}

/// What is to be done next. `seen` is whether somebody has looked at the messages as they are now.
fn next(found: &Found, known: &Known, seen: bool, words: &Catalog) -> Option<Next> {
    let (word, tab) = match known.standing {
        Standing::Running => ("running", None),
        // The faults stand below, and a doubt says itself what to do.
        Standing::Faulty(_) | Standing::Doubtful => return None,
        Standing::Unsettled(_) => ("unsettled", Some(Tab::Results)),
        Standing::Halted(_) => ("halted", Some(Tab::Results)),
        Standing::Begun(_) => ("begun", Some(Tab::Send)),
        Standing::Ready(_) if !seen => ("look", Some(Tab::Phones)),
        Standing::Ready(_) => ("ready", Some(Tab::Send)),
        Standing::Done => ("done", Some(Tab::Results)),
    };
    let count = known.number();
    let part = |part: &str| words.say(&format!("console.next.{word}.{part}"), &[("count", &count)]);
    let path = tab.map_or_else(|| format!("/campaign/{}/running", found.key), |tab| tab.path(&found.key));
    Some(Next { text: part("text"), path, button: part("button") })
}
