//! The faults of a campaign where its preview would be, each with its place.

use serde::Serialize;

use crate::diagnostic::render::{Excerpt, Position, Sources, display};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::locale::Catalog;
use crate::report::form::page::{Page, PageError};

const CONTENT: &str = include_str!("assets/faults.hbs");
const STYLE: &str = include_str!("assets/faults.css");

/// How many faults are shown in full; who mends these sees the next ones.
const SHOWN: usize = 50;

#[derive(Debug, Serialize)]
struct Content {
    heading: String,
    faults: Vec<Fault>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct Fault {
    error: bool,
    message: String,
    place: String,
    code: &'static str,
    line: Option<Line>,
    help: String,
}

#[derive(Debug, Serialize)]
struct Line {
    before: String,
    marked: String,
    after: String,
}

/// The page. `script` renews it.
///
/// # Errors
///
/// Only by a mistake of this program.
pub(crate) fn html(
    faults: &Diagnostics,
    sources: &Sources,
    script: &str,
    words: &Catalog,
) -> Result<String, PageError> {
    // What keeps the campaign from being sent comes first.
    let mut kept: Vec<_> = faults.kept().iter().collect();
    kept.sort_by_key(|fault| fault.severity);
    let (errors, warnings) = (faults.errors(), faults.warnings());
    let content = Content {
        heading: words.say("preview.html.faults", &[("errors", &errors), ("warnings", &warnings)]),
        faults: kept.iter().take(SHOWN).map(|fault| shown(fault, sources, words)).collect(),
        more: kept.len().saturating_sub(SHOWN),
    };
    Page { title: &content.heading, templates: &[("content", CONTENT)], style: STYLE, script: Some(script) }
        .fill(&content, words)
}

fn shown(fault: &Diagnostic, sources: &Sources, words: &Catalog) -> Fault {
    let line = sources.excerpt(&fault.at);
    Fault {
        error: fault.is_error(),
        message: fault.message(words),
        place: place(&sources.position(&fault.at)),
        code: fault.code.slug(),
        line: line.map(|Excerpt { before, marked, after }| Line { before, marked, after }),
        help: fault.help(words),
    }
}

/// `campaign.toml:8:22`, as editors and compilers write it.
fn place(position: &Position) -> String {
    let numbers = [position.line, position.column];
    let numbers: String = numbers.iter().map_while(|number| Some(format!(":{}", (*number)?))).collect();
    display(&position.file) + &numbers
}
