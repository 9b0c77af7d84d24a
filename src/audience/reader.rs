//! The rows of an audience file, streamed.
//!
//! Rows are split by the `csv` crate. What it does not tell is added here: the line a row truly begins on, rows
//! that are none because every cell is blank, and a quote that swallows the rest of the file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;

use csv::{ByteRecord, ErrorKind};
use encoding_rs::Encoding;

use crate::audience::Source;
use crate::audience::decode::{self, Decoded, Text};
use crate::audience::locate::{Part, Starts};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{Place, RowPlace};

/// The delimiters that are found out; the first where none stands out.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The names of the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    raw: Vec<String>,
}

impl Header {
    /// The names exactly as they stand in the file, blanks around them included.
    pub fn raw(&self) -> &[String] {
        &self.raw
    }

    /// The names without the blanks around them, as templates and rules write them. Empty for a column without one.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.raw.iter().map(|name| name.trim())
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.raw.len()
    }

    /// The index, from 0, of the column with exactly this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names().position(|candidate| candidate == name)
    }

    /// Everything wrong with the names: two of the same, and none at all.
    fn judge(&self) -> Vec<Diagnostic> {
        let mut first = HashMap::new();
        let mut faults = Vec::new();
        for (cell, name) in self.names().enumerate() {
            let place = Place::Header { cell, column: None };
            if name.is_empty() {
                faults.push(Diagnostic::new(Code::UnnamedColumn, place).with("number", cell + 1));
            } else if let Some(earlier) = first.get(name) {
                let fault = Diagnostic::new(Code::DuplicateColumn, place);
                faults.push(fault.with("name", name).with("number", cell + 1).with("first", earlier));
            } else {
                first.insert(name, cell + 1);
            }
        }
        faults
    }
}

/// One row. Its buffers are used again for the next.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its number, from 1, the header and blank rows not counted.
    pub number: u64,
    /// The line it begins on, from 1, the header counted. Lines end in LF or CRLF.
    pub line: u64,
    record: ByteRecord,
    /// Where it begins in the text, blank lines before it included.
    pub(super) from: u64,
    /// Where it ends in the text.
    pub(super) to: u64,
}

impl Row {
    /// Its cells as text. They are checked each time this is called, so call it once a row.
    ///
    /// A fault comes out only where the file was changed after it was opened.
    pub fn cells(&self) -> Result<Cells<'_>, Diagnostic> {
        let bytes = self.record.as_slice();
        let fault = || decode::not_utf8(bytes, self.line);
        let text = simdutf8::basic::from_utf8(bytes).map_err(|_| fault())?;
        let mut ends = (0..self.record.len()).filter_map(|cell| self.record.range(cell));
        // Two broken cells can make one good text.
        if ends.any(|range| !text.is_char_boundary(range.end)) {
            return Err(fault());
        }
        Ok(Cells { text, record: &self.record })
    }

    /// Its cells as the bytes of their text, to be written out unchanged.
    pub fn record(&self) -> &ByteRecord {
        &self.record
    }

    fn is_blank(&self) -> bool {
        // Nearly every row tells by its first byte.
        !self.record.as_slice().iter().any(u8::is_ascii_graphic)
            && self.record.iter().all(|cell| String::from_utf8_lossy(cell).chars().all(char::is_whitespace))
    }
}

/// The cells of one row, without quotes.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    text: &'a str,
    record: &'a ByteRecord,
}

impl<'a> Cells<'a> {
    /// How many there are; more or fewer than the header has where the row is ragged.
    pub fn width(&self) -> usize {
        self.record.len()
    }

    /// The cell at an index, from 0.
    pub fn get(&self, cell: usize) -> Option<&'a str> {
        self.text.get(self.record.range(cell)?)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (text, record) = (self.text, self.record);
        (0..record.len()).filter_map(move |cell| text.get(record.range(cell)?))
    }
}

/// Whether a row fits its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// As many cells as the header.
    Full,
    /// More or fewer.
    Ragged {
        /// How many cells it has.
        cells: usize,
    },
}

/// Reads an audience file row by row, in constant memory.
#[derive(Debug)]
pub struct Reader {
    csv: csv::Reader<Text>,
    source: Source,
    encoding: &'static Encoding,
    bom: bool,
    delimiter: u8,
    header: Header,
    warnings: Vec<Diagnostic>,
    number: u64,
    /// The byte that ended the last row, where it was not the end of the file.
    last: Option<u8>,
}

impl Reader {
    /// Opens the file, finds out encoding and delimiter where the campaign names none, and reads the header.
    ///
    /// Gives every fault of file and header at once, warnings included. A header without rows is no fault here.
    pub fn open(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let (mut reader, first) = Self::begin(source).map_err(|fault| vec![fault])?;
        if reader.unclosed(&first) {
            let place = Place::Header { cell: first.record.len().saturating_sub(1), column: None };
            return Err(vec![Diagnostic::new(Code::UnclosedQuote, place)]);
        }
        let faults = reader.header.judge();
        if faults.iter().any(|fault| fault.is_error()) {
            return Err(faults);
        }
        reader.warnings = faults;
        Ok(reader)
    }

