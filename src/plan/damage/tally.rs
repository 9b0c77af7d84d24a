//! The cells of one kind: how many, and the first of them.

use std::sync::Arc;

use crate::audience::row::Row;
use crate::diagnostic::place::{Place, cell_name};

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
    pub(super) at: Place,
    pub(super) sheet_row: u64,
    /// What the cell is called, where it stands in another file than the audience.
    pub(super) elsewhere: Option<String>,
    pub(super) text: String,
    /// The code of its format, where that is what is wrong.
    pub(super) format: Option<Arc<str>>,
}

impl Spot {
    pub(super) fn new(row: &Row, cell: usize, text: &str) -> Self {
        let text = text.chars().take(40).collect();
        let elsewhere = row.elsewhere(cell).map(|_| row.cell_name(0, cell));
        let (at, sheet_row) = (row.place(Some(cell)), row.sheet_row());
        Self { row: row.number, cell, at, sheet_row, elsewhere, text, format: None }
    }
}

impl Tally {
    /// The first of its cells, as spreadsheets call them; `first_column` is that of the table on its sheet.
    pub(super) fn places(&self, first_column: usize) -> String {
        let own = |spot: &Spot| cell_name(first_column + spot.cell, spot.sheet_row);
        let place = |spot: &Spot| spot.elsewhere.clone().unwrap_or_else(|| own(spot));
        let places: Vec<String> = self.spots.iter().map(place).collect();
        let more = if self.count > places.len() as u64 { " …" } else { "" };
        places.join(", ") + more
    }

    pub(super) fn add(&mut self, spot: impl FnOnce() -> Spot) {
        self.count += 1;
        // A judge sees its rows in order, so the first spots it adds are the first in its part of the file.
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
