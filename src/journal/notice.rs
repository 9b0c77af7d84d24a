//! What the journal notes of a run beside its messages. It explains a run and decides nothing, so whatever is wrong
//! with it, nobody waits for it.

use jiff::Timestamp;

use crate::delivery::notice::Notice;
use crate::journal::identity::RunKey;

/// Something that was noted.
#[derive(Debug, Clone, PartialEq)]
pub struct Noticed {
    /// The run.
    pub(crate) run: RunKey,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// What.
    pub(crate) what: Notice,
}
