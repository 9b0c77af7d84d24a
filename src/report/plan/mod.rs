//! Reports of a plan: one form a file, and what they share.

pub mod compare;
pub mod fault_identity;
pub mod faults_html;
pub mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sample;
pub mod sarif;
pub mod text;
