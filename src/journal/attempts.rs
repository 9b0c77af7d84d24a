//! The attempts of a campaign that were followed by another one.

use jiff::Timestamp;

use crate::journal::record::RecordedCause;

/// An attempt that certainly delivered nothing and was, or will be, tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAttempt {
    /// Why it delivered nothing.
    pub(crate) cause: Option<RecordedCause>,
    /// When it ended.
    pub(crate) at: Timestamp,
    /// How long it took, in milliseconds.
    pub(crate) latency_ms: Option<i64>,
}
