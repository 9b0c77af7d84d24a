//! The platform's protocol: requests, answers, tokens, error codes. reqwest appears only in this folder.

pub mod account;
pub mod client;
pub mod errmsg;
pub mod error_code;
pub mod media;
pub mod reply;
mod route;
pub mod token;
pub mod token_cache;
pub mod token_fetch;
pub mod token_source;
