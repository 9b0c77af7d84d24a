//! The results as a CSV, for spreadsheets: UTF-8 with BOM, CRLF, and no formula that would run.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use crate::audience::csv::guard::{arm, arm_openid};
use crate::report::results::line::{Line, Sheet, Whole};

/// The keys of the added columns, in their order; their titles are in `locales/`.
pub(crate) const COLUMNS: [&str; 8] =
    ["status", "errcode", "errmsg", "advice", "attempts", "finished_at", "latency_ms", "rid"];

/// A CSV of results.
pub(crate) struct CsvFile<'a> {
    writer: Writer<&'a mut (dyn Write + Send)>,
}

impl<'a> CsvFile<'a> {
    /// On a stream that nothing was written to.
    pub(crate) fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { writer: WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(out) }
    }
}

impl Sheet for CsvFile<'_> {
    fn head(&mut self, names: &[String]) -> io::Result<()> {
        let mut names = names.iter().map(|name| arm(name));
        let first = names.next().map(|first| format!("\u{feff}{first}").into());
        self.writer.write_record(first.into_iter().chain(names).map(|name| name.into_owned()))?;
        Ok(())
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        for (index, cell) in line.cells.iter().enumerate() {
            let harmless = if line.openid == Some(index) { arm_openid(cell) } else { arm(cell) };
            self.writer.write_field(harmless.as_bytes())?;
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn end(&mut self, _: &Whole<'_>) -> io::Result<()> {
        self.writer.flush()
    }
}
