//! Before people get it: the message on one's own phone, and the whole of it against the simulator.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::console::desk::{Desk, What};
use crate::console::folder::Found;
use crate::console::program::Planned;
use crate::console::screens::folder::title;
use crate::console::screens::{Fields, Shown, Wrong, refused};
use crate::console::shell::{Screen, Tab};
use crate::locale::Catalog;
use crate::own_file;
use crate::plan::sample::survey::Choice;

const CONTENT: &str = include_str!("../assets/trial.hbs");

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found) -> Result<Shown, Wrong> {
    let words = desk.words();
    let planned = desk.plan(&found.path);
    let told = |what: What| {
        let ended = desk.ended(what, found);
        ended.map(|ended| json!({ "good": ended.code == Some(0), "said": ended.said.trim_end() }))
    };
    let going = [What::Try, What::Rehearse].into_iter().any(|what| desk.is_going_on(what, found));
    let path = Tab::Try.path(&found.key);
    let missing = desk.missing_secret(&planned);
    let screen = Screen {
        title: words.say("console.trial.title", &[("title", &title(found, &planned))]),
        templates: vec![("content", CONTENT)],
        content: json!({
            "title": title(found, &planned),
            "sound": planned.campaign.is_some(),
            "campaign": Tab::Campaign.path(&found.key),
            "going": going,
            "path": path,
            "testers": has_testers(&planned),
            "try_seal": desk.seal.of(&["try", &found.key]),
            "scenarios": scenarios(desk.folder(), &words),
            "read_only": desk.read_only,
            "rehearse": format!("{path}/rehearse"),
            "rehearse_seal": desk.seal.of(&["rehearse", &found.key]),
            "asks_secret": missing.is_some(),
            "secret_refused": missing.is_some_and(|variable| desk.was_refused(&variable)),
            "tried": told(What::Try),
            "rehearsed": told(What::Rehearse),
            "send": Tab::Send.path(&found.key),
        }),
        of: Some((found, Tab::Try)),
        commands: vec![
            desk.program.command_line(&["try"], &found.path, &["--to", "OPENID"]),
            desk.program.command_line(&["rehearse"], &found.path, &[]),
        ],
        pictures: None,
        renews: going,
    };
    Ok(Shown::Page(screen.page(desk, &words)?))
}

/// Whether the campaign names testers itself.
fn has_testers(planned: &Planned) -> bool {
    let testers = planned.campaign.as_ref().map(|campaign| &campaign.testers);
    testers.is_some_and(|testers| !testers.is_empty())
}

/// Sends the message to testers.
pub(crate) fn begin(desk: &Desk, found: &Found, fields: &Fields) -> Result<Shown, Wrong> {
    fields.insist(desk, &["try", &found.key])?;
    let words = desk.words();
    let planned = desk.plan(&found.path);
    let separates = |c: char| c.is_whitespace() || ",，;；、".contains(c);
    let to: Vec<&str> = fields.get("to").split(separates).filter(|openid| !openid.is_empty()).collect();
    let refused = |key: &str| {
        let why = words.say(&format!("console.{key}"), &[]);
        refused::show(desk, found, &why, Tab::Try)
    };
    if planned.campaign.is_none() {
        return refused("phones.faulty");
    }
    if to.is_empty() && !has_testers(&planned) {
        return refused("trial.nobody");
    }
    if let Some(variable) = desk.missing_secret(&planned) {
        let secret = fields.get("secret").trim();
        if secret.is_empty() {
            return refused("send.no-secret");
        }
        desk.keep_secret(variable, secret.to_owned());
    }
    let mut arguments = vec!["try".to_owned()];
    arguments.extend(to.iter().map(|openid| format!("--to={openid}")));
    match super::phones::choice(fields.get("row").trim()) {
        Choice::Row(row) => arguments.push(format!("--row={row}")),
        Choice::Pick(_) | Choice::Openid(_) | Choice::Holding(..) | Choice::First(_) => {}
    }
    started(desk, found, What::Try, &arguments)
}

/// Rehearses the campaign.
pub(crate) fn rehearse(desk: &Desk, found: &Found, fields: &Fields) -> Result<Shown, Wrong> {
    fields.insist(desk, &["rehearse", &found.key])?;
    if desk.plan(&found.path).campaign.is_none() {
        return refused::show(desk, found, &desk.words().say("console.phones.faulty", &[]), Tab::Try);
    }
    let mut arguments = vec!["rehearse".to_owned(), "--progress=none".to_owned()];
    match scenario(desk, fields.get("scenario")) {
        Ok(None) => {}
        Ok(Some(file)) => arguments.push(format!("--scenario={}", file.display())),
        Err(error) => {
            let why = desk.words().say("console.send.not-started", &[("reason", &error)]);
            return refused::show(desk, found, &why, Tab::Try);
        }
    }
    started(desk, found, What::Rehearse, &arguments)
}

/// What can happen in a rehearsal: the days that the program brings along, by what they are called in `locales/`.
const DAYS: [(&str, &str); 4] = [
    ("everyday", include_str!("../../../scenarios/everyday.toml")),
    ("flaky-network", include_str!("../../../scenarios/flaky-network.toml")),
    ("quota", include_str!("../../../scenarios/quota.toml")),
    ("token-dies", include_str!("../../../scenarios/token-dies.toml")),
];
/// Where a folder keeps scenarios of its own.
const OWN: &str = "scenarios";
/// A scenario has a few kilobytes.
const MOST: u64 = 1 << 20;

/// The scenarios to choose from: what the program brings along, and those of the folder.
fn scenarios(folder: &Path, words: &Catalog) -> Vec<Json> {
    let day = |(name, _): &(&str, &str)| json!({ "name": name, "about": words.say(&format!("console.day.{name}"), &[]) });
    let own = own_scenarios(folder)
        .into_iter()
        .map(|name| json!({ "name": format!("{OWN}/{name}"), "about": name }));
    DAYS.iter().map(day).chain(own).collect()
}

/// The files of the folder's own, by name.
fn own_scenarios(folder: &Path) -> Vec<String> {
    let there = std::fs::read_dir(folder.join(OWN)).into_iter().flatten().flatten();
    let named = there.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let named = named.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = named.filter(|name| name.ends_with(".toml")).collect();
    names.sort();
    names
}

/// The file of a scenario; nothing where everybody answers at once.
fn scenario(desk: &Desk, name: &str) -> io::Result<Option<PathBuf>> {
    if let Some((name, text)) = DAYS.iter().find(|(day, _)| *day == name) {
        return desk.keep_scenario(name, text).map(Some);
    }
    let own = own_scenarios(desk.folder()).into_iter().find(|own| format!("{OWN}/{own}") == name);
    let Some(own) = own else { return Ok(None) };
    let file = desk.folder().join(OWN).join(own);
    // A link that somebody put there meanwhile is not followed.
    own_file::read(&file, MOST).map(|_| Some(file))
}

fn started(desk: &Desk, found: &Found, what: What, arguments: &[String]) -> Result<Shown, Wrong> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match desk.start(what, found, &arguments) {
        Ok(()) => {
            desk.wait(what, found);
            Ok(Shown::Go(Tab::Try.path(&found.key)))
        }
        Err(error) => {
            let why = desk.words().say("console.send.not-started", &[("reason", &error)]);
            refused::show(desk, found, &why, Tab::Try)
        }
    }
}
