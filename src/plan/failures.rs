//! Rows from which a template cannot be filled, gathered: one diagnostic a kind and column, with its count and the
//! first ten places.

use crate::audience::row::Row;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::{Place, cell_name};
use crate::diagnostic::value::{Key, Value};

/// How many places a diagnostic names.
const PLACES: usize = 10;

/// What was found, in the rows of one judge or of all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failures {
    kinds: Vec<Failed>,
}

/// One kind of failure in one column.
#[derive(Debug, Clone)]
struct Failed {
    /// The fault of its first row.
    first: Diagnostic,
    count: u64,
    places: Vec<(u64, String)>,
}

impl Failures {
    /// Takes in the fault of a row.
    pub(crate) fn add(&mut self, fault: Diagnostic, row: &Row, first_column: usize) {
        let place = match &fault.at {
            Place::Row(place) => place.cell.map(|cell| cell_name(first_column + cell, row.sheet_row())),
            _ => None,
        };
        let place = (row.number, place.unwrap_or_else(|| row.sheet_row().to_string()));
        self.take(Failed { first: fault, count: 1, places: vec![place] });
    }

    /// Takes in what another judge found.
    pub(crate) fn absorb(&mut self, other: Self) {
        other.kinds.into_iter().for_each(|failed| self.take(failed));
    }

    fn take(&mut self, failed: Failed) {
        match self.kinds.iter_mut().find(|known| known.kind() == failed.kind()) {
            Some(known) => known.absorb(failed),
            None => self.kinds.push(failed),
        }
    }

    /// One diagnostic a kind and column, in the order of their first rows.
    pub(crate) fn diagnostics(mut self) -> Vec<Diagnostic> {
        self.kinds.sort_by_key(|failed| failed.places.first().map(|(row, _)| *row));
        self.kinds.into_iter().map(Failed::told).collect()
    }
}

impl Failed {
    /// What makes two failures the same: the field, the reason and the column.
    fn kind(&self) -> [Option<&Value>; 3] {
        ["field", "reason-key", "column"]
            .map(|wanted| self.first.values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value))
    }

    fn absorb(&mut self, other: Self) {
        let row = |failed: &Self| failed.places.first().map(|(row, _)| *row);
        if row(&other) < row(self) {
            self.first = other.first;
        }
        self.count += other.count;
        self.places.extend(other.places);
        self.places.sort();
        self.places.truncate(PLACES);
    }

    fn told(self) -> Diagnostic {
        if self.count == 1 {
            return self.first.with("rows", "");
        }
        let places: Vec<&str> = self.places.iter().map(|(_, place)| place.as_str()).collect();
        let more = if self.count > places.len() as u64 { " …" } else { "" };
        let fault = self.first.with("rows", Key::new("cell.rows")).with("count", self.count);
        fault.with("places", places.join(", ") + more)
    }
}
