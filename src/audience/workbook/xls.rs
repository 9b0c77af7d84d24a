//! Workbooks of Excel 97 to 2003, and of Excel 5 and 95; the only file that knows compound files.
//!
//! The workbook's stream is a row of records, each a number, a length and so many bytes ([MS-XLS] 2.1.4): first those
//! of the workbook, which say where the records of each sheet begin.

use std::borrow::Cow;
use std::io::{Cursor, Read as _};

use crate::audience::number_format::{Epoch, NumberFormat};
use crate::audience::workbook::cell::{
    Cell, Codes, Each, Failure, Font, Layout, Listed, Region, Style, Texts, Value, error_value, font_index,
    is_volatile_in_tokens, packed, room,
};
use crate::audience::workbook::xls_text::{Reader, Spelling};
use crate::audience::workbook::{conditions, number};

// The numbers of records, as [MS-XLS] 2.3 calls them.
const FORMULA: u16 = 0x0006;
const END: u16 = 0x000A;
const DATES: u16 = 0x0022;
const ENCRYPTED: u16 = 0x002F;
const FONT: u16 = 0x0031;
const CONTINUED: u16 = 0x003C;
const CODE_PAGE: u16 = 0x0042;
const SHEET: u16 = 0x0085;
const PACKED_NUMBERS: u16 = 0x00BD;
const RICH_TEXT: u16 = 0x00D6;
const STYLE: u16 = 0x00E0;
const MERGED: u16 = 0x00E5;
const SHARED_TEXTS: u16 = 0x00FC;
const SHARED_TEXT: u16 = 0x00FD;
const RECALCULATED: u16 = 0x01C1;
const NUMBER: u16 = 0x0203;
const TEXT: u16 = 0x0204;
const BOOL_OR_ERROR: u16 = 0x0205;
const FORMULA_TEXT: u16 = 0x0207;
const ROW: u16 = 0x0208;
const VIEW: u16 = 0x023E;
const PACKED_NUMBER: u16 = 0x027E;
const FORMAT: u16 = 0x041E;
const BEGIN: u16 = 0x0809;

/// The bit of a row's flags that says that it is hidden, by hand or by a filter.
const HIDDEN: u8 = 0x20;
/// The bit of a view's flags that says that zeros are shown.
const ZEROS: u32 = 0x10;
/// The version of Excel 97 and later.
const EXCEL_97: u32 = 0x0600;

type Record<'s> = (u16, &'s [u8]);

pub(crate) struct Xls {
    stream: Vec<u8>,
    sheets: Vec<(Listed, usize)>,
    texts: Texts,
    styles: Vec<Style>,
    general: Style,
    epoch: Epoch,
    spelling: Spelling,
    /// A program that calculates says with which engine it did.
    calculated: bool,
}

impl Xls {
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, Failure> {
        let damaged = || Failure::part("xls");
        let stream = stream(bytes).ok_or_else(damaged)?;
        let mut book = Self {
            stream: Vec::new(),
            sheets: Vec::new(),
            texts: Texts::default(),
            styles: Vec::new(),
            general: Style::general(),
            epoch: Epoch::Of1900,
            spelling: Spelling::Wide,
            calculated: false,
        };
        // What is encrypted is no record any more.
        if first_records(&stream).any(|(kind, _)| kind == ENCRYPTED) {
            return Err(Failure::Encrypted);
        }
        let version = short(&stream, 4).ok_or_else(damaged)?;
        if version < EXCEL_97 {
            book.spelling = Spelling::Narrow(encoding_rs::WINDOWS_1252);
        }
        book.globals(substream(&stream).ok_or_else(damaged)?, room(bytes.len()))?;
        book.stream = stream;
        Ok(book)
    }

