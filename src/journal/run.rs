//! The runs of a campaign: when each began, how it ended and why.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::delivery::exit::Exit;
use crate::delivery::outcome::Counts;
use crate::delivery::stop::StopReason;
use crate::journal::identity::RunKey;

/// A run, when it begins.
#[derive(Debug, Clone)]
pub struct RunStart {
    /// When.
    pub(crate) started: Timestamp,
    /// The process.
    pub(crate) pid: u32,
    /// The machine.
    pub(crate) host: String,
    /// The digest of its plan.
    pub(crate) digest: String,
    /// The digest of the message before it is filled.
    pub(crate) text: String,
    /// How many messages were planned.
    pub(crate) planned: u64,
    /// How many rows its plan skips, by reason.
    pub(crate) skipped: BTreeMap<String, u64>,
    /// What an approver approved, where plans have such an id.
    pub(crate) plan: Option<String>,
    /// The hosts it sends to, the first one first.
    pub(crate) hosts: Vec<String>,
}

/// A run, as the journal tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its number.
    pub(crate) id: RunKey,
    /// The computer it was sent from, by its name.
    pub(crate) computer: String,
    /// The hosts it sent to, the first one first; none where an older version did not note them.
    pub(crate) hosts: Vec<String>,
    /// When it began.
    pub(crate) started: Timestamp,
    /// When it ended; nothing while it runs, and after a crash.
    pub(crate) ended: Option<Timestamp>,
    /// How it ended, where it has.
    pub(crate) ending: Option<Exit>,
    /// The digest of its plan.
    pub(crate) digest: String,
    /// The digest of the message before it is filled.
    pub(crate) text: String,
    /// How many messages were planned.
    pub(crate) planned: u64,
    /// How many rows its plan skips, by reason; nothing where an older version did not note it.
    pub(crate) skipped: Option<BTreeMap<String, u64>>,
    /// How many requests it made.
    pub(crate) requests: Option<u64>,
    /// Why it stopped before everybody had been tried, where it did.
    pub(crate) reason: Option<StopReason>,
    /// The statuses of the audience when it ended.
    pub(crate) counts: Option<Counts>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// When.
    pub(crate) ended: Timestamp,
    /// In a word and a code.
    pub(crate) exit: Exit,
    /// How many requests it made.
    pub(crate) requests: u64,
    /// Why it stopped before everybody had been tried, where it did.
    pub(crate) reason: Option<StopReason>,
    /// The statuses of the audience.
    pub(crate) counts: Counts,
}
