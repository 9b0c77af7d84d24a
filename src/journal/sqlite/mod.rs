//! The journal as one SQLite file an account, in WAL mode with `synchronous=FULL`: a commit is on disk when it returns.

pub(crate) mod alike;
mod attempts;
mod claim;
pub(crate) mod export;
pub(crate) mod file;
pub(crate) mod format1;
mod history;
pub(crate) mod import;
pub(crate) mod log;
mod marks;
mod messages;
mod notes;
pub(crate) mod notices;
mod occasions;
mod person;
pub(crate) mod prune;
mod runs;
pub(crate) mod schema;
pub mod store;
pub(crate) mod takeover;
pub(crate) mod writing;