    fn globals(&mut self, mut records: Records<'_>, room: usize) -> Result<(), Failure> {
        let mut codes = Codes::default();
        let (mut styles, mut fonts) = (Vec::new(), Vec::new());
        while let Some((kind, data)) = records.next() {
            let damaged = || Failure::part("xls");
            match kind {
                CODE_PAGE => self.spelling.code_page(short(data, 0).ok_or_else(damaged)?),
                DATES if short(data, 0) == Some(1) => self.epoch = Epoch::Of1904,
                RECALCULATED => self.calculated = true,
                FORMAT => {
                    let code = self.spelling.text(data, 2, self.spelling.is_narrow());
                    if let Some((id, code)) = short(data, 0).zip(code) {
                        codes.add(id, &code)?;
                    }
                }
                FONT => fonts.push(Font::of_record(data, self.spelling.text(data, 14, true).as_deref())),
                STYLE => styles.push((short(data, 2).unwrap_or(0), short(data, 0).unwrap_or(0))),
                SHEET => {
                    let begin =
                        number(data, 0).and_then(|begin| usize::try_from(begin).ok()).ok_or_else(damaged)?;
                    let name = self.spelling.text(data, 6, true).ok_or_else(damaged)?;
                    // 0 is a sheet of cells; others are macros and charts.
                    if data.get(5) == Some(&0) {
                        self.sheets.push((Listed { name, visible: data[4] & 3 == 0 }, begin));
                    }
                }
                SHARED_TEXTS => {
                    let more = records.clone().take_while(|(kind, _)| *kind == CONTINUED);
                    let mut pieces = vec![data.get(8..).ok_or_else(damaged)?];
                    pieces.extend(more.map(|(_, data)| data));
                    let struck: Vec<bool> = fonts.iter().map(|font| font.struck).collect();
                    let mut reader = Reader::new(&pieces, &struck);
                    for _ in 0..number(data, 4).ok_or_else(damaged)? {
                        let text = reader.text().ok_or_else(damaged)?;
                        self.texts.push(&text, room)?;
                        if reader.has_struck() {
                            self.texts.strike();
                        }
                    }
                }
                _ => {}
            }
        }
        let style = |(id, font): (u32, u32)| {
            let Font { symbols, struck } = fonts.get(font_index(font)).cloned().unwrap_or(Font::NONE);
            Style { format: NumberFormat::of_file(id, codes.get(id)), symbols, struck }
        };
        self.styles = styles.into_iter().map(style).collect();
        Ok(())
    }

    pub(crate) fn sheets(&self) -> impl Iterator<Item = &Listed> {
        self.sheets.iter().map(|(listed, _)| listed)
    }

