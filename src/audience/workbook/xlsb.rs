//! What calamine passes over in an .xlsb: hidden rows, merged cells, and the cells of records that it does not know.
//!
//! A part is a row of records, each a number, a length and so many bytes ([MS-XLSB] 2.1.4). Every formula is kept with
//! the value it had last, so that none can be without one.

use crate::audience::workbook::number;
use crate::audience::workbook::package::Package;
use crate::audience::workbook::regions::Layout;

/// The part that lists the sheets.
pub(crate) const WORKBOOK: &str = "xl/workbook.bin";

// The numbers of records, as [MS-XLSB] 2.3 calls them.
const ROW: u16 = 0;
const CELL_BLANK: u16 = 1;
const CELL_ERROR: u16 = 3;
const CELL_TEXT: u16 = 6;
const FORMULA_ERROR: u16 = 11;
/// From here on the cells that leave out their column, in the order of those that name it. [MS-XLSB] reserves their
/// numbers; Excel reads them and other programs write them.
const SHORT_BLANK: u16 = 12;
const SHORT_SHARED_TEXT: u16 = 18;
const CELL_RICH_TEXT: u16 = 62;
const SHEET: u16 = 156;
const MERGED: u16 = 176;

/// The bit of a row's flags that says that it is hidden, by hand or by a filter.
const HIDDEN: u8 = 0x10;
/// How many bytes of a cell come before its value: its column and its style.
const CELL_HEAD: usize = 8;

/// How the rows and cells of a sheet's part lie.
pub(crate) fn layout(part: &[u8]) -> Layout {
    let mut layout = Layout::default();
    for (kind, data) in Records(part) {
        match kind {
            ROW if data.get(11).is_some_and(|flags| flags & HIDDEN != 0) => {
                layout.hidden.extend(number(data, 0).map(|row| row..=row));
            }
            MERGED => {
                let region = || {
                    let (top, bottom) = (number(data, 0)?, number(data, 4)?);
                    Some(((top, number(data, 8)?), (bottom, number(data, 12)?)))
                };
                layout.merged.extend(region());
            }
            _ => {}
        }
    }
    layout
}

/// The relation of a sheet to its part, as the workbook's part names it.
pub(crate) fn relation(workbook: &[u8], sheet: &str) -> Option<String> {
    Records(workbook).filter(|(kind, _)| *kind == SHEET).find_map(|(_, data)| {
        let (relation, end) = text(data, 8)?;
        let (name, _) = text(data, end)?;
        (name == sheet).then_some(relation)
    })
}

/// The workbook with every cell in a record that calamine knows; nothing where they all are.
pub(crate) fn complete(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut package = Package::open(bytes)?;
    let parts: Vec<String> = package.names("xl/worksheets/", ".bin").collect();
    let mut changed = Vec::new();
    for name in parts {
        let part = package.bytes(&name)?;
        let is_foreign = |kind: u16| matches!(kind, FORMULA_ERROR..=SHORT_SHARED_TEXT | CELL_RICH_TEXT);
        if Records(&part).any(|(kind, _)| is_foreign(kind)) {
            changed.push((name, known(&part)));
        }
    }
    if changed.is_empty() { None } else { package.with(&changed) }
}

fn known(part: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(part.len() + part.len() / 4);
    // The column of a cell that leaves it out is the next one.
    let mut column = 0u32;
    for (kind, data) in Records(part) {
        if kind == ROW {
            column = 0;
        } else if (SHORT_BLANK..=SHORT_SHARED_TEXT).contains(&kind) {
            write(&mut out, kind - SHORT_BLANK + CELL_BLANK, &[&column.to_le_bytes(), data]);
            column += 1;
            continue;
        } else if (CELL_BLANK..=FORMULA_ERROR).contains(&kind) || kind == CELL_RICH_TEXT {
            column = number(data, 0).unwrap_or(column).saturating_add(1);
        }
        match (kind, data.split_at_checked(CELL_HEAD)) {
            // A formula follows the error; nobody reads it.
            (FORMULA_ERROR, Some((head, [error, ..]))) => write(&mut out, CELL_ERROR, &[head, &[*error]]),
            // Before the text stands what else it has, behind it how it looks.
            (CELL_RICH_TEXT, Some((head, [_, text @ ..]))) => write(&mut out, CELL_TEXT, &[head, text]),
            _ => write(&mut out, kind, &[data]),
        }
    }
    out
}

fn write(out: &mut Vec<u8>, kind: u16, data: &[&[u8]]) {
    let mut varint = |mut value: usize| {
        while value > 0x7F {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    };
    varint(kind.into());
    varint(data.iter().map(|piece| piece.len()).sum());
    data.iter().for_each(|piece| out.extend_from_slice(piece));
}

/// The records of a part, up to the first that is not whole.
struct Records<'p>(&'p [u8]);

impl<'p> Iterator for Records<'p> {
    type Item = (u16, &'p [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.varint(2)?;
        let length = self.varint(4)?;
        let (data, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some((u16::try_from(kind).ok()?, data))
    }
}

impl Records<'_> {
    /// A number of seven bits a byte, the lowest first.
    fn varint(&mut self, most: usize) -> Option<usize> {
        let mut value = 0;
        for index in 0..most {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= usize::from(byte & 0x7F) << (7 * index);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    }
}

/// A text, how many characters and then they, and where it ends.
fn text(data: &[u8], at: usize) -> Option<(String, usize)> {
    let length = usize::try_from(number(data, at)?).ok()?.checked_mul(2)?;
    let end = (at + 4).checked_add(length)?;
    let pairs = data.get(at + 4..end)?.chunks_exact(2);
    let units = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Some((char::decode_utf16(units).collect::<Result<_, _>>().ok()?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_are_written_and_a_torn_one_is_the_end() {
        let mut part = Vec::new();
        let long = vec![7; 300];
        write(&mut part, ROW, &[&[1, 2]]);
        write(&mut part, MERGED, &[&long]);
        let read: Vec<_> = Records(&part).map(|(kind, data)| (kind, data.len())).collect();
        assert_eq!(read, [(ROW, 2), (MERGED, 300)]);
        for length in 0..part.len() {
            assert!(Records(&part[..length]).count() < 2, "{length}");
        }
    }

    #[test]
    fn cells_of_every_kind_become_known_ones() {
        let cell = |column: u32, value: &[u8]| [&column.to_le_bytes()[..], &[9, 0, 0, 0], value].concat();
        let mut part = Vec::new();
        write(&mut part, CELL_TEXT, &[&cell(4, b"text")]);
        write(&mut part, SHORT_BLANK + 4, &[&[9, 0, 0, 0], b"realreal"]);
        write(&mut part, FORMULA_ERROR, &[&cell(7, &[0x2A]), b"formula"]);
        write(&mut part, CELL_RICH_TEXT, &[&cell(9, b"?rich")]);
        write(&mut part, ROW, &[&[1; 17]]);
        write(&mut part, SHORT_SHARED_TEXT, &[&[9, 0, 0, 0], &[3, 0, 0, 0]]);
        let known = known(&part);
        let read: Vec<(u16, Vec<u8>)> = Records(&known).map(|(kind, data)| (kind, data.to_vec())).collect();
        let expected = [
            (6, cell(4, b"text")),
            (5, cell(5, b"realreal")),
            (CELL_ERROR, cell(7, &[0x2A])),
            (CELL_TEXT, cell(9, b"rich")),
            (ROW, vec![1; 17]),
            (7, cell(0, &[3, 0, 0, 0])),
        ];
        assert_eq!(read, expected);
    }
}
