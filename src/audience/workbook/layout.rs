//! What calamine does not tell: which rows of a sheet are hidden, which cells are merged, and which formulas have no
//! value. The only file that knows XML.

use std::io::BufReader;

use quick_xml::events::{BytesStart, Event};

use crate::audience::workbook::package::Package;
use crate::audience::workbook::regions::{Layout, Region};
use crate::audience::workbook::{Format, xls, xlsb};

/// The layout of a sheet, by its name and its number among all sheets; nothing where the file does not tell.
pub(crate) fn layout(bytes: &[u8], format: Format, sheet: &str, number: usize) -> Option<Layout> {
    match format {
        Format::Xlsx => {
            let mut package = Package::open(bytes)?;
            let mut relation = None;
            walk(&mut package, "xl/workbook.xml", |tag| {
                if tag.local_name().as_ref() == "sheet" && value(tag, "name").as_deref() == Some(sheet) {
                    relation = value(tag, "id");
                }
            })?;
            let part = part_of(&mut package, "xl/_rels/workbook.xml.rels", &relation?)?;
            of_xlsx(&mut package, &part)
        }
        Format::Xlsb => {
            let mut package = Package::open(bytes)?;
            let relation = xlsb::relation(&package.bytes(xlsb::WORKBOOK)?, sheet)?;
            let part = part_of(&mut package, "xl/_rels/workbook.bin.rels", &relation)?;
            Some(xlsb::layout(&package.bytes(&part)?))
        }
        Format::Xls => xls::layout(bytes, number),
        Format::Ods => of_ods(&mut Package::open(bytes)?, sheet),
    }
}

/// The part that a relation of the workbook names.
fn part_of(package: &mut Package<'_>, relations: &str, relation: &str) -> Option<String> {
    let mut part = None;
    walk(package, relations, |tag| {
        if tag.local_name().as_ref() == "Relationship" && value(tag, "Id").as_deref() == Some(relation) {
            part = value(tag, "Target").map(|target| match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            });
        }
    })?;
    part
}

fn of_xlsx(package: &mut Package<'_>, part: &str) -> Option<Layout> {
    let mut layout = Layout::default();
    let mut row = 0u32;
    walk(package, part, |tag| match tag.local_name().as_ref() {
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

fn of_ods(package: &mut Package<'_>, sheet: &str) -> Option<Layout> {
    let mut layout = Layout::default();
    let (mut inside, mut next_row, mut row, mut column) = (false, 0u32, 0, 0u32);
    let number = |tag: &BytesStart<'_>, name: &str| {
        value(tag, name).and_then(|number| number.parse::<u32>().ok()).unwrap_or(1).max(1)
    };
    walk(package, "content.xml", |tag| match tag.local_name().as_ref() {
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
fn walk(package: &mut Package<'_>, part: &str, mut each: impl FnMut(&BytesStart<'_>)) -> Option<()> {
    let part = BufReader::with_capacity(64 * 1024, package.part(part)?);
    let mut xml = quick_xml::Reader::from_reader(part);
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
}
