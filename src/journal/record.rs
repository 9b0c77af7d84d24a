//! What the journal keeps, as it comes back from disk.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::delivery::attempt::Incident;
use crate::delivery::cause::{CauseName, Causes};
use crate::delivery::outcome::{Counts, Outcome, Status};
use crate::delivery::skip::SkipReason;
use crate::journal::identity::{MessageKey, Recipient};

/// The state of a message on disk. The numbers are the format: they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// An intent without an outcome.
    InFlight,
    /// An outcome.
    Settled(Outcome),
    /// It was decided not to send it, by more than the files say. A later run decides again.
    Skipped(SkipReason),
}

impl State {
    /// The number on disk.
    pub(crate) fn to_disk(self) -> i64 {
        match self {
            Self::InFlight => 0,
            Self::Settled(Outcome::Sent) => 1,
            Self::Settled(Outcome::Refused) => 2,
            Self::Settled(Outcome::Failed) => 3,
            Self::Settled(Outcome::Unknown) => 4,
            Self::Settled(Outcome::Postponed) => 5,
            Self::Skipped(SkipReason::Window) => 6,
            Self::Skipped(SkipReason::Allowance) => 7,
            Self::Skipped(SkipReason::Cap) => 8,
            Self::Skipped(SkipReason::Refused) => 9,
        }
    }

    /// Reads a number on disk.
    pub(crate) fn from_disk(number: i64) -> Option<Self> {
        Some(match number {
            0 => Self::InFlight,
            1 => Self::Settled(Outcome::Sent),
            2 => Self::Settled(Outcome::Refused),
            3 => Self::Settled(Outcome::Failed),
            4 => Self::Settled(Outcome::Unknown),
            5 => Self::Settled(Outcome::Postponed),
            6 => Self::Skipped(SkipReason::Window),
            7 => Self::Skipped(SkipReason::Allowance),
            8 => Self::Skipped(SkipReason::Cap),
            9 => Self::Skipped(SkipReason::Refused),
            _ => return None,
        })
    }

    /// The status a person is told. A message in flight may have been delivered.
    pub fn status(self) -> Status {
        match self {
            Self::InFlight => Status::Unknown,
            Self::Settled(outcome) => outcome.into(),
            Self::Skipped(_) => Status::Skipped,
        }
    }

    /// Whether the person got the message, or may have.
    pub(crate) fn is_reached(self) -> bool {
        self.status().is_reached()
    }
}

/// What the index knows of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub(crate) id: MessageKey,
    /// What became of it.
    pub(crate) state: State,
    /// How many requests were made for it, over all runs.
    pub(crate) attempts: u32,
    /// The platform's errcode, where it answered.
    pub(crate) errcode: Option<i64>,
    /// The payload's mark.
    pub(crate) payload: i64,
}

/// Why a message or an attempt is as it is: what the journal keeps of its [`Cause`](crate::delivery::attempt::Cause).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedCause {
    /// The platform answered.
    Answer {
        /// The errcode.
        code: i64,
        /// The errmsg without hint and rid.
        errmsg: Option<String>,
    },
    /// Something took the place of an answer.
    Incident(Incident),
    /// The name of what took the place of an answer, where it is none of this version's: a later version wrote it, or
    /// somebody wrote it into results that were taken over.
    Unfamiliar(String),
}

impl RecordedCause {
    /// What is meant by an errcode and a text as they are stored; nothing where neither is.
    pub(crate) fn from_disk(errcode: Option<i64>, text: Option<String>) -> Option<Self> {
        match (errcode, text) {
            (Some(code), errmsg) => Some(Self::Answer { code, errmsg }),
            (None, Some(name)) => Some(Incident::parse(&name).map_or(Self::Unfamiliar(name), Self::Incident)),
            (None, None) => None,
        }
    }

    /// What it is called where causes are counted.
    pub(crate) fn name(&self) -> CauseName {
        match self {
            Self::Answer { code, .. } => CauseName::Code(*code),
            Self::Incident(incident) => CauseName::Incident(*incident),
            Self::Unfamiliar(name) => CauseName::Unfamiliar(name.clone()),
        }
    }

    /// The errcode, where the platform answered.
    pub(crate) fn errcode(&self) -> Option<i64> {
        match self {
            Self::Answer { code, .. } => Some(*code),
            Self::Incident(_) | Self::Unfamiliar(_) => None,
        }
    }
}

/// A message the journal knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its number in the journal.
    pub(crate) id: MessageKey,
    /// To whom it is.
    pub recipient: Recipient<'static>,
    /// Which message to this openid it is, from 1.
    pub nth: u32,
    /// What became of it.
    pub state: State,
    /// How many requests were made for it, over all runs.
    pub(crate) attempts: u32,
    /// Why it is so; nothing while it is in flight, and of a message that was skipped.
    pub(crate) cause: Option<RecordedCause>,
    /// The errmsg's hint.
    pub(crate) hint: Option<String>,
    /// The errmsg's rid.
    pub(crate) rid: Option<String>,
    /// The moment that belongs to the reason it was skipped for, where it was.
    pub(crate) skipped_at: Option<Timestamp>,
    /// When its state changed last.
    pub(crate) at: Timestamp,
    /// How long the last answer took, in milliseconds.
    pub(crate) latency_ms: Option<i64>,
    /// The first eight bytes of the payload's sha256.
    pub(crate) payload: i64,
}

/// The messages of a campaign, counted by their states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// With an intent and no outcome.
    pub(crate) in_flight: u64,
    /// WeChat took it.
    pub(crate) sent: u64,
    /// WeChat refused it for good.
    pub(crate) refused: u64,
    /// Certainly not delivered, and every retry is used up.
    pub(crate) failed: u64,
    /// It may have been delivered.
    pub(crate) unknown: u64,
    /// Certainly not delivered, and tried again later.
    pub(crate) postponed: u64,
    /// It was decided not to send it.
    pub(crate) skipped: BTreeMap<SkipReason, u64>,
    /// The refused ones by errcode.
    pub(crate) refused_by_code: BTreeMap<i64, u64>,
    /// The failed ones by what kept them from being delivered.
    pub(crate) failed_by_cause: Causes,
    /// The unknown ones by what came in the place of an answer.
    pub(crate) unknown_by_cause: Causes,
}

impl MessageCounts {
    /// As statuses. A message in flight may have been delivered.
    pub(crate) fn statuses(&self) -> Counts {
        let Self { in_flight, sent, refused, failed, unknown, postponed, skipped, .. } = self;
        Counts {
            sent: *sent,
            refused: *refused,
            failed: *failed,
            unknown: unknown + in_flight,
            skipped: skipped.values().sum(),
            unsent: *postponed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_the_disk() {
        let outcomes =
            [Outcome::Sent, Outcome::Refused, Outcome::Failed, Outcome::Unknown, Outcome::Postponed];
        let skips = SkipReason::ALL.into_iter().map(State::Skipped);
        for state in outcomes.into_iter().map(State::Settled).chain([State::InFlight]).chain(skips) {
            assert_eq!(State::from_disk(state.to_disk()), Some(state));
        }
        assert_eq!(State::from_disk(99), None);
    }
}
