//! Workbooks of Office Open XML in their binary form.
//!
//! A part is a row of records, each a number, a length and so many bytes ([MS-XLSB] 2.1.4). Every formula is kept with
//! the value it had last, so that none can be without one.

use std::io::{BufReader, Read};

use crate::audience::number_format::{Epoch, NumberFormat};
use crate::audience::workbook::cell::{
    Cell, Codes, Each, Failure, Font, Layout, Listed, MOST_SHEETS, MOST_STYLES, Style, Texts, Value,
    error_value, is_volatile_in_tokens, packed, room, within,
};
use crate::audience::workbook::conditions::{Conditions, xlsb_number_format};
use crate::audience::workbook::number;
use crate::audience::workbook::package::Package;
use crate::audience::workbook::relations::{relations, workbook};

// The numbers of records, as [MS-XLSB] 2.3 calls them.
const ROW: u16 = 0;
const CELL_BLANK: u16 = 1;
const CELL_PACKED: u16 = 2;
const CELL_ERROR: u16 = 3;
const CELL_BOOL: u16 = 4;
const CELL_REAL: u16 = 5;
const CELL_TEXT: u16 = 6;
const CELL_SHARED_TEXT: u16 = 7;
const FORMULA_TEXT: u16 = 8;
const FORMULA_REAL: u16 = 9;
const FORMULA_BOOL: u16 = 10;
const FORMULA_ERROR: u16 = 11;
/// From here on the cells that leave out their column, in the order of those that name it. [MS-XLSB] reserves their
/// numbers; Excel reads them and other programs write them.
const SHORT_BLANK: u16 = 12;
const SHORT_SHARED_TEXT: u16 = 18;
const SHARED_TEXT: u16 = 19;
const FONT: u16 = 43;
const FORMAT: u16 = 44;
const STYLE: u16 = 47;
const CELL_RICH_TEXT: u16 = 62;
const VIEW: u16 = 137;
const CELLS_END: u16 = 146;
const PROPERTIES: u16 = 153;
const SHEET: u16 = 156;
const MERGED: u16 = 176;
const CONDITIONAL_LOOK: u16 = 507;
const STYLES: u16 = 617;
const STYLES_END: u16 = 618;

/// The bit of a row's flags that says that it is hidden, by hand or by a filter.
const HIDDEN: u8 = 0x10;

/// The bit of a view's flags that says that zeros are shown.
const ZEROS: u32 = 0x10;

/// How cells look.
#[derive(Debug, Default)]
struct Styles {
    /// By the number that cells name.
    all: Vec<Style>,
    /// What conditions do to cells, by the number that they name: whether that is another number format.
    conditional: Vec<bool>,
    fonts: Vec<Font>,
}

/// A record that is longer is none that any program writes: a cell holds 32,767 characters.
const LONGEST: usize = 4 << 20;

pub(crate) struct Xlsb<'b> {
    package: Package<'b>,
    sheets: Vec<(Listed, String)>,
    texts: Texts,
    styles: Styles,
    general: Style,
    epoch: Epoch,
}

impl<'b> Xlsb<'b> {
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, Failure> {
        let mut package = Package::open(bytes).ok_or_else(|| Failure::part("zip"))?;
        let main = workbook(&mut package, "xl/workbook.bin")?;
        let relations = relations(&mut package, &main)?;
        let (mut sheets, mut epoch) = (Vec::new(), Epoch::Of1900);
        let mut records = Records::new(package.part(&main)?);
        while let Some((kind, data)) = records.next() {
            match kind {
                PROPERTIES if data.first().is_some_and(|flags| flags & 1 != 0) => epoch = Epoch::Of1904,
                SHEET => {
                    let read = || {
                        let (relation, end) = text(data, 8)?;
                        let (name, _) = text(data, end)?;
                        Some((number(data, 0)?, relation, name))
                    };
                    let (state, relation, name) = read().ok_or_else(|| Failure::part(&main))?;
                    within(sheets.len(), MOST_SHEETS)?;
                    if let Some(part) = relations.worksheet(&relation) {
                        sheets.push((Listed { name, visible: state == 0 }, part.to_owned()));
                    }
                }
                _ => {}
            }
        }
        drop(records);
        let part = |kind: &str, usual: &str| relations.of_kind(kind).unwrap_or(usual).to_owned();
        let styles = part("styles", "xl/styles.bin");
        let styles = if package.has(&styles) {
            self::styles(Records::new(package.part(&styles)?))?
        } else {
            Styles::default()
        };
        let mut texts = Texts::default();
        let shared = part("sharedStrings", "xl/sharedStrings.bin");
        if package.has(&shared) {
            let mut records = Records::new(package.part(&shared)?);
            while let Some((kind, data)) = records.next() {
                if kind == SHARED_TEXT {
                    let (text, end) = text(data, 1).ok_or_else(|| Failure::part(&shared))?;
                    texts.push(&text, room(bytes.len()))?;
                    if is_struck(data, end, &styles.fonts) {
                        texts.strike();
                    }
                }
            }
        }
        Ok(Self { package, sheets, texts, styles, general: Style::general(), epoch })
    }

