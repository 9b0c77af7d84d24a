//! What became of a message. Every count of them comes from the matches in this file. Which answer means which is said in
//! `wechat/answer/reply`, and what follows from it in `send/retry`.

use serde::{Deserialize, Serialize};

/// What an attempt settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// WeChat took it.
    Sent,
    /// WeChat refused it for good.
    Refused,
    /// Certainly not delivered, and every retry is used up.
    Failed,
    /// It may have been delivered.
    Unknown,
    /// Certainly not delivered, and it is tried again later, in this run or the next.
    Postponed,
}

/// The status of a recipient: exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// WeChat answered errcode 0.
    Sent,
    /// WeChat answered an errcode that is final for this recipient.
    Refused,
    /// Certainly not delivered, retries used up.
    Failed,
    /// May have been delivered.
    Unknown,
    /// Decided not to send.
    Skipped,
    /// Not tried yet, or put off.
    Unsent,
}

impl Status {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Sent, Self::Refused, Self::Failed, Self::Unknown, Self::Skipped, Self::Unsent];

    /// The word in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::Unsent => "unsent",
        }
    }

    /// Whether the person was, or may have been, sent the message.
    pub(crate) fn is_reached(self) -> bool {
        match self {
            Self::Sent | Self::Unknown => true,
            Self::Refused | Self::Failed | Self::Skipped | Self::Unsent => false,
        }
    }
}

impl From<Outcome> for Status {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Sent => Self::Sent,
            Outcome::Refused => Self::Refused,
            Outcome::Failed => Self::Failed,
            Outcome::Unknown => Self::Unknown,
            Outcome::Postponed => Self::Unsent,
        }
    }
}

/// How many recipients have each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Counts {
    /// WeChat took the message.
    pub sent: u64,
    /// WeChat refused it for good.
    pub refused: u64,
    /// Certainly not delivered, retries used up.
    pub failed: u64,
    /// May have been delivered.
    pub unknown: u64,
    /// Decided not to send.
    pub skipped: u64,
    /// Not tried yet, or put off.
    pub unsent: u64,
}

impl Counts {
    /// Counts recipients of one status.
    pub(crate) fn add(&mut self, status: Status, count: u64) {
        *self.of_mut(status) += count;
    }

    /// How many have a status.
    pub(crate) fn of(mut self, status: Status) -> u64 {
        *self.of_mut(status)
    }

    /// All of them.
    pub fn total(self) -> u64 {
        Status::ALL.iter().map(|status| self.of(*status)).sum()
    }

    /// How many got the message, or may have.
    pub(crate) fn reached(&self) -> u64 {
        self.sent + self.unknown
    }

    fn of_mut(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Sent => &mut self.sent,
            Status::Refused => &mut self.refused,
            Status::Failed => &mut self.failed,
            Status::Unknown => &mut self.unknown,
            Status::Skipped => &mut self.skipped,
            Status::Unsent => &mut self.unsent,
        }
    }
}
