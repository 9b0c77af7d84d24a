//! From the cells of a workbook to the table of the audience's sheet.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use jiff::fmt::strtime;

use crate::audience::csv::guard;
use crate::audience::source::Source;
use crate::audience::trouble::Trouble;
use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::cache::bytes;
use crate::audience::workbook::cells::{Book, Cell, Failure};
use crate::audience::workbook::layout::layout;
use crate::audience::workbook::regions::Layout;
use crate::audience::workbook::select::{NoSheet, filled, select};
use crate::audience::workbook::table::{Held, Span, Table};
use crate::audience::workbook::{Format, format, unreadable, xlsb};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{Place, Sheet, cell_name};

impl From<Failure> for Unreadable {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Encrypted => Diagnostic::new(Code::WorkbookEncrypted, Place::Audience).into(),
            Failure::Damaged(reason) => unreadable(reason).into(),
        }
    }
}

impl From<NoSheet> for Unreadable {
    fn from(none: NoSheet) -> Self {
        match none {
            NoSheet::Failure(failure) => failure.into(),
            NoSheet::Fault(fault) => fault.into(),
        }
    }
}

/// The sheets of a workbook that could be meant: those that people see and that hold something, each with whether it has
/// the openid column. None where the file is no workbook that can be read.
pub(crate) fn sheets(file: &Path, openid: &str) -> Vec<(String, bool)> {
    let Ok(bytes) = bytes(file) else { return Vec::new() };
    let Ok(Some(format)) = format(&bytes) else { return Vec::new() };
    let listed = catch_unwind(AssertUnwindSafe(|| {
        let complete = completed(&bytes, format);
        filled(&mut Book::open(&complete, format)?)
    }));
    let filled = listed.ok().and_then(Result::ok).unwrap_or_default();
    filled.into_iter().map(|(name, header)| (name, header.position(openid).is_some())).collect()
}

/// The bytes as calamine reads them whole.
fn completed(bytes: &[u8], format: Format) -> Cow<'_, [u8]> {
    let complete = if format == Format::Xlsb { xlsb::complete(bytes) } else { None };
    complete.map_or(Cow::Borrowed(bytes), Cow::Owned)
}

/// Reads the audience's sheet of a workbook.
pub(in crate::audience) fn parse(bytes: &[u8], format: Format, source: &Source) -> Result<Table, Unreadable> {
    // A damaged file can bring a parser down; that is the file's fault, not the end of the program.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let bytes = &*completed(bytes, format);
        let mut book = Book::open(bytes, format)?;
        let sheet = select(&mut book, source.sheet.as_deref(), &source.openid)?;
        let mut cells = Vec::new();
        book.cells(&sheet, |cell| {
            cells.push(cell);
            true
        })?;
        let known = layout(bytes, format, &sheet, book.number(&sheet));
        let half_seen = known.is_none();
        let layout = known.unwrap_or_default();
        cells.extend(layout.without_value.iter().map(|(row, column)| Cell::without_value(*row, *column)));
        let mut table = build(sheet, cells, &layout, source)?;
        if half_seen {
            let fault =
                Diagnostic::new(Code::SheetHalfSeen, Place::Audience).with("kind", format.extension());
            table.faults.push(fault);
        }
        Ok(table)
    }));
    parsed.unwrap_or_else(|_| Err(unreadable(format.extension()).into()))
}

fn build(name: String, mut cells: Vec<Cell>, layout: &Layout, source: &Source) -> Result<Table, Unreadable> {
    cells.sort_by_key(|cell| (cell.row, cell.column));
    let named = |cell: &&Cell| !cell.text.trim().is_empty() || cell.trouble.is_some();
    let Some(header_row) = cells.iter().find(named).map(|cell| cell.row) else {
        return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience).into());
    };
    cells.retain(|cell| cell.row >= header_row);
    let first = cells.iter().map(|cell| cell.column).min().unwrap_or_default();
    let below = cells.partition_point(|cell| cell.row == header_row);
    let body = cells.split_off(below);
    let last_name = cells.last().map_or(first, |cell| cell.column);
    // Behind the columns of a results file stand only the cells of rows that did not fit; they still do not.
    let own =
        guard::results_columns(&cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>()).is_some();
    let widest = body.iter().map(|cell| cell.column).max().unwrap_or_default();
    let width = if own { last_name } else { last_name.max(widest) } - first + 1;
    let mut header = vec![String::new(); usize::try_from(width).unwrap_or_default()];
    for cell in cells {
        if let Some(place) = header.get_mut((cell.column - first) as usize) {
            *place = cell.text;
        }
    }
    let sheet = Sheet { name, header_row: u64::from(header_row) + 1, first_column: first as usize };
    let mut table = Table { sheet, header, ..Table::default() };
    table.fill(body, first, &source.dates)?;
    table.merged(layout, header_row, first);
    table.hidden(&layout.hidden);
    Ok(table)
}

