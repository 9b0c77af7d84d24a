//! Whether a journal has lived through what a receipt tells of, or was restored from a copy that has not.
//!
//! Counts alone cannot say: a restored journal that sent as many messages to other people counts the same. So whoever
//! begins to write a campaign's messages leaves a mark with a name by chance in the journal, with what it knew then. Only
//! whoever left the last mark adds messages. A receipt names the mark under which it was written: a journal without that
//! mark, or one that knew less when the next mark was left, never was what the receipt tells of.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A set of messages in sixteen bytes, the same in whatever order they came: the sum of the digests of all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageSet(u128);

/// Somebody began to write a campaign's messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// A name by chance.
    pub(crate) name: String,
    /// How many messages of the campaign the journal knew.
    pub(crate) messages: u64,
    /// Which; nothing in a journal that an earlier version began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) set: Option<MessageSet>,
}

/// What a journal knows of a campaign, and how it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The marks, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) marks: Vec<Mark>,
    /// How many messages it knows.
    pub(crate) messages: u64,
    /// Which; nothing in a journal that an earlier version began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) set: Option<MessageSet>,
}

impl MessageSet {
    /// Adds a message that is not in it.
    pub(crate) fn add(&mut self, openid: &str, nth: u32) {
        let digest = Sha256::new().chain_update(openid).chain_update([0]).chain_update(nth.to_be_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&digest.finalize()[..16]);
        self.0 = self.0.wrapping_add(u128::from_be_bytes(first));
    }
}

impl MessageSet {
    /// Adds those of a set that has none of them.
    pub(crate) fn add_all(&mut self, others: Self) {
        self.0 = self.0.wrapping_add(others.0);
    }
}

impl fmt::Display for MessageSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl TryFrom<String> for MessageSet {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

impl From<MessageSet> for String {
    fn from(set: MessageSet) -> Self {
        set.to_string()
    }
}

/// An export tells of no more marks than this, which keeps its lines short: receipts name one of the last.
const EXPORTED: usize = 2_000;

impl Lineage {
    /// It with the last marks alone, where there are many.
    pub(crate) fn for_export(mut self) -> Self {
        self.marks.drain(..self.marks.len().saturating_sub(EXPORTED));
        self
    }

    /// Whether the journal once was at this mark and knew so many messages under it, these where that is known.
    pub(crate) fn was_at(&self, mark: &str, messages: u64, set: Option<MessageSet>) -> bool {
        let Some(at) = self.marks.iter().position(|other| other.name == mark) else { return false };
        let (known, there) = match self.marks.get(at + 1) {
            Some(next) => (next.messages, next.set),
            None => (self.messages, self.set),
        };
        let others = || there.zip(set).is_some_and(|(there, set)| there != set);
        known > messages || known == messages && !others()
    }

    /// Whether the journal knew exactly these messages, so many, at one of its marks or now, and none was taken out of it
    /// since.
    pub(crate) fn had(&self, messages: u64, set: MessageSet) -> bool {
        let stood = self.marks.iter().map(|mark| (mark.messages, mark.set));
        let stood = stood.chain([(self.messages, self.set)]);
        let later = stood.skip_while(|stood| *stood != (messages, Some(set)));
        later.map(|(later, _)| later).reduce(u64::min) == Some(messages)
    }

    /// How many of the messages that came first stood in another journal too, which had left this mark and knew so many
    /// messages afterwards: as many as both knew under the mark, or before it where one is a copy of the other from then.
    pub(crate) fn shared_with(&self, other: &Mark, messages: u64) -> u64 {
        if let Some(at) = self.marks.iter().position(|mark| mark.name == other.name) {
            return self.marks.get(at + 1).map_or(self.messages, |next| next.messages).min(messages);
        }
        let was_there = other.set.is_some_and(|set| self.had(other.messages, set));
        if was_there { other.messages } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(openids: &[&str]) -> MessageSet {
        let mut set = MessageSet::default();
        openids.iter().for_each(|openid| set.add(openid, 1));
        set
    }

    #[test]
    fn a_set_is_the_same_in_any_order_and_another_with_other_people_or_numbers() {
        assert_eq!(set(&["a", "b", "c"]), set(&["c", "a", "b"]));
        assert_ne!(set(&["a", "b"]), set(&["a", "c"]));
        let mut second = MessageSet::default();
        second.add("a", 2);
        assert_ne!(second, set(&["a"]));
        let text = String::from(set(&["a", "b"]));
        assert_eq!(MessageSet::try_from(text), Ok(set(&["a", "b"])));
    }

    #[test]
    fn a_journal_that_never_was_at_a_mark_or_left_it_with_less_is_another() {
        let mark = |name: &str, openids: &[&str]| Mark {
            name: name.to_owned(),
            messages: openids.len() as u64,
            set: Some(set(openids)),
        };
        let lineage = Lineage {
            marks: vec![mark("first", &[]), mark("second", &["a", "b"])],
            messages: 3,
            set: Some(set(&["a", "b", "c"])),
        };
        let at =
            |name: &str, openids: &[&str]| lineage.was_at(name, openids.len() as u64, Some(set(openids)));
        assert!(at("first", &["a"]), "on the way");
        assert!(at("first", &["a", "b"]) && at("second", &["c", "b", "a"]), "when it left");
        assert!(!at("first", &["a", "c"]) && !at("second", &["a", "b", "d"]), "as many others");
        assert!(!at("first", &["a", "b", "c"]), "it was left with less");
        assert!(!at("second", &["a", "b", "c", "d"]) && !at("third", &["a"]));
        assert!(lineage.was_at("first", 2, None), "which is not known");
    }

    #[test]
    fn two_journals_share_what_they_knew_before_they_parted() {
        let mark = |name: &str, openids: &[&str]| Mark {
            name: name.to_owned(),
            messages: openids.len() as u64,
            set: Some(set(openids)),
        };
        let lineage = Lineage {
            marks: vec![mark("first", &[]), mark("mine", &["a", "b"])],
            messages: 4,
            set: Some(set(&["a", "b", "c", "d"])),
        };
        assert_eq!(lineage.shared_with(&mark("first", &[]), 5), 2, "it was copied on the way");
        assert_eq!(lineage.shared_with(&mark("mine", &["a", "b"]), 3), 3);
        assert_eq!(lineage.shared_with(&mark("theirs", &["b", "a"]), 9), 2, "it was copied before");
        assert_eq!(lineage.shared_with(&mark("theirs", &["a", "b", "c", "d"]), 9), 4);
        assert_eq!(lineage.shared_with(&mark("theirs", &["a", "x"]), 9), 0);
        let many = Lineage { marks: vec![mark("first", &[]); EXPORTED + 7], ..lineage.clone() };
        assert_eq!(many.for_export().marks.len(), EXPORTED);
        assert_eq!(lineage.clone().for_export(), lineage);
        let unknown = Mark { set: None, ..mark("theirs", &["a", "b"]) };
        assert_eq!(lineage.shared_with(&unknown, 9), 0);
        let pruned = Lineage { messages: 0, set: None, ..lineage };
        assert!(!pruned.had(2, set(&["a", "b"])), "it was taken out since");
    }
}
