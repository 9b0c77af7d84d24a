//! The platform's protocol: requests, answers, tokens, error codes. reqwest appears only in this folder.

pub mod answer;
pub(crate) mod account;
pub(crate) mod certificates;
pub mod client;
mod exchange;
mod hidden;
pub(crate) mod hook;
pub(crate) mod media;
pub(crate) mod people;
pub(crate) mod proxy;
mod proxy_error;
pub(crate) mod redact;
mod route;
pub mod token;
