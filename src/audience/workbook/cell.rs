//! What all four formats of workbooks have: sheets, cells and how they lie.

use crate::audience::number_format::NumberFormat;
use crate::audience::unreadable::Unreadable;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;
use crate::diagnostic::value::Value as Told;

/// The most rows and columns a sheet has, in every program that people use.
pub(crate) const MAX_ROWS: u32 = 1_048_576;
pub(crate) const MAX_COLUMNS: u32 = 16_384;

/// Why a workbook or a sheet cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Encrypted,
    /// The part or the cell that cannot be what it is.
    Damaged(String),
    /// It unfolds to more than a file of its size can mean.
    TooLarge,
}

impl Failure {
    pub(crate) fn part(name: &str) -> Self {
        Self::Damaged(name.to_owned())
    }
}

impl From<Failure> for Unreadable {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Encrypted => Diagnostic::new(Code::WorkbookEncrypted, Place::Audience).into(),
            Failure::Damaged(part) => Diagnostic::new(Code::WorkbookUnreadable, Place::Audience)
                .with("reason", Told::reason(part))
                .into(),
            Failure::TooLarge => Diagnostic::new(Code::WorkbookTooLarge, Place::Audience).into(),
        }
    }
}

/// A sheet that can hold cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) visible: bool,
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Number(f64),
    Bool(bool),
    /// A date or time in the words of ISO 8601.
    Iso(&'a str),
    Error(&'a str),
    /// A formula that was never calculated.
    Missing,
    /// A number or, in the words of ISO 8601, a date, and what its program showed of it.
    Shown {
        text: &'a str,
        number: Option<f64>,
        iso: Option<&'a str>,
    },
}

/// A cell that has a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    /// From 0.
    pub(crate) row: u32,
    /// From 0.
    pub(crate) column: u32,
    pub(crate) value: Value<'a>,
    pub(crate) format: &'a NumberFormat,
}

/// A rectangle of cells: its first and its last, each as row and column from 0.
pub(crate) type Region = ((u32, u32), (u32, u32));

/// How the rows and cells of a sheet lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The rows that are hidden, from 0, in order.
    pub(crate) hidden: Vec<std::ops::RangeInclusive<u32>>,
    /// The cells that are merged.
    pub(crate) merged: Vec<Region>,
}

/// Takes the cells of a sheet, row by row, until it answers with false.
pub(crate) type Each<'e> = &'e mut dyn FnMut(Cell<'_>) -> bool;

/// The error value that the binary formats keep under this number.
pub(crate) fn error_value(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2B => "#GETTING_DATA",
        _ => "#N/A",
    }
}

/// A number as the binary formats pack it into four bytes ([MS-XLS] 2.5.122).
pub(crate) fn packed(bits: u32) -> f64 {
    let value = if bits & 2 != 0 {
        // Thirty bits with a sign.
        f64::from(bits.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(bits & 0xFFFF_FFFC) << 32)
    };
    if bits & 1 != 0 { value / 100.0 } else { value }
}

/// Texts that many cells share, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    /// Takes in one more; nothing where there are too many.
    pub(crate) fn push(&mut self, text: &str, limit: usize) -> Result<(), Failure> {
        self.text.push_str(text);
        if self.text.len() + self.ends.len() * 4 > limit {
            return Err(Failure::TooLarge);
        }
        self.ends.push(u32::try_from(self.text.len()).map_err(|_| Failure::TooLarge)?);
        Ok(())
    }

    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }
}

/// How many bytes the texts and cells of a workbook of this size can need.
pub(crate) fn room(bytes: usize) -> usize {
    const LEAST: usize = 64 * 1024 * 1024;
    bytes.saturating_mul(5).saturating_add(LEAST)
}
