//! What an entry of a log of pushes says.

use crate::audience::openid;
use crate::campaign::window::Opened;
use crate::gather::contacts::{Contact, Did};

/// The fields of a push that say who did what when, as far as they are there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fields {
    pub(crate) from: String,
    pub(crate) created: String,
    pub(crate) kind: String,
    pub(crate) event: String,
    pub(crate) id: String,
    /// Whether it is a tap on a menu message, which arrives as a text.
    pub(crate) tapped: bool,
    /// Whether there is a cipher in it.
    pub(crate) encrypted: bool,
}

/// What an entry of a log turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Somebody did something that counts.
    Contact(Contact),
    /// A push that opens no window, as reading a page does not.
    Nothing,
    /// A push whose content only the account's server can read.
    Encrypted,
    /// Something that looks like a push and is none that can be read.
    Unreadable,
}

impl Fields {
    /// Takes a field in by its name, where it is one that counts.
    pub(crate) fn take(&mut self, name: &str, value: impl FnOnce() -> String) {
        match name {
            "FromUserName" => self.from = value(),
            "CreateTime" => self.created = value(),
            "MsgType" => self.kind = value(),
            "Event" => self.event = value(),
            "MsgId" | "MsgID" => self.id = value(),
            "bizmsgmenuid" => self.tapped = true,
            "Encrypt" => self.encrypted = true,
            _ => {}
        }
    }

    /// What they say.
    pub(crate) fn entry(self) -> Entry {
        if self.from.is_empty() && self.encrypted {
            return Entry::Encrypted;
        }
        let Ok(at) = self.created.trim().parse::<i64>() else { return Entry::Unreadable };
        if openid::check(&self.from).is_err() {
            return Entry::Unreadable;
        }
        // Some systems log milliseconds.
        let at = if self.created.trim().len() == 13 { at / 1000 } else { at };
        let did = |did| Entry::Contact(Contact { openid: self.from.clone(), at, did, id: self.id.clone() });
        let is_event = self.kind.eq_ignore_ascii_case("event");
        let word = if is_event { &self.event } else { &self.kind };
        if self.tapped {
            return did(Did::Opened(Opened::Menu));
        }
        if is_event && word.eq_ignore_ascii_case("unsubscribe") {
            return did(Did::Left);
        }
        Opened::parse(word).filter(|opened| is_event != (*opened == Opened::Message)).map_or_else(
            || if word.is_empty() { Entry::Unreadable } else { Entry::Nothing },
            |opened| did(Did::Opened(opened)),
        )
    }
}

/// What stands at the beginning of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Pushes, together so many bytes long.
    Whole(Vec<Fields>, usize),
    /// What looks like a push and is none that can be read, so many bytes long.
    Broken(usize),
    /// Something else that is whole, so many bytes long.
    Other(usize),
    /// The beginning of one.
    Unfinished,
    /// Neither.
    None,
}
