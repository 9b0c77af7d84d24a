//! A sheet as a table of texts.

use csv::ByteRecord;

use crate::audience::header::Header;
use crate::audience::trouble::Trouble;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::Sheet;

/// The table of a sheet, its rows one after another in one text.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(super) sheet: Sheet,
    pub(super) header: Vec<String>,
    pub(super) faults: Vec<Diagnostic>,
    pub(super) text: String,
    pub(super) cells: Vec<Held>,
    pub(super) rows: Vec<Span>,
    pub(super) troubles: Vec<(u32, u32, Trouble)>,
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

    /// How many rows have a cell.
    pub(in crate::audience) fn height(&self) -> usize {
        self.rows.len()
    }

    /// Fills in the cells of a row, from 0, and what is wrong with them. Gives the row of the sheet, from 1.
    pub(in crate::audience) fn row(
        &self,
        row: usize,
        record: &mut ByteRecord,
        troubles: &mut Vec<(usize, Trouble)>,
    ) -> u64 {
        record.clear();
        troubles.clear();
        let Some(span) = self.rows.get(row) else { return 0 };
        let before = row.checked_sub(1).and_then(|row| self.rows.get(row)).map_or(0, |span| span.cells);
        let cells = self.cells.get(before as usize..span.cells as usize).unwrap_or_default();
        let mut start = (before as usize).checked_sub(1).map_or(0, |last| self.cells[last].end);
        let mut next = 0;
        for cell in cells {
            (next..cell.column).for_each(|_| record.push_field(b""));
            record
                .push_field(self.text.as_bytes().get(start as usize..cell.end as usize).unwrap_or_default());
            (start, next) = (cell.end, cell.column + 1);
        }
        (next as usize..self.header.len()).for_each(|_| record.push_field(b""));
        let here = self.troubles.partition_point(|(line, ..)| *line < span.line);
        let found = self.troubles.iter().skip(here).take_while(|(line, ..)| *line == span.line);
        troubles.extend(found.map(|(_, cell, trouble)| (*cell as usize, *trouble)));
        u64::from(span.line)
    }
}
