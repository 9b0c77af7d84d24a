//! The exact line and column of a faulty cell.
//!
//! Rows are streamed without either, because hardly any row has a fault. For those that have, the file is read
//! once more and the raw text of just these rows is looked at.

use std::cmp::Ordering;

use crate::audience::Source;
use crate::audience::reader::{Reader, Row};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::Place;

/// Fills in the columns of all cells that have none yet, and the line where a cell begins below the line its row
/// begins on. A file that cannot be read any more leaves the places as they are.
pub fn fill(source: &Source, diagnostics: &mut [Diagnostic]) {
    let mut wanted: Vec<Wanted<'_>> =
        diagnostics.iter_mut().filter_map(|one| Wanted::of(&mut one.at)).collect();
    wanted.sort_by_key(|one| one.row);
    // What could not be looked up any more stays without a column.
    let _ = look_up(source, &mut wanted);
}

fn look_up(source: &Source, wanted: &mut [Wanted<'_>]) -> Option<()> {
    if wanted.is_empty() {
        return Some(());
    }
    let (mut reader, mut row) = Reader::begin(source).ok()?;
    let mut text = reader.text_again().ok()?;
    let mut starts: Option<Starts> = None;
    for one in wanted {
        if row.number < one.row {
            advance(&mut reader, &mut row, one.row)?;
            starts = None;
        }
        if starts.is_none() {
            let piece = text.piece(row.from, row.to).ok()?;
            starts = Some(Starts::of(&piece, reader.delimiter()));
        }
        one.fill(row.line, starts.as_ref()?);
    }
    Some(())
}

fn advance(reader: &mut Reader, row: &mut Row, to: u64) -> Option<()> {
    loop {
        if !reader.next(row).ok()? {
            return None;
        }
        match row.number.cmp(&to) {
            Ordering::Less => {}
            Ordering::Equal => return Some(()),
            Ordering::Greater => return None,
        }
    }
}

/// A place that lacks its column; row 0 is the header.
struct Wanted<'a> {
    row: u64,
    cell: usize,
    line: Option<&'a mut u64>,
    column: &'a mut Option<u64>,
}

impl<'a> Wanted<'a> {
    fn of(place: &'a mut Place) -> Option<Self> {
        match place {
            Place::Header { cell, column: column @ None } => {
                Some(Self { row: 0, cell: *cell, line: None, column })
            }
            Place::Row(at) if at.column.is_none() => {
                Some(Self { row: at.row, cell: at.cell?, line: Some(&mut at.line), column: &mut at.column })
            }
            _ => None,
        }
    }

    fn fill(&mut self, row_line: u64, starts: &Starts) {
        let Some((below, column)) = starts.cells.get(self.cell).copied() else {
            return;
        };
        if let Some(line) = &mut self.line {
            **line = row_line + below;
        }
        *self.column = Some(column);
    }
}

/// What part of a cell a character of the raw text belongs to, by the rules of the `csv` crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Before the first character of a cell.
    Start,
    /// In a cell without quotes, or behind the closing one.
    Bare,
    /// Between quotes.
    Quoted,
    /// Just behind a quote that closes the cell, unless another one follows.
    Closing,
}

impl Part {
    /// The part behind the character `c`. The end of a row is a [`Start`](Self::Start) like any other.
    pub(super) fn after(self, c: char, delimiter: bool) -> Self {
        match (self, c) {
            (Self::Start | Self::Closing, '"') => Self::Quoted,
            (Self::Quoted, '"') => Self::Closing,
            (Self::Quoted, _) => Self::Quoted,
            _ if delimiter || c == '\n' || c == '\r' => Self::Start,
            _ => Self::Bare,
        }
    }
}

/// Where the cells of one row begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Starts {
    /// For each cell how many lines below the row's first it begins, and the column, in characters from 1; a
    /// quoted cell begins at its quote.
    pub(super) cells: Vec<(u64, u64)>,
    /// Whether the text ends before the last cell's quote is closed.
    pub(super) unclosed: bool,
}

impl Starts {
    /// Looks through the raw text of one row; line ends and blank lines before it do not count.
    pub(super) fn of(row: &str, delimiter: u8) -> Self {
        let delimiter = char::from(delimiter);
        let mut part = Part::Start;
        let (mut below, mut column) = (0, 1);
        let mut cells = Vec::new();
        for c in row.trim_start_matches(['\r', '\n']).chars() {
            if part == Part::Start {
                cells.push((below, column));
            }
            if part != Part::Quoted && (c == '\r' || c == '\n') {
                return Self { cells, unclosed: false };
            }
            part = part.after(c, c == delimiter);
            (below, column) = if c == '\n' { (below + 1, 1) } else { (below, column + 1) };
        }
        if part == Part::Start {
            cells.push((below, column));
        }
        Self { cells, unclosed: part == Part::Quoted }
    }
}