    /// Opens the file and reads the header without judging it.
    pub(super) fn begin(source: &Source) -> Result<(Self, Row), Diagnostic> {
        let Decoded { encoding, bom, mut text } = decode::open(source)?;
        let delimiter = match source.delimiter {
            Some(named) => named,
            None => delimiter_of(text.peek().map_err(|error| decode::diagnostic(&error))?),
        };
        let csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(decode::BLOCK)
            .from_reader(text);
        let (header, warnings) = (Header::default(), Vec::new());
        let source = source.clone();
        let mut reader =
            Self { csv, source, encoding, bom, delimiter, header, warnings, number: 0, last: None };
        let mut row = Row::default();
        match reader.step(&mut row) {
            Ok(true) => {}
            Ok(false) => return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience)),
            Err(error) => return Err(reader.fault(error, Place::Header { cell: 0, column: None })),
        }
        reader.header.raw = row.cells()?.iter().map(str::to_owned).collect();
        Ok((reader, row))
    }

    /// The names of the columns.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What is worth a look in the header.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What the file is encoded in.
    pub fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// What separates its cells.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Reads the next row into `row`; gives nothing at the end. A row that does not fit its header is read like
    /// any other. After an error there is nothing more to read.
    pub fn read(&mut self, row: &mut Row) -> Result<Option<Width>, Diagnostic> {
        match self.next(row) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(self.fault(error, Place::Row(RowPlace::new(self.number + 1, row.line)))),
        }
        let cells = row.record.len();
        if self.unclosed(row) {
            let place = RowPlace::new(row.number, row.line).cell(cells.saturating_sub(1));
            return Err(Diagnostic::new(Code::UnclosedQuote, Place::Row(place)));
        }
        Ok(Some(if cells == self.header.width() { Width::Full } else { Width::Ragged { cells } }))
    }

    /// The next row as the file has it, numbered, without a word on whether it is good.
    pub(super) fn next(&mut self, row: &mut Row) -> csv::Result<bool> {
        let some = self.step(row)?;
        self.number += u64::from(some);
        row.number = self.number;
        Ok(some)
    }

    /// The text once more, from its beginning.
    pub(super) fn text_again(&self) -> io::Result<Text> {
        decode::reopen(&self.source, self.encoding, self.bom)
    }

    /// The next record that is not blank.
    fn step(&mut self, row: &mut Row) -> csv::Result<bool> {
        loop {
            let position = self.csv.position();
            row.from = position.byte();
            // The `csv` crate leaves the LF of a CRLF to the next record.
            row.line = position.line() + u64::from(self.last == Some(b'\r'));
            self.csv.get_mut().begin_row(row.from);
            if !self.csv.read_byte_record(&mut row.record)? {
                return Ok(false);
            }
            let position = self.csv.position();
            row.to = position.byte();
            let text = self.csv.get_ref();
            self.last = if text.ended() { None } else { text.byte_before(row.to) };
            let end = position.line() - u64::from(self.last == Some(b'\n'));
            if end > row.line {
                // It leaves blank lines to the next record, too; other newlines are in quoted cells.
                row.line = end.saturating_sub(decode::newlines(row.record.as_slice())).max(row.line);
            }
            if !row.is_blank() {
                return Ok(true);
            }
        }
    }

    /// Whether the file ends inside the row's last cell, which then holds what was never meant to be in it.
    fn unclosed(&self, row: &Row) -> bool {
        let text = self.csv.get_ref();
        if !text.ended() {
            return false;
        }
        let held = text.range(row.from, row.to).and_then(|held| std::str::from_utf8(held).ok());
        let row = match held {
            Some(held) => Cow::Borrowed(held),
            None => match self.text_again().and_then(|mut text| text.piece(row.from, row.to)) {
                Ok(piece) => Cow::Owned(piece),
                Err(_) => return false,
            },
        };
        Starts::of(&row, self.delimiter).unclosed
    }

    /// What an error of the `csv` crate means to the user.
    fn fault(&self, error: csv::Error, row: Place) -> Diagnostic {
        let reason = error.to_string();
        match error.into_kind() {
            ErrorKind::Io(error) if decode::is_endless(&error) => Diagnostic::new(Code::UnclosedQuote, row),
            ErrorKind::Io(error) => decode::diagnostic(&error),
            _ => Diagnostic::new(Code::AudienceUnreadable, Place::Audience).with("reason", reason),
        }
    }
}

/// Finds out the delimiter: the one that separates most cells of the header, the first line that has text.
fn delimiter_of(text: &[u8]) -> u8 {
    let mut counts = [0; DELIMITERS.len()];
    let (mut part, mut blank) = (Part::Start, true);
    for byte in text {
        let delimiter = DELIMITERS.iter().position(|delimiter| delimiter == byte);
        let outside = part != Part::Quoted;
        part = part.after(char::from(*byte), delimiter.is_some());
        match delimiter {
            _ if outside && matches!(byte, b'\r' | b'\n') => {
                if !blank {
                    break;
                }
                counts = [0; DELIMITERS.len()];
            }
            Some(index) if outside => counts[index] += 1,
            _ => blank &= byte.is_ascii_whitespace(),
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    let mut best = DELIMITERS.iter().zip(counts).filter(|(_, count)| *count == most);
    match (best.next(), best.next()) {
        (Some((delimiter, _)), None) => *delimiter,
        _ => DELIMITERS[0],
    }
}
