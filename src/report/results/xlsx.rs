//! The results as an .xlsx workbook: what they came to, and the rows with their status in colour and in words. Here, in the
//! sheet of totals and for lists of people alone rust_xlsxwriter is known.
//!
//! What the audience has is text, so that nothing in it runs and no digit is lost; of what wxcast adds, numbers are numbers
//! and times are times. Rows go to the disk as they come: memory does not grow with them. Equal results give equal bytes.

use std::collections::HashMap;
use std::io::{self, Write};

use jiff::Zoned;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError, Workbook as Book, Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr as _;

use crate::delivery::outcome::Status;
use crate::locale::Catalog;
use crate::report::results::cells::{A4, coloured, fitting, head, height};
use crate::report::results::line::{Line, Sheet, Whole};
use crate::report::results::totals;

/// A column is between so many characters wide, and the rest of a cell is a click away.
const WIDTHS: (usize, usize) = (6, 44);
/// Where among the seven columns behind the status the numbers, the time and the advice stand.
const NUMBERS: [usize; 3] = [0, 3, 5];
const ADVICE: usize = 2;
const FINISHED: usize = 4;
/// A status further to the right than this does not stay in sight when somebody scrolls: there would be no room left.
const IN_SIGHT: usize = 4;

/// A workbook of results.
pub(crate) struct Workbook<'a> {
    words: &'a Catalog,
    out: &'a mut (dyn Write + Send),
    book: Book,
    row: u32,
    /// The columns that have a name.
    width: usize,
    /// How wide what stands in each column is.
    widths: Vec<usize>,
    /// Where the status stands.
    worded: usize,
    formats: Formats,
}

struct Formats {
    text: Format,
    wrapped: Format,
    number: Format,
    /// Of errcodes, beside whose figures a text stands.
    code: Format,
    statuses: HashMap<&'static str, Format>,
    /// Of times, by their offset from UTC, which is shown with them.
    times: HashMap<String, Format>,
}

impl<'a> Workbook<'a> {
    /// On a stream that nothing was written to.
    ///
    /// # Errors
    ///
    /// When the system has no room for what is written on the way.
    pub(crate) fn new(words: &'a Catalog, out: &'a mut (dyn Write + Send)) -> io::Result<Self> {
        let mut book = Book::new();
        // The time of writing would make equal results differ.
        let created = ExcelDateTime::from_ymd(2000, 1, 1).map_err(failed)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let name = |key: &str| words.say(&format!("results.sheet.{key}"), &[]);
        book.add_worksheet().set_name(name("summary")).map_err(failed)?;
        let rows = book.add_worksheet_with_constant_memory().map_err(failed)?;
        rows.set_name(name("rows")).map_err(failed)?;
        let top = || Format::new().set_align(FormatAlign::Top);
        let formats = Formats {
            text: top().set_num_format("@"),
            wrapped: top().set_num_format("@").set_text_wrap(),
            number: top(),
            code: top().set_align(FormatAlign::Left),
            statuses: Status::ALL.into_iter().map(|status| (status.name(), coloured(status))).collect(),
            times: HashMap::new(),
        };
        Ok(Self { words, out, book, row: 0, width: 0, widths: Vec::new(), worded: 0, formats })
    }

    fn rows(&mut self) -> io::Result<&mut Worksheet> {
        self.book.worksheet_from_index(1).map_err(failed)
    }

    fn cell(&mut self, index: usize, text: &str, line: &Line) -> Result<(), XlsxError> {
        let (row, column) = (self.row, u16::try_from(index).map_err(|_| XlsxError::RowColumnLimitError)?);
        let sheet = self.book.worksheet_from_index(1)?;
        let told = index.checked_sub(line.told).filter(|_| index < self.width);
        if index == line.worded {
            sheet.write_string_with_format(row, column, text, &self.formats.statuses[line.status.name()])?;
            return Ok(());
        }
        if let (Some(FINISHED), Some(at)) = (told, &line.finished) {
            let offset = at.strftime("%:z").to_string();
            let shown = format!("yyyy-mm-dd hh:mm:ss\"{offset}\"");
            let new = || Format::new().set_align(FormatAlign::Top).set_num_format(shown);
            let format = self.formats.times.entry(offset).or_insert_with(new);
            sheet.write_datetime_with_format(row, column, moment(at)?, format)?;
            return Ok(());
        }
        if told == Some(ADVICE) {
            let lines = text.width().div_ceil(WIDTHS.1);
            if lines > 1 {
                sheet.set_row_height(row, height(lines))?;
            }
        }
        let number = told.filter(|told| NUMBERS.contains(told)).and_then(|_| text.parse::<i32>().ok());
        if let Some(number) = number {
            let format = if told == Some(0) { &self.formats.code } else { &self.formats.number };
            sheet.write_number_with_format(row, column, number, format)?;
            return Ok(());
        }
        let format = if told == Some(ADVICE) { &self.formats.wrapped } else { &self.formats.text };
        sheet.write_string_with_format(row, column, fitting(text), format)?;
        Ok(())
    }

