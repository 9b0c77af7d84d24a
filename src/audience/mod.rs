//! Who it is for: an audience file, read as people have it, row by row.
//!
//! A CSV is streamed: memory does not grow with the file, and a place that needs a second look (the column of
//! a faulty cell) is found by reading the file again. A workbook is read whole and kept while it does not change.

pub(crate) mod csv;
pub(crate) mod characters;
pub(crate) mod column;
pub(crate) mod damage;
pub(crate) mod fence;
pub(crate) mod header;
pub(crate) mod join;
pub(crate) mod lists;
pub(crate) mod locate;
pub(crate) mod number_format;
pub(crate) mod openid;
pub(crate) mod reader;
pub(crate) mod row;
pub(crate) mod side_file;
pub(crate) mod source;
pub(crate) mod time_cell;
pub(crate) mod trouble;
pub(crate) mod unreadable;
pub(crate) mod wishes;
pub mod workbook;

pub use crate::audience::source::Source;
