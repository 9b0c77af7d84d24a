//! An audience in a workbook: .xlsx, .xlsb, .xls and .ods.
//!
//! One sheet becomes a table of texts, with the rows and columns it has on the sheet, each cell as its spreadsheet shows
//! it. What a message could not say as people see it (an error value, a date that programs show differently, a number
//! whose last digits are gone) is kept with its cell, and is a fault only where the cell is used.
//!
//! The four formats are read here and not by a library, which would give values without their formats, take what a file
//! claims for true before it is held against what the file can hold, and call files damaged that are not.

mod a1;
pub mod cache;
mod book;
mod build;
mod cell;
mod conditions;
mod ods;
mod package;
pub(crate) mod parse;
mod relations;
mod select;
mod shown;
pub(crate) mod table;
mod xls;
mod xls_text;
mod xlsb;
mod xlsx;
mod xml;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;
use crate::diagnostic::value::Value;
use std::fmt::Display;

/// What a file is by its content, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Office Open XML.
    Xlsx,
    /// Its binary form.
    Xlsb,
    /// The format of Excel 97 to 2003.
    Xls,
    /// OpenDocument.
    Ods,
}

/// How every zip file begins, workbooks among them.
pub(crate) const ZIP: &[u8] = b"PK\x03\x04";

/// How every compound file begins: .xls, and workbooks that are encrypted.
pub(crate) const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0";

/// Whether the head of a file may be a workbook's.
pub(crate) fn begins(head: &[u8]) -> bool {
    head.starts_with(ZIP) || head.starts_with(COMPOUND)
}

/// Whether a file's name says that it is a workbook.
pub(crate) fn is_named_so(path: &std::path::Path) -> bool {
    const EXTENSIONS: [&str; 8] = ["xlsx", "xlsm", "xltx", "xltm", "xlsb", "xls", "et", "ods"];
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// What the bytes of a file are, where they are a workbook; why they cannot be read, where they are one that cannot.
pub(crate) fn format(bytes: &[u8]) -> Result<Option<Format>, Diagnostic> {
    if bytes.starts_with(COMPOUND) {
        return if is_encrypted(bytes) {
            Err(Diagnostic::new(Code::WorkbookEncrypted, Place::Audience))
        } else {
            Ok(Some(Format::Xls))
        };
    }
    Ok(if bytes.starts_with(ZIP) {
        package::Package::open(bytes).and_then(|package| package.format())
    } else {
        None
    })
}

/// What a zip file is that is no workbook: the key of the words for it. Nothing where it is no whole zip file.
pub(crate) fn other_zip(bytes: &[u8]) -> Option<&'static str> {
    package::Package::open(bytes).filter(|package| package.format().is_none()).map(|package| package.other())
}

/// An encrypted workbook is a compound file with a stream of this name, which stands there in UTF-16.
fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    memchr::memmem::find(bytes, &name).is_some()
}

/// A workbook that cannot be read, in its reader's words.
pub(crate) fn unreadable(reason: impl Display) -> Diagnostic {
    Diagnostic::new(Code::WorkbookUnreadable, Place::Audience).with("reason", Value::reason(reason))
}

/// The number of four bytes at a place of a record, the lowest byte first, as both binary formats have it.
fn number(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
