//! Where an audience is, and what the campaign says of how it is written.

use std::path::PathBuf;

use crate::audience::fence::Fence;
use crate::audience::wishes::{ColumnFormat, HiddenRows};
use crate::audience::workbook::cache::Cache;

/// The audience file and how it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// Whether a program makes it, which is run only where somebody asks for that.
    pub(crate) fetched: bool,
    /// The encoding the campaign names; found out where it names none.
    pub(crate) encoding: Option<&'static encoding_rs::Encoding>,
    /// The delimiter the campaign names; found out where it names none.
    pub(crate) delimiter: Option<u8>,
    /// The sheet the campaign names, for a workbook.
    pub(crate) sheet: Option<String>,
    /// The column that tells the audience from other sheets of a workbook, where none is named.
    pub(crate) openid: String,
    /// The row that names the columns, from 1; the first that holds something where none is named.
    pub(crate) header_row: Option<u32>,
    /// What becomes of hidden rows of a workbook.
    pub(crate) hidden_rows: HiddenRows,
    /// How the cells of a workbook are written, by the names of their columns.
    pub(crate) formats: Vec<(String, ColumnFormat)>,
    /// What it must be inside of, where its campaign is not trusted.
    pub(crate) fence: Option<Fence>,
    /// The workbook as it was read last, for all copies of this source.
    pub cache: Cache,
}
