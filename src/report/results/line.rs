//! A row of the results, and what a file of them can do.

use std::io;

use crate::campaign::Campaign;
use crate::delivery::outcome::Status;
use crate::delivery::tally::Tally;

/// A row of the results on its way into a file.
#[derive(Debug)]
pub(crate) struct Line {
    /// The cells: the audience's, the eight of the results, and those of a row that did not fit its header.
    pub(crate) cells: Vec<String>,
    /// Which of them is the openid, where one is.
    pub(crate) openid: Option<usize>,
    /// Which of them is the status in words.
    pub(crate) worded: usize,
    /// What became of the row.
    pub(crate) status: Status,
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
    fn end(&mut self, campaign: &Campaign, tally: &Tally) -> io::Result<()>;
}
