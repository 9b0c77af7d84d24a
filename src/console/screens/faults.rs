//! The faults of a campaign as the planner tells them, each with its line and cell. Nothing is judged here.

use std::path::Path;

use serde::Serialize;

use crate::console::program::Planned;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::{Excerpt, Position, display};
use crate::locale::Catalog;

/// The template that draws them.
pub(crate) const TEMPLATE: &str = include_str!("../assets/faults.hbs");

/// So many are shown in full; who mends these sees the next ones.
const SHOWN: usize = 50;

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
