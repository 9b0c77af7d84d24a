//! What calamine does not tell of an .xls; the only file that knows compound files.
//!
//! The workbook's stream is a row of records, each a number, a length and so many bytes ([MS-XLS] 2.1.4): first those
//! of the workbook, which say where the records of each sheet begin.

use std::borrow::Cow;
use std::io::{Cursor, Read as _};

use crate::audience::workbook::number;
use crate::audience::workbook::regions::Layout;

// The numbers of records, as [MS-XLS] 2.3 calls them.
const FORMULA: u16 = 0x0006;
const END: u16 = 0x000A;
const SHEET: u16 = 0x0085;
const MERGED: u16 = 0x00E5;
const RECALCULATED: u16 = 0x01C1;
const ROW: u16 = 0x0208;
const BEGIN: u16 = 0x0809;

/// The bit of a row's flags that says that it is hidden, by hand or by a filter.
const HIDDEN: u8 = 0x20;

/// How the rows and cells of a sheet lie, by its number among all sheets.
pub(crate) fn layout(bytes: &[u8], sheet: usize) -> Option<Layout> {
    let stream = stream(bytes)?;
    let mut sheets = Vec::new();
    // A program that calculates says with which engine it did.
    let mut calculated = false;
    for (kind, data) in substream(&stream)? {
        match kind {
            SHEET => sheets.push(number(data, 0)?),
            RECALCULATED => calculated = true,
            _ => {}
        }
    }
    let begin = usize::try_from(*sheets.get(sheet)?).ok()?;
    let mut layout = Layout::default();
    for (kind, data) in substream(stream.get(begin..)?)? {
        match kind {
            ROW if data.get(12).is_some_and(|flags| flags & HIDDEN != 0) => {
                layout.hidden.extend(short(data, 0).map(|row| row..=row));
            }
            MERGED => layout.merged.extend(data.get(2..)?.chunks_exact(8).filter_map(|region| {
                Some(((short(region, 0)?, short(region, 4)?), (short(region, 2)?, short(region, 6)?)))
            })),
            // An empty text as the value of a formula that nobody has calculated is no value.
            FORMULA if !calculated && matches!(data.get(6..14), Some([3, .., 0xFF, 0xFF])) => {
                layout.without_value.extend(short(data, 0).zip(short(data, 2)));
            }
            _ => {}
        }
    }
    Some(layout)
}

/// The stream of the workbook, as Excel 97 and as Excel 95 call it.
fn stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut file = cfb::CompoundFile::open(Cursor::new(padded(bytes)?)).ok()?;
    let name = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name))?;
    let mut stream = Vec::new();
    file.open_stream(name).ok()?.read_to_end(&mut stream).ok()?;
    Some(stream)
}

/// The file with as many sectors as its table of sectors has room for. Some programs leave out what is free at the end,
/// and the crate takes that for damage.
fn padded(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let sector = 1usize.checked_shl(short(bytes, 0x1E)?)?;
    let tables = usize::try_from(number(bytes, 0x2C)?).ok()?;
    let entries = tables.checked_mul(sector / 4)?;
    let whole = entries.checked_add(1)?.checked_mul(sector)?;
    // No more than one table can have room to spare.
    if whole <= bytes.len() || whole - bytes.len() > sector.checked_mul(sector)? {
        return Some(Cow::Borrowed(bytes));
    }
    let mut padded = bytes.to_vec();
    padded.resize(whole, 0);
    Some(Cow::Owned(padded))
}

/// The records between the beginning that a stream starts with and its end, those of charts in between left out.
/// Nothing where it does not start with a beginning, or where the end is missing.
fn substream(stream: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let (mut records, mut depth, mut rest) = (Vec::new(), 0u32, stream);
    loop {
        let (kind, length) = (short(rest, 0)?, short(rest, 2)?);
        let (data, after) = rest.get(4..)?.split_at_checked(usize::try_from(length).ok()?)?;
        rest = after;
        match u16::try_from(kind).ok()? {
            BEGIN => depth += 1,
            END if depth <= 1 => return (depth == 1).then_some(records),
            END => depth -= 1,
            _ if depth == 0 => return None,
            kind if depth == 1 => records.push((kind, data)),
            _ => {}
        }
    }
}

fn short(data: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_le_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_of_a_chart_are_not_the_sheet_s() {
        let record = |kind: u16| [kind.to_le_bytes(), [1, 0]].concat().into_iter().chain([7]);
        let stream: Vec<u8> =
            [BEGIN, ROW, BEGIN, MERGED, END, FORMULA, END, SHEET].into_iter().flat_map(record).collect();
        let kinds: Vec<u16> =
            substream(&stream).expect("a whole one").iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [ROW, FORMULA]);
        assert_eq!(substream(&stream[..20]), None);
        assert_eq!(substream(&stream[5..]), None);
    }
}
