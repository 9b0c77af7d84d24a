//! A list as a CSV for spreadsheets: UTF-8 with BOM, CRLF, and no formula that would run.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use crate::audience::csv::guard::arm;
use crate::report::list::Titles;

/// Such a file.
pub(crate) struct Rows<W: Write> {
    writer: Writer<W>,
    openid: usize,
}

impl<W: Write> Rows<W> {
    /// On a stream that nothing was written to.
    pub(crate) fn new(out: W, titles: &Titles) -> io::Result<Self> {
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .flexible(true)
            .buffer_capacity(64 * 1024)
            .from_writer(out);
        let names = titles.names.iter().map(|name| arm(name));
        let marked = names.enumerate().map(|(index, name)| match index {
            0 => format!("\u{feff}{name}"),
            _ => name.into_owned(),
        });
        writer.write_record(marked)?;
        Ok(Self { writer, openid: titles.openid })
    }

    pub(crate) fn take(&mut self, cells: &[&str]) -> io::Result<()> {
        for (index, cell) in cells.iter().enumerate() {
            // An openid is no formula, and if it were changed, nobody could be found by it.
            if index == self.openid {
                self.writer.write_field(cell)?;
            } else {
                self.writer.write_field(arm(cell).as_bytes())?;
            }
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    pub(crate) fn end(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
