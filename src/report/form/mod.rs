//! What forms have in common: the shell of a page, the syntax of Markdown and JUnit.

pub mod junit;
pub mod markdown;
pub mod page;
