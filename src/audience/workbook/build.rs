//! Makes a table of the cells of a sheet as they come.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::audience::csv::guard;
use crate::audience::header::trimmed;
use crate::audience::number_format::Epoch;
use crate::audience::source::Source;
use crate::audience::trouble::Trouble;
use crate::audience::unreadable::Unreadable;
use crate::audience::wishes::ColumnFormat;
use crate::audience::workbook::book::Book;
use crate::audience::workbook::cell::{Cell, Failure, Layout, MOST_MERGED, Region, Style, Value, room};
use crate::audience::workbook::shown::{is_no_date, is_regional, shown};
use crate::audience::workbook::table::{Held, Note, Noted, Span, Table};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{Place, Sheet, cell_name};

/// Columns without a name that stand at most so far behind the last name are the audience's; a cell farther off is one
/// that somebody has left there.
const NEAR: u32 = 64;
/// So often it is asked of a cell whether it lies in a piece of conditional formatting: seconds.
const MOST_ASKED: usize = 1_000_000_000;

/// A table that is being made.
pub(super) struct Builder<'s> {
    source: &'s Source,
    epoch: Epoch,
    /// How many bytes its texts and cells may take.
    room: usize,
    /// Where the names of the columns stand, from 0, once it is known.
    header_row: Option<u32>,
    names: BTreeMap<u32, String>,
    formats: Vec<(u32, &'s ColumnFormat)>,
    /// Whether a row below the names has begun.
    below: bool,
    last: Option<(u32, u32)>,
    table: Table,
    stop: Option<Stop>,
}

/// Why no more cells are taken.
enum Stop {
    /// One came behind another that stands farther down.
    Disorder,
    TooLarge,
}

/// A cell that is kept until all are put in order.
struct Kept {
    at: (u32, u32),
    text: String,
    value: KeptValue,
    style: Style,
    volatile: bool,
}

/// What a kept cell holds beside its text.
enum KeptValue {
    Text,
    Number(f64),
    Bool(bool),
    Iso,
    Error,
    Missing,
    Shown(Option<f64>, Option<String>, bool),
}

impl<'s> Builder<'s> {
    /// The table of a sheet.
    pub(super) fn read(
        book: &mut Book<'_>,
        sheet: String,
        source: &'s Source,
        size: usize,
    ) -> Result<Table, Unreadable> {
        // The texts that cells share and the table are in memory at the same time.
        let left = room(size).saturating_sub(book.held());
        let fresh = |epoch| Self {
            source,
            epoch,
            room: left,
            header_row: source.header_row.map(|row| row - 1),
            names: BTreeMap::new(),
            formats: Vec::new(),
            below: false,
            last: None,
            table: Table::default(),
            stop: None,
        };
        let mut builder = fresh(book.epoch());
        let mut layout = book.read(&sheet, &mut |cell| builder.take(&cell))?;
        if let Some(Stop::Disorder) = builder.stop {
            let mut kept = Vec::new();
            let (mut held, room) = (0, builder.room);
            layout = book.read(&sheet, &mut |cell| {
                let cell = Kept::new(&cell);
                held += size_of::<Kept>() + cell.text.len();
                kept.push(cell);
                held <= room
            })?;
            if held > room {
                return Err(Failure::TooLarge.into());
            }
            kept.sort_by_key(|cell| cell.at);
            // Programs differ in which of two they show.
            if let Some(twice) = kept.windows(2).find(|pair| pair[0].at == pair[1].at) {
                let (row, column) = twice[0].at;
                return Err(Failure::part(&cell_name(column as usize, u64::from(row) + 1)).into());
            }
            builder = fresh(book.epoch());
            for cell in &kept {
                builder.take(&cell.cell());
            }
        }
        if let Some(Stop::Disorder | Stop::TooLarge) = builder.stop {
            return Err(Failure::TooLarge.into());
        }
        builder.finish(sheet, layout)
    }

    /// Takes a cell; false where no more are wanted.
    fn take(&mut self, cell: &Cell<'_>) -> bool {
        let at = (cell.row, cell.column);
        if self.last.is_some_and(|last| last >= at) {
            self.stop = Some(Stop::Disorder);
            return false;
        }
        self.last = Some(at);
        if self.header_row.is_some_and(|row| cell.row < row) {
            return true;
        }
        if !self.below && self.header_row.is_none_or(|row| cell.row == row) {
            let (text, trouble) = shown(cell, None, self.epoch);
            // The first row that holds something names the columns, where nobody says which.
            if self.header_row.is_none() && trimmed(&text).is_empty() && trouble.is_none() {
                return true;
            }
            self.header_row = Some(cell.row);
            self.names.insert(cell.column, text.into_owned());
            return true;
        }
        if !self.below {
            self.below = true;
            let named = |name: &str| self.names.iter().find(|(_, own)| trimmed(own) == name);
            self.formats = self
                .source
                .formats
                .iter()
                .filter_map(|(name, format)| Some((*named(name)?.0, format)))
                .collect();
        }
        self.hold(cell)
    }

