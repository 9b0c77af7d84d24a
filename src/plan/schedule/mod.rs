//! Who can still be reached, and who is late: a function of the plan and of a moment.

pub(crate) mod deadline;
pub(crate) mod forecast;
mod latest;
pub(crate) mod outlook;
pub(crate) mod queue;
pub(crate) mod turns;
