//! What the platform answers: the JSON, the words of an errmsg, and what each errcode means.

pub mod errmsg;
pub mod error_code;
pub(crate) mod json;
pub(crate) mod reply;
