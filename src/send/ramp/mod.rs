//! A ramp: a small part of the audience first, and the next step only once all answers of the last one are in.
//!
//! `state` is where it stands when a run begins, `progress` how far the run has come since, `gate` which message has to
//! wait. The dispatcher asks them in `dispatcher/ramp`.

pub(crate) mod gate;
pub(crate) mod progress;
pub mod state;
