//! What forms have in common: the shell of a page, the syntax of Markdown and JUnit.

pub(crate) mod file;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod page;
#[cfg(unix)]
pub(crate) mod pipe;
