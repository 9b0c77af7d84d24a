//! What a cause is called where causes are counted.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::delivery::attempt::Incident;

/// Recipients by what kept their message from being delivered.
pub(crate) type Causes = BTreeMap<CauseName, u64>;

/// The name of a cause: an errcode in digits, or the name of what took the place of an answer. Names are part of JSON output,
/// and sorted as texts there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum CauseName {
    /// The platform's errcode.
    Code(i64),
    /// What took the place of an answer.
    Incident(Incident),
    /// A name of another version's.
    Unfamiliar(String),
}

impl fmt::Display for CauseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Incident(incident) => incident.fmt(f),
            Self::Unfamiliar(name) => f.write_str(name),
        }
    }
}

impl From<CauseName> for String {
    fn from(cause: CauseName) -> Self {
        cause.to_string()
    }
}

impl From<String> for CauseName {
    fn from(name: String) -> Self {
        let known = name.parse().map(Self::Code).ok().or_else(|| Incident::parse(&name).map(Self::Incident));
        known.unwrap_or(Self::Unfamiliar(name))
    }
}

impl Ord for CauseName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_string().cmp(&other.to_string())
    }
}

impl PartialOrd for CauseName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        for name in ["45015", "-1", "timeout", "http-503", "http-503-unclear", "of-a-later-version"] {
            assert_eq!(CauseName::from(name.to_owned()).to_string(), name);
        }
        assert_eq!(CauseName::from("45015".to_owned()), CauseName::Code(45015));
        assert_eq!(CauseName::from("timeout".to_owned()), CauseName::Incident(Incident::Timeout));
    }
}
