//! Why something that a campaign's screen was asked for was not done.

use serde_json::json;

use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::screens::folder::title;
use crate::console::screens::{Shown, Wrong};
use crate::console::shell::{Screen, Tab};

const CONTENT: &str = include_str!("../assets/refused.hbs");

/// The screen, which leads back to where it was asked.
pub(crate) fn show(desk: &Desk, found: &Found, why: &str, tab: Tab) -> Result<Shown, Wrong> {
    let planned = desk.plan(&found.path);
    let screen = Screen {
        title: title(found, &planned),
        templates: vec![("content", CONTENT)],
        content: json!({ "title": title(found, &planned), "why": why, "back": tab.path(&found.key) }),
        of: Some((found, tab)),
        commands: Vec::new(),
        pictures: None,
        renews: false,
    };
    Ok(Shown::Refused(screen.page(desk, &desk.words())?))
}
