//! What may be told of a fetch of a token: when, why, where, and whether one came. Never the token.

use std::fmt;
use std::sync::OnceLock;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something was asked for a token. The words are the journal's and the report's: they never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenFetch {
    /// When it was settled.
    #[serde(skip)]
    pub(crate) at: Timestamp,
    /// Why one was needed.
    pub(crate) why: Need,
    /// What was asked.
    pub(crate) from: Giver,
    /// Whether there is one.
    pub(crate) ok: bool,
    /// The errcode, where the platform said no with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) errcode: Option<i64>,
}

/// Why a token is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Need {
    /// There is none yet.
    First,
    /// The one in use ends soon.
    Renewal,
    /// The one in use is refused.
    Refused,
}

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Giver {
    /// It was given; nothing was fetched.
    Given,
    /// It was kept by another run or process; nothing was fetched.
    Kept,
    /// The platform, which gives the one it has.
    Platform,
    /// The platform, made to give a new one.
    Forced,
    /// A program.
    Command,
}

impl Need {
    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Renewal => "renewal",
            Self::Refused => "refused",
        }
    }
}

impl Giver {
    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Kept => "kept",
            Self::Platform => "platform",
            Self::Forced => "forced",
            Self::Command => "command",
        }
    }

    /// Whether somebody else was asked for it.
    pub(crate) fn is_fetch(self) -> bool {
        match self {
            Self::Given | Self::Kept => false,
            Self::Platform | Self::Forced | Self::Command => true,
        }
    }
}

/// Whoever is told of fetches; nobody at first.
#[derive(Default)]
pub(crate) struct Watch(OnceLock<Box<dyn Fn(TokenFetch) + Send + Sync>>);

impl Watch {
    /// Tells `watch` from now on. The first one stays.
    pub(crate) fn set(&self, watch: Box<dyn Fn(TokenFetch) + Send + Sync>) {
        let _ = self.0.set(watch);
    }

    /// Tells of a fetch that was settled just now.
    pub(crate) fn tell(&self, at: Timestamp, why: Need, from: Giver, ok: bool, errcode: Option<i64>) {
        if let Some(watch) = self.0.get() {
            watch(TokenFetch { at, why, from, ok, errcode });
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.0.get().is_some()).finish()
    }
}
