//! A journal in PostgreSQL, for teams: several computers, one record, one ceiling.

pub(crate) mod admin;
mod alike;
mod attempts;
mod claim;
pub(crate) mod connect;
mod export;
mod history;
pub(crate) mod host;
mod import;
mod late;
mod lease;
mod marks;
mod messages;
mod notes;
mod notices;
pub(crate) mod pace;
mod passfile;
mod prune;
mod runs;
pub(crate) mod schema;
pub(crate) mod seen;
mod session;
pub(crate) mod settings;
pub(crate) mod store;
mod takeover;
mod tls;
mod writing;
