//! Why something that a campaign's screen was asked for was not done.

use serde_json::json;

use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::screens::folder::title;
use crate::console::screens::{Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::locale::Catalog;
use crate::report::form::page::{PageError, fill};

const SHUT: &str = include_str!("../assets/shut.hbs");
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

/// The page in the place of one that there is not, or of a form that does not fit any more.
pub(crate) fn by(desk: &Desk, word: &str) -> Result<String, PageError> {
    let words = desk.words();
    let title = words.say(&format!("console.refused.{word}.title"), &[]);
    let screen = Screen {
        title: title.clone(),
        templates: vec![("content", CONTENT)],
        content: json!({
            "title": title,
            "why": words.say(&format!("console.refused.{word}.text"), &[]),
            "back": "/",
        }),
        of: None,
        commands: Vec::new(),
        pictures: None,
        renews: false,
    };
    screen.page(desk, &words)
}

/// What a browser shows that was not let in. It may be anybody's, so it tells nothing but how the console is opened.
pub(crate) fn shut(words: &Catalog) -> String {
    let page = json!({
        "lang": words.language().tag(),
        "title": words.say("console.refused.shut.title", &[]),
    });
    // A page that cannot be made leaves a blank one, which tells as much to whoever may not come in.
    fill(SHUT, &[], &page, words).unwrap_or_else(|_| String::from(" "))
}
