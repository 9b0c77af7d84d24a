//! The rows of a CSV: what the `csv` crate tells of them, and what it does not.

use std::borrow::Cow;
use std::io;

use encoding_rs::Encoding;

use crate::audience::csv::decode;
use crate::audience::csv::quotes::Starts;
use crate::audience::csv::text::{self, Text};
use crate::audience::row::Row;
use crate::audience::source::Source;

/// The rows of a CSV.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(super) csv: csv::Reader<Text>,
    pub(super) source: Source,
    pub(super) encoding: &'static Encoding,
    pub(super) bom: bool,
    /// ASCII, as every delimiter a campaign can name.
    pub(super) delimiter: u8,
    /// The byte that ended the last row, where it was not the end of the file.
    pub(super) last: Option<u8>,
    pub(super) folded: u64,
}

impl Lines {
    /// What separates the cells.
    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The text once more, from its beginning.
    pub(crate) fn text_again(&self) -> io::Result<Text> {
        decode::reopen(&self.source, self.encoding, self.bom)
    }

    /// The next record that is not blank.
    pub(super) fn step(&mut self, row: &mut Row) -> csv::Result<bool> {
        loop {
            let position = self.csv.position();
            row.from = position.byte();
            // The `csv` crate leaves the LF of a CRLF to the next record.
            row.line = position.line() + u64::from(self.last == Some(b'\r'));
            row.folded = self.folded;
            self.csv.get_mut().begin_row(row.from);
            if !self.csv.read_byte_record(&mut row.record)? {
                return Ok(false);
            }
            let position = self.csv.position();
            row.to = position.byte();
            let text = self.csv.get_ref();
            self.last = if text.ended() { None } else { text.byte_before(row.to) };
            let end = position.line() - u64::from(self.last == Some(b'\n'));
            if end > row.line {
                // It leaves blank lines to the next record, too; other newlines are in quoted cells.
                let inside = text::newlines(row.record.as_slice());
                row.line = end.saturating_sub(inside).max(row.line);
                self.folded += inside;
            }
            if !row.is_blank() {
                return Ok(true);
            }
        }
    }

    /// Whether the last row of the file ends between quotes; its last cell then holds what was never meant to be in it.
    pub(super) fn is_unclosed(&self, row: &Row) -> bool {
        if !self.csv.get_ref().ended() {
            return false;
        }
        let held = self.csv.get_ref().range(row.from, row.to).and_then(|held| std::str::from_utf8(held).ok());
        let row = match held {
            Some(held) => Cow::Borrowed(held),
            None => match self.text_again().and_then(|mut text| text.piece(row.from, row.to)) {
                Ok(piece) => Cow::Owned(piece),
                Err(_) => return false,
            },
        };
        Starts::of(&row, self.delimiter).unclosed
    }
}
