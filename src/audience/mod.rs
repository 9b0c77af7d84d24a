//! Who it is for: an audience file, read as people have it, row by row.
//!
//! Memory does not grow with the file: rows are streamed, and a place that needs a second look (the column of
//! a faulty cell) is found by reading the file again.

pub mod column;
pub mod decode;
pub mod header;
pub mod locate;
pub mod openid;
pub mod reader;
pub mod text;

use std::path::PathBuf;

/// The audience file and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// The encoding the campaign names; found out where it names none.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// The delimiter the campaign names; found out where it names none.
    pub delimiter: Option<u8>,
}
