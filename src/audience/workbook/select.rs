//! Which sheet of a workbook is the audience.

use crate::audience::csv::guard;
use crate::audience::header::trimmed;
use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::book::Book;
use crate::audience::workbook::cell::{Failure, Listed, Value};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

/// So many rows of a sheet are looked through for the names of its columns: titles and notes stand above them.
const ROWS: usize = 20;

/// So many sheets are looked at. Whoever has more knows which one is meant.
const SHEETS: usize = 100;
/// So many names of sheets are told.
const NAMES: usize = 10;

/// A sheet that people see and that holds something.
pub(crate) struct Filled {
    pub(crate) name: String,
    /// Whether one of its first rows has a cell with the name of the openid column.
    pub(crate) suits: bool,
    /// Whether it is a sheet of results, which stand beside a summary.
    results: bool,
}

/// What is seen in the first rows of a sheet.
struct FirstRows<'o> {
    openid: &'o str,
    rows: usize,
    last: Option<u32>,
    /// The texts of the last row.
    names: Vec<String>,
    suits: bool,
    results: bool,
}

impl FirstRows<'_> {
    /// Takes the text of a cell; false once enough was seen.
    fn take(&mut self, row: u32, text: &str) -> bool {
        if text.is_empty() {
            return true;
        }
        if self.last != Some(row) {
            self.settle();
            (self.last, self.rows) = (Some(row), self.rows + 1);
            self.names.clear();
        }
        self.names.push(text.to_owned());
        !self.suits && self.rows <= ROWS
    }

    fn settle(&mut self) {
        self.suits |= self.names.iter().any(|name| name == self.openid);
        self.results |= guard::results_columns(&self.names).is_some();
    }
}

/// The sheet that is named; or else the only one that people see and that holds something.
pub(crate) fn select(book: &mut Book<'_>, named: Option<&str>, openid: &str) -> Result<String, Unreadable> {
    if let Some(named) = named {
        return Ok(the_named(&book.sheets(), named)?);
    }
    let filled = filled(book, openid)?;
    match filled.as_slice() {
        [] => match visible(&book.sheets()).nth(SHEETS) {
            Some(next) => Err(several(visible(&book.sheets()).map(|sheet| sheet.name.as_str()), &next.name)),
            None => Err(nothing_visible(&book.sheets())),
        },
        [only] if visible(&book.sheets()).count() <= SHEETS => Ok(only.name.clone()),
        sheets if sheets.iter().filter(|sheet| sheet.results).count() == 1 => {
            let results = sheets.iter().find(|sheet| sheet.results).expect("one was counted");
            Ok(results.name.clone())
        }
        // That only one has the openid column says little: people keep those who have bought already in another.
        [first, ..] => {
            let likely = filled.iter().find(|sheet| sheet.suits).unwrap_or(first);
            Err(several(filled.iter().map(|sheet| sheet.name.as_str()), &likely.name))
        }
    }
}

/// That nobody says which of several sheets is meant; `likely` is the one to begin with.
fn several<'n>(names: impl Iterator<Item = &'n str>, likely: &str) -> Unreadable {
    let at = Place::Field(FieldPath::of("audience.file"));
    Diagnostic::new(Code::SeveralSheets, at).with("sheets", listed(names)).with("first", likely).into()
}

fn visible(sheets: &[Listed]) -> impl Iterator<Item = &Listed> {
    sheets.iter().filter(|sheet| sheet.visible)
}

/// The first names, and whether there are more.
fn listed<'n>(mut names: impl Iterator<Item = &'n str>) -> String {
    let first: Vec<&str> = names.by_ref().take(NAMES).collect();
    first.join(", ") + if names.next().is_some() { " …" } else { "" }
}

/// Why there is nothing to read: the sheets are empty, or hidden, or there are none, which no program saves.
fn nothing_visible(sheets: &[Listed]) -> Unreadable {
    let hidden: Vec<&str> =
        sheets.iter().filter(|sheet| !sheet.visible).map(|sheet| sheet.name.as_str()).collect();
    match (sheets, hidden.as_slice()) {
        ([], _) => Failure::part("sheets").into(),
        (_, []) => Diagnostic::new(Code::AudienceEmpty, Place::Audience).into(),
        (_, [first, ..]) => {
            let at = Place::Field(FieldPath::of("audience.file"));
            let fault =
                Diagnostic::new(Code::HiddenSheets, at).with("sheets", listed(hidden.iter().copied()));
            fault.with("first", *first).into()
        }
    }
}

/// The sheets that people see and that hold something.
pub(crate) fn filled(book: &mut Book<'_>, openid: &str) -> Result<Vec<Filled>, Failure> {
    let mut filled = Vec::new();
    for sheet in visible(&book.sheets()).take(SHEETS) {
        let mut first =
            FirstRows { openid, rows: 0, last: None, names: Vec::new(), suits: false, results: false };
        book.read(&sheet.name, &mut |cell| {
            let text = match cell.value {
                Value::Text(text) | Value::Iso(text) | Value::Error(text) => text,
                Value::Shown { text, .. } => text,
                Value::Number(_) | Value::Bool(_) | Value::Missing => "-",
            };
            first.take(cell.row, trimmed(text))
        })?;
        first.settle();
        let FirstRows { rows, suits, results, .. } = first;
        if rows > 0 {
            filled.push(Filled { name: sheet.name.clone(), suits, results });
        }
    }
    Ok(filled)
}

fn the_named(listed: &[Listed], named: &str) -> Result<String, Diagnostic> {
    let mut names = listed.iter().map(|sheet| sheet.name.as_str());
    if let Some(found) = names.clone().find(|name| trimmed(name) == trimmed(named)) {
        return Ok(found.to_owned());
    }
    let all: Vec<&str> = names.by_ref().collect();
    let at = Place::Field(FieldPath::of("audience.sheet"));
    let fault = Diagnostic::new(Code::SheetMissing, at)
        .with("name", named)
        .with("sheets", self::listed(all.iter().copied()));
    Err(fault.near(named, all))
}
