//! A second reading of the audience for people: the messages worth looking at, and what all of them have in
//! common. Like sending it gives out no message that is not the one that was planned.

use crate::audience::header::Header;
use crate::audience::reader::Reader;
use crate::audience::row::{Cells, Row};
use crate::campaign::template::branches::Branches;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;
use crate::plan::Plan;
use crate::plan::batch::{PlannedMessage, ROWS, Verdict, Written};
use crate::plan::digest::Running;
use crate::plan::inputs::Inputs;
use crate::plan::judge::Judge;
use crate::plan::replay::Changed;
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::lengths::Lengths;
use crate::plan::sample::pick::{Claims, Places};

/// Which messages are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The one of a row.
    Row(u64),
    /// Those to a person.
    Openid(String),
    /// So many from the beginning.
    First(u64),
    /// At most so many, those that are worth looking at.
    Pick(u64),
}

/// How much of the audience is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Until the wanted messages are found.
    Samples,
    /// All of it, to tell of it too.
    Whole,
}

/// A column of the audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// Whether the message uses it: it holds the openid or a variable.
    pub(crate) used: bool,
    /// The messages whose cell is blank.
    pub(crate) blank: u64,
}

/// What a reading found.
#[derive(Debug)]
pub(crate) struct Survey {
    /// The messages that were wanted, in the order of the audience.
    pub(crate) samples: Vec<Sample>,
    /// How long the texts of the messages that were read are.
    pub(crate) lengths: Vec<Lengths>,
    /// The columns of the audience, over the messages that were read.
    pub(crate) columns: Vec<Column>,
}

/// Reads the audience of a sound campaign again.
///
/// # Errors
///
/// When the audience is no longer the one that was planned.
pub(crate) fn survey(
    inputs: &Inputs<'_>,
    plan: &Plan,
    choice: &Choice,
    extent: Extent,
) -> Result<Survey, Changed> {
    let mut reader =
        Reader::open(&inputs.audience.source).map_err(|unreadable| Changed::Unreadable(unreadable.faults))?;
    let judge = Judge::bind(inputs, &reader, plan.repeated.clone()).map_err(Changed::Unreadable)?;
    let mut look = Look::new(inputs, judge, reader.header(), choice, plan.counts.planned);
    let mut running = Running::default();
    let mut checkpoints = plan.checkpoints.iter();
    loop {
        let read = look.batch(&mut reader)?;
        if read == 0 {
            break;
        }
        running.add(&look.payloads);
        if checkpoints.next() != Some(&running.now()) {
            return Err(Changed::Differs);
        }
        if extent == Extent::Samples && look.is_done() {
            return Ok(look.finish());
        }
    }
    if checkpoints.next().is_some() {
        return Err(Changed::Differs);
    }
    Ok(look.finish())
}

struct Look<'a> {
    judge: Judge<'a>,
    choice: &'a Choice,
    branches: Branches,
    places: Places,
    asked: Vec<Sample>,
    /// The variables' columns, where they are columns.
    cells: Vec<Option<usize>>,
    lengths: Vec<Lengths>,
    columns: Vec<Column>,
    payloads: Vec<u8>,
    messages: u64,
}

impl<'a> Look<'a> {
    fn new(
        inputs: &'a Inputs<'a>,
        judge: Judge<'a>,
        header: &Header,
        choice: &'a Choice,
        planned: u64,
    ) -> Self {
        let branches = Branches::of(inputs.slots.iter().map(|slot| &slot.template));
        let cells: Vec<Option<usize>> = judge.renderer().variables().map(|(_, cell)| cell).collect();
        let names = judge.renderer().variables().filter(|(_, cell)| cell.is_some());
        let names: Vec<String> = names.map(|(name, _)| name.to_owned()).collect();
        let most = if let Choice::Pick(most) = choice { *most } else { 0 };
        let openid = &inputs.audience.openid_column;
        let used = |index, name: &str| cells.contains(&Some(index)) || name == openid;
        let column = |(index, name): (usize, &str)| Column {
            name: name.to_owned(),
            used: used(index, name),
            blank: 0,
        };
        Self {
            places: Places::new(most, planned, branches.spellings(), &names),
            columns: header.names().enumerate().map(column).collect(),
            lengths: Lengths::of(&inputs.slots),
            asked: Vec::new(),
            payloads: Vec::new(),
            messages: 0,
            judge,
            choice,
            branches,
            cells,
        }
    }

