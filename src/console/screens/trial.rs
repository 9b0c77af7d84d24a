//! Before people get it: the message on one's own phone, and the whole of it against the simulator.

use serde_json::json;

use crate::console::desk::{Desk, What};
use crate::console::folder::Found;
use crate::console::program::Planned;
use crate::console::screens::folder::title;
use crate::console::screens::{Fields, Shown, Wrong, refused};
use crate::console::shell::{Screen, Tab};
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
    let arguments = ["rehearse", "--progress=none"].map(str::to_owned);
    started(desk, found, What::Rehearse, &arguments)
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
