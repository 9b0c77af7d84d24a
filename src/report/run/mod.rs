//! Reports of runs, from the journal: one form a file, and what they share.

pub(crate) mod chart;
pub(crate) mod happening;
pub(crate) mod history;
pub(crate) mod html;
pub mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod no_answer;
pub(crate) mod notice;
pub(crate) mod summary;
pub(crate) mod stopped;
pub(crate) mod text;
pub mod timeline;
pub mod times;
