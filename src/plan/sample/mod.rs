//! Which messages of a plan are worth a look, and what a reading for people tells about all of them.

pub mod lengths;
pub mod pick;
pub mod survey;
