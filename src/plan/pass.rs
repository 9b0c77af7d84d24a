//! One reading of an audience: rows are read a batch at a time, judged, and held against what was planned.
//!
//! Planning, sending, results and samples differ in what they do with a row and its verdict, never in how it comes to
//! them: [`Rows::read`] and [`judge_rows`] are the only loop over rows, and a checkpoint is taken after each batch. The
//! first reading makes the plan, on all cores (`plan/reading.rs`). Every later one is a [`Pass`], which gives nothing
//! out before its batch has been proven to be the one that was planned.

use crate::audience::header::Header;
use crate::audience::reader::Reader;
use crate::audience::row::{Row, Width};
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::plan::batch::{Batch, ROWS, Verdict};
use crate::plan::digest::{Digest, Running};
use crate::plan::inputs::Inputs;
use crate::plan::judge::Judge;
use crate::plan::skip::Skip;

/// Why a later reading cannot go on.
#[derive(Debug)]
pub enum Changed {
    /// The file can no longer be read as it was.
    Unreadable(Vec<Diagnostic>),
    /// A payload differs from the plan, or rows came or went.
    Differs,
}

/// The rows of one batch. The buffers are used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: Vec<(Row, Width)>,
    filled: usize,
}

impl Rows {
    /// Reads the next rows, as many as a batch has. Fewer are the last.
    ///
    /// # Errors
    ///
    /// The fault after which nothing can be read. The rows above it are there.
    pub(crate) fn read(&mut self, reader: &mut Reader) -> Result<(), Diagnostic> {
        self.rows.resize_with(ROWS, || (Row::default(), Width::Full));
        self.filled = 0;
        for (row, width) in &mut self.rows {
            match reader.read(row)? {
                Some(read) => *width = read,
                None => break,
            }
            self.filled += 1;
        }
        Ok(())
    }

    /// Whether the file ends with them.
    pub(crate) fn is_last(&self) -> bool {
        self.filled < ROWS
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// The row at this place of the batch.
    pub(crate) fn get(&self, index: usize) -> Option<&Row> {
        self.iter().nth(index).map(|(row, _)| row)
    }

    fn iter(&self) -> std::slice::Iter<'_, (Row, Width)> {
        self.rows[..self.filled].iter()
    }
}

/// Judges rows into an emptied batch. `look` is given each row with its verdict as soon as there is one, while the judge
/// still has the row's texts.
pub(crate) fn judge_rows<'a>(
    judge: &mut Judge<'a>,
    rows: &Rows,
    batch: &mut Batch,
    mut look: impl FnMut(&mut Judge<'a>, &Row, &Verdict, &[u8]),
) {
    batch.clear();
    for (row, width) in rows.iter() {
        let verdict = judge.row(row, *width, batch.buffer());
        look(judge, row, &verdict, batch.payloads());
        let wrong = judge.wrong().filter(|_| matches!(verdict, Verdict::Skipped { why: Skip::Invalid, .. }));
        batch.push(row.number, verdict, wrong);
    }
    batch.place(judge.places());
    batch.end(judge.deadlines());
}

/// A later reading, held against the plan batch by batch.
pub struct Pass<'a> {
    reader: Reader,
    judge: Judge<'a>,
    rows: Rows,
    running: Running,
    checkpoints: std::slice::Iter<'a, Digest>,
    /// The rows of the plan that have not come yet.
    to_come: u64,
}

impl<'a> Pass<'a> {
    /// Opens the audience again.
    ///
    /// # Errors
    ///
    /// When its file or header has become faulty.
    pub fn open(inputs: &'a Inputs<'a>, plan: &'a Plan) -> Result<Self, Changed> {
        let reader = Reader::open(&inputs.audience.source)
            .map_err(|unreadable| Changed::Unreadable(unreadable.faults))?;
        let mut judge = Judge::bind(inputs, &reader, plan.repeated.clone()).map_err(Changed::Unreadable)?;
        let faults = judge.take_faults();
        if faults.errors() > 0 {
            return Err(Changed::Unreadable(faults.kept().to_vec()));
        }
        Ok(Self {
            reader,
            judge,
            rows: Rows::default(),
            running: Running::default(),
            checkpoints: plan.checkpoints.iter(),
            to_come: plan.counts.rows(),
        })
    }

    /// The columns of the audience.
    pub(crate) fn header(&self) -> &Header {
        self.judge.own_header()
    }

    /// The first column of the audience on its sheet, from 0.
    pub(crate) fn first_column(&self) -> usize {
        self.reader.sheet().map_or(0, |sheet| sheet.first_column)
    }

    /// The judge, bound to the columns.
    pub(crate) fn judge(&self) -> &Judge<'a> {
        &self.judge
    }

    /// The rows of the batch that was read last.
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The next batch, proven to be the one that was planned, or nothing at the end.
    ///
    /// # Errors
    ///
    /// When the batch is another one. None of its messages is given out.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, Changed> {
        let mut batch = Batch::default();
        Ok(self.next(&mut batch)?.then_some(batch))
    }

    /// The same into a buffer. Gives false once there is nothing left.
    ///
    /// # Errors
    ///
    /// When the batch is another one: none of its messages may be given out.
    pub(crate) fn next(&mut self, batch: &mut Batch) -> Result<bool, Changed> {
        self.next_with(batch, |_, _, _, _| {})
    }

    /// The same, with a look at each row as it is judged. What was looked at is proven only once this has returned.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub(crate) fn next_with(
        &mut self,
        batch: &mut Batch,
        look: impl FnMut(&mut Judge<'a>, &Row, &Verdict, &[u8]),
    ) -> Result<bool, Changed> {
        self.rows.read(&mut self.reader).map_err(|fault| Changed::Unreadable(vec![fault]))?;
        judge_rows(&mut self.judge, &self.rows, batch, look);
        // What is wrong was told with the plan.
        let _ = self.judge.take_faults();
        // Rows that are no messages leave no trace in a digest, so they are counted.
        let rows = u64::try_from(batch.entries().len()).expect("a batch is small");
        self.to_come = self.to_come.checked_sub(rows).ok_or(Changed::Differs)?;
        if self.rows.is_empty() {
            let is_whole = self.checkpoints.next().is_none() && self.to_come == 0;
            return if is_whole { Ok(false) } else { Err(Changed::Differs) };
        }
        self.running.add(batch.payloads());
        if self.checkpoints.next() == Some(&self.running.now()) { Ok(true) } else { Err(Changed::Differs) }
    }
}
