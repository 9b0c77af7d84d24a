//! Exit codes: what a script or CI learns of how a command ended (docs/reference.md#exit-codes).

use crate::delivery::ending::Ending;
use crate::delivery::outcome::Counts;
use crate::delivery::stop::Stop;

/// How the program ends. The order is that of importance: where several apply, the greater one stands.
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

    /// The name.
    pub fn name(self) -> &'static str {
        self.ending().name()
    }

    /// What the journal keeps of it.
    pub(crate) fn ending(self) -> Ending {
        match self {
            Self::Ok => Ending::Ok,
            Self::Internal => Ending::Internal,
            Self::Usage => Ending::Usage,
            Self::Invalid => Ending::Invalid,
            Self::Partial => Ending::Partial,
            Self::Unknown => Ending::Unknown,
            Self::Paused => Ending::Paused,
            Self::Gate => Ending::Gate,
            Self::Account => Ending::Account,
            Self::Storage => Ending::Storage,
            Self::Interrupted | Self::Terminated => Ending::Signal,
        }
    }

    /// What a stop means.
    pub(crate) fn of_stop(stop: &Stop) -> Self {
        match stop {
            Stop::Interrupted => Self::Interrupted,
            Stop::Terminated => Self::Terminated,
            Stop::Asked
            | Stop::Limit
            | Stop::Hours { .. }
            | Stop::Quota { .. }
            | Stop::Content { .. }
            | Stop::Unfamiliar { .. }
            | Stop::Declined { .. }
            | Stop::Media { .. }
            | Stop::Refused { .. }
            | Stop::Unknown { .. }
            | Stop::Unreachable { .. } => Self::Paused,
            Stop::Account { .. } | Stop::Token(_) => Self::Account,
            Stop::Changed | Stop::FileChanged { .. } => Self::Gate,
            Stop::Storage(_) => Self::Storage,
        }
    }

    /// What the statuses of an audience mean.
    pub(crate) fn of_counts(counts: &Counts) -> Self {
        let Counts { sent: _, refused, failed, unknown, skipped: _, unsent } = *counts;
        if unknown > 0 {
            Self::Unknown
        } else if refused > 0 || failed > 0 {
            Self::Partial
        } else if unsent > 0 {
            Self::Paused
        } else {
            Self::Ok
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greater_one_stands_as_the_contract_orders_them() {
        let order = [
            Exit::Partial,
            Exit::Unknown,
            Exit::Paused,
            Exit::Interrupted,
            Exit::Gate,
            Exit::Account,
            Exit::Storage,
        ];
        assert!(order.is_sorted());
    }
}
