//! Who did what when, as far as it opens a window: the last word of each person, by the account's own pushes.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use foldhash::quality::FixedState;

use crate::campaign::window::Opened;

/// Something that a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    /// Something that opens a window.
    Opened(Opened),
    /// They follow no more.
    Left,
}

/// One push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) openid: String,
    /// In seconds since 1970.
    pub(crate) at: i64,
    pub(crate) did: Did,
    /// The number of a message, where it has one.
    pub(crate) id: String,
}

/// The last contact of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) openid: String,
    pub(crate) at: i64,
    pub(crate) opened: Opened,
    /// How many messages they wrote in the time that is asked for.
    pub(crate) messages: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Person {
    message: Option<i64>,
    messages: u64,
    other: Option<(i64, Opened)>,
    left: Option<i64>,
}

/// The contacts of everybody since a moment.
#[derive(Debug)]
pub(crate) struct Contacts {
    since: i64,
    until: i64,
    people: HashMap<Box<str>, Person, FixedState>,
    /// Pushes come up to three times (docs/platform.md#windows).
    seen: HashSet<u64, FixedState>,
    counts: Counted,
}

/// What became of all pushes that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    /// Those that opened a window in the time that is asked for.
    pub(crate) opened: u64,
    /// Those that came a second or third time.
    pub(crate) repeated: u64,
    /// Those that are older.
    pub(crate) older: u64,
    /// Those that lie in the future, by this computer's clock.
    pub(crate) future: u64,
    /// People who did something and follow no more.
    pub(crate) left: u64,
}

impl Contacts {
    /// None yet, of what is done from one moment to another, both in seconds since 1970.
    pub(crate) fn new(since: i64, until: i64) -> Self {
        Self {
            since,
            until,
            people: HashMap::default(),
            seen: HashSet::default(),
            counts: Counted::default(),
        }
    }

    /// Takes one in.
    pub(crate) fn add(&mut self, contact: &Contact) {
        let Contact { openid, at, did, id } = contact;
        if *at < self.since {
            self.counts.older += 1;
            return;
        }
        if *at > self.until {
            self.counts.future += 1;
            return;
        }
        let word = match did {
            Did::Opened(opened) => format!("{opened:?}"),
            Did::Left => String::new(),
        };
        let key = FixedState::with_seed(0).hash_one((openid, at, word, id));
        if !self.seen.insert(key) {
            self.counts.repeated += 1;
            return;
        }
        let person = self.people.entry(openid.as_str().into()).or_default();
        match did {
            Did::Left => person.left = person.left.max(Some(*at)),
            Did::Opened(Opened::Message) => {
                person.message = person.message.max(Some(*at));
                person.messages += 1;
                self.counts.opened += 1;
            }
            Did::Opened(opened) => {
                if person.other.is_none_or(|(before, _)| before <= *at) {
                    person.other = Some((*at, *opened));
                }
                self.counts.opened += 1;
            }
        }
    }

    /// Everybody with their last contact, the earliest first: whose window ends first stands first. A message counts
    /// before whatever else they did later, which neither shortens nor replaces its window (docs/platform.md#windows).
    pub(crate) fn last(mut self) -> (Vec<Last>, Counted) {
        let mut all = Vec::with_capacity(self.people.len());
        for (openid, person) in self.people {
            let message = person.message.map(|at| (at, Opened::Message));
            let Some((at, opened)) = message.or(person.other) else { continue };
            let latest = person.other.map_or(at, |(other, _)| other.max(at));
            // Whoever followed again after that did so later.
            if person.left.is_some_and(|left| left >= latest) {
                self.counts.left += 1;
                continue;
            }
            all.push(Last { openid: openid.into(), at, opened, messages: person.messages });
        }
        all.sort_unstable_by(|a, b| (a.at, &a.openid).cmp(&(b.at, &b.openid)));
        (all, self.counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(openid: &str, at: i64, did: Did) -> Contact {
        Contact { openid: openid.into(), at, did, id: String::new() }
    }

    const WROTE: Did = Did::Opened(Opened::Message);
    const TAPPED: Did = Did::Opened(Opened::Menu);

    fn last(contacts: &[Contact]) -> (Vec<Last>, Counted) {
        let mut all = Contacts::new(100, 200);
        contacts.iter().for_each(|contact| all.add(contact));
        all.last()
    }

    #[test]
    fn a_later_tap_neither_shortens_nor_replaces_a_message() {
        let (all, counts) = last(&[
            contact("oA", 150, WROTE),
            contact("oA", 160, TAPPED),
            contact("oB", 140, TAPPED),
            contact("oB", 130, Did::Opened(Opened::Follow)),
        ]);
        let told: Vec<_> = all.iter().map(|last| (last.openid.as_str(), last.at, last.opened)).collect();
        assert_eq!(told, [("oB", 140, Opened::Menu), ("oA", 150, Opened::Message)]);
        assert_eq!(counts.opened, 4);
    }

    #[test]
    fn a_push_that_came_three_times_is_one() {
        let push = contact("oA", 150, WROTE);
        let another = Contact { id: "2".into(), ..push.clone() };
        let (all, counts) = last(&[push.clone(), push.clone(), push, another]);
        assert_eq!((all[0].messages, counts.repeated), (2, 2));
    }

    #[test]
    fn what_is_older_or_lies_ahead_does_not_count_and_who_left_is_out() {
        let (all, counts) = last(&[
            contact("oA", 99, WROTE),
            contact("oB", 201, WROTE),
            contact("oC", 150, WROTE),
            contact("oC", 160, Did::Left),
            contact("oD", 150, WROTE),
            contact("oD", 160, Did::Left),
            contact("oD", 170, Did::Opened(Opened::Follow)),
        ]);
        assert_eq!(all.iter().map(|last| last.openid.as_str()).collect::<Vec<_>>(), ["oD"]);
        assert_eq!((counts.older, counts.future, counts.left), (1, 1, 1));
    }
}
