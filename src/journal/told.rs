//! What somebody else than the journal tells of a message.

use jiff::Timestamp;

use crate::delivery::outcome::Outcome;

/// A message of which results tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldMessage {
    /// The openid, masked where the results are.
    pub(crate) openid: String,
    /// Which message to this openid it is, from 1.
    pub(crate) nth: u32,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// The platform's errcode, where it answered.
    pub(crate) errcode: Option<i64>,
    /// The platform's errmsg, or the name of what took its place.
    pub(crate) reason: Option<String>,
    /// How many requests were made for it.
    pub(crate) attempts: u32,
    /// When that was.
    pub(crate) at: Timestamp,
}

impl ToldMessage {
    /// Whether the openid is not the whole one.
    pub(crate) fn is_masked(&self) -> bool {
        self.openid.contains('*')
    }
}