    /// As wide as it needs, within reason; set once all rows are known.
    fn set_widths(&mut self) -> Result<(), XlsxError> {
        let (least, most) = WIDTHS;
        let widths = std::mem::take(&mut self.widths);
        let sheet = self.book.worksheet_from_index(1)?;
        for (column, width) in (0..).zip(widths) {
            let width = u32::try_from(width.clamp(least, most) + 2).expect("a width of at most two figures");
            sheet.set_column_width(column, width)?;
        }
        Ok(())
    }

    /// How the rows look on paper: no wider than a page, each page with the names of the columns.
    fn set_paper(&mut self) -> Result<(), XlsxError> {
        let sheet = self.book.worksheet_from_index(1)?;
        sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3).set_footer("&C&P / &N");
        sheet.set_repeat_rows(0, 0)?;
        Ok(())
    }
}

impl Sheet for Workbook<'_> {
    fn head(&mut self, names: &[String]) -> io::Result<()> {
        self.width = names.len();
        let status = self.words.say("results.column.status", &[]);
        let worded = names.iter().rposition(|name| *name == status);
        self.worded = worded.expect("the status is among the columns");
        // A filter's button stands beside each name.
        self.widths = names.iter().map(|name| name.width() + 3).collect();
        let stays = u16::try_from(self.worded + 1).ok().filter(|_| self.worded < IN_SIGHT).unwrap_or(0);
        let sheet = self.rows()?;
        sheet.set_freeze_panes(1, stays).map_err(failed)?;
        for (column, name) in (0..).zip(names) {
            sheet.write_string_with_format(0, column, fitting(name), &head()).map_err(failed)?;
        }
        self.row = 1;
        Ok(())
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        for (index, cell) in line.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            self.cell(index, cell, line).map_err(failed)?;
            if let Some(width) = self.widths.get_mut(index) {
                let widest = cell.lines().map(|line| line.width()).max();
                *width = (*width).max(widest.expect("what is not blank has a line"));
            }
        }
        self.row += 1;
        Ok(())
    }

    fn end(&mut self, whole: &Whole<'_>) -> io::Result<()> {
        let width = u16::try_from(self.width).unwrap_or(u16::MAX).saturating_sub(1);
        let last = self.row.saturating_sub(1);
        let sheet = self.rows()?;
        sheet.autofilter(0, 0, last, width).map_err(failed)?;
        // Numbers of the audience are text on purpose; Excel need not mark each of them.
        sheet.ignore_error_range(0, 0, last, width, IgnoreError::NumberStoredAsText).map_err(failed)?;
        self.set_widths().map_err(failed)?;
        self.set_paper().map_err(failed)?;
        let sheet = self.book.worksheet_from_index(0).map_err(failed)?;
        totals::write(sheet, whole, self.words).map_err(failed)?;
        self.book.save_to_writer(&mut *self.out).map_err(failed)
    }
}

/// A moment as spreadsheets keep it: without its zone, which its format tells.
pub(super) fn moment(at: &Zoned) -> Result<ExcelDateTime, XlsxError> {
    let part = |number: i8| u8::try_from(number).expect("a part of a date is positive");
    let year = u16::try_from(at.year()).map_err(|_| XlsxError::DateTimeRangeError(at.to_string()))?;
    ExcelDateTime::from_ymd(year, part(at.month()), part(at.day()))?.and_hms(
        u16::from(part(at.hour())),
        part(at.minute()),
        f64::from(part(at.second())),
    )
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error.to_string()),
    }
}
