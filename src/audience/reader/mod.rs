//! The rows of an audience file, streamed.
//!
//! The rows of a CSV are split by the `csv` crate. What it does not tell is added here: the line a row truly begins
//! on, rows that are none because every cell is blank, and a quote that swallows the rest of the file. The rows of a
//! workbook come from its table.

mod lines;
mod title;

use std::sync::Arc;

use csv::ErrorKind;
use encoding_rs::Encoding;

use crate::audience::csv::decode::{self, Content, Decoded};
use crate::audience::csv::guard;
use crate::audience::csv::text;
use crate::audience::header::{Header, delimiter_of};
use crate::audience::reader::lines::Lines;
use crate::audience::row::{Row, Width};
use crate::audience::source::Source;
use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::table::{Note, Noted, Table};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{Place, RowPlace, Sheet};
use crate::diagnostic::value::Value;

/// Reads an audience file row by row; a CSV in constant memory.
#[derive(Debug)]
pub(crate) struct Reader {
    rows: Rows,
    header: Header,
    warnings: Vec<Diagnostic>,
    number: u64,
    /// Whether the file is a results CSV, whose formulas are disarmed.
    own: bool,
}

/// Where rows come from.
#[derive(Debug)]
enum Rows {
    Csv(Box<Lines>),
    Sheet(SheetRows),
}

/// The rows of a sheet.
#[derive(Debug)]
struct SheetRows {
    table: Arc<Table>,
    next: usize,
}

impl Reader {
    /// Opens the file, finds out what it is, its encoding and delimiter or its sheet where the campaign names none,
    /// and reads the header.
    ///
    /// Gives every fault of file and header at once, warnings included. A header without rows is no fault here.
    pub(crate) fn open(source: &Source) -> Result<Self, Unreadable> {
        let (mut reader, first) = Self::begin(source)?;
        if let Some(title) = Self::title(source, &reader, &first)? {
            return Err(Unreadable { faults: vec![title], sheet: reader.sheet().cloned() });
        }
        let unclosed = matches!(&reader.rows, Rows::Csv(lines) if lines.is_unclosed(&first));
        if unclosed {
            let place = Place::Header { cell: first.record.len().saturating_sub(1), column: None };
            return Err(Diagnostic::new(Code::UnclosedQuote, place).into());
        }
        if reader.lines().is_some_and(|lines| lines.csv.get_ref().has_lone_quote(first.to)) {
            return Err(Diagnostic::new(Code::LoneQuote, Place::Line(first.line)).into());
        }
        let mut faults = reader.header.judge();
        if let Rows::Sheet(rows) = &reader.rows {
            faults.extend_from_slice(rows.table.faults());
        }
        // Rows that are hidden keep nobody from looking at the others.
        if faults.iter().any(|fault| fault.is_error() && fault.code != Code::HiddenRows) {
            return Err(Unreadable { faults, sheet: reader.sheet().cloned() });
        }
        reader.warnings = faults;
        Ok(reader)
    }

    /// Opens the file and reads the header without judging it.
    pub(crate) fn begin(source: &Source) -> Result<(Self, Row), Unreadable> {
        match decode::open(source)? {
            Content::Text(decoded) => Ok(Self::begin_text(source, decoded)?),
            Content::Workbook(table) => {
                let header = table.header();
                let rows = Rows::Sheet(SheetRows { table, next: 0 });
                let reader = Self { rows, header, warnings: Vec::new(), number: 0, own: false };
                Ok((reader, Row::default()))
            }
        }
    }