impl Table {
    /// Takes the cells below the header, dates in the form that their column asks for.
    fn fill(&mut self, body: Vec<Cell>, first: u32, dates: &[(String, String)]) -> Result<(), Diagnostic> {
        let header = self.header();
        let formats: Vec<(usize, &str)> = dates
            .iter()
            .filter_map(|(name, format)| Some((header.position(name)?, format.as_str())))
            .collect();
        for cell in body {
            let (line, column) = (cell.row + 1, cell.column - first);
            let format = formats.iter().find(|(at, _)| *at == column as usize).map(|(_, format)| *format);
            let written = match (cell.trouble, format) {
                (Some(Trouble::Date(at)), Some(format)) => strtime::format(format, at).ok(),
                _ => None,
            };
            match written {
                Some(date) => self.text.push_str(&date),
                None => {
                    self.text.push_str(&cell.text);
                    self.troubles.extend(cell.trouble.map(|trouble| (line, column, trouble)));
                }
            }
            let too_large = |_| unreadable("> 4 GiB");
            self.cells.push(Held { column, end: u32::try_from(self.text.len()).map_err(too_large)? });
            let cells = u32::try_from(self.cells.len()).map_err(too_large)?;
            match self.rows.last_mut() {
                Some(last) if last.line == line => last.cells = cells,
                _ => self.rows.push(Span { line, cells }),
            }
        }
        Ok(())
    }

    /// Every cell of the table that is merged with others is one that nobody can use: all but the first are empty,
    /// and the first may be meant for all.
    fn merged(&mut self, layout: &Layout, header_row: u32, first: u32) {
        let width = u32::try_from(self.header.len()).unwrap_or(u32::MAX);
        for ((top, left), (bottom, right)) in &layout.merged {
            let columns =
                left.max(&first) - first..=(right.saturating_sub(first)).min(width.saturating_sub(1));
            if *bottom < header_row || *right < first || columns.is_empty() {
                continue;
            }
            if *top <= header_row && left != right {
                let name = |row: &u32, column: &u32| cell_name(*column as usize, u64::from(*row) + 1);
                let at = Place::Header { cell: *columns.start() as usize, column: None };
                let cells = format!("{}:{}", name(top, left), name(bottom, right));
                self.faults
                    .push(Diagnostic::new(Code::MergedCells, at).with("count", 1_u64).with("places", cells));
            }
            let lines = (*top).max(header_row + 1) + 1..=bottom + 1;
            let rows = self.rows.iter().map(|span| span.line).filter(|line| lines.contains(line));
            for line in rows {
                self.troubles.extend(columns.clone().map(|column| (line, column, Trouble::Merged)));
            }
        }
        self.troubles.sort_by_key(|(line, column, _)| (*line, *column));
    }

    fn hidden(&mut self, hidden: &[RangeInclusive<u32>]) {
        let is_hidden = |line: u32| {
            let after = hidden.partition_point(|rows| *rows.start() < line);
            after.checked_sub(1).is_some_and(|at| hidden[at].contains(&(line - 1)))
        };
        let lines: Vec<u32> =
            self.rows.iter().map(|span| span.line).filter(|line| is_hidden(*line)).collect();
        if !lines.is_empty() {
            let first: Vec<String> = lines.iter().take(10).map(u32::to_string).collect();
            let fault = Diagnostic::new(Code::HiddenRows, Place::Audience);
            self.faults.push(fault.with("count", lines.len()).with("rows", first.join(", ")));
        }
    }
}
