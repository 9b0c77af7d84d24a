//! Whose a message is: account, campaign, wave and channel name a campaign's messages, person and number one of them.
//! Never the row of the audience, never the run.

use std::fmt;

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
