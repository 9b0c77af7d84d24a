//! What became of an audience, counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::delivery::ages::Ages;
use crate::delivery::cause::Causes;
use crate::delivery::outcome::Counts;
use crate::delivery::skip::SkipReason;

/// What plan and journal come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The recipients by status; they add up to the audience.
    pub counts: Counts,
    /// The refused ones by errcode.
    pub(crate) refused_by_code: BTreeMap<i64, u64>,
    /// Why the failed ones failed, as far as it is known.
    #[serde(default)]
    pub(crate) failed_by_cause: Causes,
    /// Why it is unknown what became of the others, as far as that is known.
    #[serde(default)]
    pub(crate) unknown_by_cause: Causes,
    /// Those of the skipped ones that a run decided on, by reason. The others are skipped by what the files say.
    pub(crate) skipped: BTreeMap<SkipReason, u64>,
    /// Of the sent and the unknown ones, those whom the files leave out by now, by the reason that the files give. They are
    /// not among the skipped.
    #[serde(default)]
    pub(crate) left_out: BTreeMap<String, u64>,
    /// The unknown ones among those: they are sent nothing, whatever becomes of the other unknown ones.
    #[serde(default)]
    pub(crate) left_out_unknown: u64,
    /// Recipients that were, or may have been, sent another text than the campaign has now.
    pub(crate) altered: u64,
    /// Messages in flight now, which are among the unknown.
    pub(crate) in_flight: u64,
    /// Messages the journal knows whose recipients are not in the audience.
    pub(crate) gone: u64,
    /// The unknown ones among them, which are in no count and still wait to be settled.
    #[serde(default)]
    pub(crate) gone_unknown: u64,
    /// How old the last contact was of those whom WeChat answered, where the campaign knows and everything was asked for.
    #[serde(default)]
    pub(crate) ages: Ages,
}
