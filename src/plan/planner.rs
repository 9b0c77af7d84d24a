//! (campaign, audience) to a stream of finished rows.

use crate::audience::header::Header;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::batch::{Batch, ROWS, Verdict};
use crate::plan::duplicates::Repeated;
use crate::plan::inputs::Inputs;
use crate::plan::judge::Judge;

/// Reads an audience row by row and turns rows into verdicts.
pub(crate) struct Planner<'a> {
    reader: Reader,
    judge: Judge<'a>,
    row: Row,
    faults: Diagnostics,
    ended: bool,
}

impl<'a> Planner<'a> {
    /// Opens the audience and binds the campaign to its columns. `repeated` are the hashes of openids that an
    /// earlier reading saw in several rows.
    ///
    /// # Errors
    ///
    /// Every fault of the file and its header, and every variable and rule without a column. With these no row
    /// can be judged.
    pub(crate) fn open(inputs: &'a Inputs<'a>, repeated: Repeated) -> Result<Self, Vec<Diagnostic>> {
        let reader = Reader::open(&inputs.audience.source).map_err(|unreadable| unreadable.faults)?;
        let mut judge = Judge::bind(inputs, &reader, repeated)?;
        let faults = judge.take_faults();
        if faults.errors() > 0 {
            return Err(faults.kept().to_vec());
        }
        Ok(Self { reader, judge, row: Row::default(), faults, ended: false })
    }

    /// The columns of the audience.
    pub(crate) fn header(&self) -> &Header {
        self.judge.header()
    }

    /// Judges the next row. Its payload is appended to `payloads` where it has one. Gives nothing at the end.
    pub(crate) fn next(&mut self, payloads: &mut Vec<u8>) -> Option<(&Row, Verdict)> {
        // Where the payloads name media files is for those who send.
        self.judge.places().clear();
        self.judge_next(payloads)
    }

    fn judge_next(&mut self, payloads: &mut Vec<u8>) -> Option<(&Row, Verdict)> {
        if self.ended {
            return None;
        }
        match self.reader.read(&mut self.row) {
            Ok(Some(width)) => {
                let verdict = self.judge.row(&self.row, width, payloads);
                Some((&self.row, verdict))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(fault) => {
                self.faults.push(fault);
                self.ended = true;
                None
            }
        }
    }

    /// Fills a batch with the next rows. Gives false when there are none left.
    pub(crate) fn fill(&mut self, batch: &mut Batch) -> bool {
        batch.clear();
        while batch.entries().len() < ROWS {
            let Some((row, verdict)) = self.judge_next(batch.buffer()) else { break };
            batch.push(row.number, verdict);
        }
        batch.place(self.judge.places());
        !batch.entries().is_empty()
    }
}
