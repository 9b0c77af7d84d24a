//! Which messages of a plan are worth a look, and what a reading for people tells about all of them.

pub(crate) mod candidate;
pub(crate) mod chosen;
pub(crate) mod few;
pub(crate) mod lengths;
pub(crate) mod pick;
pub(crate) mod survey;
