//! The platform's protocol: requests, answers, tokens, error codes. reqwest appears only in this folder.

pub mod answer;
pub mod account;
pub mod client;
pub mod media;
mod route;
pub mod token;
