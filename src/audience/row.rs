//! A row of an audience and its cells.

use std::sync::Arc;

use csv::ByteRecord;

use crate::audience::csv::decode;
use crate::audience::trouble::Trouble;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::{ListPlace, Place, RowPlace, cell_name};

/// One row. Its buffers are used again for the next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    /// Its number, from 1, the header and blank rows not counted.
    pub(crate) number: u64,
    /// The line it begins on, from 1, the header counted. Lines end in LF or CRLF. In a workbook the row of the sheet.
    pub(crate) line: u64,
    pub(crate) record: ByteRecord,
    /// How many lines before it a spreadsheet does not count: those inside cells.
    pub(crate) folded: u64,
    /// What is wrong with cells of a workbook, in their order.
    pub(crate) troubles: Vec<(usize, Trouble)>,
    /// Whether it is a row of a workbook that is hidden and not meant.
    pub(crate) hidden: bool,
    /// Where it begins in the text, blank lines before it included.
    pub(crate) from: u64,
    /// Where it ends in the text.
    pub(crate) to: u64,
    /// Where its last cells stand, where they come from other files.
    pub(crate) joined: Vec<Joined>,
}

/// Cells of a row that come from a row of another file.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    /// The index of the first of them in the row.
    pub(crate) first: usize,
    /// Which cells of the other row they are, in this order.
    pub(crate) columns: Arc<[usize]>,
    /// Where the other row stands, where there is one.
    pub(crate) row: Option<RowPlace>,
    /// The other file, `at` being of no matter.
    pub(crate) file: Arc<ListPlace>,
}

impl Row {
    /// Its cells as text. They are checked each time this is called, so call it once a row.
    ///
    /// A fault comes out only where the file was changed after it was opened.
    pub(crate) fn cells(&self) -> Result<Cells<'_>, Diagnostic> {
        let bytes = self.record.as_slice();
        let fault = |at: usize| decode::not_utf8(bytes, at, self.line, self.from);
        let text = match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => return Err(fault(decode::valid_up_to(bytes))),
        };
        let mut ends = (0..self.record.len()).filter_map(|cell| Some(self.record.range(cell)?.end));
        // Two broken cells can make one good text.
        if let Some(cut) = ends.find(|end| !text.is_char_boundary(*end)) {
            return Err(fault(cut));
        }
        Ok(Cells { text, record: &self.record })
    }

    /// Its cells as the bytes of their text, to be written out unchanged.
    pub(crate) fn record(&self) -> &ByteRecord {
        &self.record
    }

    /// The row that a spreadsheet shows it in, from 1.
    pub(crate) fn sheet_row(&self) -> u64 {
        self.line.saturating_sub(self.folded)
    }

    /// Where it is, or one cell of it, in the file that holds that cell.
    pub(crate) fn place(&self, cell: Option<usize>) -> Place {
        let mut own = RowPlace::new(self.number, self.line);
        match cell.and_then(|cell| self.elsewhere(cell)) {
            None => {
                own.cell = cell;
                Place::Row(own)
            }
            Some((Joined { row: Some(row), file, .. }, cell)) => {
                let at = Place::Row(row.clone().cell(cell));
                Place::List(Box::new(ListPlace { at, ..ListPlace::clone(file) }))
            }
            // There is no such cell, so the row is all there is to point at.
            Some((Joined { row: None, .. }, _)) => Place::Row(own),
        }
    }

    /// Where a cell stands that comes from another file: which row of which file, and the cell's index there.
    pub(crate) fn elsewhere(&self, cell: usize) -> Option<(&Joined, usize)> {
        let joined = self.joined.iter().rfind(|joined| joined.first <= cell)?;
        Some((joined, *joined.columns.get(cell - joined.first)?))
    }

    /// A cell as people find it: `C17`, and in which file where that is another one. `first_column` is the table's first
    /// on its sheet.
    pub(crate) fn cell_name(&self, first_column: usize, cell: usize) -> String {
        match self.elsewhere(cell) {
            None => cell_name(first_column + cell, self.sheet_row()),
            Some((Joined { row, file, .. }, cell)) => {
                let name =
                    file.file.file_name().expect("what was read as a file has a name").to_string_lossy();
                let first = file.sheet.as_ref().map_or(0, |sheet| sheet.first_column);
                match row {
                    Some(row) => format!("{name} {}", cell_name(first + cell, row.line)),
                    None => self.sheet_row().to_string(),
                }
            }
        }
    }

    /// The cells of a workbook that cannot be used as they are, and why.
    pub(crate) fn troubles(&self) -> &[(usize, Trouble)] {
        &self.troubles
    }

    /// Whether every cell is blank, so that it is no row to anybody.
    pub(crate) fn is_blank(&self) -> bool {
        // Nearly every row tells by its first byte.
        !self.record.as_slice().iter().any(u8::is_ascii_graphic)
            && self.record.iter().all(|cell| String::from_utf8_lossy(cell).chars().all(char::is_whitespace))
    }
}

/// The cells of one row, without quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells<'a> {
    text: &'a str,
    record: &'a ByteRecord,
}

impl<'a> Cells<'a> {
    /// The cell at an index, from 0.
    pub(crate) fn get(&self, cell: usize) -> Option<&'a str> {
        self.text.get(self.record.range(cell)?)
    }

    /// The cell at an index, blank where the row is too short to have it: such a row is a fault of its own.
    pub(crate) fn or_blank(&self, cell: usize) -> &'a str {
        self.get(cell).unwrap_or_default()
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (text, record) = (self.text, self.record);
        (0..record.len()).filter_map(move |cell| text.get(record.range(cell)?))
    }
}

/// Whether a row fits its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// As many cells as the header.
    Full,
    /// More or fewer.
    Ragged {
        /// How many cells it has.
        cells: usize,
    },
}
