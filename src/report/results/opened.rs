//! An earlier file of results, opened as the table it is, whatever somebody did to it since.

use std::path::Path;

use crate::audience::Source;
use crate::audience::csv::guard::RESULTS;
use crate::audience::reader::Reader;
use crate::audience::workbook::cache::Cache;
use crate::locale::{Catalog, Language};

/// An earlier file of results, opened as the audience it could be; nothing where it cannot be read as one. Its header is
/// not judged: somebody may have changed it since, or put a title above it, and what is left still tells.
pub(crate) fn open(path: &Path, openid: &str) -> Option<Reader> {
    let source = Source { path: path.to_owned(), openid: openid.to_owned(), ..Source::default() };
    // A workbook of which columns are missing no longer says by them which of its sheets has the rows.
    let by_name = |language| {
        let name = Catalog::new(language).say("results.sheet.rows", &[]);
        begin(Source { sheet: Some(name), ..source.clone() })
    };
    let (reader, source) =
        begin(source.clone()).or_else(|| [Language::En, Language::ZhCn].into_iter().find_map(by_name))?;
    let own: Vec<&str> = RESULTS.iter().flatten().copied().collect();
    let below = Reader::row_below_title(&source, &own).ok().flatten();
    // The cache is of the table as it is without this row.
    let below = below.and_then(|row| {
        let header_row = Some(u32::try_from(row).ok()?);
        begin(Source { header_row, cache: Cache::default(), ..source })
    });
    Some(below.map_or(reader, |(reader, _)| reader))
}

fn begin(source: Source) -> Option<(Reader, Source)> {
    Reader::begin(&source).ok().map(|(reader, _)| (reader, source))
}
