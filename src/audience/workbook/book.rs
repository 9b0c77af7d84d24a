//! An open workbook, whichever of the four formats it has: its sheets, and the cells of one of them.

use crate::audience::number_format::Epoch;
use crate::audience::workbook::Format;
use crate::audience::workbook::cell::{Cell, Each, Failure, Layout, Listed, MAX_COLUMNS, MAX_ROWS};
use crate::audience::workbook::ods::Ods;
use crate::audience::workbook::xls::Xls;
use crate::audience::workbook::xlsb::Xlsb;
use crate::audience::workbook::xlsx::Xlsx;

pub(crate) enum Book<'b> {
    Xlsx(Xlsx<'b>),
    Xlsb(Xlsb<'b>),
    Xls(Xls),
    Ods(Ods<'b>),
}

impl<'b> Book<'b> {
    pub(crate) fn open(bytes: &'b [u8], format: Format) -> Result<Self, Failure> {
        Ok(match format {
            Format::Xlsx => Self::Xlsx(Xlsx::open(bytes)?),
            Format::Xlsb => Self::Xlsb(Xlsb::open(bytes)?),
            Format::Xls => Self::Xls(Xls::open(bytes)?),
            Format::Ods => Self::Ods(Ods::open(bytes)?),
        })
    }

    /// The sheets that hold cells: no charts, no macros.
    pub(crate) fn sheets(&self) -> Vec<Listed> {
        match self {
            Self::Xlsx(book) => book.sheets().cloned().collect(),
            Self::Xlsb(book) => book.sheets().cloned().collect(),
            Self::Xls(book) => book.sheets().cloned().collect(),
            Self::Ods(book) => book.sheets().to_vec(),
        }
    }

    /// How many bytes its shared texts take while it is open.
    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Xlsx(book) => book.held(),
            Self::Xlsb(book) => book.held(),
            Self::Xls(book) => book.held(),
            Self::Ods(_) => 0,
        }
    }

    /// The day its dates are counted from.
    pub(crate) fn epoch(&self) -> Epoch {
        match self {
            Self::Xlsx(book) => book.epoch(),
            Self::Xlsb(book) => book.epoch(),
            Self::Xls(book) => book.epoch(),
            Self::Ods(_) => Epoch::Of1900,
        }
    }

    /// Hands out the cells of a sheet that have a value. How the sheet is laid out is only known once all were taken.
    pub(crate) fn read(&mut self, sheet: &str, each: Each<'_>) -> Result<Layout, Failure> {
        let mut outside = None;
        let mut inside = |cell: Cell<'_>| {
            if cell.row < MAX_ROWS && cell.column < MAX_COLUMNS {
                return each(cell);
            }
            outside = Some(());
            false
        };
        let layout = match self {
            Self::Xlsx(book) => book.read(sheet, &mut inside)?,
            Self::Xlsb(book) => book.read(sheet, &mut inside)?,
            Self::Xls(book) => book.read(sheet, &mut inside)?,
            Self::Ods(book) => book.read(sheet, &mut inside)?,
        };
        match outside {
            Some(()) => Err(Failure::TooLarge),
            None => Ok(layout),
        }
    }
}
