//! Which sheet of a workbook is the audience.

use crate::audience::header::{Header, trimmed};
use crate::audience::workbook::cells::{Book, Cell, Failure, Listed};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

/// Why there is no sheet.
pub(crate) enum NoSheet {
    Failure(Failure),
    Fault(Diagnostic),
}

impl From<Failure> for NoSheet {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// The sheet that is named; or else the only one that people see and that holds something; or else the only such
/// one that has the openid column.
pub(crate) fn select(book: &mut Book<'_>, named: Option<&str>, openid: &str) -> Result<String, NoSheet> {
    if let Some(named) = named {
        return the_named(&book.sheets(), named).map_err(NoSheet::Fault);
    }
    let filled = filled(book)?;
    if let [(only, _)] = filled.as_slice() {
        return Ok(only.clone());
    }
    let mut suited = filled.iter().filter(|(_, header)| header.position(openid).is_some());
    let likely = suited.next();
    match (likely.or(filled.first()), suited.next()) {
        (None, _) => Err(NoSheet::Fault(Diagnostic::new(Code::AudienceEmpty, Place::Audience))),
        (Some((only, _)), None) if likely.is_some() => Ok(only.clone()),
        (Some((first, _)), _) => {
            let names: Vec<&str> = filled.iter().map(|(name, _)| name.as_str()).collect();
            let at = Place::Field(FieldPath::of("audience.file"));
            let fault = Diagnostic::new(Code::SeveralSheets, at).with("sheets", names.join(", "));
            Err(NoSheet::Fault(fault.with("first", first)))
        }
    }
}

/// The sheets that people see and that hold something, each with its first row.
pub(crate) fn filled(book: &mut Book<'_>) -> Result<Vec<(String, Header)>, Failure> {
    let mut filled = Vec::new();
    for sheet in book.sheets().iter().filter(|sheet| sheet.visible) {
        let names = first_row(book, &sheet.name)?;
        if !names.is_empty() {
            filled.push((sheet.name.clone(), Header::new(names)));
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
    let fault = Diagnostic::new(Code::SheetMissing, at).with("name", named).with("sheets", all.join(", "));
    Err(fault.near(named, all))
}

/// The texts of a sheet's first row that has some.
fn first_row(book: &mut Book<'_>, sheet: &str) -> Result<Vec<String>, Failure> {
    let mut row = None;
    let mut names = Vec::new();
    book.cells(sheet, |cell: Cell| {
        if trimmed(&cell.text).is_empty() {
            return true;
        }
        let same = *row.get_or_insert(cell.row) == cell.row;
        if same {
            names.push(cell.text);
        }
        same
    })?;
    Ok(names)
}
