//! A journal in PostgreSQL, for teams: several computers, one record, one ceiling.

pub(crate) mod connect;
mod passfile;
pub(crate) mod settings;
mod tls;
