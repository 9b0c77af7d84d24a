//! The cells of a sheet as texts; the only file that knows calamine.

use std::io::Cursor;

use calamine::{
    CellErrorType, Data, DataRef, ExcelDateTime, Ods, OdsError, Reader, Sheet, SheetType, SheetVisible, Xls,
    XlsError, Xlsb, XlsbError, Xlsx, XlsxError,
};
use jiff::civil::{DateTime, date};

use crate::audience::trouble::Trouble;
use crate::audience::workbook::Format;

type Bytes<'b> = Cursor<&'b [u8]>;

/// A number of this many digits and more has lost digits: a spreadsheet keeps fifteen.
const TOO_LONG: f64 = 1e15;

/// An open workbook.
pub(crate) enum Book<'b> {
    Xlsx(Xlsx<Bytes<'b>>),
    Xlsb(Xlsb<Bytes<'b>>),
    Xls(Xls<Bytes<'b>>),
    Ods(Ods<Bytes<'b>>),
}

/// Why a workbook or a sheet cannot be read.
#[derive(Debug)]
pub(crate) enum Failure {
    Encrypted,
    Damaged(String),
}

/// A sheet that can hold cells.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) visible: bool,
}

/// A cell with a value.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) text: String,
    pub(crate) trouble: Option<Trouble>,
}

impl Cell {
    /// A formula that was never calculated.
    pub(crate) fn without_value(row: u32, column: u32) -> Self {
        Self { row, column, text: String::new(), trouble: Some(Trouble::NoValue) }
    }
}

impl<'b> Book<'b> {
    pub(crate) fn open(bytes: &'b [u8], format: Format) -> Result<Self, Failure> {
        let bytes = Cursor::new(bytes);
        Ok(match format {
            Format::Xlsx => Self::Xlsx(Xlsx::new(bytes)?),
            Format::Xlsb => Self::Xlsb(Xlsb::new(bytes)?),
            Format::Xls => Self::Xls(Xls::new(bytes)?),
            Format::Ods => Self::Ods(Ods::new(bytes)?),
        })
    }

    pub(crate) fn sheets(&self) -> Vec<Listed> {
        self.listed()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| Listed { name: sheet.name.clone(), visible: sheet.visible == SheetVisible::Visible })
            .collect()
    }

    /// Hands out the cells that have a value or a formula, row by row, until one is answered with false.
    pub(crate) fn cells(&mut self, sheet: &str, mut each: impl FnMut(Cell) -> bool) -> Result<(), Failure> {
        match self {
            Self::Xlsx(book) => {
                let mut cells = book.worksheet_cells_reader(sheet)?;
                while let Some(found) = cells.next_cell_with_formula_metadata()? {
                    let (row, column) = found.pos;
                    if let Some(cell) = cell(row, column, found.value, found.formula.is_some())
                        && !each(cell)
                    {
                        break;
                    }
                }
            }
            Self::Xlsb(book) => {
                let mut cells = book.worksheet_cells_reader(sheet)?;
                while let Some(found) = cells.next_cell()? {
                    let (row, column) = found.get_position();
                    if let Some(cell) = cell(row, column, found.get_value().clone(), false)
                        && !each(cell)
                    {
                        break;
                    }
                }
            }
            Self::Xls(book) => {
                let (values, formulas) = (book.worksheet_range(sheet)?, book.worksheet_formula(sheet)?);
                ranges(&values, &formulas, each);
            }
            Self::Ods(book) => {
                let (values, formulas) = (book.worksheet_range(sheet)?, book.worksheet_formula(sheet)?);
                ranges(&values, &formulas, each);
            }
        }
        Ok(())
    }

    /// The number of a sheet among all that the workbook lists, from 0.
    pub(crate) fn number(&self, sheet: &str) -> usize {
        self.listed().iter().position(|listed| listed.name == sheet).unwrap_or_default()
    }

    fn listed(&self) -> &[Sheet] {
        match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Ods(book) => book.sheets_metadata(),
        }
    }
}

/// Walks a sheet that is held as two rectangles: its values, and its formulas.
fn ranges(
    values: &calamine::Range<Data>,
    formulas: &calamine::Range<String>,
    mut each: impl FnMut(Cell) -> bool,
) {
    let corners = |start: Option<(u32, u32)>, end: Option<(u32, u32)>| start.zip(end);
    let (values_at, formulas_at) =
        (corners(values.start(), values.end()), corners(formulas.start(), formulas.end()));
    let all = [values_at, formulas_at].into_iter().flatten();
    let Some((start, end)) =
        all.reduce(|(a, b), (c, d)| ((a.0.min(c.0), a.1.min(c.1)), (b.0.max(d.0), b.1.max(d.1))))
    else {
        return;
    };
    for row in start.0..=end.0 {
        for column in start.1..=end.1 {
            let formula = formulas.get_value((row, column)).map_or("", String::as_str);
            let value = match formula {
                // LibreOffice keeps a boolean so, with a number for its value.
                "of:=TRUE()" => DataRef::Bool(true),
                "of:=FALSE()" => DataRef::Bool(false),
                _ => data_ref(values.get_value((row, column)).cloned().unwrap_or_default()),
            };
            if let Some(cell) = cell(row, column, value, !formula.is_empty())
                && !each(cell)
            {
                return;
            }
        }
    }
}

