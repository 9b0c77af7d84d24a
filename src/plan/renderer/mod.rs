//! Fills the templates of a campaign from one row.

mod bind;
mod slot;

use crate::audience::column::ColumnRules;
use crate::audience::header::Header;
use crate::audience::row::{Cells, Row};
use crate::campaign::template::branches::Branches;
use crate::campaign::template::{Bare, Comparison, Node};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::FieldPath;
use crate::message::field::Form;
use crate::message::media::Upload;
use crate::plan::media::folder_of;
use crate::plan::renderer::bind::Binder;
pub(crate) use crate::plan::renderer::bind::{SlotInput, fault_of, variable_of};
pub(crate) use crate::plan::renderer::slot::SlotProblem;
use crate::plan::renderer::slot::{Cell, Filling, Given, Slot};

/// A text that is the name of a media file.
#[derive(Debug, Clone)]
pub(crate) struct FileName {
    /// Its number among the texts.
    pub(crate) index: usize,
    /// Its field in the campaign file.
    pub(crate) at: FieldPath,
    /// What the file is uploaded as.
    pub(crate) upload: Upload,
    /// The name, where it is the same for everybody.
    pub(crate) constant: Option<String>,
    /// The folder that its template names before the first variable.
    pub(crate) folder: String,
    /// The cell, where the name is nothing but that cell.
    pub(crate) only_cell: Option<usize>,
}

/// Templates bound to the columns of an audience.
pub(crate) struct Renderer {
    slots: Vec<Slot>,
    used: Vec<(String, Cell)>,
    /// The branches that the row which was filled last takes: the template's number, and the branch's in it.
    taken: Vec<(usize, usize)>,
    scratch: Vec<usize>,
}

impl Renderer {
    /// Binds templates to columns; every variable that is no column is told, and its text left out. Texts that
    /// are the same for everybody are held to their rules here, once.
    pub(crate) fn bind(
        slots: &[SlotInput],
        header: &Header,
        openid: usize,
        rules: &[(String, ColumnRules)],
    ) -> (Self, Vec<Diagnostic>) {
        let mut binder = Binder { header, openid, rules, used: Vec::new(), faults: Vec::new() };
        let slots = slots.iter().enumerate().filter_map(|(number, slot)| binder.slot(number, slot)).collect();
        let Binder { used, faults, .. } = binder;
        (Self { slots, used, taken: Vec::new(), scratch: Vec::new() }, faults)
    }