    pub(crate) fn held(&self) -> usize {
        self.texts.size() + self.stream.len()
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn read(&self, sheet: &str, each: Each<'_>) -> Result<Layout, Failure> {
        let damaged = || Failure::part(sheet);
        let (_, begin) = self.sheets.iter().find(|(listed, _)| listed.name == sheet).ok_or_else(damaged)?;
        let records = self.stream.get(*begin..).and_then(substream).ok_or_else(damaged)?;
        let mut layout = Layout::default();
        // How the sheet is seen stands behind its cells.
        let view = records.clone().find(|(kind, _)| *kind == VIEW).and_then(|(_, data)| short(data, 0));
        let each: Each<'_> = &mut |cell: Cell<'_>| {
            let hidden = cell.value == Value::Number(0.0) && view.is_some_and(|flags| flags & ZEROS == 0);
            let none = Value::Shown { text: "", number: Some(0.0), iso: None, sure: true };
            each(Cell { value: if hidden { none } else { cell.value }, ..cell })
        };
        let mut rest = records.clone();
        while let Some((kind, data)) = rest.next() {
            let more = match kind {
                ROW => {
                    let hidden = data.get(12).is_some_and(|flags| flags & HIDDEN != 0);
                    if hidden || short(data, 6).is_some_and(|height| height & 0x7FFF == 0) {
                        layout.hide(short(data, 0).map(|row| row..=row).ok_or_else(damaged)?)?;
                    }
                    true
                }
                MERGED => {
                    let regions = data.get(2..).ok_or_else(damaged)?.chunks_exact(8);
                    for region in regions.filter_map(region) {
                        layout.merge(region)?;
                    }
                    true
                }
                PACKED_NUMBERS => self.packed(data, each).ok_or_else(damaged)?,
                FORMULA | NUMBER | PACKED_NUMBER | BOOL_OR_ERROR | SHARED_TEXT | TEXT | RICH_TEXT => {
                    self.cell(kind, data, &rest, each).ok_or_else(damaged)?
                }
                _ => true,
            };
            if !more {
                break;
            }
        }
        layout.conditional = conditions::of_xls(records);
        Ok(layout)
    }

    fn style(&self, style: u32) -> &Style {
        self.styles.get(style as usize).unwrap_or(&self.general)
    }

    /// The numbers of one row that stand side by side.
    fn packed(&self, data: &[u8], each: Each<'_>) -> Option<bool> {
        let (row, first) = (short(data, 0)?, short(data, 2)?);
        let cells = data.get(4..data.len().checked_sub(2)?)?.chunks_exact(6);
        for (column, cell) in (first..).zip(cells) {
            let value = Value::Number(packed(number(cell, 2)?));
            if !each(self.style(short(cell, 0)?).cell(row, column, value)) {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Any other cell; nothing where its record is not whole.
    fn cell(&self, kind: u16, data: &[u8], after: &Records<'_>, each: Each<'_>) -> Option<bool> {
        let (row, column, style) = (short(data, 0)?, short(data, 2)?, short(data, 4)?);
        let rest = data.get(6..)?;
        let read;
        let mut struck = self.style(style).struck;
        let value = match kind {
            NUMBER => Value::Number(real(rest)?),
            PACKED_NUMBER => Value::Number(packed(number(rest, 0)?)),
            BOOL_OR_ERROR if *rest.get(1)? == 0 => Value::Bool(rest[0] != 0),
            BOOL_OR_ERROR => Value::Error(error_value(*rest.first()?)),
            SHARED_TEXT => {
                let index = usize::try_from(number(rest, 0)?).ok()?;
                struck |= self.texts.is_struck(index);
                Value::Text(self.texts.get(index)?)
            }
            FORMULA => match rest.get(..8)? {
                [0, .., 0xFF, 0xFF] => {
                    read = self.formula_text(after)?;
                    Value::Text(&read)
                }
                [1, _, value, .., 0xFF, 0xFF] => Value::Bool(*value != 0),
                [2, _, code, .., 0xFF, 0xFF] => Value::Error(error_value(*code)),
                // An empty text as the value of a formula that nobody has calculated is no value.
                [3, .., 0xFF, 0xFF] if self.calculated => Value::Text(""),
                [.., 0xFF, 0xFF] => Value::Missing,
                _ => Value::Number(real(rest)?),
            },
            _ => {
                read = self.spelling.text(rest, 0, false)?;
                Value::Text(&read)
            }
        };
        if value == Value::Text("") && kind != FORMULA {
            return Some(true);
        }
        let volatile = kind == FORMULA && data.get(22..).is_some_and(is_volatile_in_tokens);
        Some(each(Cell { volatile, struck, ..self.style(style).cell(row, column, value) }))
    }

    /// The text that stands in a record of its own, soon behind the formula's.
    fn formula_text(&self, after: &Records<'_>) -> Option<String> {
        let mut after = after.clone();
        let (_, text) = after.by_ref().take(3).find(|(kind, _)| *kind == FORMULA_TEXT)?;
        if self.spelling.is_narrow() {
            return self.spelling.text(text, 0, false);
        }
        let more = after.take_while(|(kind, _)| *kind == CONTINUED);
        let pieces: Vec<&[u8]> = std::iter::once(text).chain(more.map(|(_, data)| data)).collect();
        Reader::new(&pieces, &[]).text()
    }
}

/// Merged cells: the first and the last row, then the columns.
fn region(data: &[u8]) -> Option<Region> {
    Some(((short(data, 0)?, short(data, 4)?), (short(data, 2)?, short(data, 6)?)))
}

fn real(data: &[u8]) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(..8)?.try_into().ok()?)).filter(|value| value.is_finite())
}

/// The stream of the workbook, as Excel 97 and as Excel 95 call it.
fn stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut file = cfb::CompoundFile::open(Cursor::new(padded(bytes)?)).ok()?;
    let name = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name))?;
    let mut stream = Vec::new();
    // No stream holds more than its file.
    let most = u64::try_from(bytes.len()).ok()?;
    file.open_stream(name).ok()?.take(most).read_to_end(&mut stream).ok()?;
    Some(stream)
}

