//! A row of an audience and its cells.

use csv::ByteRecord;

use crate::audience::csv::decode;
use crate::audience::trouble::Trouble;
use crate::diagnostic::Diagnostic;

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
