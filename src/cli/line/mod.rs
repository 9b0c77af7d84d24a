//! The command line itself: its arguments, its help, what is said when it is wrong, and the language it is read in.

pub mod args;
pub mod help;
pub(crate) mod language;
pub mod usage;
