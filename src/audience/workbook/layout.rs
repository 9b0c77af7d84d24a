//! What calamine does not tell: which rows of a sheet are hidden, and which cells are merged. The only file that
//! knows zip and XML.

use std::io::{BufReader, Cursor, Read};
use std::ops::RangeInclusive;

use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::audience::workbook::Format;

type Archive<'b> = ZipArchive<Cursor<&'b [u8]>>;

/// A rectangle of cells: its first and its last, each as row and column from 0.
pub(super) type Region = ((u32, u32), (u32, u32));

/// How the rows and cells of a sheet lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The rows that are hidden, from 0, in order.
    pub(super) hidden: Vec<RangeInclusive<u32>>,
    /// The cells that are merged.
    pub(super) merged: Vec<Region>,
}

/// What a zip file is, where it is a workbook.
pub(super) fn format(bytes: &[u8]) -> Option<Format> {
    let archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let holds = |start: &str, end: &str| {
        archive.file_names().flatten().any(|name| name.starts_with(start) && name.ends_with(end))
    };
    if holds("xl/workbook", ".bin") {
        Some(Format::Xlsb)
    } else if holds("xl/", ".xml") {
        Some(Format::Xlsx)
    } else if holds("content.xml", "") && !holds("word/", "") {
        Some(Format::Ods)
    } else {
        None
    }
}

/// The layout of a sheet; nothing where the format does not tell.
pub(super) fn layout(bytes: &[u8], format: Format, sheet: &str) -> Option<Layout> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    match format {
        Format::Xlsx => {
            let part = part_of(&mut archive, sheet)?;
            of_xlsx(&mut archive, &part)
        }
        Format::Ods => of_ods(&mut archive, sheet),
        Format::Xlsb | Format::Xls => None,
    }
}

/// The part of an .xlsx that holds a sheet: the workbook names a relation, the relation names the part.
fn part_of(archive: &mut Archive<'_>, sheet: &str) -> Option<String> {
    let mut relation = None;
    walk(archive, "xl/workbook.xml", |tag| {
        if tag.local_name().as_ref() == "sheet" && value(tag, "name").as_deref() == Some(sheet) {
            relation = value(tag, "id");
        }
    })?;
    let relation = relation?;
    let mut part = None;
    walk(archive, "xl/_rels/workbook.xml.rels", |tag| {
        if tag.local_name().as_ref() == "Relationship" && value(tag, "Id").as_ref() == Some(&relation) {
            part = value(tag, "Target").map(|target| match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            });
        }
    })?;
    part
}

fn of_xlsx(archive: &mut Archive<'_>, part: &str) -> Option<Layout> {
    let mut layout = Layout::default();
    let mut row = 0u32;
    walk(archive, part, |tag| match tag.local_name().as_ref() {
        "row" => {
            row = value(tag, "r").and_then(|number| number.parse().ok()).unwrap_or(row + 1);
            if value(tag, "hidden").is_some_and(|hidden| hidden == "1" || hidden == "true") {
                let row = row.saturating_sub(1);
                layout.hidden.push(row..=row);
            }
        }
        "mergeCell" => layout.merged.extend(value(tag, "ref").and_then(|cells| region(&cells))),
        _ => {}
    })?;
    Some(layout)
}

fn of_ods(archive: &mut Archive<'_>, sheet: &str) -> Option<Layout> {
    let mut layout = Layout::default();
    let (mut inside, mut next_row, mut row, mut column) = (false, 0u32, 0, 0u32);
    let number = |tag: &BytesStart<'_>, name: &str| {
        value(tag, name).and_then(|number| number.parse::<u32>().ok()).unwrap_or(1).max(1)
    };
    walk(archive, "content.xml", |tag| match tag.local_name().as_ref() {
        "table" => {
            inside = value(tag, "name").as_deref() == Some(sheet);
            (next_row, column) = (0, 0);
        }
        "table-row" if inside => {
            (row, column) = (next_row, 0);
            next_row = next_row.saturating_add(number(tag, "number-rows-repeated"));
            if value(tag, "visibility").is_some_and(|seen| seen == "filter" || seen == "collapse") {
                layout.hidden.push(row..=next_row.saturating_sub(1));
            }
        }
        "table-cell" | "covered-table-cell" if inside => {
            let (rows, columns) = (number(tag, "number-rows-spanned"), number(tag, "number-columns-spanned"));
            if rows > 1 || columns > 1 {
                layout.merged.push((
                    (row, column),
                    (row.saturating_add(rows - 1), column.saturating_add(columns - 1)),
                ));
            }
            column = column.saturating_add(number(tag, "number-columns-repeated"));
        }
        _ => {}
    })?;
    Some(layout)
}

/// Goes through the tags of a part. Nothing where it is not there or no XML.
fn walk(archive: &mut Archive<'_>, part: &str, mut each: impl FnMut(&BytesStart<'_>)) -> Option<()> {
    let part: Box<dyn Read + '_> = Box::new(archive.by_name(part).ok()?);
    let mut xml = quick_xml::Reader::from_reader(BufReader::with_capacity(64 * 1024, part));
    let mut buffer = Vec::new();
    loop {
        match xml.read_event_into(&mut buffer).ok()? {
            Event::Start(tag) | Event::Empty(tag) => each(&tag),
            Event::Eof => return Some(()),
            _ => {}
        }
        buffer.clear();
    }
}

/// The value of a tag's attribute, whatever its namespace.
fn value(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let mut found = attributes.with_checks(false).flatten();
    let found = found.find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(quick_xml::escape::unescape(&found.value).ok()?.into_owned())
}

/// `B2:D4` as a rectangle.
fn region(cells: &str) -> Option<Region> {
    let (first, last) = cells.split_once(':')?;
    Some((position(first)?, position(last)?))
}

/// `C17` as row and column from 0.
fn position(cell: &str) -> Option<(u32, u32)> {
    let digits = cell.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = cell.split_at(digits);
    let column = letters.bytes().try_fold(0u32, |column, letter| {
        letter.is_ascii_uppercase().then(|| column * 26 + u32::from(letter - b'A') + 1)
    })?;
    Some((row.parse::<u32>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read() {
        assert_eq!(region("A1:C3"), Some(((0, 0), (2, 2))));
        assert_eq!(region("AA10:AB10"), Some(((9, 26), (9, 27))));
        for bad in ["", "A1", "1:2", "A0:B1", "a1:b2"] {
            assert_eq!(region(bad), None, "{bad}");
        }
    }

    #[test]
    fn bytes_that_are_no_zip_are_no_workbook() {
        assert_eq!(format(b"PK\x03\x04 and nothing more"), None);
        assert_eq!(layout(b"PK", Format::Xlsx, "x"), None);
    }
}
