//! The words for what happened: attempts, outcomes, events. Plain data.

pub mod attempt;
pub mod event;
pub mod outcome;
