//! A row of the results, and what a file of them can do.

use std::io;

use jiff::{Timestamp, Zoned};

use crate::campaign::Campaign;
use crate::delivery::outcome::{Counts, Status};
use crate::delivery::tally::Tally;
use crate::plan::Plan;
use crate::plan::sample::few::Few;

/// A row of the results on its way into a file.
#[derive(Debug)]
pub(crate) struct Line {
    /// The cells: the audience's, the eight of the results, and those of a row that did not fit its header.
    pub(crate) cells: Vec<String>,
    /// Which of them is the openid, where one is.
    pub(crate) openid: Option<usize>,
    /// Which of them is the status in words.
    pub(crate) worded: usize,
    /// Where the other seven of the results begin.
    pub(crate) told: usize,
    /// When the last request for it ended, in the zone of the results.
    pub(crate) finished: Option<Zoned>,
    /// What became of the row.
    pub(crate) status: Status,
}

/// What all rows came to.
pub(crate) struct Whole<'a> {
    /// The campaign.
    pub(crate) campaign: &'a Campaign,
    /// Its plan.
    pub(crate) plan: &'a Plan,
    /// The rows, counted.
    pub(crate) tally: &'a Tally,
    /// The same by the values of columns that have few of them.
    pub(crate) parts: &'a Few<Counts>,
    /// When the first and the last of their requests ended, where any was made.
    pub(crate) time: Option<(Timestamp, Timestamp)>,
    /// Whether openids are masked.
    pub(crate) masked: bool,
}

/// A file that results are written to.
pub(crate) trait Sheet {
    /// Writes the names of the columns. Called once, first.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    fn head(&mut self, names: &[String]) -> io::Result<()>;

    /// Writes a row.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    fn line(&mut self, line: &Line) -> io::Result<()>;

    /// Writes what is left. Called once, last.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    fn end(&mut self, whole: &Whole<'_>) -> io::Result<()>;
}
