//! The runs of a campaign so far, the last one first.

use serde_json::{Value as Json, json};

use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::program::Question;
use crate::console::screens::folder::{title, told, when};
use crate::console::screens::{Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::console::standing::counts;
use crate::locale::Catalog;

const CONTENT: &str = include_str!("../assets/runs.hbs");

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found) -> Result<Shown, Wrong> {
    let words = desk.words();
    let planned = desk.plan(&found.path);
    let report = desk.ask(&Question::Report, &found.path).json();
    let running = report.as_ref().is_some_and(|report| report["running"] == true);
    let runs = report.as_ref().and_then(|report| report["runs"].as_array()).map_or(&[][..], Vec::as_slice);
    let last = runs.len();
    let each = runs.iter().enumerate().map(|(at, run)| row(run, running && at + 1 == last, &words));
    let mut each: Vec<Json> = each.collect();
    each.reverse();
    let screen = Screen {
        title: words.say("console.runs.title", &[("title", &title(found, &planned))]),
        templates: vec![("content", CONTENT)],
        content: json!({ "title": title(found, &planned), "runs": each }),
        of: Some((found, Tab::Runs)),
        commands: vec![
            desk.program.command_line(&["runs"], &found.path, &[]),
            desk.program.command_line(&["history"], &found.path, &[]),
        ],
        pictures: None,
        renews: false,
    };
    Ok(Shown::Page(screen.page(desk, &words)?))
}

fn row(run: &Json, now: bool, words: &Catalog) -> Json {
    let at = |name: &str| run[name].as_str().and_then(|at| at.parse().ok()).map(when);
    let ending = match (run["why"].as_str(), run["exit"].as_str()) {
        (Some(why), Some(_)) => why.to_owned(),
        (None, Some(exit)) => words.say(&format!("report.exit.{exit}"), &[]),
        (_, None) if now => words.say("runs.now", &[]),
        (_, None) => words.say("runs.crashed", &[]),
    };
    json!({
        "number": run["run"],
        "started": at("started"),
        "ended": at("ended"),
        "ending": ending,
        "requests": run["requests"],
        "counts": counts(run).map(|counts| told(&counts, words)),
    })
}
