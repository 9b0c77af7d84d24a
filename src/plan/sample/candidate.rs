//! A row that has just become a message: what tells whether it is worth a look, and how it is kept for one.

use crate::audience::row::{Cells, Row};
use crate::diagnostic::people::People;
use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::batch::{PlannedMessage, Verdict};
use crate::plan::judge::Judge;
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::lengths::Lengths;

/// A message whose judge still has its texts. Most are only measured; the few that are chosen become a [`Sample`].
pub(crate) struct Candidate<'r, 'a> {
    pub(crate) judge: &'r Judge<'a>,
    pub(crate) row: &'r Row,
    pub(crate) cells: Cells<'r>,
    faults: &'r Diagnostics,
    payload: &'r [u8],
    openid: usize,
    nth: u32,
}

impl<'r, 'a> Candidate<'r, 'a> {
    /// The message that the judge just made of a row, where it made one. `payloads` ends with its payload, and `faults`
    /// are those of the row.
    pub(crate) fn of(
        judge: &'r Judge<'a>,
        row: &'r Row,
        verdict: &Verdict,
        payloads: &'r [u8],
        faults: &'r Diagnostics,
    ) -> Option<Self> {
        match verdict {
            Verdict::Message { openid, payload, nth } => {
                let row = judge.whole(row);
                let cells = row.cells().expect("what became a message was read as text");
                let payload = &payloads[payload.clone()];
                Some(Self { judge, row, cells, faults, payload, openid: *openid, nth: *nth })
            }
            Verdict::Skipped { .. } => None,
        }
    }

    /// What is doubtful about the row. What stands in the template itself is told once, of the campaign.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        let is_of_row = |at: &Place| matches!(at, Place::Row(place) if place.row == self.row.number);
        let faults = self.faults.kept().iter();
        faults.filter(move |fault| is_of_row(&fault.at) || matches!(fault.at, Place::List(_)))
    }

    /// A copy that outlives the reading.
    pub(crate) fn sample(&self, lengths: &[Lengths]) -> Sample {
        let Self { judge, row, cells, payload, openid, nth, .. } = self;
        let renderer = judge.renderer();
        let names = renderer.variables().map(|(name, _)| name.to_owned());
        Sample {
            message: PlannedMessage::alone(row.number, *nth, *openid, payload, judge.media_of(row.number)),
            reasons: Vec::new(),
            values: names.zip(renderer.values(row, cells)).collect(),
            people: People::of(cells.get(judge.openid()), cells.iter()),
            lengths: lengths.iter().map(|lengths| lengths.measure(judge.texts())).collect(),
            until: judge.until(),
            warnings: self.warnings().cloned().collect(),
            cells: cells.iter().map(str::to_owned).collect(),
        }
    }
}