    pub(crate) fn sheets(&self) -> impl Iterator<Item = &Listed> {
        self.sheets.iter().map(|(listed, _)| listed)
    }

    pub(crate) fn held(&self) -> usize {
        self.texts.size()
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn read(&mut self, sheet: &str, each: Each<'_>) -> Result<Layout, Failure> {
        let Self { package, sheets, texts, styles, general, .. } = self;
        let (_, part) =
            sheets.iter().find(|(listed, _)| listed.name == sheet).ok_or_else(|| Failure::part(sheet))?;
        let shared = SharedParts { texts, styles, general };
        let mut records = Records::new(package.part(part)?);
        let (mut layout, mut conditions) = (Layout::default(), Conditions::default());
        let (mut row, mut column) = (0u32, 0u32);
        let damaged = || Failure::part(part);
        let mut whole = false;
        let zeros = std::cell::Cell::new(true);
        let each: Each<'_> = &mut |cell: Cell<'_>| {
            let hidden = cell.value == Value::Number(0.0) && !zeros.get();
            let none = Value::Shown { text: "", number: Some(0.0), iso: None, sure: true };
            each(Cell { value: if hidden { none } else { cell.value }, ..cell })
        };
        while let Some((kind, data)) = records.next() {
            match kind {
                ROW => {
                    (row, column) = (number(data, 0).ok_or_else(damaged)?, 0);
                    let flat = data.get(8..10) == Some(&[0, 0]);
                    if flat || data.get(11).is_some_and(|flags| flags & HIDDEN != 0) {
                        layout.hide(row..=row)?;
                    }
                }
                VIEW => zeros.set(short(data, 0).is_none_or(|flags| flags & ZEROS != 0)),
                MERGED => {
                    let region = || {
                        let (top, bottom) = (number(data, 0)?, number(data, 4)?);
                        Some(((top, number(data, 8)?), (bottom, number(data, 12)?)))
                    };
                    layout.merge(region().ok_or_else(damaged)?)?;
                }
                CELL_BLANK..=FORMULA_ERROR | CELL_RICH_TEXT => {
                    column = number(data, 0).ok_or_else(damaged)?;
                    let style = number(data, 4).ok_or_else(damaged)?;
                    if !shared.cell(kind, &data[8..], (row, column, style), each).ok_or_else(damaged)? {
                        return Ok(layout);
                    }
                    column = column.saturating_add(1);
                }
                SHORT_BLANK..=SHORT_SHARED_TEXT => {
                    let style = number(data, 0).ok_or_else(damaged)?;
                    let kind = kind - SHORT_BLANK + CELL_BLANK;
                    if !shared.cell(kind, &data[4..], (row, column, style), each).ok_or_else(damaged)? {
                        return Ok(layout);
                    }
                    column = column.saturating_add(1);
                }
                CELLS_END => whole = true,
                _ => conditions.take(kind, data, &shared.styles.conditional),
            }
        }
        layout.conditional = conditions.into_found();
        // A part that was cut off lacks people.
        if whole { Ok(layout) } else { Err(damaged()) }
    }
}

/// What cells name: texts that they share and how they look.
struct SharedParts<'b> {
    texts: &'b Texts,
    styles: &'b Styles,
    general: &'b Style,
}

impl SharedParts<'_> {
    /// Hands out a cell. Nothing where its record is not whole.
    fn cell(&self, kind: u16, data: &[u8], at: (u32, u32, u32), each: Each<'_>) -> Option<bool> {
        let read;
        let mut struck = false;
        let value = match kind {
            CELL_PACKED => Value::Number(packed(number(data, 0)?)),
            CELL_ERROR | FORMULA_ERROR => Value::Error(error_value(*data.first()?)),
            CELL_BOOL | FORMULA_BOOL => Value::Bool(*data.first()? != 0),
            CELL_REAL | FORMULA_REAL => {
                let value = f64::from_le_bytes(data.get(..8)?.try_into().ok()?);
                Value::Number(Some(value).filter(|value| value.is_finite())?)
            }
            CELL_TEXT | FORMULA_TEXT | CELL_RICH_TEXT => {
                let rich = kind == CELL_RICH_TEXT;
                let end;
                (read, end) = text(data, usize::from(rich))?;
                struck |= rich && is_struck(data, end, &self.styles.fonts);
                Value::Text(&read)
            }
            CELL_SHARED_TEXT => {
                let index = usize::try_from(number(data, 0)?).ok()?;
                struck |= self.texts.is_struck(index);
                Value::Text(self.texts.get(index)?)
            }
            _ => return Some(true),
        };
        if value == Value::Text("") && kind != FORMULA_TEXT {
            return Some(true);
        }
        let (row, column, style) = at;
        // The fourth byte holds flags.
        let style = self.styles.all.get((style & 0x00FF_FFFF) as usize).unwrap_or(self.general);
        // Behind the value and its flags stands the formula.
        let volatile = match kind {
            FORMULA_REAL => data.get(14..).is_some_and(is_volatile_in_tokens),
            FORMULA_TEXT => {
                let end = number(data, 0).map(|length| length as usize * 2 + 10);
                end.and_then(|end| data.get(end..)).is_some_and(is_volatile_in_tokens)
            }
            _ => false,
        };
        Some(each(Cell { volatile, struck: struck || style.struck, ..style.cell(row, column, value) }))
    }
}

