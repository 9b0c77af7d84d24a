//! Reports of a plan: one form a file, and what they share.

pub mod compare;
pub(crate) mod fault_identity;
pub(crate) mod faults;
pub(crate) mod faults_html;
pub(crate) mod fingerprint;
pub(crate) mod github;
pub(crate) mod gitlab;
pub mod json;
pub(crate) mod late;
pub(crate) mod junit;
pub(crate) mod markdown;
pub mod sample;
pub(crate) mod sarif;
pub(crate) mod text;
