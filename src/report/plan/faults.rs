//! The faults of a campaign as every page draws them: grouped by kind, what keeps the campaign from being sent first, each
//! with its cell or line as people look for it. Nothing is judged here.

use std::path::Path;

use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::render::{Excerpt, Position, Sources, display};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::locale::Catalog;

/// The template that draws them, to be used as `faults`.
pub(crate) const TEMPLATE: &str = include_str!("assets/faults.hbs");
/// Its style.
pub(crate) const STYLE: &str = include_str!("assets/faults.css");

/// So many of a kind are shown; who mends these sees the next ones.
const SHOWN: usize = 10;
/// So many kinds are shown.
const KINDS: usize = 40;

/// What the template is filled with.
#[derive(Debug, Serialize)]
pub(crate) struct Faults {
    groups: Vec<Group>,
    /// The kinds that are not shown.
    more: usize,
}

/// The faults of one kind.
#[derive(Debug, Serialize)]
struct Group {
    error: bool,
    title: String,
    code: &'static str,
    count: u64,
    /// What to do, where it is the same for all of them.
    help: Option<String>,
    faults: Vec<Fault>,
    /// How many are not shown.
    more: u64,
}

#[derive(Debug, Serialize)]
struct Fault {
    place: String,
    message: String,
    line: Option<Line>,
    /// What to do, where each has its own.
    help: Option<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    before: String,
    marked: String,
    after: String,
}

impl Faults {
    /// Groups all of them. `folder` is not said before each file in it.
    pub(crate) fn of(
        diagnostics: &Diagnostics,
        sources: &Sources,
        folder: Option<&Path>,
        words: &Catalog,
    ) -> Self {
        let kept: Vec<&Diagnostic> = diagnostics.kept().iter().collect();
        let all = |code: &Code| diagnostics.counts().get(code).copied();
        Self::grouped(&kept, &all, &|fault| told(fault, sources, folder, words), words)
    }

    /// The same of some of them.
    pub(crate) fn of_some(
        kept: &[&Diagnostic],
        sources: &Sources,
        folder: Option<&Path>,
        words: &Catalog,
    ) -> Self {
        Self::grouped(kept, &|_| None, &|fault| told(fault, sources, folder, words), words)
    }

    /// `all` gives how many of a kind there are where not each of them was kept.
    fn grouped(
        kept: &[&Diagnostic],
        all: &dyn Fn(&Code) -> Option<u64>,
        told: &dyn Fn(&Diagnostic) -> Fault,
        words: &Catalog,
    ) -> Self {
        let mut kinds: Vec<(Severity, Code)> = Vec::new();
        for fault in kept {
            if !kinds.contains(&(fault.severity, fault.code)) {
                kinds.push((fault.severity, fault.code));
            }
        }
        kinds.sort_by_key(|(severity, _)| *severity);
        let of_kind = |(severity, code): &(Severity, Code)| {
            let faults = kept.iter().copied();
            let faults = faults.filter(|fault| (fault.severity, fault.code) == (*severity, *code));
            let faults: Vec<&Diagnostic> = faults.collect();
            let known = u64::try_from(faults.len()).expect("a count of what is in memory");
            group(&faults, all(code).unwrap_or(known).max(known), told, words)
        };
        let more = kinds.len().saturating_sub(KINDS);
        Self { groups: kinds.iter().take(KINDS).map(of_kind).collect(), more }
    }
}

fn group(faults: &[&Diagnostic], count: u64, told: impl Fn(&Diagnostic) -> Fault, words: &Catalog) -> Group {
    let first = faults.first().expect("a kind is known by a fault of it");
    let mut shown: Vec<Fault> = faults.iter().take(SHOWN).map(|fault| told(fault)).collect();
    let help =
        shown[0].help.clone().filter(|help| shown.iter().all(|fault| fault.help.as_ref() == Some(help)));
    if help.is_some() {
        shown.iter_mut().for_each(|fault| fault.help = None);
    }
    let listed = u64::try_from(shown.len()).expect("a count of what is in memory");
    Group {
        error: first.is_error(),
        title: words.say(&format!("diagnostic.{}.title", first.code.slug()), &[]),
        code: first.code.slug(),
        count,
        help,
        more: count.saturating_sub(listed),
        faults: shown,
    }
}

fn told(fault: &Diagnostic, sources: &Sources, folder: Option<&Path>, words: &Catalog) -> Fault {
    let line = sources.excerpt(&fault.at);
    Fault {
        place: place(&sources.position(&fault.at), folder, words),
        message: fault.message(words),
        line: line.map(|Excerpt { before, marked, after }| Line { before, marked, after }),
        help: Some(fault.help(words)),
    }
}

/// Where it is, as people look for it: the file, and in it a cell or a line.
pub(crate) fn place(position: &Position, folder: Option<&Path>, words: &Catalog) -> String {
    let inside = folder.and_then(|folder| position.file.strip_prefix(folder).ok());
    let file = display(inside.unwrap_or(&position.file));
    match (&position.cell, position.line) {
        (Some(cell), _) => words.say("preview.place.cell", &[("file", &file), ("cell", cell)]),
        (None, Some(line)) => words.say("preview.place.line", &[("file", &file), ("line", &line)]),
        (None, None) => file,
    }
}
