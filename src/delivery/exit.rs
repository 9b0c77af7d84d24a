//! How a command ended: an exit code for scripts, and a word for journals, JSON and people.

use std::fmt;

use serde::{Serialize, Serializer};

/// How a command ended, and a run. The order is that of importance: where several apply, the greater one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Every recipient is `sent` or `skipped`, also when nothing was left to do.
    Ok,
    /// Finished; some are `refused` or `failed`.
    Partial,
    /// At least one outcome is `unknown`.
    Unknown,
    /// Stopped by quota or a breaker; `send` goes on later.
    Paused,
    /// SIGINT, after a clean drain.
    Interrupted,
    /// SIGTERM, after a clean drain.
    Terminated,
    /// A safety gate: no `--yes`, other digest or count than expected, lock held.
    Gate,
    /// Token, secret, IP or permission.
    Account,
    /// The journal or the results cannot be written or read.
    Storage,
    /// Faults in campaign, template or audience; nothing was sent.
    Invalid,
    /// Wrong arguments.
    Usage,
    /// A bug.
    Internal,
}

impl Exit {
    /// One of each name: of the two signals, which share theirs, only the first.
    pub const ALL: [Self; 11] = [
        Self::Ok,
        Self::Partial,
        Self::Unknown,
        Self::Paused,
        Self::Interrupted,
        Self::Gate,
        Self::Account,
        Self::Storage,
        Self::Invalid,
        Self::Usage,
        Self::Internal,
    ];

    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::Partial => 5,
            Self::Unknown => 6,
            Self::Paused => 7,
            Self::Gate => 8,
            Self::Account => 9,
            Self::Storage => 10,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The name in journals, JSON and `locales/`. Journals keep it, so it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
            Self::Paused => "paused",
            Self::Interrupted | Self::Terminated => "signal",
            Self::Gate => "gate",
            Self::Account => "account",
            Self::Storage => "storage",
            Self::Invalid => "invalid",
            Self::Usage => "usage",
            Self::Internal => "internal",
        }
    }

    /// Reads a name; nothing for a word that is none. Which signal it was, the name does not say.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|exit| exit.name() == name)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Exit {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_read_as_it_was_written() {
        for exit in Exit::ALL {
            assert_eq!(Exit::parse(exit.name()), Some(exit));
        }
        assert_eq!(Exit::parse("OK"), None);
        assert_eq!(Exit::parse(Exit::Terminated.name()), Some(Exit::Interrupted));
    }
}
