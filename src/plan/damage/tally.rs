//! The cells of one kind: how many, and the first of them.

use std::sync::Arc;

use crate::audience::row::Row;
use crate::diagnostic::place::cell_name;

/// How many places a diagnostic names.
pub(super) const PLACES: usize = 10;
/// The places of one kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) spots: Vec<Spot>,
    pub(super) warning: bool,
}

/// A cell, what stands in it and what its column is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) row: u64,
    pub(super) cell: usize,
    pub(super) line: u64,
    pub(super) sheet_row: u64,
    pub(super) text: String,
    /// The code of its format, where that is what is wrong.
    pub(super) format: Option<Arc<str>>,
}

impl Spot {
    pub(super) fn new(row: &Row, cell: usize, text: &str) -> Self {
        let text = text.chars().take(40).collect();
        Self { row: row.number, cell, line: row.line, sheet_row: row.sheet_row(), text, format: None }
    }
}

impl Tally {
    /// The first of its cells, as spreadsheets call them; `first_column` is that of the table on its sheet.
    pub(super) fn places(&self, first_column: usize) -> String {
        let place = |spot: &Spot| cell_name(first_column + spot.cell, spot.sheet_row);
        let places: Vec<String> = self.spots.iter().map(place).collect();
        let more = if self.count > places.len() as u64 { " …" } else { "" };
        places.join(", ") + more
    }

    pub(super) fn add(&mut self, spot: impl FnOnce() -> Spot) {
        self.count += 1;
        // A judge sees its rows in their order: the first it sees are its first.
        if self.spots.len() < PLACES {
            self.spots.push(spot());
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.warning |= other.warning;
        self.spots.extend(other.spots);
        self.spots.sort_by_key(|spot| (spot.row, spot.cell));
        self.spots.truncate(PLACES);
    }
}
