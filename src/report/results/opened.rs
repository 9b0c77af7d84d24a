//! An earlier file of results, opened as the table it is, whatever somebody did to it since.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::audience::Source;
use crate::audience::csv::guard::RESULTS;
use crate::audience::reader::Reader;
use crate::audience::workbook::cache::Cache;
use crate::locale::{Catalog, Language};

/// The tables of workbooks of results that were opened, so that each is parsed once, however much is asked of it.
#[derive(Debug, Default)]
pub(crate) struct Tables(Mutex<BTreeMap<TableKey, Cache>>);

/// The file, the sheet and the header row of a table.
type TableKey = (PathBuf, Option<String>, Option<u32>);

impl Tables {
    /// A source with the cache that belongs to it.
    fn of(&self, source: Source) -> Source {
        let key = (source.path.clone(), source.sheet.clone(), source.header_row);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = known.entry(key).or_default().clone();
        Source { cache, ..source }
    }
}

/// An earlier file of results, opened as the audience it could be; nothing where it cannot be read as one. Its header is
/// not judged: somebody may have changed it since, or put a title above it, and what is left still tells.
pub(crate) fn open(path: &Path, openid: &str) -> Option<Reader> {
    open_among(path, openid, &Tables::default())
}

/// The same, with what was parsed of it before.
pub(crate) fn open_among(path: &Path, openid: &str, tables: &Tables) -> Option<Reader> {
    let begin = |source: Source| begin(tables.of(source));
    let source = Source { path: path.to_owned(), openid: openid.to_owned(), ..Source::default() };
    // A workbook of which columns are missing no longer says by them which of its sheets has the rows.
    let by_name = |language| {
        let name = Catalog::new(language).say("results.sheet.rows", &[]);
        begin(Source { sheet: Some(name), ..source.clone() })
    };
    let (reader, source) =
        begin(source.clone()).or_else(|| [Language::En, Language::ZhCn].into_iter().find_map(by_name))?;
    let own: Vec<&str> = RESULTS.iter().flatten().copied().collect();
    // To look for a title is to open a large file once more.
    if own.iter().any(|name| reader.header().position(name).is_some()) {
        return Some(reader);
    }
    let below = Reader::row_below_title(&source, &own).ok().flatten();
    // The cache is of the table as it is without this row.
    let below = below.and_then(|row| {
        let header_row = Some(u32::try_from(row).ok()?);
        begin(Source { header_row, ..source })
    });
    Some(below.map_or(reader, |(reader, _)| reader))
}

fn begin(source: Source) -> Option<(Reader, Source)> {
    Reader::begin(&source).ok().map(|(reader, _)| (reader, source))
}
