//! From the bytes of a workbook to the table of the audience's sheet.

use std::path::Path;

use crate::audience::source::Source;
use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::book::Book;
use crate::audience::workbook::build::Builder;
use crate::audience::workbook::select::{filled, select};
use crate::audience::workbook::table::Table;
use crate::audience::workbook::{Format, format};

/// The sheets of a workbook that could be meant: those that people see and that hold something, each with whether it has
/// the openid column. None where the file is no workbook that can be read.
pub(crate) fn sheets(file: &Path, openid: &str) -> Vec<(String, bool)> {
    let Ok(bytes) = std::fs::read(file) else { return Vec::new() };
    let Ok(Some(format)) = format(&bytes) else { return Vec::new() };
    let filled = Book::open(&bytes, format).and_then(|mut book| filled(&mut book, openid));
    filled.into_iter().flatten().map(|sheet| (sheet.name, sheet.suits)).collect()
}

/// Reads the audience's sheet of a workbook.
pub(in crate::audience) fn parse(bytes: &[u8], format: Format, source: &Source) -> Result<Table, Unreadable> {
    let mut book = Book::open(bytes, format)?;
    let sheet = select(&mut book, source.sheet.as_deref(), &source.openid)?;
    Builder::read(&mut book, sheet, source, bytes.len())
}
