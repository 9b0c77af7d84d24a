//! Fills the templates of a campaign from one row.

use handlebars::{
    Context, Handlebars, Output, RenderContext, RenderErrorReason, Renderable as _,
    Template as HandlebarsTemplate, no_escape,
};
use serde_json::{Map, Value as Json};

use crate::audience::column::ColumnRules;
use crate::audience::header::Header;
use crate::audience::row::{Cells, Row};
use crate::campaign::template::branches::{Branches, Marks};
use crate::campaign::template::helpers::{self, HelperFault};
use crate::campaign::template::{OPENID, ROW, Segment, Template, Variable};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::{Key, Value};
use crate::message::field::Rules;
use crate::message::media::Upload;
use crate::message::problem::Problem;
use crate::plan::media::folder_of;

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
    handlebars: Handlebars<'static>,
    /// The variables that pieces of Handlebars use, refilled in place for each row.
    context: Context,
    sources: Vec<Cell>,
    used: Vec<(String, Cell)>,
}

struct Slot {
    at: FieldPath,
    rules: Rules,
    pieces: Vec<Piece>,
    /// The cell, where the text is nothing but that cell.
    only_cell: Option<usize>,
    constant: bool,
    upload: Option<Upload>,
}

enum Piece {
    Text(String),
    Value(Cell),
    /// A piece of Handlebars.
    Handlebars(Box<HandlebarsTemplate>),
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
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        handlebars.register_escape_fn(no_escape);
        helpers::register(&mut handlebars);
        let mut binder = Binder {
            header,
            openid,
            rules,
            handlebars,
            map: Map::new(),
            sources: Vec::new(),
            used: Vec::new(),
            faults: Vec::new(),
        };
        let slots = slots.iter().filter_map(|slot| binder.slot(slot)).collect();
        let Binder { handlebars, map, sources, used, faults, .. } = binder;
        (Self { slots, handlebars, context: Context::from(Json::Object(map)), sources, used }, faults)
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
        let value = |(_, cell): &(String, Cell)| {
            let mut text = String::new();
            cell.append(&row, &mut text);
            text
        };
        self.used.iter().map(value).collect()
    }

    /// The branches that the row which was [filled](Self::fill) last takes, by their index.
    pub(crate) fn taken(&self, branches: &Branches) -> Vec<usize> {
        let mut marks = Marks::default();
        for twin in branches.twins() {
            // A twin fails where its piece did, and that was told.
            let _ = twin.render(&self.handlebars, &self.context, &mut RenderContext::new(None), &mut marks);
        }
        marks.0
    }

    /// The columns that stand in the texts as they are, one as often as it does.
    pub(crate) fn plain_columns(&self) -> impl Iterator<Item = usize> {
        let pieces = self.slots.iter().flat_map(|slot| &slot.pieces);
        pieces.filter_map(|piece| match piece {
            Piece::Value(cell) => cell.column(),
            Piece::Text(_) | Piece::Handlebars(_) => None,
        })
    }

    /// The columns that blocks and helpers are given.
    pub(crate) fn helped_columns(&self) -> impl Iterator<Item = usize> {
        self.sources.iter().filter_map(Cell::column)
    }

    /// The texts that are names of media files.
    pub(crate) fn file_names(&self) -> Vec<FileName> {
        let name = |(index, slot): (usize, &Slot)| {
            let first = match slot.pieces.first() {
                Some(Piece::Text(text)) => text.as_str(),
                Some(Piece::Value(_) | Piece::Handlebars(_)) | None => "",
            };
            Some(FileName {
                index,
                at: slot.at.clone(),
                upload: slot.upload?,
                constant: slot.constant.then(|| slot.text()),
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
        if !self.sources.is_empty() {
            refill(&mut self.context, &self.sources, &row);
        }
        for (slot, text) in self.slots.iter().zip(texts) {
            if slot.constant && !text.is_empty() {
                continue;
            }
            text.clear();
            if let Err(problem) = slot.render(&row, &self.handlebars, &self.context, text) {
                found(SlotProblem { at: &slot.at, cell: None, fixed: false, problem });
                continue;
            }
            if !slot.constant {
                slot.rules.check(text, &mut |problem| {
                    let fixed = slot.holds(&problem);
                    found(SlotProblem { at: &slot.at, cell: slot.only_cell, fixed, problem });
                });
            }
        }
    }
}

impl Slot {
    /// The text that stands in the template as it is.
    fn text(&self) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(_) | Piece::Handlebars(_) => String::new(),
        };
        self.pieces.iter().map(text).collect()
    }

    /// Whether the piece of text that a problem quotes stands in the template as it is.
    fn holds(&self, problem: &Problem) -> bool {
        let quoted = problem.values.iter().find(|(name, _)| matches!(*name, "tag" | "appid"));
        quoted.is_some_and(|(_, quoted)| {
            let quoted = quoted.to_string();
            self.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(&quoted)))
        })
    }

    fn render(
        &self,
        row: &Filling<'_>,
        handlebars: &Handlebars<'_>,
        context: &Context,
        text: &mut String,
    ) -> Result<(), Problem> {
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value(cell) => cell.append(row, text),
                Piece::Handlebars(template) => template
                    .render(handlebars, context, &mut RenderContext::new(None), &mut Written(text))
                    .map_err(|error| problem_of(error.reason()))?,
            }
        }
        Ok(())
    }
}