    fn hold(&mut self, cell: &Cell<'_>) -> bool {
        let format =
            self.formats.iter().find(|(column, _)| *column == cell.column).map(|(_, format)| *format);
        let (text, trouble) = shown(cell, format, self.epoch);
        let table = &mut self.table;
        table.text.push_str(&text);
        let line = cell.row + 1;
        for (note, applies) in [
            (Note::Regional, is_regional(cell, format)),
            (Note::Volatile, cell.volatile),
            (Note::NoDate, is_no_date(cell, format)),
        ] {
            if applies && trouble.is_none() {
                let fresh = || Noted {
                    count: 0,
                    example: text.to_string(),
                    format: Arc::clone(cell.format.code()),
                    lines: Vec::new(),
                };
                table.noted.entry((cell.column, note)).or_insert_with(fresh).add(line);
            }
        }
        table.troubles.extend(trouble.map(|trouble| (line, cell.column, trouble)));
        let (Ok(end), Ok(cells)) = (u32::try_from(table.text.len()), u32::try_from(table.cells.len() + 1))
        else {
            self.stop = Some(Stop::TooLarge);
            return false;
        };
        table.cells.push(Held { column: cell.column, end });
        match table.rows.last_mut() {
            Some(last) if last.line == line => last.cells = cells,
            _ => table.rows.push(Span { line, cells }),
        }
        let held = table.text.len()
            + table.cells.len() * size_of::<Held>()
            + table.rows.len() * size_of::<Span>()
            + table.troubles.len() * 32;
        if held > self.room {
            self.stop = Some(Stop::TooLarge);
            return false;
        }
        true
    }

    fn finish(self, name: String, mut layout: Layout) -> Result<Table, Unreadable> {
        let Self { source, header_row, names, formats, mut table, .. } = self;
        let header_row = match (header_row, names.is_empty()) {
            (Some(row), false) => row,
            (Some(row), true) if source.header_row.is_some() => {
                let fault = Diagnostic::new(Code::HeaderRowEmpty, Place::Line(u64::from(row) + 1));
                return Err(fault.with("row", u64::from(row) + 1).into());
            }
            _ => return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience).into()),
        };
        let columns = || names.keys().chain(table.cells.iter().map(|cell| &cell.column)).copied();
        let first = columns().min().unwrap_or(0);
        let named = names.iter().filter(|(_, name)| !trimmed(name).is_empty()).map(|(column, _)| *column);
        let last_name = named.max().unwrap_or(first);
        // Behind the columns of a results file stand only the cells of rows that did not fit; they still do not.
        let own = guard::results_columns(&names.values().collect::<Vec<_>>()).is_some();
        let near = if own { last_name } else { last_name + NEAR };
        let last = columns().filter(|column| *column <= near).max().unwrap_or(last_name).max(last_name);
        let width = (last - first + 1) as usize;
        let mut header = vec![String::new(); width];
        for (column, name) in names {
            if let Some(place) = header.get_mut((column - first) as usize) {
                *place = name;
            }
        }
        let sheet = Sheet { name, header_row: u64::from(header_row) + 1, first_column: first as usize };
        (table.sheet, table.header) = (sheet, header);
        // A row of results that did not fit its header still must not.
        table.limit = if own { u32::MAX } else { last - first + 1 };
        if !own {
            stray(&mut table, last);
        }
        table.cells.iter_mut().for_each(|cell| cell.column -= first);
        table.troubles.retain(|(_, column, _)| *column <= last);
        table.troubles.iter_mut().for_each(|(_, column, _)| *column -= first);
        let noted = std::mem::take(&mut table.noted).into_iter();
        table.noted = noted
            .filter(|((column, _), _)| *column <= last)
            .map(|((column, note), noted)| ((column - first, note), noted))
            .collect();
        // Whoever says how a column is written has seen what is shown of it.
        let said: Vec<u32> = formats.iter().map(|(column, _)| *column).collect();
        conditional(&mut table, std::mem::take(&mut layout.conditional), first, &said)?;
        merged(&mut table, &layout, header_row, first)?;
        table.hidden(layout.hidden, source.hidden_rows);
        Ok(table)
    }
}

/// Tells the cells that stand far beside the table, so that somebody may delete them.
fn stray(table: &mut Table, last: u32) {
    let (mut count, mut places, mut at) = (0u64, Vec::new(), 0);
    for row in &table.rows {
        for cell in &table.cells[at..row.cells as usize] {
            if cell.column > last {
                count += 1;
                if places.len() < 10 {
                    places.push(cell_name(cell.column as usize, row.line.into()));
                }
            }
        }
        at = row.cells as usize;
    }
    if count > 0 {
        let more = if count > places.len() as u64 { " …" } else { "" };
        let fault = Diagnostic::new(Code::StrayCells, Place::Audience).with("count", count);
        table.faults.push(fault.with("places", places.join(", ") + more));
    }
}

