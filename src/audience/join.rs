//! Columns of other files that are put beside those of the audience, row by row by a key.
//!
//! Such a file is read once for a campaign and kept: its texts one after another, and where each row of a key is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock};

use foldhash::quality::FixedState;

use crate::audience::fence::Fence;
use crate::audience::header::trimmed;
use crate::audience::openid::{self, Shape};
use crate::audience::reader::Reader;
use crate::audience::row::{Joined, Row, Width};
use crate::audience::side_file::SideFile;
use crate::audience::trouble::Trouble;
use crate::audience::wishes::Unmatched;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, ListPlace, Place, RowPlace};
use crate::diagnostic::value::Value;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// A file whose columns are joined.
#[derive(Debug, Clone)]
pub(crate) struct Join {
    /// Where the campaign names it.
    pub(crate) at: FieldPath,
    /// The file.
    pub(crate) file: SideFile,
    /// The column of the audience that holds the key.
    pub(crate) on: String,
    /// The column of the file that holds it.
    pub(crate) to: String,
    /// What becomes of rows of the audience that have no row in the file.
    pub(crate) missing: Unmatched,
}

/// The joins of a campaign. What was read of their files is kept for all copies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Joins {
    all: Arc<[Join]>,
    read: Arc<OnceLock<Read>>,
}

#[derive(Debug, Default)]
struct Read {
    /// What each file holds, in the order of the joins; nothing of one that cannot be read.
    tables: Vec<Option<Table>>,
    faults: Diagnostics,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Table {
    /// The names of its columns that are joined, which are those that have one, without the key's.
    names: Vec<String>,
    columns: Arc<[usize]>,
    keys: HashMap<Box<str>, usize, FixedState>,
    rows: Vec<TableRow>,
    /// The joined cells of all rows, one after another.
    texts: String,
    /// Where each of them ends.
    ends: Vec<usize>,
    place: Arc<ListPlace>,
}

#[derive(Debug)]
struct TableRow {
    number: u64,
    line: u64,
    troubles: Box<[(usize, Trouble)]>,
}

impl Joins {
    /// These joins, none of their files read yet.
    pub(crate) fn new(joins: Vec<Join>) -> Self {
        Self { all: joins.into(), read: Arc::default() }
    }

    /// The same joins, their files read only where they are inside of a fence.
    pub(crate) fn within(&self, fence: &Fence) -> Self {
        let within = |join: &Join| Join { file: join.file.within(fence), ..join.clone() };
        Self::new(self.all.iter().map(within).collect())
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Join] {
        &self.all
    }

    /// All of them with what their files hold, which are read when this is asked first; nothing of a file that cannot be
    /// read.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&Join, Option<&Table>)> {
        self.all.iter().zip(&self.read().tables).map(|(join, table)| (join, table.as_ref()))
    }

    /// What is wrong with the files.
    pub(crate) fn faults(&self) -> Diagnostics {
        self.read().faults.clone()
    }

    fn read(&self) -> &Read {
        self.read.get_or_init(|| {
            let mut read = Read::default();
            for join in self.all.iter() {
                let names = [join.to.as_str()];
                let (table, faults) = join.file.read(&names, |reader, faults| join.table(reader, faults));
                read.tables.push(table.flatten());
                read.faults.absorb(faults);
            }
            read
        })
    }

