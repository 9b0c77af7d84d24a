//! A sheet as a table of texts.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use csv::ByteRecord;

use crate::audience::header::Header;
use crate::audience::trouble::Trouble;
use crate::audience::wishes::HiddenRows;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{Place, Sheet};

/// The table of a sheet, its rows one after another in one text.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(super) sheet: Sheet,
    pub(super) header: Vec<String>,
    pub(super) faults: Vec<Diagnostic>,
    pub(super) text: String,
    pub(super) cells: Vec<Held>,
    pub(super) rows: Vec<Span>,
    /// The first column that is none of the table's.
    pub(super) limit: u32,
    /// By line and column.
    pub(super) troubles: Vec<(u32, u32, Trouble)>,
    /// What is worth telling of cells that can be used, by column.
    pub(super) noted: BTreeMap<(u32, Note), Noted>,
    /// The columns that are merged in a line, by line.
    pub(super) merged: Vec<(u32, RangeInclusive<u32>)>,
    /// The rows that are hidden and not meant, from 1.
    pub(super) skipped: Vec<RangeInclusive<u32>>,
}

/// What is worth telling of a cell that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Note {
    /// A date that every computer shows in its own way.
    Regional,
    /// A formula whose value is another tomorrow.
    Volatile,
    /// It is no date, although its column says how dates are written.
    NoDate,
}

/// The cells of a column of which the same is to be told.
#[derive(Debug, Clone)]
pub(crate) struct Noted {
    pub(crate) count: u64,
    /// What is shown of the first, and the code of its format.
    pub(crate) example: String,
    pub(crate) format: Arc<str>,
    /// The lines of the first of them.
    pub(crate) lines: Vec<u32>,
}

impl Noted {
    /// How many places are named.
    const PLACES: usize = 10;

    pub(super) fn add(&mut self, line: u32) {
        self.count += 1;
        if self.lines.len() < Self::PLACES {
            self.lines.push(line);
        }
    }
}

/// Where a cell's text ends, and its column in the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) column: u32,
    pub(super) end: u32,
}

/// A row of the sheet and where its cells end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// From 1.
    pub(super) line: u32,
    pub(super) cells: u32,
}

impl Table {
    /// The sheet and where the table stands on it.
    pub(crate) fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    pub(in crate::audience) fn header(&self) -> Header {
        Header::new(self.header.clone())
    }

    /// What is worth telling of the sheet as a whole.
    pub(in crate::audience) fn faults(&self) -> &[Diagnostic] {
        &self.faults
    }

    /// What is worth telling of the cells of a column, from 0.
    pub(in crate::audience) fn noted(&self, column: usize) -> impl Iterator<Item = (Note, &Noted)> {
        let own = self.noted.iter().filter(move |((own, _), _)| *own as usize == column);
        own.map(|((_, note), noted)| (*note, noted))
    }

    /// How many rows have a cell.
    pub(in crate::audience) fn height(&self) -> usize {
        self.rows.len()
    }

    /// Fills in the cells of a row, from 0, and what is wrong with them. Gives the row of the sheet, from 1, and whether
    /// it is hidden and not meant.
    pub(in crate::audience) fn row(
        &self,
        row: usize,
        record: &mut ByteRecord,
        troubles: &mut Vec<(usize, Trouble)>,
    ) -> (u64, bool) {
        record.clear();
        troubles.clear();
        let span = self.rows[row];
        let before = row.checked_sub(1).map_or(0, |row| self.rows[row].cells);
        let cells = &self.cells[before as usize..span.cells as usize];
        let mut start = (before as usize).checked_sub(1).map_or(0, |last| self.cells[last].end);
        let mut next = 0;
        for cell in cells {
            // What stands far beside the table is none of it.
            if cell.column < self.limit {
                (next..cell.column).for_each(|_| record.push_field(b""));
                record.push_field(&self.text.as_bytes()[start as usize..cell.end as usize]);
                next = cell.column + 1;
            }
            start = cell.end;
        }
        (next as usize..self.header.len()).for_each(|_| record.push_field(b""));
        let here = self.troubles.partition_point(|(line, ..)| *line < span.line);
        let found = self.troubles[here..].iter().take_while(|(line, ..)| *line == span.line);
        troubles.extend(found.map(|(_, cell, trouble)| (*cell as usize, trouble.clone())));
        let here = self.merged.partition_point(|(line, _)| *line < span.line);
        for (_, columns) in self.merged[here..].iter().take_while(|(line, _)| *line == span.line) {
            troubles.extend(columns.clone().map(|column| (column as usize, Trouble::Merged)));
        }
        (span.line.into(), holds(&self.skipped, span.line))
    }

    /// Says what is to be said of the rows that are hidden, from 0.
    pub(super) fn hidden(&mut self, mut hidden: Vec<RangeInclusive<u32>>, wish: HiddenRows) {
        hidden.sort_by_key(|rows| *rows.start());
        let hidden: Vec<RangeInclusive<u32>> =
            hidden.into_iter().map(|rows| rows.start() + 1..=rows.end().saturating_add(1)).collect();
        match wish {
            HiddenRows::Include => {}
            HiddenRows::Skip => self.skipped = hidden,
            HiddenRows::Error => {
                let lines: Vec<u32> =
                    self.rows.iter().map(|span| span.line).filter(|line| holds(&hidden, *line)).collect();
                if let Some(first) = lines.first() {
                    let rows: Vec<String> = lines.iter().take(10).map(u32::to_string).collect();
                    let more = if lines.len() > rows.len() { " …" } else { "" };
                    let fault = Diagnostic::new(Code::HiddenRows, Place::Line((*first).into()));
                    self.faults.push(fault.with("count", lines.len()).with("rows", rows.join(", ") + more));
                }
            }
        }
    }
}

/// Whether one of these ranges, which are in order, holds a line.
fn holds(ranges: &[RangeInclusive<u32>], line: u32) -> bool {
    let after = ranges.partition_point(|lines| *lines.start() <= line);
    after.checked_sub(1).is_some_and(|at| ranges[at].contains(&line))
}