    fn begin_text(source: &Source, decoded: Decoded) -> Result<(Self, Row), Diagnostic> {
        let Decoded { encoding, bom, mut text } = decoded;
        let head = text.peek().map_err(|error| decode::diagnostic(&error))?;
        let declared = declared_delimiter(head);
        let delimiter = source.delimiter.or(declared).unwrap_or_else(|| delimiter_of(head));
        text.watch_quotes(delimiter);
        let csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(text::BLOCK)
            .from_reader(text);
        let mut lines =
            Lines { csv, source: source.clone(), encoding, bom, delimiter, last: None, folded: 0 };
        let mut row = Row::default();
        let mut passed = declared.is_none();
        loop {
            match lines.step(&mut row) {
                Ok(true) => {}
                Ok(false) if source.header_row.is_none() => {
                    return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience));
                }
                Ok(false) => row.line = u64::MAX,
                Err(error) => return Err(fault(error, Place::Header { cell: 0, column: None })),
            }
            match source.header_row.map(u64::from) {
                None if passed => break,
                None => passed = true,
                Some(named) if row.sheet_row() == named => break,
                Some(named) if row.sheet_row() > named => {
                    let fault = Diagnostic::new(Code::HeaderRowEmpty, Place::Line(named));
                    return Err(fault.with("row", named));
                }
                Some(_) => {}
            }
        }
        if row.record.len() > MOST_COLUMNS {
            let fault = Diagnostic::new(Code::TooManyColumns, Place::Line(row.line));
            return Err(fault.with("count", row.record.len()).with("max", MOST_COLUMNS));
        }
        let names: Vec<String> = row.cells()?.iter().map(str::to_owned).collect();
        let own = guard::results_columns(&names).is_some();
        let disarmed = |name: String| if own { guard::disarm(&name).into_owned() } else { name };
        let header = Header::new(names.into_iter().map(disarmed).collect());
        let rows = Rows::Csv(Box::new(lines));
        Ok((Self { rows, header, warnings: Vec::new(), number: 0, own }, row))
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// What is worth a look in the header and in the sheet as a whole.
    pub(crate) fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What the file is encoded in, where it is text.
    pub(crate) fn encoding(&self) -> Option<&'static Encoding> {
        self.lines().map(|lines| lines.encoding)
    }

    /// The sheet it is read from, where it is a workbook.
    pub(crate) fn sheet(&self) -> Option<&Sheet> {
        match &self.rows {
            Rows::Csv(_) => None,
            Rows::Sheet(rows) => Some(rows.table.sheet()),
        }
    }

    /// What is worth telling of the cells of a column of a workbook that can be used.
    pub(crate) fn noted(&self, column: usize) -> Vec<(Note, &Noted)> {
        match &self.rows {
            Rows::Csv(_) => Vec::new(),
            Rows::Sheet(rows) => rows.table.noted(column).collect(),
        }
    }

    /// Reads the next row into `row`; gives nothing at the end. A row that does not fit its header is read like
    /// any other.
    ///
    /// An undecodable byte, an unclosed quote and a failing disk are errors, and nothing can be read after them.
    pub(crate) fn read(&mut self, row: &mut Row) -> Result<Option<Width>, Diagnostic> {
        match self.next(row) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(fault(error, Place::Row(RowPlace::new(self.number + 1, row.line)))),
        }
        let cells = row.record.len();
        if self.lines().is_some_and(|lines| lines.csv.get_ref().has_lone_quote(row.to)) {
            return Err(Diagnostic::new(Code::LoneQuote, Place::Row(RowPlace::new(row.number, row.line))));
        }
        if self.lines().is_some_and(|lines| lines.is_unclosed(row)) {
            let place = RowPlace::new(row.number, row.line).cell(cells.saturating_sub(1));
            return Err(Diagnostic::new(Code::UnclosedQuote, Place::Row(place)));
        }
        if self.own {
            guard::disarm_row(&mut row.record);
        }
        Ok(Some(if cells == self.header.width() { Width::Full } else { Width::Ragged { cells } }))
    }

    /// The next row as the file has it, numbered, without a word on whether it is good.
    pub(crate) fn next(&mut self, row: &mut Row) -> csv::Result<bool> {
        let some = match &mut self.rows {
            Rows::Csv(lines) => lines.step(row)?,
            Rows::Sheet(rows) => rows.step(row),
        };
        self.number += u64::from(some);
        row.number = self.number;
        Ok(some)
    }

    /// The text of the file, where it is text.
    pub(crate) fn lines(&self) -> Option<&Lines> {
        match &self.rows {
            Rows::Csv(lines) => Some(lines),
            Rows::Sheet(_) => None,
        }
    }
}

impl SheetRows {
    /// The next row that is not blank.
    fn step(&mut self, row: &mut Row) -> bool {
        while self.next < self.table.height() {
            (row.line, row.hidden) = self.table.row(self.next, &mut row.record, &mut row.troubles);
            self.next += 1;
            if !row.is_blank() || !row.troubles.is_empty() {
                return true;
            }
        }
        false
    }
}

/// The most columns that a file can have: as many as a sheet.
const MOST_COLUMNS: usize = 16_384;

/// The delimiter that a first line declares for Excel: `sep=;`.
fn declared_delimiter(text: &[u8]) -> Option<u8> {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s @ .., delimiter] if s.eq_ignore_ascii_case(b"sep=") && delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

/// What an error of the `csv` crate means to the user.
fn fault(error: csv::Error, row: Place) -> Diagnostic {
    let reason = error.to_string();
    match error.into_kind() {
        ErrorKind::Io(error) if text::is_endless(&error) => Diagnostic::new(Code::UnclosedQuote, row),
        ErrorKind::Io(error) => decode::diagnostic(&error),
        _ => Diagnostic::new(Code::AudienceUnreadable, Place::Audience).with("reason", Value::reason(reason)),
    }
}

#[cfg(test)]
mod tests;
