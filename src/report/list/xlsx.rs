//! A list as a workbook. Every cell is text, so that nothing in it runs and no digit is lost; rows go to the disk as they
//! come.

use std::io::{self, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError};

use crate::report::list::Titles;

/// The most characters in a cell.
const LONGEST: usize = 32_767;

/// Such a file.
pub(crate) struct Rows {
    book: Workbook,
    row: u32,
    width: u16,
    text: Format,
}

impl Rows {
    pub(crate) fn new(titles: &Titles) -> io::Result<Self> {
        let mut book = Workbook::new();
        // The time of writing would make equal lists differ.
        let created = ExcelDateTime::from_ymd(2000, 1, 1).map_err(failed)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_name(&titles.sheet).map_err(failed)?;
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        let head = Format::new().set_bold().set_background_color("D9E1F2").set_num_format("@");
        for (column, name) in (0..).zip(&titles.names) {
            let width = if usize::from(column) == titles.openid { 32 } else { 18 };
            sheet.set_column_width(column, width).map_err(failed)?;
            sheet.write_string_with_format(0, column, name, &head).map_err(failed)?;
        }
        let width = u16::try_from(titles.names.len()).map_err(io::Error::other)?;
        Ok(Self { book, row: 0, width, text: Format::new().set_num_format("@") })
    }

    fn sheet(&mut self) -> io::Result<&mut Worksheet> {
        self.book.worksheet_from_index(0).map_err(failed)
    }

    pub(crate) fn take(&mut self, cells: &[&str]) -> io::Result<()> {
        self.row += 1;
        let (row, text) = (self.row, self.text.clone());
        let sheet = self.sheet()?;
        for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let short: String = cell.chars().take(LONGEST).collect();
            sheet.write_string_with_format(row, column, short, &text).map_err(failed)?;
        }
        Ok(())
    }

    pub(crate) fn end(mut self, out: &mut (impl Write + Send)) -> io::Result<()> {
        let (last, width) = (self.row, self.width.saturating_sub(1));
        let sheet = self.sheet()?;
        sheet.autofilter(0, 0, last, width).map_err(failed)?;
        // Numbers are text on purpose; Excel need not mark each of them.
        sheet.ignore_error_range(0, 0, last, width, IgnoreError::NumberStoredAsText).map_err(failed)?;
        self.book.save_to_writer(out).map_err(failed)
    }
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error.to_string()),
    }
}
