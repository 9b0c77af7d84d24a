//! What an account sent, over all its campaigns: to one person, to many, and as a whole.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journal::identity::{CampaignKey, Identity};
use crate::journal::lineage::{Lineage, MessageSet};
use crate::journal::record::{MessageCounts, State};

/// A message to a person, of whichever campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonMessage {
    /// The campaign, wave and channel it belongs to.
    pub whose: Identity,
    /// Which message to this person it is within them, from 1.
    pub nth: u32,
    /// What became of it.
    pub state: State,
    /// How many requests were made for it.
    pub attempts: u32,
    /// The platform's errcode, where it answered.
    pub errcode: Option<i64>,
    /// When its state changed last.
    pub at: Timestamp,
    /// The mark of its payload.
    pub(crate) payload: i64,
}

/// A campaign and wave, as the account remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignRecord {
    /// Its number in the journal.
    pub key: CampaignKey,
    /// Which campaign, wave and channel it is.
    pub whose: Identity,
    /// Its messages.
    pub counts: MessageCounts,
    /// How many runs it had.
    pub runs: u64,
    /// When the first of them began.
    pub first: Option<Timestamp>,
    /// When the last of them ended, or began where its end is not known.
    pub last: Option<Timestamp>,
    /// The computers it was sent from, by their names.
    pub computers: Vec<String>,
    /// The hosts it was sent to.
    pub hosts: Vec<String>,
    /// The computer that its messages were imported from, where it has not been agreed that they are this one's.
    pub origin: Option<String>,
}

/// A campaign and wave of which a run began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its number in the journal.
    pub key: CampaignKey,
    /// Which campaign, wave and channel it is.
    pub whose: Identity,
    /// When a run of it began last.
    pub at: Timestamp,
}

/// A campaign to which nothing has happened for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prunable {
    /// Its number in the journal.
    pub key: CampaignKey,
    /// Which campaign, wave and channel it is.
    pub whose: Identity,
    /// How many messages the journal knows of it.
    pub messages: u64,
    /// When something happened to it last.
    pub last: Timestamp,
}

/// What stays of a campaign that was pruned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// How many messages the journal knew of it.
    pub messages: u64,
    /// When something had happened to it last.
    pub last: Option<Timestamp>,
    /// When it was pruned.
    pub at: Timestamp,
    /// Which messages they were, where that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<MessageSet>,
}

impl Pruned {
    /// Whether all of it is back in a journal that knows so many messages, these where that is known, after it took in what
    /// one with this lineage knew. Where it is not known which they were, only counts can be compared.
    pub(crate) fn is_back(&self, messages: u64, set: Option<MessageSet>, taken: Option<&Lineage>) -> bool {
        match self.set {
            Some(pruned) => {
                set == Some(pruned) || taken.is_some_and(|taken| taken.had(self.messages, pruned))
            }
            None => messages >= self.messages,
        }
    }
}
