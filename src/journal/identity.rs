//! Whose a message is: account, campaign, wave and channel name a campaign's messages, person and number one of them.
//! Never the row of the audience, never the run.

use std::borrow::Cow;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::quality::FixedState;
use sha2::{Digest as _, Sha256};

/// Whose messages: with the openid and its number this is a message's identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub appid: String,
    /// The campaign's id.
    pub campaign: String,
    /// Which time it is sent.
    pub wave: u32,
    /// What for.
    pub channel: Channel,
}

/// What a message is sent for. A test to oneself never counts as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Channel {
    /// To the audience.
    #[default]
    Send,
    /// To testers.
    Try,
}

impl Channel {
    /// The word in journal and receipt.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Try => "try",
        }
    }

    /// Reads such a word.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Send, Self::Try].into_iter().find(|channel| channel.name() == name)
    }
}

/// A campaign's number in one journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CampaignKey(pub(crate) i64);

/// A message's number in one journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey(pub i64);

/// A run's number in one journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunKey(pub(crate) i64);

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The right to write the messages of one campaign. Whoever claims it next takes it from its holder, whose next commit
/// then fails: a process that was stopped for an hour can do no harm when it wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub(crate) campaign: CampaignKey,
    pub(crate) epoch: i64,
}

impl Claim {
    /// The campaign.
    pub fn campaign(self) -> CampaignKey {
        self.campaign
    }

    /// How often the campaign has been claimed.
    pub(crate) fn epoch(self) -> i64 {
        self.epoch
    }
}

/// Who a person is to an account, without the openid: the first half of SHA-256(appid, NUL, openid).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person(pub(crate) [u8; 16]);

impl Person {
    /// The person behind an openid.
    pub fn of(appid: &str, openid: &str) -> Self {
        let whole = Sha256::new().chain_update(appid).chain_update([0]).chain_update(openid).finalize();
        let mut first = [0; 16];
        first.copy_from_slice(&whole[..16]);
        Self(first)
    }
}

/// To whom a message is, as a journal knows it. One that several computers share is told of no openid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// By the openid.
    Openid(Cow<'a, str>),
    /// By what stands for it.
    Person(Person),
}

impl Recipient<'_> {
    /// The openid, where the journal keeps it.
    pub(crate) fn openid(&self) -> Option<&str> {
        match self {
            Self::Openid(openid) => Some(openid),
            Self::Person(_) => None,
        }
    }

    /// The person to this account.
    pub(crate) fn person(&self, appid: &str) -> Person {
        match self {
            Self::Openid(openid) => Person::of(appid, openid),
            Self::Person(person) => *person,
        }
    }
}

/// What stands for a person where the openid is not known, so that two of them are told apart.
impl fmt::Display for Recipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Openid(openid) => f.write_str(openid),
            Self::Person(person) => person.fmt(f),
        }
    }
}

impl<'a> From<&'a str> for Recipient<'a> {
    fn from(openid: &'a str) -> Self {
        Self::Openid(Cow::Borrowed(openid))
    }
}

impl From<String> for Recipient<'_> {
    fn from(openid: String) -> Self {
        Self::Openid(Cow::Owned(openid))
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// By what a journal's messages are found in memory.
#[derive(Debug, Clone, Default)]
pub enum Naming {
    /// It keeps openids.
    #[default]
    Openids,
    /// It keeps what stands for the openids of this account.
    Persons(Arc<str>),
}

impl Naming {
    /// A hundred and twenty-eight bits that stand for a message.
    pub(crate) fn message(&self, openid: &str, nth: u32) -> [u64; 2] {
        match self {
            Self::Openids => [1, 2].map(|seed| FixedState::with_seed(seed).hash_one((openid, nth))),
            Self::Persons(appid) => of_person(Person::of(appid, openid), nth),
        }
    }

    /// The same, of a message as the journal with this naming gives it.
    pub(crate) fn of(&self, recipient: &Recipient<'_>, nth: u32) -> [u64; 2] {
        match recipient {
            Recipient::Openid(openid) => self.message(openid, nth),
            Recipient::Person(person) => of_person(*person, nth),
        }
    }
}

/// A person's bits are as good as a hash; which message to them it is must change both halves.
fn of_person(Person(bytes): Person, nth: u32) -> [u64; 2] {
    let half =
        |from: usize| u64::from_be_bytes(bytes[from..from + 8].try_into().expect("eight bytes are eight"));
    [half(0), half(8)].map(|half| half ^ u64::from(nth - 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_another_to_another_account() {
        // printf 'a\0b' | sha256sum
        let expected =
            [0x59, 0xb2, 0x71, 0xae, 0x1b, 0xbc, 0xb1, 0xd3, 0x1d, 0x41, 0x92, 0x98, 0x17, 0xf4, 0xb1, 0x6f];
        assert_ne!(Person::of("a", "b"), Person::of("ab", ""));
        assert_eq!(Person::of("a", "b"), Person(expected));
    }
}
