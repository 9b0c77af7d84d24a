//! The executor: sends what was planned, each message at most once as long as nobody says otherwise.
//!
//! One dispatcher owns the run: it takes messages from a later reading of the audience, waits for the rate, starts
//! attempts, and decides from each answer what becomes of the message. What it decides goes to the journal
//! first and to those who watch second.

pub(crate) mod ahead;
mod blocks;
pub(crate) mod breaker;
pub mod dispatcher;
mod doors;
pub mod execution;
pub mod feed;
pub mod holds;
pub(crate) mod later;
pub mod media;
mod order;
pub mod ramp;
pub(crate) mod rate;
pub(crate) mod retry;
pub mod shutdown;
pub(crate) mod turns;
pub mod worker;
