//! What all four formats of workbooks have: sheets, cells and how they lie.

use std::collections::HashMap;
use std::sync::Arc;

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
        /// Whether others show the same.
        sure: bool,
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
    /// The font, where it has pictures in place of letters.
    pub(crate) symbols: Option<&'a Arc<str>>,
    /// Whether it is struck through, whole or in part.
    pub(crate) struck: bool,
    /// Whether it is a formula whose value is another tomorrow.
    pub(crate) volatile: bool,
}

/// How the cells of a style look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) format: NumberFormat,
    /// The font, where it has pictures in place of letters.
    pub(crate) symbols: Option<Arc<str>>,
    pub(crate) struck: bool,
}

/// What matters of a font.
#[derive(Debug, Clone, Default)]
pub(crate) struct Font {
    /// Its name, where it has pictures in place of letters.
    pub(crate) symbols: Option<Arc<str>>,
    pub(crate) struck: bool,
}

impl Font {
    /// The bit of a font's flags that says that it strikes through, in both binary formats.
    const STRUCK: u8 = 0x08;

    /// What a style has that names none.
    pub(crate) const NONE: Self = Self { symbols: None, struck: false };

    /// One of a binary format: its flags are the third byte of its record.
    pub(crate) fn of_record(data: &[u8], name: Option<&str>) -> Self {
        let struck = data.get(2).is_some_and(|flags| flags & Self::STRUCK != 0);
        Self { symbols: name.and_then(symbols), struck }
    }
}

impl Style {
    /// That of a cell which says nothing of its own.
    pub(crate) fn general() -> Self {
        Self { format: NumberFormat::built_in(0), symbols: None, struck: false }
    }

    /// A cell of this style.
    pub(crate) fn cell<'a>(&'a self, row: u32, column: u32, value: Value<'a>) -> Cell<'a> {
        let (format, symbols) = (&self.format, self.symbols.as_ref());
        Cell { row, column, value, format, symbols, struck: self.struck, volatile: false }
    }
}

/// A font's name, where it has pictures in place of letters: an `R` of Wingdings 2 is a box with a tick.
pub(crate) fn symbols(font: &str) -> Option<Arc<str>> {
    const FONTS: [&str; 5] = ["wingdings", "webdings", "symbol", "marlett", "zapfdingbats"];
    let name = font.to_ascii_lowercase().replace(' ', "");
    FONTS.iter().any(|own| name.starts_with(own)).then(|| font.trim().into())
}

