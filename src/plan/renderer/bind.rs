//! Binds the texts of a message to the columns of an audience, and tells what of them is no column.

use crate::audience::characters::real_of;
use crate::audience::column::ColumnRules;
use crate::audience::header::Header;
use crate::campaign::template::other_braces::LOST;
use crate::campaign::template::{Braces, Expression, Node, OPENID, Placeholder, ROW, Template, Variable};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::Key;
use crate::message::field::Rules;
use crate::message::media::Upload;
use crate::message::problem::Problem;
use crate::plan::renderer::slot::{Cell, Slot};

/// So many names of columns are looked through, for all names together that are none, for what may have been meant.
const MOST_NEAR: usize = 50_000;

/// A text of the message that is filled from rows, before the audience's columns are known.
#[derive(Debug, Clone)]
pub(crate) struct SlotInput {
    /// Its field in the campaign file.
    pub(crate) at: FieldPath,
    /// What the finished text is held to.
    pub(crate) rules: Rules,
    /// Its template.
    pub(crate) template: Template,
    /// Where the text is the name of a file: what that file is uploaded as.
    pub(crate) upload: Option<Upload>,
}

/// Binds texts, one after another.
pub(super) struct Binder<'a> {
    pub(super) header: &'a Header,
    pub(super) openid: usize,
    pub(super) rules: &'a [(String, ColumnRules)],
    pub(super) used: Vec<(String, Cell)>,
    pub(super) faults: Vec<Diagnostic>,
}

