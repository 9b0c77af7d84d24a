//! The words for what happened: attempts, outcomes, events, and what of them is noted. Plain data.

pub mod additions;
pub(crate) mod ages;
pub mod attempt;
pub mod cause;
pub mod event;
pub mod exit;
pub(crate) mod notice;
pub mod outcome;
pub(crate) mod rule;
pub mod skip;
pub mod stop;
pub mod tally;
