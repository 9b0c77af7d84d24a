//! Reports of runs, from the journal: one form a file, and what they share.

pub mod chart;
pub mod happening;
pub mod history;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod summary;
pub mod timeline;
