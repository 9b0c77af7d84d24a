//! Why a message is not sent although the files allow it: the time it is, or what the person was sent before. What files
//! alone decide is a [`Skip`](crate::plan::skip::Skip) and needs no record, since the same files say it again.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a message was skipped. The words stand in results and machine-readable output and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// The person's window had closed, or would have before their turn came.
    Window,
    /// The person's window takes no more messages.
    Allowance,
    /// The person has been contacted as often as the account's policy allows.
    Cap,
    /// WeChat has refused the person for good, and the account's policy leaves such people out.
    Refused,
}

impl SkipReason {
    /// All of them, in the order of reports.
    pub(crate) const ALL: [Self; 4] = [Self::Window, Self::Allowance, Self::Cap, Self::Refused];

    /// The word in machine-readable output.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Allowance => "allowance",
            Self::Cap => "cap",
            // A policy keeps these people in a list of its own, which the journal writes.
            Self::Refused => "excluded",
        }
    }

    /// The key of its sentences. It is another one than the word where files have that reason, too.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Window | Self::Allowance | Self::Cap => self.name(),
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A message that was skipped in a run. A later run decides again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Why.
    pub reason: SkipReason,
    /// The moment that belongs to the reason, where there is one: when the window closed, or from when on the policy
    /// lets the person be contacted again.
    pub at: Option<Timestamp>,
}