/// The numbers that a condition may show in a format of its own: which of them it does is not calculated here.
fn conditional(table: &mut Table, mut regions: Vec<Region>, first: u32, said: &[u32]) -> Result<(), Failure> {
    let last = first + u32::try_from(table.header.len()).map_err(|_| Failure::TooLarge)?;
    regions.retain(|((_, left), (_, right))| *left < last && *right >= first);
    regions.sort_unstable();
    let mut to_come = regions.into_iter().peekable();
    // Those that the row lies in.
    let mut here: Vec<Region> = Vec::new();
    let (mut at, mut start, mut found, mut asked) = (0, 0, Vec::new(), 0usize);
    for row in &table.rows {
        let line = row.line - 1;
        here.retain(|(_, (bottom, _))| *bottom >= line);
        while let Some(region) = to_come.next_if(|((top, _), _)| *top <= line) {
            here.extend(Some(region).filter(|(_, (bottom, _))| *bottom >= line));
        }
        for cell in &table.cells[at..row.cells as usize] {
            let text = table.text.get(start..cell.end as usize).expect("cells end where their texts do");
            start = cell.end as usize;
            let column = cell.column + first;
            if here.is_empty() || said.contains(&column) || !text.contains(|c: char| c.is_ascii_digit()) {
                continue;
            }
            asked += here.len();
            let inside = |((_, left), (_, right)): &Region| (left..=right).contains(&&column);
            let is_told = || {
                table
                    .troubles
                    .binary_search_by_key(&(row.line, cell.column), |(line, column, _)| (*line, *column))
                    .is_ok()
            };
            if here.iter().any(inside) && !is_told() {
                found.push((row.line, cell.column, Trouble::Conditional));
            }
        }
        at = row.cells as usize;
        if asked > MOST_ASKED || found.len() > MOST_MERGED {
            return Err(Failure::TooLarge);
        }
    }
    table.troubles.extend(found);
    table.troubles.sort_by_key(|(line, column, _)| (*line, *column));
    Ok(())
}

/// Every cell of the table that is merged with others is one that nobody can use: all but the first are empty, and the
/// first may be meant for all.
fn merged(table: &mut Table, layout: &Layout, header_row: u32, first: u32) -> Result<(), Failure> {
    let width = u32::try_from(table.header.len()).map_err(|_| Failure::TooLarge)?;
    let mut named = (0u64, Vec::new(), 0);
    for ((top, left), (bottom, right)) in &layout.merged {
        if *bottom < header_row || *right < first || bottom < top || right < left {
            continue;
        }
        let (from, to) = (left.max(&first) - first, (right - first).min(width - 1));
        if from > to {
            continue;
        }
        if *top <= header_row && left != right {
            let name = |row: &u32, column: &u32| cell_name(*column as usize, u64::from(*row) + 1);
            if named.0 == 0 {
                named.2 = from as usize;
            }
            named.0 += 1;
            if named.1.len() < 10 {
                named.1.push(format!("{}:{}", name(top, left), name(bottom, right)));
            }
        }
        let (above, below) = ((*top).max(header_row + 1) + 1, bottom.saturating_add(1));
        let rows = table.rows.partition_point(|span| span.line < above)
            ..table.rows.partition_point(|span| span.line <= below);
        for span in table.rows.get(rows).into_iter().flatten() {
            table.merged.push((span.line, from..=to));
        }
        if table.merged.len() > MOST_MERGED {
            return Err(Failure::TooLarge);
        }
    }
    table.merged.sort_by_key(|(line, columns)| (*line, *columns.start()));
    if let (count @ 1.., places, cell) = named {
        let at = Place::Header { cell, column: None };
        let fault = Diagnostic::new(Code::MergedCells, at).with("count", count);
        table.faults.push(fault.with("places", places.join(", ")));
    }
    Ok(())
}

impl Kept {
    fn new(cell: &Cell<'_>) -> Self {
        let (text, value) = match cell.value {
            Value::Text(text) => (text, KeptValue::Text),
            Value::Number(number) => ("", KeptValue::Number(number)),
            Value::Bool(value) => ("", KeptValue::Bool(value)),
            Value::Iso(text) => (text, KeptValue::Iso),
            Value::Error(text) => (text, KeptValue::Error),
            Value::Missing => ("", KeptValue::Missing),
            Value::Shown { text, number, iso, sure } => {
                (text, KeptValue::Shown(number, iso.map(str::to_owned), sure))
            }
        };
        let style =
            Style { format: cell.format.clone(), symbols: cell.symbols.cloned(), struck: cell.struck };
        let (at, text) = ((cell.row, cell.column), text.to_owned());
        Self { at, text, value, style, volatile: cell.volatile }
    }

    fn cell(&self) -> Cell<'_> {
        let text = self.text.as_str();
        let value = match &self.value {
            KeptValue::Text => Value::Text(text),
            KeptValue::Number(number) => Value::Number(*number),
            KeptValue::Bool(value) => Value::Bool(*value),
            KeptValue::Iso => Value::Iso(text),
            KeptValue::Error => Value::Error(text),
            KeptValue::Missing => Value::Missing,
            KeptValue::Shown(number, iso, sure) => {
                Value::Shown { text, number: *number, iso: iso.as_deref(), sure: *sure }
            }
        };
        Cell { volatile: self.volatile, ..self.style.cell(self.at.0, self.at.1, value) }
    }
}