    /// The names of the files for which rows without a row in them are skipped.
    pub(crate) fn skipping(&self) -> String {
        let skipping = self.all.iter().filter(|join| join.missing == Unmatched::Skip);
        skipping.map(|join| join.file.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Join {
    fn table(&self, reader: &mut Reader, faults: &mut Diagnostics) -> Option<Table> {
        let header = reader.header().clone();
        let Some(key) = header.position(&self.to) else {
            let fault = Diagnostic::new(Code::JoinToMissing, Place::Header { cell: 0, column: None });
            let fault = fault.with("name", &self.to).with("columns", header.listed());
            faults.push(fault.near(&self.to, header.names()));
            return None;
        };
        let joined = header.names().enumerate().filter(|(cell, name)| *cell != key && !name.is_empty());
        let (columns, names): (Vec<usize>, Vec<String>) =
            joined.map(|(cell, name)| (cell, name.to_owned())).unzip();
        let place = ListPlace {
            file: self.file.source.path.clone(),
            sheet: reader.sheet().cloned(),
            at: Place::Audience,
        };
        let mut table = Table {
            names,
            columns: columns.into(),
            keys: HashMap::default(),
            rows: Vec::new(),
            texts: String::new(),
            ends: Vec::new(),
            place: Arc::new(place),
        };
        let mut row = Row::default();
        loop {
            match reader.read(&mut row) {
                Ok(Some(_)) if row.hidden => {}
                Ok(Some(width)) => {
                    if let Err(fault) = table.take(&row, width, key, header.width()) {
                        // Which of two rows is meant nobody can say, whatever may be passed over.
                        let is_faulty_row = fault.code != Code::JoinRepeated;
                        faults.push(if is_faulty_row { self.file.of_row(fault) } else { fault });
                    }
                }
                Ok(None) => return Some(table),
                Err(fault) => {
                    faults.push(fault);
                    return Some(table);
                }
            }
        }
    }
}

impl Table {
    /// Takes in a row. One without a key is nobody's.
    fn take(&mut self, row: &Row, width: Width, key: usize, columns: usize) -> Result<(), Diagnostic> {
        let place = RowPlace::new(row.number, row.line);
        if let Width::Ragged { cells } = width {
            let fault = Diagnostic::new(Code::RaggedRow, Place::Row(place));
            return Err(fault.with("cells", cells).with("expected", columns));
        }
        let cells = row.cells()?;
        let text = trimmed(cells.or_blank(key));
        if text.is_empty() {
            return Ok(());
        }
        match self.keys.entry(text.into()) {
            Entry::Occupied(first) => {
                let line = self.rows.get(*first.get()).expect("a key has a row").line;
                let fault = Diagnostic::new(Code::JoinRepeated, Place::Row(place.cell(key)));
                return Err(fault.with("key", key_value(text)).with("line", line));
            }
            Entry::Vacant(free) => free.insert(self.rows.len()),
        };
        for cell in self.columns.iter() {
            self.texts.push_str(cells.or_blank(*cell));
            self.ends.push(self.texts.len());
        }
        let at = |cell: usize| self.columns.iter().position(|column| *column == cell);
        let troubles =
            row.troubles().iter().filter_map(|(cell, trouble)| Some((at(*cell)?, trouble.clone())));
        self.rows.push(TableRow { number: row.number, line: row.line, troubles: troubles.collect() });
        Ok(())
    }

    /// The names of the columns that it joins.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Puts the cells of the row with this key behind those of a row, blank ones where there is no such row. Says whether
    /// there is.
    pub(crate) fn append(&self, key: &str, to: &mut Row) -> bool {
        let (first, width) = (to.record.len(), self.names.len());
        let found = self.keys.get(trimmed(key)).copied();
        let mut at = None;
        match found {
            Some(number) => {
                for index in number * width..(number + 1) * width {
                    let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
                    to.record.push_field(&self.texts.as_bytes()[start..self.ends[index]]);
                }
                let row = &self.rows[number];
                to.troubles
                    .extend(row.troubles.iter().map(|(cell, trouble)| (first + cell, trouble.clone())));
                at = Some(RowPlace::new(row.number, row.line));
            }
            None => (0..width).for_each(|_| to.record.push_field(b"")),
        }
        let (columns, file) = (Arc::clone(&self.columns), Arc::clone(&self.place));
        to.joined.push(Joined { first, columns, row: at, file });
        found.is_some()
    }
}

/// A key as it may be shown: many are openids.
pub(crate) fn key_value(key: &str) -> Value {
    match openid::check(key) {
        Ok(Shape::Usual) => Value::openid(key),
        Ok(Shape::Odd) | Err(_) => Value::text(key),
    }
}
