//! What can be wrong with a cell of a workbook.

use jiff::civil::DateTime;

/// Why a cell cannot be used as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trouble {
    /// It is merged with others.
    Merged,
    /// It is a date, and nobody says how to write it.
    Date(DateTime),
    /// It is a number that has lost digits.
    LongNumber,
    /// It is a formula without a value.
    NoValue,
    /// It is an error value.
    ErrorValue,
}
