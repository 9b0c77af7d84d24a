//! What can be wrong with a cell of a workbook.

use std::sync::Arc;

/// Why a cell cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is merged with others.
    Merged,
    /// It is a date that programs show differently under a format of this code, and nobody says how to write it.
    Date(Arc<str>),
    /// It is a zero shown as a date, 1900/1/0, as formulas make of blank cells.
    ZeroDate,
    /// It is a number that has lost digits.
    LongNumber,
    /// Under a format of this code programs show it differently.
    Format(Arc<str>),
    /// A format of this code shows it as a power of ten.
    Scientific(Arc<str>),
    /// A format of this code shows thousandths of it, or less.
    Scaled(Arc<str>),
    /// It is written in this font, which has pictures in place of letters.
    Symbols(Arc<str>),
    /// It is struck through, whole or in part.
    Struck,
    /// A condition may show it in a format of its own.
    Conditional,
    /// It is a formula without a value.
    NoValue,
    /// It is an error value.
    ErrorValue,
}