/// The file with as many sectors as its table of sectors has room for. Some programs leave out what is free at the end,
/// and the crate takes that for damage.
fn padded(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    // The only sizes of sectors that there are ([MS-CFB] 2.2); the crate would make room for any.
    let sector = match short(bytes, 0x1E)? {
        9 => 512usize,
        12 => 4096,
        _ => return None,
    };
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

/// The records up to the end of the first part of a stream, as far as they are whole.
fn first_records(stream: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let (kind, data, after) = record(rest)?;
        rest = after;
        Some((kind, data))
    })
    .take_while(|(kind, _)| *kind != END)
}

/// The records between a beginning and its end, those of charts in between left out. Only where they begin and end is
/// kept: a file of nothing but tiny records would take six times its size otherwise.
#[derive(Debug, Clone)]
struct Records<'s> {
    rest: &'s [u8],
    depth: u32,
}

impl<'s> Iterator for Records<'s> {
    type Item = Record<'s>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (kind, data, rest) = record(self.rest)?;
            self.rest = rest;
            match kind {
                BEGIN => self.depth += 1,
                END if self.depth <= 1 => {
                    self.rest = &[];
                    return None;
                }
                END => self.depth -= 1,
                kind if self.depth == 1 => return Some((kind, data)),
                _ => {}
            }
        }
    }
}

/// The records between the beginning that a stream starts with and its end. Nothing where it does not start with a
/// beginning, or where the end is missing.
fn substream(stream: &[u8]) -> Option<Records<'_>> {
    let (mut depth, mut rest) = (0u32, stream);
    loop {
        let (kind, _, after) = record(rest)?;
        rest = after;
        match kind {
            BEGIN => depth += 1,
            END if depth <= 1 => return (depth == 1).then_some(Records { rest: stream, depth: 0 }),
            END => depth -= 1,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
}

/// The first record of a stream, and what stands behind it.
fn record(stream: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (kind, length) = (short(stream, 0)?, short(stream, 2)?);
    let (data, rest) = stream.get(4..)?.split_at_checked(usize::try_from(length).ok()?)?;
    Some((u16::try_from(kind).ok()?, data, rest))
}

fn short(data: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_le_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_head_of_a_file_claims_it_is_read_or_refused() {
        let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/xlwt.xls");
        let bytes = std::fs::read(fixture).expect("a fixture");
        assert!(Xls::open(&bytes).is_ok());
        for at in 8..0x60 {
            for value in [0, 1, 6, 9, 12, 16, 20, 31, 63, 64, 0x7F, 0x80, 0xFE, 0xFF] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                if let Ok(book) = Xls::open(&damaged) {
                    for sheet in book.sheets().cloned().collect::<Vec<_>>() {
                        let _ = book.read(&sheet.name, &mut |_| true);
                    }
                }
            }
        }
        let mut wide = bytes;
        wide[0x1E] = 20;
        assert_eq!(Xls::open(&wide).err(), Some(Failure::part("xls")));
    }

    #[test]
    fn the_records_of_a_chart_are_not_the_sheet_s() {
        let record = |kind: u16| [kind.to_le_bytes(), [1, 0]].concat().into_iter().chain([7]);
        let stream: Vec<u8> =
            [BEGIN, ROW, BEGIN, MERGED, END, FORMULA, END, SHEET].into_iter().flat_map(record).collect();
        let kinds: Vec<u16> = substream(&stream).expect("a whole one").map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [ROW, FORMULA]);
        assert!(substream(&stream[..20]).is_none() && substream(&stream[5..]).is_none());
    }
}
