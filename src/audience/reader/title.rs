//! Titles above a list: where its columns are named in a later row than the first.

use crate::audience::header::trimmed;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::audience::source::Source;
use crate::audience::unreadable::Unreadable;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;

/// How far down the names of columns are looked for.
const ROWS: usize = 20;

impl Reader {
    /// The fault of a file whose columns are named in a later row than the first, where that can be seen.
    pub(super) fn title(
        source: &Source,
        reader: &Self,
        first: &Row,
    ) -> Result<Option<Diagnostic>, Unreadable> {
        if source.header_row.is_some()
            || source.openid.is_empty()
            || reader.header.position(&source.openid).is_some()
        {
            return Ok(None);
        }
        let title = reader.sheet().map_or(first.sheet_row(), |sheet| sheet.header_row);
        // A row with one text alone is no row of names where rows with more follow.
        let alone = reader.header.names().filter(|name| !name.is_empty()).count() == 1;
        let mut wider = None;
        let fault = |row: u64| {
            Diagnostic::new(Code::TitleAboveNames, Place::Line(title)).with("title", title).with("row", row)
        };
        let (mut reader, mut row) = Self::begin(source)?;
        for _ in 0..ROWS {
            // A fault in these rows is told when they are read as such.
            if !reader.next(&mut row).unwrap_or(false) {
                break;
            }
            let Ok(cells) = row.cells() else { break };
            if cells.iter().map(trimmed).any(|name| name == source.openid) {
                return Ok(Some(fault(row.sheet_row())));
            }
            if alone && wider.is_none() && cells.iter().filter(|cell| !trimmed(cell).is_empty()).count() > 1 {
                wider = Some(row.sheet_row());
            }
        }
        Ok(wider.map(fault))
    }

    /// The row that names the columns, where it stands below a title: it has one of these names, and none above it has.
    pub(crate) fn row_below_title(source: &Source, names: &[&str]) -> Result<Option<u64>, Unreadable> {
        let (mut reader, mut row) = Self::begin(source)?;
        if names.iter().any(|name| reader.header.position(name).is_some()) {
            return Ok(None);
        }
        for _ in 0..ROWS {
            // A fault in these rows is told when they are read as such.
            if !reader.next(&mut row).unwrap_or(false) {
                break;
            }
            let Ok(cells) = row.cells() else { break };
            if cells.iter().map(trimmed).any(|cell| names.contains(&cell)) {
                return Ok(Some(row.sheet_row()));
            }
        }
        Ok(None)
    }
}
