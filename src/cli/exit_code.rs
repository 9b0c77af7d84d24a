//! What a script or CI learns of how a command ended (docs/reference.md#exit-codes).

pub use crate::delivery::exit::Exit;
use crate::delivery::outcome::Counts;
use crate::delivery::stop::Stop;

impl Exit {
    /// What a stop means.
    pub(crate) fn of_stop(stop: &Stop) -> Self {
        match stop {
            Stop::Interrupted => Self::Interrupted,
            Stop::Terminated => Self::Terminated,
            Stop::Asked
            | Stop::Limit
            | Stop::Hours { .. }
            | Stop::Caps { .. }
            | Stop::RampStep { .. }
            | Stop::Ramp(_)
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
