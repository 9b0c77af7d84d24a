//! Who it is for: an audience file, read as people have it, row by row.
//!
//! A CSV is streamed: memory does not grow with the file, and a place that needs a second look (the column of
//! a faulty cell) is found by reading the file again. A workbook is read whole and kept while it does not change.

pub(crate) mod csv;
pub(crate) mod column;
pub(crate) mod damage;
pub(crate) mod header;
pub(crate) mod locate;
pub(crate) mod openid;
pub(crate) mod reader;
pub(crate) mod row;
pub mod workbook;

use std::path::PathBuf;

use crate::audience::workbook::cache::Cache;

/// The audience file and how it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// The encoding the campaign names; found out where it names none.
    pub(crate) encoding: Option<&'static encoding_rs::Encoding>,
    /// The delimiter the campaign names; found out where it names none.
    pub(crate) delimiter: Option<u8>,
    /// The sheet the campaign names, for a workbook.
    pub(crate) sheet: Option<String>,
    /// The column that tells the audience from other sheets of a workbook, where none is named.
    pub(crate) openid: String,
    /// How dates are written, by the names of their columns.
    pub(crate) dates: Vec<(String, String)>,
    /// The workbook as it was read last, for all copies of this source.
    pub cache: Cache,
}