impl Binder<'_> {
    pub(super) fn slot(&mut self, number: usize, input: &SlotInput) -> Option<Slot> {
        let template = &input.template;
        self.placeholders(input);
        let cells: Vec<Option<Cell>> =
            template.variables().iter().map(|variable| self.variable(&input.at, variable)).collect();
        let cells: Vec<Cell> = cells.into_iter().collect::<Option<_>>()?;
        self.note(template.variables(), &cells);
        self.constant(input);
        let only_cell = match template.pieces() {
            [Node::Value(Expression::Variable(variable))] => match &cells[*variable] {
                Cell::Column { index, .. } => Some(*index),
                Cell::Openid(_) | Cell::Row => None,
            },
            _ => None,
        };
        let constant = template.constant().is_some();
        let (at, rules, upload) = (input.at.clone(), input.rules, input.upload);
        Some(Slot { at, rules, number, template: template.clone(), cells, only_cell, constant, upload })
    }

    /// Tells what looks like a variable of another tool and is a column's name.
    fn placeholders(&mut self, input: &SlotInput) {
        for placeholder in input.template.placeholders() {
            let column = self.header.names().find(|name| !name.is_empty() && placeholder.names(name));
            if placeholder.braces == Braces::Markup {
                let place = Place::Within(input.at.clone(), placeholder.at.clone());
                let fault = Diagnostic::new(Code::MarkupInText, place).with("field", &input.at);
                self.faults.push(fault.with("text", &placeholder.spelling));
                continue;
            }
            if matches!(placeholder.braces, Braces::Unseen | Braces::Private) {
                self.unseen(input, placeholder);
                continue;
            }
            let full_width = placeholder.braces == Braces::FullWidth;
            // Nobody writes full-width double braces by chance, whatever the columns are.
            let sure = full_width || placeholder.is_a_word_in_braces();
            let about = || self.header.names().find(|name| placeholder.is_about(name));
            let inside = Some(placeholder.inside.as_str()).filter(|_| sure);
            let Some(name) = column.or_else(about).or(inside) else {
                continue;
            };
            let place = Place::Within(input.at.clone(), placeholder.at.clone());
            let fault = Diagnostic::new(Code::UnfilledPlaceholder, place)
                .with("field", &input.at)
                .with("text", &placeholder.spelling)
                .with("variable", variable_of(name));
            self.faults.push(if full_width { fault } else { fault.into_warning() });
        }
    }

    /// Tells a character of the template that nobody sees, or that no font has.
    fn unseen(&mut self, input: &SlotInput, placeholder: &Placeholder) {
        let place = Place::Within(input.at.clone(), placeholder.at.clone());
        let fault = Diagnostic::new(Code::InvisibleInText, place)
            .with("field", &input.at)
            .with("character", &placeholder.spelling);
        let real = placeholder.inside.chars().next().and_then(real_of);
        self.faults.push(match real {
            _ if placeholder.inside.starts_with(LOST) => fault.with("reason", Key::new("cell.lost")),
            _ if placeholder.braces == Braces::Unseen => fault.with("reason", Key::new("cell.unseen")),
            Some(real) => fault
                .with("reason", Key::new("cell.private-and-known"))
                .with("real", format!("{real} (U+{:04X})", u32::from(real))),
            None => fault.with("reason", Key::new("cell.private")),
        });
    }

    fn note(&mut self, variables: &[Variable], cells: &[Cell]) {
        for (variable, cell) in variables.iter().zip(cells) {
            if !self.used.iter().any(|(name, _)| *name == variable.name) {
                self.used.push((variable.name.clone(), cell.clone()));
            }
        }
    }

    fn constant(&mut self, input: &SlotInput) {
        let Some(text) = input.template.constant() else { return };
        let faults = &mut self.faults;
        input.rules.check(&text, &mut |problem| {
            faults.push(fault_of(problem, &input.at, Place::Field(input.at.clone())));
        });
    }

    fn variable(&mut self, at: &FieldPath, variable: &Variable) -> Option<Cell> {
        if let Some(index) = self.header.position(&variable.name) {
            let rules = self.rules.iter().find(|(name, _)| *name == variable.name);
            let default = rules.and_then(|(_, rules)| rules.default.clone());
            return Some(Cell::Column { index, default });
        }
        match variable.name.as_str() {
            ROW => Some(Cell::Row),
            OPENID => Some(Cell::Openid(self.openid)),
            name => {
                let fault =
                    Diagnostic::new(Code::UnknownVariable, Place::Within(at.clone(), variable.at.clone()))
                        .with("name", name)
                        .with("field", at)
                        .with("columns", self.header.listed());
                // With thousands of misspelled columns, people mend the first ones and then see the rest.
                let looked_through = self.faults.len().saturating_mul(self.header.width());
                let columns = || self.header.names().filter(move |_| looked_through < MOST_NEAR);
                let mut fault = fault.near(name, columns().chain([OPENID, ROW]));
                // A name that is no plain word is written in brackets; one with a mark for what must be filled in is meant.
                let plainly = |column: &&str| plain_name(column) == name;
                let marked = columns().find(plainly).map(str::to_owned);
                // Of names that look alike the characters are told, and brackets are none of them.
                if !fault.looks_alike()
                    && let Some(column) = marked.or_else(|| fault.near.take().map(String::from))
                {
                    let written = variable_of(&column);
                    let is_plain = written.trim_matches(['{', '}']) == column;
                    fault.near = Some(if is_plain { column } else { written }.into_boxed_str());
                }
                self.faults.push(fault);
                None
            }
        }
    }
}

/// A column's name without what lists put around it for those who fill them in: `*姓名`, `手机号码（必填）`.
fn plain_name(column: &str) -> &str {
    let name = column.split(['（', '(', '\n', '\r']).next().unwrap_or(column);
    name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '＊' | '※' | '★' | '：' | ':'))
}

/// A column as templates write it.
pub(crate) fn variable_of(column: &str) -> String {
    let plain = column.chars().all(|c| c.is_alphanumeric() || c == '_');
    let plain = plain && !column.starts_with(|c: char| c.is_ascii_digit());
    let constant = ["true", "false", "null", "undefined", "this", "else"].contains(&column);
    if plain && !constant {
        format!("{{{{{column}}}}}")
    } else {
        format!("{{{{[{}]}}}}", column.replace(']', "\\]"))
    }
}

/// The diagnostic of a problem with the field `at`, at a place.
pub(crate) fn fault_of(problem: Problem, at: &FieldPath, place: Place) -> Diagnostic {
    let mut fault = Diagnostic::new(problem.code, place).with("field", at);
    fault.values.extend(problem.values);
    fault.near = problem.near.map(String::into_boxed_str);
    fault
}
