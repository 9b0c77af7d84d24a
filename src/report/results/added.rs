//! What people wrote in a file of results since: a column of notes, a sheet in front, a title. Results are written anew
//! from plan and journal, and would take it away.

use std::path::Path;

use crate::audience::Source;
use crate::audience::csv::guard::{RESULTS, disarm};
use crate::audience::reader::Reader;
use crate::audience::workbook::parse::sheets;
use crate::delivery::additions::Additions;
use crate::locale::{Catalog, Language};
use crate::report::results::opened::open;
use crate::report::results::told::own_columns;

/// What a file has beside the columns that would be written, of which these are the names; nothing where it is none of
/// results.
pub(super) fn added(path: &Path, openid: &str, columns: &[String]) -> Additions {
    let Some(reader) = open(path, openid).filter(|reader| own_columns(reader.header().raw()).is_some())
    else {
        return Additions::default();
    };
    let is_ours = |name: &str| {
        columns.iter().any(|ours| ours == name || **ours == *disarm(name))
            || RESULTS.iter().flatten().any(|own| *own == name)
    };
    let names = reader.header().raw().iter().filter(|name| !name.trim().is_empty() && !is_ours(name));
    let source = Source { path: path.to_owned(), openid: openid.to_owned(), ..Source::default() };
    let at_top = Reader::begin(&source).is_ok_and(|(reader, _)| own_columns(reader.header().raw()).is_some());
    let own_sheets: Vec<String> = [Language::En, Language::ZhCn]
        .into_iter()
        .flat_map(|language| {
            let words = Catalog::new(language);
            ["rows", "summary"].map(|key| words.say(&format!("results.sheet.{key}"), &[]))
        })
        .collect();
    let rows = reader.sheet().map(|sheet| sheet.name.clone());
    let is_theirs = |name: &String| Some(name) != rows.as_ref() && !own_sheets.contains(name);
    Additions {
        columns: names.cloned().collect(),
        sheets: sheets(path, openid).into_iter().map(|(name, _)| name).filter(is_theirs).collect(),
        title: !at_top && rows.is_none_or(|_| Reader::begin(&source).is_ok()),
    }
}