    /// Looks at as many rows as a plan has between two checkpoints, and gives how many there were.
    fn batch(&mut self, reader: &mut Reader) -> Result<usize, Changed> {
        self.payloads.clear();
        let mut row = Row::default();
        for read in 0..ROWS {
            let width = reader.read(&mut row).map_err(|fault| Changed::Unreadable(vec![fault]))?;
            let Some(width) = width else { return Ok(read) };
            let verdict = self.judge.row(&row, width, &mut self.payloads);
            let media = self.judge.places().drain(..).map(|(_, place)| place).collect();
            let faults = self.judge.take_faults();
            let Ok(cells) = row.cells() else { continue };
            match verdict {
                Verdict::Message { openid, payload, nth } => {
                    let written = Written { openid, payload, nth, media };
                    // What stands in the template itself is told once, of the campaign.
                    let of_the_row = |fault: &&Diagnostic| matches!(fault.at, Place::Row(_));
                    let warnings = faults.kept().iter().filter(of_the_row).cloned().collect();
                    self.message(Seen { row: &row, cells: &cells, written, warnings });
                }
                Verdict::Skipped(_) => {}
            }
        }
        Ok(ROWS)
    }

    fn message(&mut self, seen: Seen<'_>) {
        let texts = self.judge.texts();
        for lengths in &mut self.lengths {
            lengths.histogram.add(lengths.measure(texts));
        }
        for (column, cell) in self.columns.iter_mut().zip(seen.cells.iter()) {
            column.blank += u64::from(cell.trim().is_empty());
        }
        let index = self.messages;
        self.messages += 1;
        if matches!(self.choice, Choice::Pick(_)) {
            self.offer(index, seen);
        } else if self.is_asked(&seen) {
            self.asked.push(seen.sample(&self.judge, &self.lengths, &self.payloads));
        }
    }

    fn is_asked(&self, seen: &Seen<'_>) -> bool {
        match self.choice {
            Choice::Row(number) => seen.row.number == *number,
            Choice::Openid(openid) => seen.cells.get(self.judge.openid()) == Some(openid),
            Choice::First(most) => (self.asked.len() as u64) < *most,
            Choice::Pick(_) => false,
        }
    }

    fn offer(&mut self, index: u64, seen: Seen<'_>) {
        let values = self.judge.renderer().values(seen.row, seen.cells);
        let looks = |(cell, value): (&Option<usize>, &String)| {
            let blank = seen.cells.get((*cell)?).is_none_or(|cell| cell.trim().is_empty());
            Some((blank, width(value)))
        };
        let looks: Vec<(bool, usize)> = self.cells.iter().zip(&values).filter_map(looks).collect();
        let codes: Vec<Code> = seen.warnings.iter().map(|warning| warning.code).collect();
        let claims = Claims {
            index,
            length: self.judge.texts().iter().map(String::len).sum(),
            warnings: &codes,
            branches: &self.judge.renderer().taken(&self.branches),
            cells: &looks,
        };
        self.places.offer(&claims, || seen.sample(&self.judge, &self.lengths, &self.payloads));
    }

    /// Whether nothing that is read from here on could be wanted.
    fn is_done(&self) -> bool {
        match self.choice {
            Choice::Row(_) => !self.asked.is_empty(),
            Choice::First(most) => self.asked.len() as u64 >= *most,
            Choice::Openid(_) | Choice::Pick(_) => false,
        }
    }

    fn finish(self) -> Survey {
        let samples = match self.choice {
            Choice::Pick(_) => self.places.chosen(),
            Choice::Row(_) | Choice::Openid(_) | Choice::First(_) => self.asked,
        };
        Survey { samples, lengths: self.lengths, columns: self.columns }
    }
}

/// A row that became a message.
struct Seen<'r> {
    row: &'r Row,
    cells: &'r Cells<'r>,
    written: Written,
    warnings: Vec<Diagnostic>,
}

impl Seen<'_> {
    fn sample(self, judge: &Judge<'_>, lengths: &[Lengths], payloads: &[u8]) -> Sample {
        let renderer = judge.renderer();
        let names = renderer.variables().map(|(name, _)| name.to_owned());
        Sample {
            message: PlannedMessage::alone(self.row.number, self.written, payloads),
            reasons: Vec::new(),
            values: names.zip(renderer.values(self.row, self.cells)).collect(),
            lengths: lengths.iter().map(|lengths| lengths.measure(judge.texts())).collect(),
            warnings: self.warnings,
        }
    }
}

/// About how wide a text is on a screen: a Chinese character takes the room of two letters.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}
