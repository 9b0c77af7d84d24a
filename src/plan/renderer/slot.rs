//! A text of the message, bound to the columns that it is filled from.

use std::borrow::Cow;

use crate::audience::row::Cells;
use crate::campaign::template::{Failure, Node, Template, Values};
use crate::diagnostic::code::Code;
use crate::diagnostic::place::FieldPath;
use crate::diagnostic::value::Key;
use crate::message::field::Rules;
use crate::message::media::Upload;
use crate::message::problem::Problem;

pub(super) struct Slot {
    pub(super) at: FieldPath,
    pub(super) rules: Rules,
    /// The number of its template among those of the message.
    pub(super) number: usize,
    pub(super) template: Template,
    /// Where the values of the template's variables come from.
    pub(super) cells: Vec<Cell>,
    /// The cell, where the text is nothing but that cell.
    pub(super) only_cell: Option<usize>,
    pub(super) constant: bool,
    pub(super) upload: Option<Upload>,
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Column { index: usize, default: Option<String> },
    Openid(usize),
    Row,
}

/// The row that is being filled in.
pub(super) struct Filling<'r> {
    pub(super) number: u64,
    pub(super) cells: &'r Cells<'r>,
}

/// Something wrong with a filled text.
#[derive(Debug)]
pub(crate) struct SlotProblem<'r> {
    /// The field of the campaign.
    pub(crate) at: &'r FieldPath,
    /// The cell, where the text is nothing but that cell.
    pub(crate) cell: Option<usize>,
    /// Whether what is wrong stands in the template itself, so that no row is to blame.
    pub(crate) fixed: bool,
    /// What is wrong.
    pub(crate) problem: Problem,
}

/// A row's values for one template.
pub(super) struct Given<'r> {
    pub(super) slot: &'r Slot,
    pub(super) row: &'r Filling<'r>,
}

impl Values for Given<'_> {
    fn value(&self, variable: usize) -> Cow<'_, str> {
        self.slot.cells[variable].value(self.row)
    }
}

impl Slot {
    /// Whether the piece of text that a problem quotes stands in the template as it is.
    pub(super) fn holds(&self, problem: &Problem) -> bool {
        let quoted = problem.values.iter().find(|(name, _)| matches!(*name, "tag" | "appid" | "text"));
        quoted.is_some_and(|(_, quoted)| {
            let quoted = quoted.to_string();
            let is_text = |node: &Node| matches!(node, Node::Text(text) if text.contains(&quoted));
            self.template.pieces().iter().any(is_text)
        })
    }

    /// A cell that a helper cannot use.
    pub(super) fn failed(&self, failure: Failure) -> SlotProblem<'_> {
        let (key, text) = failure.fault.sentence();
        let problem = Problem::new(Code::RenderFailed).with("reason-key", key).with("reason", text);
        let (problem, cell) = match failure.variable {
            Some(variable) => {
                let name = &self.template.variables()[variable].name;
                let named = problem.with("where", Key::new("helper.in-column")).with("column", name);
                (named, self.cells[variable].column())
            }
            None => (problem.with("where", ""), None),
        };
        SlotProblem { at: &self.at, cell, fixed: false, problem }
    }
}

impl Cell {
    /// Its column and what stands for a blank cell; an openid is nobody's answer to a question.
    pub(super) fn of_a_column(&self) -> Option<(usize, Option<&str>)> {
        match self {
            Self::Column { index, default } => Some((*index, default.as_deref())),
            Self::Openid(_) | Self::Row => None,
        }
    }

    pub(super) fn column(&self) -> Option<usize> {
        match self {
            Self::Column { index, .. } | Self::Openid(index) => Some(*index),
            Self::Row => None,
        }
    }

    pub(super) fn value<'v>(&'v self, row: &'v Filling<'_>) -> Cow<'v, str> {
        match self {
            Self::Column { index, default } => {
                let cell = row.cell(*index);
                match default {
                    Some(default) if cell.trim().is_empty() => Cow::Borrowed(default),
                    _ => Cow::Borrowed(cell),
                }
            }
            Self::Openid(index) => Cow::Borrowed(row.cell(*index)),
            Self::Row => Cow::Owned(row.number.to_string()),
        }
    }
}

impl Filling<'_> {
    fn cell(&self, index: usize) -> &str {
        self.cells.get(index).expect("a row that is filled in has a cell for each column")
    }
}
