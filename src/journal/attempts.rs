//! The attempts of a campaign that were followed by another one.

use jiff::Timestamp;

/// An attempt that certainly delivered nothing and was, or will be, tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAttempt {
    /// The platform's errcode, where it answered.
    pub(crate) errcode: Option<i64>,
    /// The platform's errmsg, or the name of what took its place.
    pub(crate) reason: Option<String>,
    /// When it ended.
    pub(crate) at: Timestamp,
    /// How long it took, in milliseconds.
    pub(crate) latency_ms: Option<i64>,
}
