//! What stands in a report where the platform's errcode would stand.

use std::cmp::Ordering;
use std::fmt;

use crate::delivery::attempt::Incident;
use crate::journal::record::RecordedCause;

/// Why there is no errcode. In the order of its names, which are part of the JSON report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The request is still on its way.
    InFlight,
    /// Something took the place of the answer.
    Incident(Incident),
    /// Something that this version has no word for.
    Unfamiliar(String),
}

impl NoAnswer {
    /// The errcode of a cause, or what took its place.
    pub(crate) fn or_errcode(cause: Option<&RecordedCause>) -> (Option<i64>, Option<Self>) {
        match cause {
            Some(RecordedCause::Answer { code, .. }) => (Some(*code), None),
            Some(RecordedCause::Incident(incident)) => (None, Some(Self::Incident(*incident))),
            Some(RecordedCause::Unfamiliar(name)) => (None, Some(Self::Unfamiliar(name.clone()))),
            None => (None, None),
        }
    }

    /// Whether the message may have arrived all the same.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::InFlight => true,
            Self::Incident(incident) => match incident {
                Incident::Timeout
                | Incident::Broken
                | Incident::Status(_)
                | Incident::Unreadable
                | Incident::Crash
                | Incident::Aborted => true,
                Incident::NotConnected
                | Incident::ConnectTimeout
                | Incident::Certificate
                | Incident::ProxyAuthorization
                | Incident::ProxyRefused
                | Incident::ProxyUnreached
                | Incident::TurnedAway(_)
                | Incident::Declined(_)
                | Incident::NotBegun
                | Incident::Resolved => false,
            },
            Self::Unfamiliar(_) => false,
        }
    }

    /// The key of its advice in `locales/`, where there is any to give.
    pub(crate) fn advice_key(&self) -> Option<String> {
        match self {
            Self::InFlight => Some(format!("incident.{self}")),
            Self::Incident(incident) => Some(incident.advice_key()),
            Self::Unfamiliar(_) => None,
        }
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InFlight => f.write_str("in-flight"),
            Self::Incident(incident) => incident.fmt(f),
            Self::Unfamiliar(name) => f.write_str(name),
        }
    }
}

impl Ord for NoAnswer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_string().cmp(&other.to_string())
    }
}

impl PartialOrd for NoAnswer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
