//! How a campaign stands, by what `plan` and `status` say of it: the one thing that is to be done next.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::console::program::{Answer, Planned};
use crate::delivery::outcome::{Counts, Status};
use crate::delivery::stop::{StopReason, StopWord};
use crate::locale::Catalog;
use crate::report::run::stopped::why;

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
    /// The last run stopped for a reason that somebody has to look at, and so many people are left.
    Halted(u64),
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
    /// The last run.
    pub(crate) last: Option<Run>,
    /// The skipped ones by the word of their reason.
    pub(crate) skipped: Vec<(String, u64)>,
}

/// A run, as the journal tells it.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// When it began.
    pub(crate) started: Timestamp,
    /// When it ended; nothing while it goes on, or where it crashed.
    pub(crate) ended: Option<Timestamp>,
    /// The word of its ending.
    pub(crate) ending: Option<String>,
    /// Why it stopped before everybody had been tried.
    pub(crate) reason: Option<StopReason>,
}

impl Run {
    /// The last one of what `runs` tells.
    pub(crate) fn last(runs: &Answer) -> Option<Self> {
        let told = runs.json()?;
        let run = told.as_array()?.last()?;
        let at = |name: &str| run[name].as_str().and_then(|at| at.parse().ok());
        Some(Self {
            started: at("started")?,
            ended: at("ended"),
            ending: run["exit"].as_str().map(str::to_owned),
            reason: run["reason"].as_str().map(StopReason::parse),
        })
    }

    /// Why it stopped, where nothing is to be sent before somebody has looked.
    pub(crate) fn halt(&self, words: &Catalog) -> Option<String> {
        let needs_somebody = match &self.reason {
            Some(StopReason::Known(word, _)) => needs_somebody(*word),
            Some(StopReason::Foreign(_)) => true,
            None => return self.ending.as_deref().and_then(|ending| of_ending(ending, words)),
        };
        self.reason.as_ref().filter(|_| needs_somebody).map(|reason| why(reason, words))
    }
}

/// A run that told no reason, and was no fault of the list.
fn of_ending(ending: &str, words: &Catalog) -> Option<String> {
    let is_bad = matches!(ending, "account" | "storage" | "internal");
    is_bad.then(|| words.say(&format!("report.exit.{ending}"), &[]))
}

/// Whether a run that stopped for this is not simply gone on with.
fn needs_somebody(word: StopWord) -> bool {
    match word {
        StopWord::Interrupted
        | StopWord::Terminated
        | StopWord::Stopped
        | StopWord::Limit
        | StopWord::Hours
        | StopWord::Caps
        | StopWord::RampStep
        | StopWord::Quota => false,
        StopWord::Ramp
        | StopWord::Account
        | StopWord::Token
        | StopWord::Content
        | StopWord::Unfamiliar
        | StopWord::Declined
        | StopWord::TooManyRefused
        | StopWord::TooManyUnknown
        | StopWord::Unreachable
        | StopWord::AudienceChanged
        | StopWord::FileChanged
        | StopWord::Media
        | StopWord::Storage => true,
    }
}

impl Known {
    /// What a plan and the answers of `status` and `runs` say.
    pub(crate) fn of(planned: &Planned, status: &Answer, runs: &Answer, words: &Catalog) -> Self {
        let told = status.json();
        let counts = told.as_ref().and_then(counts);
        let field = |name: &str| told.as_ref().map(|told| &told[name]);
        let running = field("running").and_then(Json::as_bool).unwrap_or(false);
        let in_flight = field("in_flight").and_then(Json::as_u64).unwrap_or(0);
        let doubt = field("doubt").and_then(Json::as_str).map(str::to_owned);
        let faults = planned.plan.diagnostics.errors();
        let last = Run::last(runs);
        let halted = last.as_ref().is_some_and(|last| last.halt(words).is_some());
        let standing = match counts {
            _ if running => Standing::Running,
            _ if faults > 0 => Standing::Faulty(faults),
            _ if doubt.is_some() => Standing::Doubtful,
            Some(counts) => of_counts(&counts, halted),
            // Sound files, and no answer: the journal cannot be read.
            None => Standing::Doubtful,
        };
        let skipped = told.as_ref().and_then(|told| told["skipped_by_reason"].as_object());
        let count = |(reason, count): (&String, &Json)| Some((reason.clone(), count.as_u64()?));
        let skipped = skipped.into_iter().flatten().filter_map(count).collect();
        Self { standing, counts, in_flight, doubt, last, skipped }
    }

    /// The counts as people wait for them: what is on its way is not unknown.
    pub(crate) fn settled(&self) -> Option<Counts> {
        self.counts.map(|counts| Counts { unknown: counts.unknown.saturating_sub(self.in_flight), ..counts })
    }

    /// The word of the standing in `locales/`.
    pub(crate) fn word(&self) -> &'static str {
        match self.standing {
            Standing::Running => "running",
            Standing::Faulty(_) => "faulty",
            Standing::Doubtful => "doubtful",
            Standing::Unsettled(_) => "unsettled",
            Standing::Halted(_) => "halted",
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
            | Standing::Halted(count)
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
            Standing::Faulty(_) | Standing::Doubtful | Standing::Halted(_) => "bad",
        }
    }

    /// Its place among the campaigns of a folder: what somebody waits for comes first.
    pub(crate) fn rank(&self) -> u8 {
        match self.standing {
            Standing::Running => 0,
            Standing::Unsettled(_) | Standing::Halted(_) | Standing::Doubtful => 1,
            Standing::Faulty(_) => 2,
            Standing::Begun(_) => 3,
            Standing::Ready(_) => 4,
            Standing::Done => 5,
        }
    }
}

fn of_counts(counts: &Counts, halted: bool) -> Standing {
    let Counts { sent, refused, failed, unknown, skipped: _, unsent } = *counts;
    let left = unsent + failed;
    if unknown > 0 {
        Standing::Unsettled(unknown)
    } else if left == 0 {
        Standing::Done
    } else if halted {
        Standing::Halted(left)
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