/// Whether a piece of a rich text is struck through: its first byte says whether it is rich, and behind its characters stand
/// how many pieces there are, and of each where it begins and its font.
fn is_struck(data: &[u8], end: usize, fonts: &[Font]) -> bool {
    let is_rich = data.first().is_some_and(|flags| flags & 1 != 0);
    let count = number(data, end).filter(|_| is_rich).map_or(0, |count| count as usize);
    let runs = data.get(end + 4..).into_iter().flat_map(|runs| runs.chunks_exact(4)).take(count);
    let mut fonts = runs.filter_map(|run| fonts.get(usize::from(u16::from_le_bytes([run[2], run[3]]))));
    fonts.any(|font| font.struck)
}

/// The styles that cells and conditions name.
fn styles(mut records: Records<'_>) -> Result<Styles, Failure> {
    let mut codes = Codes::default();
    let (mut all, mut conditional, mut fonts, mut inside) = (Vec::new(), Vec::new(), Vec::new(), false);
    while let Some((kind, data)) = records.next() {
        match kind {
            FORMAT => {
                let code = short(data, 0).zip(text(data, 2));
                if let Some((id, (code, _))) = code {
                    codes.add(id, &code)?;
                }
            }
            FONT if fonts.len() < MOST_STYLES => {
                let name = text(data, 21).map(|(name, _)| name);
                fonts.push(Font::of_record(data, name.as_deref()));
            }
            // More than there can be are none that a condition names.
            CONDITIONAL_LOOK if conditional.len() < MOST_STYLES => conditional.push(xlsb_number_format(data)),
            STYLES => inside = true,
            STYLES_END => inside = false,
            STYLE if inside && all.len() < MOST_STYLES => {
                let id = short(data, 2).unwrap_or(0);
                let font = short(data, 4).and_then(|font| fonts.get(font as usize));
                let Font { symbols, struck } = font.cloned().unwrap_or(Font::NONE);
                all.push(Style { format: NumberFormat::of_file(id, codes.get(id)), symbols, struck });
            }
            _ => {}
        }
    }
    Ok(Styles { all, conditional, fonts })
}

fn short(data: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_le_bytes(data.get(at..at + 2)?.try_into().ok()?).into())
}

/// The records of a part, up to the first that is not whole. One is in memory at a time: a part unfolds to many times
/// what its file takes.
struct Records<'p> {
    part: BufReader<Box<dyn Read + 'p>>,
    data: Vec<u8>,
}

impl<'p> Records<'p> {
    fn new(part: Box<dyn Read + 'p>) -> Self {
        Self { part: BufReader::with_capacity(64 * 1024, part), data: Vec::new() }
    }

    /// The next record.
    fn next(&mut self) -> Option<(u16, &[u8])> {
        let kind = u16::try_from(self.varint(2)?).ok()?;
        let length = self.varint(4).filter(|length| *length <= LONGEST)?;
        self.data.clear();
        let read = self.part.by_ref().take(length as u64).read_to_end(&mut self.data).ok()?;
        (read == length).then_some((kind, self.data.as_slice()))
    }

    /// A number of seven bits a byte, the lowest first.
    fn varint(&mut self, most: usize) -> Option<usize> {
        let mut value = 0;
        for index in 0..most {
            let mut byte = [0];
            self.part.read_exact(&mut byte).ok()?;
            value |= usize::from(byte[0] & 0x7F) << (7 * index);
            if byte[0] & 0x80 == 0 {
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
    fn records_are_read_and_a_torn_one_is_the_end() {
        let mut part = vec![0, 2, 1, 2];
        part.extend([0xB0, 0x01, 0xAC, 0x02]);
        part.extend([7; 300]);
        let read = |part: &[u8]| {
            let (mut records, mut read) = (Records::new(Box::new(part)), Vec::new());
            while let Some((kind, data)) = records.next() {
                read.push((kind, data.len()));
            }
            read
        };
        assert_eq!(read(&part), [(ROW, 2), (MERGED, 300)]);
        for length in 0..part.len() {
            assert!(read(&part[..length]).len() < 2, "{length}");
        }
    }

    #[test]
    fn numbers_in_four_bytes_are_unpacked() {
        for (bits, value) in
            [(0x3FF0_0000, 1.0), (0x3FF0_0001, 0.01), (6, 1.0), (0xFFFF_FFFE, -1.0), (0x0000_01EF, 1.23)]
        {
            assert!((packed(bits) - value).abs() < 1e-12, "{bits:#x}");
        }
    }
}
