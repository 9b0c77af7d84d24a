//! The messages as phones show them: those worth a look, or those to somebody who is asked for by name or row.

use std::collections::BTreeMap;

use serde_json::json;

use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::program::Planned;
use crate::console::screens::faults::{self, faults};
use crate::console::screens::folder::title;
use crate::console::screens::{Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::plan::inputs::Inputs;
use crate::plan::sample::survey::{Choice, Extent, survey};
use crate::report::preview::html::{self, Preview};

const CONTENT: &str = include_str!("../assets/phones.hbs");

/// So many messages are shown at once.
const MOST: u64 = 8;

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found, asked: &BTreeMap<String, String>) -> Result<Shown, Wrong> {
    let words = desk.words();
    let planned = desk.plan(&found.path);
    let who = asked.get("who").map_or("", |who| who.trim());
    let drawn = drawn(desk, &planned, who);
    let mut templates = vec![("content", CONTENT), ("faults", faults::TEMPLATE)];
    let (samples, style) = drawn.unwrap_or_else(|| (Vec::new(), String::new()));
    match &planned.campaign {
        Some(campaign) => templates.extend(html::templates(campaign.body.kind())),
        // Nothing is drawn; the templates have to have the name all the same.
        None => templates.push(("sample", "")),
    }
    if let Some(id) = planned.facts.id.filter(|_| !samples.is_empty()) {
        desk.look_at(id.to_string());
    }
    let flags: Vec<&str> = match choice(who) {
        Choice::Row(_) => vec!["--row", who],
        Choice::Openid(_) => vec!["--openid", who],
        Choice::Holding(..) | Choice::First(_) | Choice::Pick(_) => vec!["--pick", "8"],
    };
    let screen = Screen {
        title: words.say("console.phones.title", &[("title", &title(found, &planned))]),
        templates,
        content: json!({
            "title": title(found, &planned),
            "sound": planned.campaign.is_some(),
            "who": who,
            "many": samples.len() as u64 == MOST && !who.is_empty(),
            "planned": planned.plan.counts.planned,
            "shown": samples.len(),
            "samples": samples,
            "faults": faults(desk.folder(), &planned, &words),
            "path": Tab::Phones.path(&found.key),
            "send": Tab::Send.path(&found.key),
        }),
        of: Some((found, Tab::Phones)),
        commands: vec![desk.program.command_line(&["preview"], &found.path, &flags)],
        pictures: desk.keep_pictures(style),
        renews: false,
    };
    Ok(Shown::Page(screen.page(desk, &words)?))
}

/// The messages that are asked for, and the style that holds their pictures; nothing where the files have faults, or
/// change just now.
fn drawn(desk: &Desk, planned: &Planned, who: &str) -> Option<(Vec<serde_json::Value>, String)> {
    let campaign = planned.campaign.as_ref()?;
    let inputs = Inputs::of_campaign(campaign, &planned.plan.library);
    let found = survey(&inputs, &planned.plan, &choice(who), Extent::Samples).ok()?;
    let preview = Preview { campaign, plan: &planned.plan, survey: &found, covers: None, masked: true };
    Some(html::samples(&preview, &desk.words()))
}

/// Whom somebody means: a number is a row, what looks like an openid is one, and everything else stands in a row.
pub(super) fn choice(who: &str) -> Choice {
    let is_openid = who.len() == 28
        && who.starts_with('o')
        && who.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match who.parse() {
        Ok(row) => Choice::Row(row),
        Err(_) if who.is_empty() => Choice::Pick(MOST),
        Err(_) if is_openid => Choice::Openid(who.to_owned()),
        Err(_) => Choice::Holding(who.to_owned(), MOST),
    }
}
