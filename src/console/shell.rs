//! What every screen has around it: the way back, the language, where one is, and the command that does the same.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::locale::{Catalog, Language};
use crate::report::form::page::{PageError, fill};

/// The document around every screen.
const SHELL: &str = include_str!("assets/shell.hbs");

/// A screen before it is filled.
pub(crate) struct Screen<'a> {
    /// Its title.
    pub(crate) title: String,
    /// What it is made of; the one called `content` is the screen.
    pub(crate) templates: Vec<(&'a str, &'a str)>,
    /// What it is filled with.
    pub(crate) content: Json,
    /// The campaign it is about, and which of the campaign's screens it is.
    pub(crate) of: Option<(&'a Found, Tab)>,
    /// The commands that do the same.
    pub(crate) commands: Vec<String>,
    /// The style that holds its pictures.
    pub(crate) pictures: Option<String>,
    /// Whether it is loaded again and again where no script renews it.
    pub(crate) renews: bool,
}

/// The screens of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    /// How it stands.
    Campaign,
    /// Its file as a form.
    Edit,
    /// Its messages.
    Phones,
    /// Before people get it.
    Try,
    /// Before it is sent, and while it is.
    Send,
    /// What became of it.
    Results,
    /// Its runs.
    Runs,
}

impl Tab {
    const ALL: [Self; 7] =
        [Self::Campaign, Self::Edit, Self::Phones, Self::Try, Self::Send, Self::Results, Self::Runs];

    fn word(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Edit => "edit",
            Self::Phones => "phones",
            Self::Try => "try",
            Self::Send => "send",
            Self::Results => "results",
            Self::Runs => "runs",
        }
    }

    /// Its address.
    pub(crate) fn path(self, key: &str) -> String {
        match self {
            Self::Campaign => format!("/campaign/{key}"),
            Self::Edit | Self::Phones | Self::Try | Self::Send | Self::Results | Self::Runs => {
                format!("/campaign/{key}/{}", self.word())
            }
        }
    }
}

#[derive(Serialize)]
struct Link {
    path: String,
    text: String,
    here: bool,
}

impl Screen<'_> {
    /// The page.
    ///
    /// # Errors
    ///
    /// Only by a mistake of this program.
    pub(crate) fn page(&self, desk: &Desk, words: &Catalog) -> Result<String, PageError> {
        let tabs: Vec<Link> = self.of.iter().flat_map(|(found, tab)| tabs(found, *tab, words)).collect();
        let other = match words.language() {
            Language::En => Language::ZhCn,
            Language::ZhCn => Language::En,
        };
        let page = json!({
            "lang": words.language().tag(),
            "title": self.title,
            "content": self.content,
            "tabs": tabs,
            "file": self.of.map(|(found, _)| &found.name),
            "commands": self.commands,
            "pictures": self.pictures,
            "renews": self.renews,
            "read_only": desk.read_only,
            "other": other.tag(),
            "other_name": Catalog::new(other).say("console.own-name", &[]),
            "language_seal": desk.seal.of(&["language"]),
        });
        fill(SHELL, &self.templates, &page, words)
    }
}

fn tabs(found: &Found, here: Tab, words: &Catalog) -> Vec<Link> {
    let link = |tab: Tab| Link {
        path: tab.path(&found.key),
        text: words.say(&format!("console.tab.{}", tab.word()), &[]),
        here: tab == here,
    };
    Tab::ALL.map(link).into()
}
