//! How a run ended, in one word.

use std::fmt;

use serde::{Serialize, Serializer};

/// How a run ended: the name of its exit. The names are stored in journals and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Ok,
    Partial,
    Unknown,
    Paused,
    Signal,
    Gate,
    Account,
    Storage,
    Invalid,
    Usage,
    Internal,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 11] = [
        Self::Ok,
        Self::Partial,
        Self::Unknown,
        Self::Paused,
        Self::Signal,
        Self::Gate,
        Self::Account,
        Self::Storage,
        Self::Invalid,
        Self::Usage,
        Self::Internal,
    ];

    /// Its name in journals, JSON and `locales/`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
            Self::Paused => "paused",
            Self::Signal => "signal",
            Self::Gate => "gate",
            Self::Account => "account",
            Self::Storage => "storage",
            Self::Invalid => "invalid",
            Self::Usage => "usage",
            Self::Internal => "internal",
        }
    }

    /// Reads a name; nothing for a word that is none.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.name() == name)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Ending {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_read_as_it_was_written() {
        for ending in Ending::ALL {
            assert_eq!(Ending::parse(ending.name()), Some(ending));
        }
        assert_eq!(Ending::parse("OK"), None);
    }
}
