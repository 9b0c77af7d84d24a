//! The rows of an audience with the columns of joined files behind their own.

use crate::audience::header::Header;
use crate::audience::join::{Join, Joins, Table};
use crate::audience::row::{Cells, Row};
use crate::audience::wishes::Unmatched;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;

/// Puts the columns of all joins behind those of a row.
#[derive(Debug)]
pub(crate) struct Joiner<'a> {
    bound: Vec<Bound<'a>>,
    /// The row that was looked at last, with all its columns.
    row: Row,
    counts: JoinCounts,
    /// Whether a file could not be read or bound: then some columns are not known.
    broken: bool,
}

#[derive(Debug)]
struct Bound<'a> {
    /// The number of the join.
    number: usize,
    join: &'a Join,
    table: &'a Table,
    on: usize,
}

/// How many rows of an audience met each join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct JoinCounts {
    /// Rows that have a row in the file.
    matched: Vec<u64>,
    /// Rows that are skipped because they have none.
    pub(crate) skipped: Vec<u64>,
}

/// A row that has none in a joined file where that matters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoMatch<'a> {
    /// The number of the join.
    pub(crate) number: usize,
    pub(crate) join: &'a Join,
    /// The cell that holds the key.
    pub(crate) on: usize,
}

impl<'a> Joiner<'a> {
    /// Binds the joins to the columns of an audience, and gives all columns.
    pub(crate) fn bind(joins: &'a Joins, own: &Header, faults: &mut Vec<Diagnostic>) -> (Self, Header) {
        let none = vec![0; joins.all().len()];
        let counts = JoinCounts { matched: none.clone(), skipped: none };
        let mut joiner = Self { bound: Vec::new(), row: Row::default(), counts, broken: false };
        let mut all = own.clone();
        for (number, (join, table)) in joins.tables().enumerate() {
            // What is wrong with the file is told with its faults.
            let Some(table) = table else {
                joiner.broken = true;
                continue;
            };
            match all.position(&join.on) {
                Some(on) => joiner.bound.push(Bound { number, join, table, on }),
                None => {
                    let fault = Diagnostic::new(Code::JoinOnMissing, Place::Field(join.at.key("on")));
                    let fault = fault.with("name", &join.on).with("columns", all.listed());
                    faults.push(fault.near(&join.on, all.names()));
                    joiner.broken = true;
                }
            }
            let names = all.raw().iter().chain(table.names()).cloned();
            all = Header::new(names.collect());
        }
        (joiner, all)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.bound.is_empty()
    }

    /// Whether some columns are not known.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// The cells that hold the keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = usize> {
        self.bound.iter().map(|bound| bound.on)
    }

    /// The fault of a column that stands in two of the files and is used, so that nobody can say which is meant.
    pub(crate) fn ambiguous(&self, all: &Header, is_used: impl Fn(usize) -> bool) -> Vec<Diagnostic> {
        let mut faults = Vec::new();
        for bound in &self.bound {
            for name in bound.table.names() {
                let mut cells = all.names().enumerate().filter(|(_, other)| other == name);
                let first = cells.next().map(|(cell, _)| cell);
                if cells.next().is_some() && first.is_some_and(&is_used) {
                    let at = bound.join.file.at.clone();
                    let fault = Diagnostic::new(Code::JoinColumnTwice, at).with("name", name);
                    faults.push(fault.with("file", &bound.join.file.name));
                }
            }
        }
        faults
    }

    /// Puts all columns of a row together. Gives the first join in which it has no row, where that matters.
    pub(crate) fn look(&mut self, row: &Row, cells: &Cells<'_>) -> Option<NoMatch<'a>> {
        let whole = &mut self.row;
        (whole.number, whole.line, whole.folded, whole.hidden) =
            (row.number, row.line, row.folded, row.hidden);
        (whole.from, whole.to) = (row.from, row.to);
        whole.troubles.clone_from(&row.troubles);
        whole.joined.clear();
        whole.record.clear();
        cells.iter().for_each(|cell| whole.record.push_field(cell.as_bytes()));
        let mut missing = None;
        for Bound { number, join, table, on } in &self.bound {
            let key = whole.record.get(*on).expect("the column is one of those so far").to_vec();
            let key = String::from_utf8(key).expect("cells are put there as texts");
            let found = table.append(&key, whole);
            self.counts.matched[*number] += u64::from(found);
            if !found && join.missing != Unmatched::Blank && missing.is_none() {
                missing = Some(NoMatch { number: *number, join, on: *on });
            }
        }
        missing
    }

    /// Notes that a row is skipped because it has no row in the file of this join.
    pub(crate) fn skipped(&mut self, number: usize) {
        self.counts.skipped[number] += 1;
    }

    /// The row that was looked at last. Give it back.
    pub(crate) fn take(&mut self) -> Row {
        std::mem::take(&mut self.row)
    }

    /// Takes the row back.
    pub(crate) fn give_back(&mut self, row: Row) {
        self.row = row;
    }

    /// The row that was looked at last.
    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    /// What it counted.
    pub(crate) fn into_counts(self) -> JoinCounts {
        self.counts
    }
}

impl JoinCounts {
    /// Takes in what another judge counted.
    pub(crate) fn absorb(&mut self, other: &Self) {
        if self.matched.is_empty() {
            self.clone_from(other);
            return;
        }
        for (sum, more) in [(&mut self.matched, &other.matched), (&mut self.skipped, &other.skipped)] {
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }

    /// A warning for each file in which no row of the audience has one, where that is no fault of each row: it is likely
    /// the wrong file or the wrong column.
    pub(crate) fn warnings(&self, joins: &Joins) -> Vec<Diagnostic> {
        let lone = joins.all().iter().zip(&self.matched).filter(|(_, matched)| **matched == 0);
        let lone = lone.filter(|(join, _)| join.missing != Unmatched::Error);
        lone.map(|(join, _)| {
            Diagnostic::new(Code::JoinWithoutMatch, join.file.at.clone())
                .with("file", &join.file.name)
                .with("on", &join.on)
                .with("to", &join.to)
        })
        .collect()
    }
}
