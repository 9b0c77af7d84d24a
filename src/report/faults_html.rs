//! The faults of a campaign where its preview would be, each with its place.

use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::diagnostic::render::{Sources, draw};
use crate::locale::Catalog;
use crate::report::page::{Page, PageError};

const CONTENT: &str = include_str!("assets/faults.hbs");

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
    drawn: String,
}

/// The page. `script` renews it.
///
/// # Errors
///
/// Only by a mistake of this program.
pub fn html(
    faults: &Diagnostics,
    sources: &Sources,
    script: &str,
    words: &Catalog,
) -> Result<String, PageError> {
    // What keeps the campaign from being sent comes first.
    let mut kept: Vec<_> = faults.kept().iter().collect();
    kept.sort_by_key(|fault| fault.severity);
    let shown = kept
        .iter()
        .take(SHOWN)
        .map(|fault| Fault { error: fault.is_error(), drawn: draw(fault, sources, words, false) });
    let (errors, warnings) = (faults.errors(), faults.warnings());
    let content = Content {
        heading: words.say("preview.html.faults", &[("errors", &errors), ("warnings", &warnings)]),
        faults: shown.collect(),
        more: kept.len().saturating_sub(SHOWN),
    };
    Page { title: &content.heading, templates: &[("content", CONTENT)], style: "", script: Some(script) }
        .fill(&content, words)
}
