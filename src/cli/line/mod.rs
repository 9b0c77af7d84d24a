//! The command line itself: its arguments, its help, what is said when it is wrong, and the language it is read in.

pub mod args;
pub(crate) mod audience_args;
pub(crate) mod choices;
pub(crate) mod format;
pub mod help;
pub(crate) mod journal_args;
pub(crate) mod language;
pub(crate) mod place_args;
pub(crate) mod tool_args;
pub mod usage;
