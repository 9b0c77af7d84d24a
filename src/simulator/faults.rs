//! The faults of the network that a scenario can cause.

use std::time::Duration;

use serde::Deserialize;

use crate::simulator::misfit::misfit;

/// A fault's name in scenario files and in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FaultKind {
    Delay,
    ResetBefore,
    ResetAfter,
    CloseBefore,
    CloseAfter,
    CloseIdle,
    HalfAnswer,
    Status,
    Garbage,
    EmptyBody,
    TruncatedJson,
    Hang,
}

impl FaultKind {
    /// The word in scenario files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::ResetBefore => "reset-before",
            Self::ResetAfter => "reset-after",
            Self::CloseBefore => "close-before",
            Self::CloseAfter => "close-after",
            Self::CloseIdle => "close-idle",
            Self::HalfAnswer => "half-answer",
            Self::Status => "status",
            Self::Garbage => "garbage",
            Self::EmptyBody => "empty-body",
            Self::TruncatedJson => "truncated-json",
            Self::Hang => "hang",
        }
    }
}

/// What goes wrong with the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It comes this much later.
    Delay(Duration),
    /// A TCP reset instead of it.
    Reset,
    /// The end of the connection instead of it.
    Close,
    /// It comes, and then the connection ends without notice, as an idle one does.
    CloseIdle,
    /// Its headers and half of its body, then the end of the connection.
    HalfAnswer,
    /// Another HTTP status with a page of a gateway.
    Status { status: u16, retry_after: Option<u64> },
    /// HTTP 200 with an HTML page.
    Garbage,
    /// HTTP 200 with nothing.
    EmptyBody,
    /// HTTP 200 with JSON that stops in the middle.
    TruncatedJson,
    /// Nothing, ever.
    Hang,
}

/// A fault as a scenario asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// Whether the request gets through, so that a good message reaches the phone all the same.
    pub(crate) accepted: bool,
    pub(crate) effect: Effect,
}

/// The keys of a `[[faults]]` rule that say what happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultKeys {
    pub(crate) kind: FaultKind,
    pub(crate) duration: Option<Duration>,
    pub(crate) accepted: Option<bool>,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<u64>,
}

impl FaultKeys {
    /// The fault, or which key is missing or out of place.
    pub(crate) fn build(self) -> Result<Fault, String> {
        self.refuse_foreign_keys()?;
        let (effect, accepted) = match self.kind {
            FaultKind::Delay => {
                let Some(duration) = self.duration else { return Err(self.lacks("duration = \"2s\"")) };
                (Effect::Delay(duration), true)
            }
            FaultKind::ResetBefore => (Effect::Reset, false),
            FaultKind::ResetAfter => (Effect::Reset, true),
            FaultKind::CloseBefore => (Effect::Close, false),
            FaultKind::CloseAfter => (Effect::Close, true),
            FaultKind::CloseIdle => (Effect::CloseIdle, true),
            FaultKind::HalfAnswer => (Effect::HalfAnswer, true),
            FaultKind::Garbage => (Effect::Garbage, true),
            FaultKind::EmptyBody => (Effect::EmptyBody, true),
            FaultKind::TruncatedJson => (Effect::TruncatedJson, true),
            FaultKind::Hang => (Effect::Hang, true),
            FaultKind::Status => {
                let Some(status) = self.status else { return Err(self.lacks("status = 503")) };
                if !(300..=599).contains(&status) {
                    return Err(misfit("status", &[("value", &status)]));
                }
                (Effect::Status { status, retry_after: self.retry_after }, false)
            }
        };
        Ok(Fault { kind: self.kind, accepted: self.accepted.unwrap_or(accepted), effect })
    }

    fn lacks(self, example: &str) -> String {
        misfit("lacks", &[("kind", &self.kind.name()), ("example", &example)])
    }

    fn refuse_foreign_keys(self) -> Result<(), String> {
        let name = self.kind.name();
        let says_it_itself = match self.kind {
            FaultKind::ResetBefore
            | FaultKind::ResetAfter
            | FaultKind::CloseBefore
            | FaultKind::CloseAfter
            | FaultKind::CloseIdle => true,
            FaultKind::Delay
            | FaultKind::HalfAnswer
            | FaultKind::Status
            | FaultKind::Garbage
            | FaultKind::EmptyBody
            | FaultKind::TruncatedJson
            | FaultKind::Hang => false,
        };
        if says_it_itself && self.accepted.is_some() {
            return Err(misfit("accepted", &[("kind", &name)]));
        }
        if self.duration.is_some() && self.kind != FaultKind::Delay {
            return Err(misfit("duration-alone", &[("kind", &name)]));
        }
        if (self.status.is_some() || self.retry_after.is_some()) && self.kind != FaultKind::Status {
            return Err(misfit("status-alone", &[("kind", &name)]));
        }
        Ok(())
    }
}
