//! Comparisons with a text that no row has: `{{#if (eq 会员 "是　")}}` lets nobody in, and everybody reads the other text.

use crate::campaign::template::Comparison;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::Key;
use crate::plan::conditions::values::Values;
use crate::plan::renderer::ComparedColumn;

/// A comparison, and what was seen in its column.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    at: FieldPath,
    with: Comparison,
    column: usize,
    default: Option<String>,
    name: String,
    values: Values,
    /// Whether a cell was equal; nothing is looked at then.
    met: bool,
}

impl Compared {
    pub(super) fn new(compared: ComparedColumn<'_>, name: &str) -> Self {
        Self {
            at: compared.at.clone(),
            with: compared.with,
            column: compared.column,
            default: compared.default.map(str::to_owned),
            name: name.to_owned(),
            values: Values::default(),
            met: false,
        }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    pub(super) fn look(&mut self, row: u64, cell: &str) {
        if self.met {
            return;
        }
        let cell = match self.default.as_deref() {
            Some(default) if cell.trim().is_empty() => default,
            _ => cell,
        };
        // A cell that was not equal before is not equal now.
        if !self.values.holds(cell) {
            self.met = self.with.is_met(cell);
            self.values.add(row, cell);
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.met |= other.met;
        self.values.absorb(other.values);
    }

    pub(super) fn told(self) -> Option<Diagnostic> {
        if self.met || self.values.is_empty() {
            return None;
        }
        let few = self.values.all().is_some();
        let told = Diagnostic::new(Code::ValueInNoRow, Place::Field(self.at.clone()))
            .with("field", &self.at)
            .with("spelling", &self.with.spelling)
            .with("column", &self.name)
            .with("text", &self.with.constant)
            .with("seen", Key::new(if few { "condition.all-values" } else { "condition.first-values" }))
            .with("values", self.values.listed());
        Some(told.near(&self.with.constant, self.values.texts()))
    }
}
