//! The faults of a campaign as the planner tells them, each with its line and cell. Nothing is judged here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use crate::console::program::Planned;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::{Place, Step};
use crate::diagnostic::render::{Excerpt, Position, display};
use crate::locale::Catalog;
use crate::plan::Plan;

/// The template that draws them.
pub(crate) const TEMPLATE: &str = include_str!("../assets/faults.hbs");

/// So many are shown in full; who mends these sees the next ones.
const SHOWN: usize = 50;
/// So many of one field stand beside it.
const NEAR: usize = 3;

/// What the template is filled with.
#[derive(Debug, Serialize)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    more: u64,
}

#[derive(Debug, Serialize)]
struct Fault {
    error: bool,
    message: String,
    place: String,
    line: Option<Line>,
    help: String,
}

#[derive(Debug, Serialize)]
struct Line {
    before: String,
    marked: String,
    after: String,
}

/// The faults, what keeps the campaign from being sent first.
pub(crate) fn faults(folder: &Path, planned: &Planned, words: &Catalog) -> Faults {
    let diagnostics = &planned.plan.diagnostics;
    let mut kept: Vec<&Diagnostic> = diagnostics.kept().iter().collect();
    kept.sort_by_key(|fault| fault.severity);
    let list: Vec<Fault> = kept.iter().take(SHOWN).map(|fault| told(fault, folder, planned, words)).collect();
    let all = diagnostics.errors() + diagnostics.warnings();
    let shown = u64::try_from(list.len()).expect("a count of what is in memory");
    Faults { list, more: all.saturating_sub(shown) }
}

/// A fault beside the field it belongs to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Near {
    /// Whether it keeps the campaign from being sent.
    pub(crate) error: bool,
    /// Where it is, where that is not the field itself.
    place: Option<String>,
    message: String,
    help: String,
    #[serde(skip)]
    index: usize,
}

/// The faults by the fields of the campaign file they belong to. What is taken stands beside a field; the rest does not.
#[derive(Debug)]
pub(crate) struct Beside {
    left: BTreeMap<String, Vec<Near>>,
    taken: BTreeSet<usize>,
}

impl Beside {
    /// Takes the faults of a field, and of what is in it.
    pub(crate) fn take(&mut self, at: &str) -> Vec<Near> {
        let is_inside =
            |name: &str| name.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('['));
        let names: Vec<String> = self.left.keys().filter(|name| is_inside(name)).cloned().collect();
        let taken: Vec<Near> = names.iter().filter_map(|name| self.left.remove(name)).flatten().collect();
        self.taken.extend(taken.iter().map(|near| near.index));
        taken.into_iter().take(NEAR).collect()
    }
}

/// The faults of a campaign by field.
pub(crate) fn beside(planned: &Planned, words: &Catalog) -> Beside {
    let mut left: BTreeMap<String, Vec<Near>> = BTreeMap::new();
    for (index, fault) in planned.plan.diagnostics.kept().iter().enumerate() {
        let Some(field) = field_of(&fault.at) else { continue };
        let of_list = matches!(fault.at, Place::Row(_)).then(|| {
            let file = planned.sources.audience.clone();
            let folder = file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
            place(&planned.sources.position(&fault.at), &folder, words)
        });
        let near = Near {
            error: fault.is_error(),
            place: of_list,
            message: fault.message(words),
            help: fault.help(words),
            index,
        };
        left.entry(field).or_default().push(near);
    }
    Beside { left, taken: BTreeSet::new() }
}

/// Whether a fault is in the message itself, such as a picture that cannot be read: then there is nothing to draw.
pub(crate) fn spoil_the_message(plan: &Plan) -> bool {
    plan.diagnostics.kept().iter().any(|fault| {
        let first = fault.at.field().and_then(|at| at.steps().first());
        fault.is_error() && first == Some(&Step::Key("message".to_owned()))
    })
}

/// The field that a fault is mended in. What is wrong with the list as a whole is so where the list is named.
fn field_of(at: &Place) -> Option<String> {
    match at {
        Place::Audience | Place::Header { .. } => Some("audience.file".to_owned()),
        Place::Row(row) => row.field.as_ref().map(ToString::to_string),
        Place::Field(_) | Place::Key(_) | Place::Within(..) => at.field().map(ToString::to_string),
        Place::Campaign | Place::CampaignSpan(_) | Place::Line(_) | Place::List(_) | Place::Policy(_) => None,
    }
}

/// The faults that stand beside no field.
pub(crate) fn rest(folder: &Path, planned: &Planned, words: &Catalog, beside: &Beside) -> Faults {
    let kept = planned.plan.diagnostics.kept().iter().enumerate();
    let mut kept: Vec<&Diagnostic> =
        kept.filter(|(index, _)| !beside.taken.contains(index)).map(|(_, fault)| fault).collect();
    kept.sort_by_key(|fault| fault.severity);
    let list: Vec<Fault> = kept.iter().take(SHOWN).map(|fault| told(fault, folder, planned, words)).collect();
    let more = kept.len().saturating_sub(SHOWN) as u64;
    Faults { list, more }
}

fn told(fault: &Diagnostic, folder: &Path, planned: &Planned, words: &Catalog) -> Fault {
    let line = planned.sources.excerpt(&fault.at);
    Fault {
        error: fault.is_error(),
        message: fault.message(words),
        place: place(&planned.sources.position(&fault.at), folder, words),
        line: line.map(|Excerpt { before, marked, after }| Line { before, marked, after }),
        help: fault.help(words),
    }
}

/// Where it is, as people look for it: the file, and in it a cell or a line.
fn place(position: &Position, folder: &Path, words: &Catalog) -> String {
    let file = display(position.file.strip_prefix(folder).unwrap_or(&position.file));
    match (&position.cell, position.line) {
        (Some(cell), _) => words.say("console.place.cell", &[("file", &file), ("cell", cell)]),
        (None, Some(line)) => words.say("console.place.line", &[("file", &file), ("line", &line)]),
        (None, None) => file,
    }
}
