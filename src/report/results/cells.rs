//! How the cells of a workbook of results look, on its sheet of totals and on that of its rows.

use rust_xlsxwriter::{Format, FormatAlign};

use crate::delivery::outcome::Status;

/// The most characters in a cell.
const LONGEST: usize = 32_767;
/// The number of A4 in workbooks.
pub(super) const A4: u8 = 9;

/// How high a row of so many lines is. Spreadsheets that are only looked at work it out by themselves, others do not.
pub(super) fn height(lines: usize) -> u32 {
    15 * u32::try_from(lines.min(25)).expect("a small number")
}

pub(super) fn head() -> Format {
    Format::new().set_bold().set_background_color("D9E1F2").set_num_format("@")
}

/// A status in its colour, as reports have it.
pub(super) fn coloured(status: Status) -> Format {
    let (paper, ink) = match status {
        Status::Sent => ("C6EFCE", "006100"),
        Status::Refused => ("FFC7CE", "9C0006"),
        Status::Failed => ("E9D7F0", "5B1A6E"),
        Status::Unknown => ("FFEB9C", "7F6000"),
        Status::Skipped => ("EDEDED", "595959"),
        Status::Unsent => ("DCE9F5", "1F4E79"),
    };
    let format = Format::new().set_background_color(paper).set_font_color(ink).set_num_format("@");
    format.set_align(FormatAlign::Top)
}

/// A text that a cell has room for. What is cut off is marked.
pub(super) fn fitting(text: &str) -> String {
    if text.len() <= LONGEST || text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
