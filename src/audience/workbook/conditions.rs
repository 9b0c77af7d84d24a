//! Conditional formatting in the binary formats: which cells a condition may show otherwise than their own format does.
//! What a condition says is not calculated here, only that what is seen is not certain.

use crate::audience::workbook::cell::Region;
use crate::audience::workbook::number;

// The numbers of records, as [MS-XLS] 2.3 and [MS-XLSB] 2.3 call them.
const XLS_CELLS: u16 = 0x01B0;
const XLS_RULE: u16 = 0x01B1;
const XLS_CELLS_12: u16 = 0x0879;
const XLS_RULE_12: u16 = 0x087A;
const XLS_MORE: u16 = 0x087B;
const CELLS: u16 = 461;
const RULE: u16 = 463;
const ICONS: u16 = 465;
const BAR: u16 = 467;
const CELLS_14: u16 = 1046;
const BAR_14: u16 = 1051;
const ICONS_14: u16 = 1052;
const LOOK_14: u16 = 1171;

/// The length of the head that later kinds of records have in an .xls, with the cells that they are about.
const HEAD: usize = 12;
/// The types of rules of an .xls that draw bars and icons.
const TYPE_BAR: u8 = 4;
const TYPE_ICONS: u8 = 6;

/// The cells of an .xls that a condition may show otherwise, by the records of its sheet.
pub(super) fn of_xls<'r>(records: impl Iterator<Item = (u16, &'r [u8])>) -> Vec<Region> {
    let (mut found, mut cells) = (Vec::new(), Vec::new());
    for (kind, data) in records {
        let otherwise = match kind {
            XLS_CELLS => {
                cells = xls_cells(data);
                false
            }
            XLS_CELLS_12 => {
                cells = data.get(HEAD..).map_or_else(Vec::new, xls_cells);
                false
            }
            XLS_RULE => data.get(6..).is_some_and(has_number_format),
            XLS_RULE_12 => data.get(HEAD..).is_some_and(rule_12),
            XLS_MORE => {
                // Its own head says which cells it is about.
                let own = || xls_region(data.get(4..HEAD)?);
                let more = data.get(HEAD + 6..).is_some_and(more_of_a_rule);
                found.extend(own().filter(|_| more));
                false
            }
            _ => false,
        };
        if otherwise {
            found.append(&mut cells);
        }
    }
    found
}

/// The cells that the rules behind a record are about ([MS-XLS] 2.5.50).
fn xls_cells(data: &[u8]) -> Vec<Region> {
    data.get(14..).into_iter().flat_map(|cells| cells.chunks_exact(8)).filter_map(xls_region).collect()
}

fn xls_region(data: &[u8]) -> Option<Region> {
    let [top, bottom, left, right] = [0, 2, 4, 6].map(|at| short(data, at));
    Some(((top?, left?), (bottom?, right?)))
}

/// Whether a look has a number format of its own ([MS-XLS] 2.5.96).
fn has_number_format(look: &[u8]) -> bool {
    const NUMBER_FORMAT: u32 = 1 << 25;
    number(look, 0).is_some_and(|flags| flags & NUMBER_FORMAT != 0)
}

/// The same of a look that says first how long it is.
fn has_number_format_12(look: &[u8]) -> bool {
    number(look, 0).is_some_and(|length| length > 0) && look.get(4..).is_some_and(has_number_format)
}

/// Whether a rule of Excel 2007 and later shows something else than the number ([MS-XLS] 2.4.43).
fn rule_12(data: &[u8]) -> bool {
    let drawn = |of_an_empty_look: usize| {
        let formulas = [short(data, 2)?, short(data, 4)?].map(|length| length as usize);
        let look = number(data, 6)? as usize;
        let look = if look == 0 { of_an_empty_look } else { look };
        let at = 10usize.checked_add(look)? + formulas[0] + formulas[1];
        let active = short(data, at)? as usize;
        // Behind them: flags, priority, template, and sixteen bytes of it with their number before them.
        let of_template = at + 2 + active + 1 + 2 + 2;
        let drawn = data.get(of_template + 1 + 16..).filter(|_| data.get(of_template) == Some(&16))?;
        Some(match *data.first()? {
            TYPE_BAR => drawn.get(3)? & 2 == 0,
            TYPE_ICONS => drawn.get(5)? & 1 != 0,
            _ => false,
        })
    };
    // Programs disagree whether an empty look has two bytes more.
    data.get(6..).is_some_and(has_number_format_12) || drawn(2).or_else(|| drawn(0)).unwrap_or(false)
}

/// Whether what later programs add to a rule of an earlier one is a number format ([MS-XLS] 2.5.35).
fn more_of_a_rule(data: &[u8]) -> bool {
    const HAS_LOOK: usize = 7;
    data.get(HAS_LOOK).is_some_and(|has| *has != 0)
        && data.get(HAS_LOOK + 1..).is_some_and(has_number_format_12)
}

/// The conditions of a sheet of an .xlsb, as its records come.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    cells: Vec<Region>,
    found: Vec<Region>,
}

impl Conditions {
    /// Takes a record; `looks` are those that rules name, each with whether it has a number format.
    pub(super) fn take(&mut self, kind: u16, data: &[u8], looks: &[bool]) {
        let otherwise = match kind {
            CELLS => {
                self.cells = data.get(8..).map_or_else(Vec::new, xlsb_cells);
                false
            }
            CELLS_14 => {
                // Flags, how many lists of cells there are, and flags of the first.
                self.cells = data.get(12..).map_or_else(Vec::new, xlsb_cells);
                false
            }
            RULE => {
                let look = number(data, 8).and_then(|look| looks.get(look as usize));
                look.copied().unwrap_or(false)
            }
            BAR => data.get(2) == Some(&0),
            BAR_14 => data.get(6) == Some(&0),
            ICONS => data.get(4).is_some_and(|flags| flags & 2 != 0),
            ICONS_14 => data.get(8).is_some_and(|flags| flags & 2 != 0),
            LOOK_14 => data.get(4..).is_some_and(xlsb_number_format),
            _ => false,
        };
        if otherwise {
            self.found.append(&mut self.cells);
        }
    }

    /// The cells that a condition may show otherwise.
    pub(super) fn into_found(self) -> Vec<Region> {
        self.found
    }
}

fn xlsb_cells(data: &[u8]) -> Vec<Region> {
    let region = |data: &[u8]| {
        let [top, bottom, left, right] = [0, 4, 8, 12].map(|at| number(data, at));
        Some(((top?, left?), (bottom?, right?)))
    };
    data.get(4..).into_iter().flat_map(|cells| cells.chunks_exact(16)).filter_map(region).collect()
}

/// Whether a look of an .xlsb has a number format among its properties ([MS-XLSB] 2.5.164): its code or its number.
pub(super) fn xlsb_number_format(look: &[u8]) -> bool {
    const CODE: u32 = 0x26;
    const NUMBER: u32 = 0x29;
    let Some(mut properties) = look.get(6..) else { return false };
    while let (Some(kind), Some(length)) = (short(properties, 0), short(properties, 2)) {
        if kind == CODE || kind == NUMBER {
            return true;
        }
        // The length counts its own four bytes.
        match properties.get(length.max(4) as usize..) {
            Some(rest) => properties = rest,
            None => return false,
        }
    }
    false
}

fn short(data: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_le_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?).into())
}
