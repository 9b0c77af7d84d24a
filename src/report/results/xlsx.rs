//! The results as an .xlsx workbook: the rows, with their status in colour and in words, and a summary. Here and for
//! lists of people alone rust_xlsxwriter is known.
//!
//! Every cell is text, so that nothing in it runs and no digit is lost. Rows go to the disk as they come: memory does not
//! grow with them. Equal results give equal bytes.

use std::io::{self, Write};

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError, Workbook as Book, Worksheet, XlsxError,
};

use crate::campaign::Campaign;
use crate::campaign::results_name::{LOCAL, REHEARSAL, is_marked};
use crate::delivery::outcome::Status;
use crate::delivery::tally::Tally;
use crate::locale::Catalog;
use crate::report::results::line::{Line, Sheet};
use crate::wechat::answer::error_code::key;

/// The most characters in a cell.
const LONGEST: usize = 32_767;

/// A workbook of results.
pub(crate) struct Workbook<'a> {
    words: &'a Catalog,
    out: &'a mut (dyn Write + Send),
    book: Book,
    row: u32,
    width: u16,
    text: Format,
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
        let name = words.say("results.sheet.rows", &[]);
        book.add_worksheet_with_constant_memory().map_err(failed)?.set_name(name).map_err(failed)?;
        let text = Format::new().set_num_format("@");
        Ok(Self { words, out, book, row: 0, width: 0, text })
    }

    fn rows(&mut self) -> io::Result<&mut Worksheet> {
        self.book.worksheet_from_index(0).map_err(failed)
    }

    /// Campaign, counts by status, and what WeChat refused with what to do about it.
    fn summary(&mut self, campaign: &Campaign, tally: &Tally) -> Result<(), XlsxError> {
        let words = self.words;
        let title = |key: &str| words.say(&format!("results.sheet.{key}"), &[]);
        let sheet = self.book.add_worksheet().set_name(title("summary"))?;
        for (column, width) in (0..).zip([18, 12, 48, 72]) {
            sheet.set_column_width(column, width)?;
        }
        let wave = words.say("plan.wave", &[("campaign", &campaign.id), ("wave", &campaign.wave)]);
        sheet.write_string_with_format(0, 0, title("campaign"), &head())?;
        sheet.write_string(0, 1, wave)?;
        // Its name says so in a word of English; whoever passes the file on may not have seen it.
        for word in [LOCAL, REHEARSAL].into_iter().filter(|word| is_marked(&campaign.results.path, word)) {
            sheet.write_string_with_format(
                1,
                0,
                title(word),
                &Format::new().set_bold().set_font_color("9C0006"),
            )?;
        }
        for (column, key) in (0..).zip(["status", "count"]) {
            sheet.write_string_with_format(2, column, title(key), &head())?;
        }
        let mut row = 3;
        for status in Status::ALL {
            let word = words.say(&format!("status.{}", status.name()), &[]);
            sheet.write_string_with_format(row, 0, word, &coloured(status))?;
            sheet.write_number(row, 1, count(tally.counts.of(status)))?;
            row += 1;
        }
        row += 1;
        for (column, key) in (0..).zip(["code", "count", "meaning", "advice"]) {
            sheet.write_string_with_format(row, column, title(key), &head())?;
        }
        refused(sheet, row + 1, tally, words)
    }
}

/// What WeChat refused, a row a code, with what it means and what to do.
fn refused(sheet: &mut Worksheet, first: u32, tally: &Tally, words: &Catalog) -> Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (row, (code, refused)) in (first..).zip(&tally.refused_by_code) {
        let known = key(*code);
        sheet.write_string_with_format(row, 0, code.to_string(), &wrapped)?;
        sheet.write_number(row, 1, count(*refused))?;
        for (column, part) in (2..).zip(["meaning", "advice"]) {
            let sentence = words.say(&format!("errcode.{known}.{part}"), &[]);
            sheet.write_string_with_format(row, column, sentence, &wrapped)?;
        }
    }
    Ok(())
}

impl Sheet for Workbook<'_> {
    fn head(&mut self, names: &[String]) -> io::Result<()> {
        self.width = u16::try_from(names.len()).unwrap_or(u16::MAX);
        let sheet = self.rows()?;
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        for (column, name) in (0..).zip(names) {
            sheet
                .set_column_width(column, if name.chars().count() > 12 { 24 } else { 16 })
                .map_err(failed)?;
            sheet.write_string_with_format(0, column, fitting(name), &head()).map_err(failed)?;
        }
        self.row = 1;
        Ok(())
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        let (row, text) = (self.row, self.text.clone());
        let sheet = self.rows()?;
        for (index, cell) in line.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let column = u16::try_from(index).map_err(io::Error::other)?;
            if index == line.worded {
                sheet.write_string_with_format(row, column, cell, &coloured(line.status)).map_err(failed)?;
            } else {
                sheet.write_string_with_format(row, column, fitting(cell), &text).map_err(failed)?;
            }
        }
        self.row += 1;
        Ok(())
    }

    fn end(&mut self, campaign: &Campaign, tally: &Tally) -> io::Result<()> {
        let (last, width) = (self.row.saturating_sub(1), self.width.saturating_sub(1));
        let sheet = self.rows()?;
        sheet.autofilter(0, 0, last, width).map_err(failed)?;
        // Numbers are text on purpose; Excel need not mark each of them.
        sheet.ignore_error_range(0, 0, last, width, IgnoreError::NumberStoredAsText).map_err(failed)?;
        self.summary(campaign, tally).map_err(failed)?;
        self.book.save_to_writer(&mut *self.out).map_err(failed)
    }
}

fn head() -> Format {
    Format::new().set_bold().set_background_color("D9E1F2").set_num_format("@")
}

/// A status in the colours that spreadsheets themselves give to good, bad and neutral.
fn coloured(status: Status) -> Format {
    let (paper, ink) = match status {
        Status::Sent => ("C6EFCE", "006100"),
        Status::Refused | Status::Failed => ("FFC7CE", "9C0006"),
        Status::Unknown => ("FFEB9C", "7F6000"),
        Status::Skipped | Status::Unsent => ("EDEDED", "595959"),
    };
    Format::new().set_background_color(paper).set_font_color(ink).set_num_format("@")
}

/// A text that a cell has room for. What is cut off is marked.
fn fitting(text: &str) -> String {
    if text.len() <= LONGEST || text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// A count as spreadsheets hold it: exact to a million million and far beyond.
#[expect(clippy::cast_precision_loss)]
fn count(count: u64) -> f64 {
    count as f64
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error.to_string()),
    }
}
