//! What is written together: the records of one commit.

use jiff::Timestamp;

use crate::delivery::attempt::Attempt;
use crate::delivery::outcome::Outcome;
use crate::delivery::skip::Skipped;
use crate::journal::identity::MessageKey;
use crate::journal::notice::Noticed;

/// A request that is about to be made.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The message's number, where the journal knows it.
    pub id: Option<MessageKey>,
    /// The openid.
    pub openid: String,
    /// Which message to this openid it is, from 1.
    pub nth: u32,
    /// Which attempt it is, from 1, over all runs.
    pub attempt: u32,
    /// When it was decided.
    pub at: Timestamp,
    /// The payload's mark.
    pub payload: i64,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The message's number.
    pub(crate) id: MessageKey,
    /// What became of the message.
    pub(crate) outcome: Outcome,
    /// The request.
    pub(crate) attempt: Attempt,
}

/// A message that is settled without a request.
#[derive(Debug, Clone)]
pub struct Undelivered {
    /// The request that was meant.
    pub(crate) intent: Intent,
    /// What became of the message.
    pub(crate) outcome: Outcome,
    /// What took the place of the request.
    pub(crate) attempt: Attempt,
}

/// The records of one commit. They are written in this order: what is skipped is known by then to have delivered nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Batch<'a> {
    /// What came of requests.
    pub(crate) outcomes: &'a [Settled],
    /// Messages settled without one.
    pub(crate) undelivered: &'a [Undelivered],
    /// Messages that are not sent in this run.
    pub(crate) skips: &'a [(Intent, Skipped)],
    /// What is noted beside.
    pub(crate) notices: &'a [Noticed],
    /// Requests that are about to be made.
    pub(crate) intents: &'a [Intent],
}
