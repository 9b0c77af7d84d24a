//! Why an audience cannot be read.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::Sheet;

/// Why a workbook gives no table: its faults, and the sheet where they are on one.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// The faults.
    pub(crate) faults: Vec<Diagnostic>,
    /// The sheet.
    pub(crate) sheet: Option<Sheet>,
}

impl From<Diagnostic> for Unreadable {
    fn from(fault: Diagnostic) -> Self {
        Self { faults: vec![fault], sheet: None }
    }
}