fn data_ref(value: Data) -> DataRef<'static> {
    match value {
        Data::Int(value) => DataRef::Int(value),
        Data::Float(value) => DataRef::Float(value),
        Data::String(text) => DataRef::String(text),
        Data::Bool(value) => DataRef::Bool(value),
        Data::DateTime(value) => DataRef::DateTime(value),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text),
        Data::DurationIso(text) => DataRef::DurationIso(text),
        Data::Error(error) => DataRef::Error(error),
        Data::Empty => DataRef::Empty,
    }
}

/// A cell as it is told; nothing where it is empty.
fn cell(row: u32, column: u32, value: DataRef<'_>, formula: bool) -> Option<Cell> {
    let (text, trouble) = match value {
        DataRef::Empty if formula => (String::new(), Some(Trouble::NoValue)),
        DataRef::Empty => return None,
        DataRef::String(text) => (text, None),
        DataRef::SharedString(text) => (text.to_owned(), None),
        // Excel says it so in every language.
        DataRef::Bool(value) => (if value { "TRUE" } else { "FALSE" }.to_owned(), None),
        DataRef::Int(value) => {
            let long = value.unsigned_abs() >= 1_000_000_000_000_000;
            (value.to_string(), long.then_some(Trouble::LongNumber))
        }
        DataRef::Float(value) => (number(value), (value.abs() >= TOO_LONG).then_some(Trouble::LongNumber)),
        DataRef::DateTime(value) => match of_excel(&value) {
            Some(at) => (plain(at), Some(Trouble::Date(at))),
            None => (number(value.as_f64()), Some(Trouble::Date(EPOCH))),
        },
        DataRef::DateTimeIso(text) => {
            let at = text.parse::<DateTime>().ok();
            (text, Some(Trouble::Date(at.unwrap_or(EPOCH))))
        }
        DataRef::DurationIso(text) => {
            let at = text.parse::<jiff::Span>().ok().and_then(|span| EPOCH.checked_add(span).ok());
            (at.map_or(text, plain), Some(Trouble::Date(at.unwrap_or(EPOCH))))
        }
        DataRef::Error(error) => (error_value(&error).to_owned(), Some(Trouble::ErrorValue)),
    };
    (!text.is_empty() || trouble.is_some()).then_some(Cell { row, column, text, trouble })
}

/// The day that a time without a date belongs to.
const EPOCH: DateTime = date(1899, 12, 31).at(0, 0, 0, 0);

fn of_excel(value: &ExcelDateTime) -> Option<DateTime> {
    let (year, month, day, hour, minute, second, millisecond) = value.to_ymd_hms_milli();
    let small = |part: u8| i8::try_from(part).ok();
    DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        i32::from(millisecond) * 1_000_000,
    )
    .ok()
}

/// A date as results show it where nobody says how.
fn plain(at: DateTime) -> String {
    let midnight = at.time() == jiff::civil::Time::midnight();
    at.strftime(if midnight { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

/// A number with the fifteen digits that spreadsheets show, without exponent and without a trailing `.0`.
fn number(value: f64) -> String {
    let shown = if value.abs() < TOO_LONG { format!("{value:.14e}").parse().unwrap_or(value) } else { value };
    // -0 is what is left of a rounded difference.
    let shown = if shown == 0.0 { 0.0 } else { shown };
    shown.to_string()
}

fn error_value(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        CellErrorType::GettingData => "#GETTING_DATA",
    }
}

impl From<XlsxError> for Failure {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::Password => Self::Encrypted,
            error => Self::Damaged(error.to_string()),
        }
    }
}

impl From<XlsbError> for Failure {
    fn from(error: XlsbError) -> Self {
        match error {
            XlsbError::Password => Self::Encrypted,
            error => Self::Damaged(error.to_string()),
        }
    }
}

impl From<XlsError> for Failure {
    fn from(error: XlsError) -> Self {
        match error {
            XlsError::Password => Self::Encrypted,
            error => Self::Damaged(error.to_string()),
        }
    }
}

impl From<OdsError> for Failure {
    fn from(error: OdsError) -> Self {
        match error {
            OdsError::Password => Self::Encrypted,
            error => Self::Damaged(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_written_as_a_spreadsheet_shows_them() {
        let cases = [
            (1.0, "1"),
            (-0.0, "0"),
            (12.5, "12.5"),
            (0.1 + 0.2, "0.3"),
            (1e-7, "0.0000001"),
            (13_800_138_000.0, "13800138000"),
            (999_999_999_999_999.0, "999999999999999"),
            (622_000_000_000_000_000.0, "622000000000000000"),
            (1_234.567_89, "1234.56789"),
        ];
        for (value, shown) in cases {
            assert_eq!(number(value), shown);
        }
    }
}
