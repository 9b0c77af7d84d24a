//! How a campaign stands, by what `plan` and `status` say of it: the one thing that is to be done next.

use serde_json::Value as Json;

use crate::console::program::{Answer, Planned};
use crate::delivery::outcome::{Counts, Status};

/// How a campaign stands. What is to be done first comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is being sent.
    Running,
    /// Its files have this many faults.
    Faulty(u64),
    /// The journal is not the whole truth, or cannot be read.
    Doubtful,
    /// So many messages may have arrived.
    Unsettled(u64),
    /// It was begun, and so many people are left.
    Begun(u64),
    /// Nobody was sent anything yet; so many people are to be.
    Ready(u64),
    /// Nobody is left.
    Done,
}

/// What is known of a campaign, in numbers.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// How it stands.
    pub(crate) standing: Standing,
    /// The people by status, where that is known.
    pub(crate) counts: Option<Counts>,
    /// Messages in flight.
    pub(crate) in_flight: u64,
    /// Why the counts are not the whole truth.
    pub(crate) doubt: Option<String>,
}

impl Known {
    /// What a plan and the answer of `status` say.
    pub(crate) fn of(planned: &Planned, status: &Answer) -> Self {
        let told = status.json();
        let counts = told.as_ref().and_then(counts);
        let field = |name: &str| told.as_ref().map(|told| &told[name]);
        let running = field("running").and_then(Json::as_bool).unwrap_or(false);
        let in_flight = field("in_flight").and_then(Json::as_u64).unwrap_or(0);
        let doubt = field("doubt").and_then(Json::as_str).map(str::to_owned);
        let faults = planned.plan.diagnostics.errors();
        let standing = match counts {
            _ if running => Standing::Running,
            _ if faults > 0 => Standing::Faulty(faults),
            _ if doubt.is_some() => Standing::Doubtful,
            Some(counts) => of_counts(&counts),
            // Sound files, and no answer: the journal cannot be read.
            None => Standing::Doubtful,
        };
        Self { standing, counts, in_flight, doubt }
    }

    /// The word of the standing in `locales/`.
    pub(crate) fn word(&self) -> &'static str {
        match self.standing {
            Standing::Running => "running",
            Standing::Faulty(_) => "faulty",
            Standing::Doubtful => "doubtful",
            Standing::Unsettled(_) => "unsettled",
            Standing::Begun(_) => "begun",
            Standing::Ready(_) => "ready",
            Standing::Done => "done",
        }
    }

    /// The number in that sentence.
    pub(crate) fn number(&self) -> u64 {
        match self.standing {
            Standing::Faulty(count)
            | Standing::Unsettled(count)
            | Standing::Begun(count)
            | Standing::Ready(count) => count,
            Standing::Running | Standing::Doubtful | Standing::Done => 0,
        }
    }

    /// The colour beside the words.
    pub(crate) fn class(&self) -> &'static str {
        match self.standing {
            Standing::Running | Standing::Ready(_) | Standing::Done => "good",
            Standing::Unsettled(_) | Standing::Begun(_) => "warn",
            Standing::Faulty(_) | Standing::Doubtful => "bad",
        }
    }
}

fn of_counts(counts: &Counts) -> Standing {
    let Counts { sent, refused, failed, unknown, skipped: _, unsent } = *counts;
    let left = unsent + failed;
    if unknown > 0 {
        Standing::Unsettled(unknown)
    } else if left == 0 {
        Standing::Done
    } else if sent + refused + failed == 0 {
        Standing::Ready(left)
    } else {
        Standing::Begun(left)
    }
}

/// The six counts of a report.
pub(crate) fn counts(told: &Json) -> Option<Counts> {
    let of = |status: Status| told["counts"][status.name()].as_u64();
    Some(Counts {
        sent: of(Status::Sent)?,
        refused: of(Status::Refused)?,
        failed: of(Status::Failed)?,
        unknown: of(Status::Unknown)?,
        skipped: of(Status::Skipped)?,
        unsent: of(Status::Unsent)?,
    })
}