impl Cell {
    fn column(&self) -> Option<usize> {
        match self {
            Self::Column { index, .. } | Self::Openid(index) => Some(*index),
            Self::Row => None,
        }
    }

    fn append(&self, row: &Filling<'_>, text: &mut String) {
        match self {
            Self::Column { index, default } => {
                let cell = row.cells.or_blank(*index);
                match default {
                    Some(default) if cell.trim().is_empty() => text.push_str(default),
                    _ => text.push_str(cell),
                }
            }
            Self::Openid(index) => text.push_str(row.cells.or_blank(*index)),
            Self::Row => text.push_str(&row.number.to_string()),
        }
    }
}

fn refill(context: &mut Context, sources: &[Cell], row: &Filling<'_>) {
    let map = context.data_mut().as_object_mut().expect("the context is made as an object");
    for (value, source) in map.values_mut().zip(sources) {
        if let Json::String(text) = value {
            text.clear();
            source.append(row, text);
        }
    }
}

fn problem_of(reason: &RenderErrorReason) -> Problem {
    let known = match reason {
        RenderErrorReason::NestedError(error) => {
            error.downcast_ref::<HelperFault>().map(HelperFault::sentence)
        }
        _ => None,
    };
    match known {
        Some((key, text)) => Problem::new(Code::RenderFailed).with("reason-key", key).with("reason", text),
        None => Problem::new(Code::RenderFailed)
            .with("reason-key", Key::new("helper.other"))
            .with("reason", Value::reason(reason)),
    }
}

/// Lets Handlebars write into a text.
struct Written<'t>(&'t mut String);

impl Output for Written<'_> {
    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.0.push_str(text);
        Ok(())
    }
}

struct Binder<'a> {
    header: &'a Header,
    openid: usize,
    rules: &'a [(String, ColumnRules)],
    handlebars: Handlebars<'static>,
    map: Map<String, Json>,
    sources: Vec<Cell>,
    used: Vec<(String, Cell)>,
    faults: Vec<Diagnostic>,
}

impl Binder<'_> {
    fn slot(&mut self, input: &SlotInput) -> Option<Slot> {
        let cells: Vec<Option<Cell>> =
            input.template.variables().iter().map(|variable| self.variable(&input.at, variable)).collect();
        if cells.iter().any(Option::is_none) {
            return None;
        }
        self.note(input.template.variables(), &cells);
        let mut pieces = Vec::new();
        for segment in input.template.segments() {
            match segment {
                Segment::Text(text) => pieces.push(Piece::Text(text.clone())),
                Segment::Variable(index) => {
                    if let Some(Some(cell)) = cells.get(*index) {
                        pieces.push(Piece::Value(cell.clone()));
                    }
                }
                Segment::Handlebars(template) => {
                    pieces.push(Piece::Handlebars(template.clone()));
                    self.offer(input.template.variables(), &cells);
                }
            }
        }
        self.constant(input);
        let only_cell = match pieces.as_slice() {
            [Piece::Value(Cell::Column { index, .. })] => Some(*index),
            _ => None,
        };
        let constant = input.template.constant().is_some();
        let upload = input.upload;
        Some(Slot { at: input.at.clone(), rules: input.rules, pieces, only_cell, constant, upload })
    }

    fn note(&mut self, variables: &[Variable], cells: &[Option<Cell>]) {
        for (variable, cell) in variables.iter().zip(cells) {
            let known = self.used.iter().any(|(name, _)| *name == variable.name);
            if let Some(cell) = cell.as_ref().filter(|_| !known) {
                self.used.push((variable.name.clone(), cell.clone()));
            }
        }
    }

    /// Puts variables where pieces of Handlebars find them.
    fn offer(&mut self, variables: &[Variable], cells: &[Option<Cell>]) {
        for (variable, cell) in variables.iter().zip(cells) {
            if let Some(cell) = cell
                && !self.map.contains_key(&variable.name)
            {
                self.map.insert(variable.name.clone(), Json::String(String::new()));
                self.sources.push(cell.clone());
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
                let columns = self.header.names().map(str::to_owned).collect::<Vec<String>>();
                let known = columns.iter().map(String::as_str).chain([OPENID, ROW]);
                let fault =
                    Diagnostic::new(Code::UnknownVariable, Place::Within(at.clone(), variable.at.clone()))
                        .with("name", name)
                        .with("field", at)
                        .with("columns", columns.join(", "))
                        .near(name, known);
                self.faults.push(fault);
                None
            }
        }
    }
}

/// The diagnostic of a problem with the field `at`, at a place.
pub(crate) fn fault_of(problem: Problem, at: &FieldPath, place: Place) -> Diagnostic {
    let mut fault = Diagnostic::new(problem.code, place).with("field", at);
    fault.values.extend(problem.values);
    fault
}