    /// The variables that the texts use, each once, in the order of the message: the name, and the column it is
    /// taken from where it is one.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        self.used.iter().map(|(name, cell)| {
            let column = match cell {
                Cell::Column { index, .. } => Some(*index),
                Cell::Openid(_) | Cell::Row => None,
            };
            (name.as_str(), column)
        })
    }

    /// What a row puts in the place of each of the [`variables`](Self::variables), defaults included.
    pub(crate) fn values(&self, row: &Row, cells: &Cells<'_>) -> Vec<String> {
        let row = Filling { number: row.number, cells };
        self.used.iter().map(|(_, cell)| cell.value(&row).into_owned()).collect()
    }

    /// The branches that the row which was [filled](Self::fill) last takes, by their index.
    pub(crate) fn taken(&self, branches: &Branches) -> Vec<usize> {
        self.taken.iter().map(|(template, branch)| branches.number(*template, *branch)).collect()
    }

    /// The columns whose every letter counts, one as often as it does: they stand in the texts as they are, or a
    /// condition compares them. A helper may well trim the others.
    pub(crate) fn exact_columns(&self) -> impl Iterator<Item = usize> {
        self.slots.iter().flat_map(|slot| {
            let plain = slot.template.plain_variables().into_iter();
            let exact = plain.chain(slot.template.compared_variables());
            exact.filter_map(|variable| slot.cells[variable].column())
        })
    }

    /// The columns that leave a gap in a text where a cell is blank, one as often as it does. A text that is nothing but
    /// a cell is told when it is blank as a whole.
    pub(crate) fn gap_columns(&self) -> impl Iterator<Item = usize> {
        let is_text =
            |slot: &&Slot| slot.only_cell.is_none() && matches!(slot.rules.form, Form::Plain | Form::Markup);
        self.slots.iter().filter(is_text).flat_map(|slot| {
            let unguarded = slot.template.unguarded_variables().into_iter();
            unguarded.filter_map(|variable| match &slot.cells[variable] {
                Cell::Column { index, default: None } => Some(*index),
                Cell::Column { .. } | Cell::Openid(_) | Cell::Row => None,
            })
        })
    }

    /// The columns that the texts use in any way, one as often as they do.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> {
        self.slots.iter().flat_map(|slot| &slot.cells).filter_map(Cell::column)
    }

    /// The columns that are a condition all by themselves, with the tag as the template writes it.
    pub(crate) fn bare_conditions(&self) -> impl Iterator<Item = BareColumn<'_>> {
        self.slots.iter().flat_map(|slot| {
            slot.template.bare_conditions().iter().filter_map(|bare| {
                let (column, default) = slot.cells[bare.variable].of_a_column()?;
                Some(BareColumn {
                    column,
                    default,
                    at: &slot.at,
                    spelling: &bare.spelling,
                    how: bare.how,
                    written: bare.written,
                })
            })
        })
    }

    /// The columns that stand as they are in the query of an address, each once a text.
    pub(crate) fn query_columns(&self) -> impl Iterator<Item = (usize, &FieldPath)> {
        self.slots.iter().flat_map(|slot| {
            let mut columns: Vec<usize> = Vec::new();
            for variable in slot.template.query_variables() {
                if let Some((column, _)) = slot.cells[variable].of_a_column()
                    && !columns.contains(&column)
                {
                    columns.push(column);
                }
            }
            columns.into_iter().map(|column| (column, &slot.at))
        })
    }

    /// The columns that are compared with what stands in a template, each comparison of a text once.
    pub(crate) fn comparisons(&self) -> impl Iterator<Item = ComparedColumn<'_>> {
        self.slots.iter().flat_map(|slot| {
            let mut known = Vec::new();
            let fresh = slot.template.comparisons().into_iter().filter(move |with| {
                let own = (with.variable, with.constant.clone());
                let fresh = !known.contains(&own);
                known.push(own);
                fresh
            });
            fresh.filter_map(|with| {
                let (column, default) = slot.cells[with.variable].of_a_column()?;
                Some(ComparedColumn { column, default, at: &slot.at, with })
            })
        })
    }

    /// The texts that are names of media files.
    pub(crate) fn file_names(&self) -> Vec<FileName> {
        let name = |(index, slot): (usize, &Slot)| {
            let first = match slot.template.pieces().first() {
                Some(Node::Text(text)) => text.as_str(),
                Some(Node::Value(_) | Node::Choice(_)) | None => "",
            };
            Some(FileName {
                index,
                at: slot.at.clone(),
                upload: slot.upload?,
                constant: slot.template.constant(),
                folder: folder_of(first).to_owned(),
                only_cell: slot.only_cell,
            })
        };
        self.slots.iter().enumerate().filter_map(name).collect()
    }

    /// Fills every slot from a row into `texts`, one text a slot, and hands every problem to `found`.
    pub(crate) fn fill(
        &mut self,
        row: &Row,
        cells: &Cells<'_>,
        texts: &mut Vec<String>,
        mut found: impl FnMut(SlotProblem<'_>),
    ) {
        let row = Filling { number: row.number, cells };
        texts.resize_with(self.slots.len(), String::new);
        let (taken, scratch) = (&mut self.taken, &mut self.scratch);
        taken.clear();
        for (slot, text) in self.slots.iter().zip(texts) {
            if slot.constant && !text.is_empty() {
                continue;
            }
            text.clear();
            scratch.clear();
            if let Err(failure) = slot.template.fill(&Given { slot, row: &row }, text, scratch) {
                found(slot.failed(failure));
                continue;
            }
            taken.extend(scratch.iter().map(|branch| (slot.number, *branch)));
            if !slot.constant {
                slot.rules.check(text, &mut |problem| {
                    let fixed = slot.holds(&problem);
                    found(SlotProblem { at: &slot.at, cell: slot.only_cell, fixed, problem });
                });
            }
        }
    }
}

/// A column that is compared with what stands in a template.
pub(crate) struct ComparedColumn<'r> {
    /// The column.
    pub(crate) column: usize,
    /// What stands for its blank cells.
    pub(crate) default: Option<&'r str>,
    /// The field of the campaign.
    pub(crate) at: &'r FieldPath,
    /// The comparison.
    pub(crate) with: Comparison,
}

/// A column that is a condition all by itself.
pub(crate) struct BareColumn<'r> {
    /// The column.
    pub(crate) column: usize,
    /// What stands for its blank cells.
    pub(crate) default: Option<&'r str>,
    /// The field of the campaign.
    pub(crate) at: &'r FieldPath,
    /// The condition as the template writes it.
    pub(crate) spelling: &'r str,
    /// How the column is one.
    pub(crate) how: Bare,
    /// Whether the column stands in the text that is chosen where it is not blank.
    pub(crate) written: bool,
}