/// Whether the value of a formula hangs on the day, or on chance.
pub(crate) fn is_volatile(formula: &str) -> bool {
    const FUNCTIONS: [&str; 5] = ["TODAY(", "NOW(", "RAND(", "RANDBETWEEN(", "RANDARRAY("];
    let formula = formula.to_ascii_uppercase();
    let begins = |at: usize| !formula[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    FUNCTIONS.iter().any(|name| formula.match_indices(name).any(|(at, _)| begins(at)))
}

/// The same of a formula in the tokens of the binary formats ([MS-XLS] 2.5.198): behind the mark of a formula that is
/// always calculated stands one of the functions, `RAND`, `NOW` or `TODAY`, by its number.
pub(crate) fn is_volatile_in_tokens(tokens: &[u8]) -> bool {
    let call = |three: &[u8]| matches!(three, [0x21 | 0x41 | 0x61, 63 | 74 | 221, 0]);
    tokens.starts_with(&[0x19, 0x01]) && tokens.windows(3).any(call)
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
    /// The cells that a condition may show in a format of its own.
    pub(crate) conditional: Vec<Region>,
}

/// More merged cells than this are no list's.
pub(crate) const MOST_MERGED: usize = 4_000_000;

impl Layout {
    /// Takes in rows that are hidden.
    pub(crate) fn hide(&mut self, rows: std::ops::RangeInclusive<u32>) -> Result<(), Failure> {
        // A sheet has no more rows, and a file that repeats one could fill any memory.
        if self.hidden.len() >= MAX_ROWS as usize {
            return Err(Failure::TooLarge);
        }
        self.hidden.push(rows);
        Ok(())
    }

    /// Takes in cells that are merged.
    pub(crate) fn merge(&mut self, region: Region) -> Result<(), Failure> {
        if self.merged.len() >= MOST_MERGED {
            return Err(Failure::TooLarge);
        }
        self.merged.push(region);
        Ok(())
    }
}

/// The codes of number formats that a file has, by the numbers that styles call them.
#[derive(Debug, Default)]
pub(crate) struct Codes(HashMap<u32, NumberFormat>);

impl Codes {
    /// Takes in one; of two with a number the first counts.
    pub(crate) fn add(&mut self, number: u32, code: &str) -> Result<(), Failure> {
        within(self.0.len(), MOST_STYLES)?;
        self.0.entry(number).or_insert_with(|| NumberFormat::new(code));
        Ok(())
    }

    pub(crate) fn get(&self, number: u32) -> Option<&NumberFormat> {
        self.0.get(&number)
    }
}

/// More sheets than this are no workbook that anybody made.
pub(crate) const MOST_SHEETS: usize = 100_000;

/// True while there are no more of something than a file can mean.
pub(crate) fn within(count: usize, most: usize) -> Result<bool, Failure> {
    if count <= most { Ok(true) } else { Err(Failure::TooLarge) }
}

/// Excel has room for 65,490 styles of cells.
pub(crate) const MOST_STYLES: usize = 100_000;

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

/// The place of a font of an .xls by the number that styles and texts call it: none has the number 4.
pub(crate) fn font_index(number: u32) -> usize {
    (if number > 4 { number - 1 } else { number }) as usize
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

/// More texts than this take longer to read than anybody waits, and are ten for every row there can be.
const MOST_TEXTS: usize = 10_000_000;

/// From this size on the texts of a workbook are given all the room that they may need.
const LARGE: usize = 16 << 20;

/// Texts that many cells share, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    text: String,
    ends: Vec<u32>,
    /// The numbers of those that are struck through, whole or in part.
    struck: Vec<u32>,
}

impl Texts {
    /// Takes in one more; nothing where there are too many.
    pub(crate) fn push(&mut self, text: &str, limit: usize) -> Result<(), Failure> {
        // Growing by doubling holds the old and the new at once. Room that is never filled is no memory.
        if self.text.len() <= LARGE && self.text.len() + text.len() > LARGE {
            // Where there is no such room it grows as it did.
            let _ = self.text.try_reserve_exact(limit.saturating_sub(self.text.len()).max(text.len()));
        }
        self.text.push_str(text);
        if self.size() > limit || self.ends.len() >= MOST_TEXTS {
            return Err(Failure::TooLarge);
        }
        self.ends.push(u32::try_from(self.text.len()).map_err(|_| Failure::TooLarge)?);
        Ok(())
    }

    /// Notes that the last one is struck through.
    pub(crate) fn strike(&mut self) {
        // One a text, and texts are counted in four bytes.
        self.struck.extend(self.ends.len().checked_sub(1).and_then(|last| u32::try_from(last).ok()));
    }

    pub(crate) fn is_struck(&self, index: usize) -> bool {
        u32::try_from(index).is_ok_and(|index| self.struck.binary_search(&index).is_ok())
    }

    /// How many bytes they take.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + (self.ends.len() + self.struck.len()) * 4
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_that_give_another_value_tomorrow_are_known() {
        for volatile in ["TODAY()+7", "TEXT(today(),\"m\")", "IF(A1>NOW(),1,2)", "-RANDBETWEEN(1,9)"] {
            assert!(is_volatile(volatile), "{volatile}");
        }
        for sound in ["A1+1", "KNOW(1)", "SUM(TODAY)", "BRAND(2)", "MY_NOW()"] {
            assert!(!is_volatile(sound), "{sound}");
        }
        assert!(is_volatile_in_tokens(&[0x19, 1, 0, 0, 0x41, 221, 0, 0x1E, 7, 0, 3]));
        assert!(
            !is_volatile_in_tokens(&[0x1E, 221, 0, 0x41, 221, 0]) && !is_volatile_in_tokens(&[0x19, 1, 0, 0])
        );
    }

    #[test]
    fn fonts_of_pictures_are_known_by_their_names() {
        for (font, drawn) in [
            ("Wingdings", true),
            ("Wingdings 2", true),
            ("SYMBOL", true),
            ("微软雅黑", false),
            ("Segoe UI Symbol", false),
        ] {
            assert_eq!(symbols(font).is_some(), drawn, "{font}");
        }
    }
}
