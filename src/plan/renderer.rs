//! Fills the templates of a campaign from one row.

use std::borrow::Cow;

use crate::audience::characters::real_of;
use crate::audience::column::ColumnRules;
use crate::audience::header::Header;
use crate::audience::row::{Cells, Row};
use crate::campaign::template::branches::Branches;
use crate::campaign::template::other_braces::LOST;
use crate::campaign::template::{
    Bare, Braces, Comparison, Expression, Failure, Node, OPENID, Placeholder, ROW, Template, Values, Variable,
};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::Key;
use crate::message::field::{Form, Rules};
use crate::message::media::Upload;
use crate::message::problem::Problem;
use crate::plan::media::folder_of;

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

struct Slot {
    at: FieldPath,
    rules: Rules,
    /// The number of its template among those of the message.
    number: usize,
    template: Template,
    /// Where the values of the template's variables come from.
    cells: Vec<Cell>,
    /// The cell, where the text is nothing but that cell.
    only_cell: Option<usize>,
    constant: bool,
    upload: Option<Upload>,
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Column { index: usize, default: Option<String> },
    Openid(usize),
    Row,
}

/// The row that is being filled in.
struct Filling<'r> {
    number: u64,
    cells: &'r Cells<'r>,
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

/// A row's values for one template.
struct Given<'r> {
    slot: &'r Slot,
    row: &'r Filling<'r>,
}

impl Values for Given<'_> {
    fn value(&self, variable: usize) -> Cow<'_, str> {
        self.slot.cells[variable].value(self.row)
    }
}

impl Slot {
    /// Whether the piece of text that a problem quotes stands in the template as it is.
    fn holds(&self, problem: &Problem) -> bool {
        let quoted = problem.values.iter().find(|(name, _)| matches!(*name, "tag" | "appid" | "text"));
        quoted.is_some_and(|(_, quoted)| {
            let quoted = quoted.to_string();
            let is_text = |node: &Node| matches!(node, Node::Text(text) if text.contains(&quoted));
            self.template.pieces().iter().any(is_text)
        })
    }

    /// A cell that a helper cannot use.
    fn failed(&self, failure: Failure) -> SlotProblem<'_> {
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
    fn of_a_column(&self) -> Option<(usize, Option<&str>)> {
        match self {
            Self::Column { index, default } => Some((*index, default.as_deref())),
            Self::Openid(_) | Self::Row => None,
        }
    }

    fn column(&self) -> Option<usize> {
        match self {
            Self::Column { index, .. } | Self::Openid(index) => Some(*index),
            Self::Row => None,
        }
    }

    fn value<'v>(&'v self, row: &'v Filling<'_>) -> Cow<'v, str> {
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

struct Binder<'a> {
    header: &'a Header,
    openid: usize,
    rules: &'a [(String, ColumnRules)],
    used: Vec<(String, Cell)>,
    faults: Vec<Diagnostic>,
}

impl Binder<'_> {
    fn slot(&mut self, number: usize, input: &SlotInput) -> Option<Slot> {
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
