//! Conditions that do not ask what they seem to: nothing but a column of yes and no, or a text that no row has. And cells
//! that do not come through the address they are put into.
//!
//! What a column holds is only known when all rows have been seen.

mod addressed;
mod bare;
mod equal;
mod values;
mod words;

use crate::audience::row::{Cells, Row};
use crate::diagnostic::Diagnostic;
use crate::plan::conditions::addressed::Addressed;
use crate::plan::conditions::bare::Watched;
use crate::plan::conditions::equal::Compared;
use crate::plan::renderer::Renderer;

/// The conditions of a campaign, and what was seen in their columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    watched: Vec<Watched>,
    compared: Vec<Compared>,
    addressed: Vec<Addressed>,
}

impl Conditions {
    /// Those of a bound campaign. Its column of openids answers no question, and is quoted nowhere.
    pub(crate) fn of(renderer: &Renderer, names: &[&str], openid: usize) -> Self {
        let watched = renderer.bare_conditions().filter(|bare| bare.column != openid).map(|bare| {
            let name = names[bare.column];
            Watched::new(bare, name)
        });
        let compared = renderer.comparisons().filter(|compared| compared.column != openid).map(|compared| {
            let name = names[compared.column];
            Compared::new(compared, name)
        });
        let addressed = renderer.query_columns().filter(|(column, _)| *column != openid);
        let addressed = addressed.map(|(column, at)| Addressed::new(at, column, names[column]));
        Self { watched: watched.collect(), compared: compared.collect(), addressed: addressed.collect() }
    }

    /// Looks at a row.
    pub(crate) fn look(&mut self, row: &Row, cells: &Cells<'_>) {
        for watched in &mut self.watched {
            watched.look(row.number, cells.or_blank(watched.column()));
        }
        for compared in &mut self.compared {
            compared.look(row.number, cells.or_blank(compared.column()));
        }
        for addressed in &mut self.addressed {
            addressed.look(row.number, cells.or_blank(addressed.column()));
        }
    }

    /// Takes in what another judge saw of the same campaign.
    pub(crate) fn absorb(&mut self, other: Self) {
        if self.watched.is_empty() && self.compared.is_empty() && self.addressed.is_empty() {
            *self = other;
            return;
        }
        self.watched.iter_mut().zip(other.watched).for_each(|(own, other)| own.absorb(other));
        self.compared.iter_mut().zip(other.compared).for_each(|(own, other)| own.absorb(other));
        self.addressed.iter_mut().zip(other.addressed).for_each(|(own, other)| own.absorb(other));
    }

    /// One warning a condition.
    pub(crate) fn diagnostics(self) -> Vec<Diagnostic> {
        let bare = self.watched.into_iter().filter_map(Watched::told);
        let told = bare.chain(self.compared.into_iter().filter_map(Compared::told));
        told.chain(self.addressed.into_iter().filter_map(Addressed::told)).collect()
    }
}
