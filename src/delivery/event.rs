//! What happens during a run, for those who watch it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::delivery::outcome::Outcome;
use crate::delivery::stop::Stop;

/// Something that happened during a run. Every consumer matches all of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A message is settled.
    Settled {
        /// How.
        outcome: Outcome,
        /// The platform's errcode, where it answered.
        code: Option<i64>,
    },
    /// A message is not sent in this run, and no request was made for it.
    Skipped,
    /// A step of the ramp is over, and the next one begins after a while.
    Resting {
        /// The step that is over, from 1.
        step: usize,
        /// After how long.
        after: Duration,
    },
    /// A message was certainly not delivered and is tried again.
    Retrying {
        /// After how long.
        after: Duration,
    },
    /// The whole process sends more slowly for a while, or faster again.
    Pace {
        /// The ceiling now, in messages a second.
        per_second: f64,
        /// Why.
        why: PaceChange,
    },
    /// A media file is being uploaded.
    Uploading {
        /// Its name.
        file: String,
        /// Its size in bytes.
        bytes: u64,
    },
    /// The platform took a media file.
    Uploaded,
    /// The run is being stopped; what is in flight is waited for.
    Draining(Stop),
}

/// Why the pace changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaceChange {
    /// The platform asks for fewer requests.
    Throttled,
    /// The platform is busy or out of reach.
    Busy,
    /// It has been well for a while.
    Recovered,
}

impl PaceChange {
    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Busy => "busy",
            Self::Recovered => "recovered",
        }
    }
}
