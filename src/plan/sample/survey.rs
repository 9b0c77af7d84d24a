//! A second reading of the audience for people: the messages worth looking at, and what all of them have in
//! common. Like sending it gives out no message that is not the one that was planned.

use std::rc::Rc;

use crate::campaign::template::branches::Branches;
use crate::diagnostic::code::Code;
use crate::plan::Plan;
use crate::plan::batch::Batch;
use crate::plan::inputs::Inputs;
use crate::plan::judge::Judge;
use crate::plan::pass::{Changed, Pass};
use crate::plan::sample::candidate::Candidate;
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::few::Few;
use crate::plan::sample::lengths::Lengths;
use crate::plan::sample::pick::{Claims, Places};
use crate::plan::schedule::outlook::Outlook;

/// Which messages are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The one of a row.
    Row(u64),
    /// Those to a person.
    Openid(String),
    /// So many of those in whose rows this text stands, whatever its case.
    Holding(String, u64),
    /// So many from the beginning.
    First(u64),
    /// At most so many, those that are worth looking at.
    Pick(u64),
}

/// So many columns with few values have their values shown.
const SHOWN: usize = 6;

/// The messages whose rows have one value of a column.
#[derive(Debug, Default)]
pub(crate) struct OfValue {
    /// How many.
    pub(crate) messages: u64,
    /// The first of them.
    first: Option<Rc<Sample>>,
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
    /// Who can be reached, where that is wanted and the campaign says when it begins.
    pub(crate) outlook: Option<Outlook>,
    /// The messages by the values of columns that have few of them.
    pub(crate) parts: Few<OfValue>,
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
    let mut pass = Pass::open(inputs, plan)?;
    let mut gathered = Gathered::new(inputs, pass.judge(), choice, plan.counts.planned);
    let mut batch = Batch::default();
    let mut more = true;
    while more {
        more = pass.next_with(&mut batch, |judge, row, verdict, payloads| {
            let faults = judge.take_faults();
            if let Some(candidate) = Candidate::of(judge, row, verdict, payloads, &faults) {
                gathered.add(&candidate);
            }
        })?;
        more &= extent == Extent::Whole || !gathered.is_done();
    }
    Ok(gathered.finish())
}

/// What has been gathered so far.
struct Gathered<'a> {
    choice: &'a Choice,
    branches: Branches,
    places: Places,
    asked: Vec<Sample>,
    /// The variables' columns, where they are columns.
    cells: Vec<Option<usize>>,
    lengths: Vec<Lengths>,
    columns: Vec<Column>,
    parts: Few<OfValue>,
    messages: u64,
}

impl<'a> Gathered<'a> {
    fn new(inputs: &Inputs<'_>, judge: &Judge<'_>, choice: &'a Choice, planned: u64) -> Self {
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
        let other = |(cell, name): (usize, &str)| (name != openid).then(|| (cell, name.to_owned()));
        Self {
            parts: Few::of(judge.header().names().enumerate().filter_map(other)),
            places: Places::new(most, planned, branches.spellings(), &names),
            columns: judge.header().names().enumerate().map(column).collect(),
            lengths: Lengths::of(&inputs.slots),
            asked: Vec::new(),
            messages: 0,
            choice,
            branches,
            cells,
        }
    }

    fn add(&mut self, candidate: &Candidate<'_, '_>) {
        let texts = candidate.judge.texts();
        for lengths in &mut self.lengths {
            lengths.histogram.add(lengths.measure(texts));
        }
        for (column, cell) in self.columns.iter_mut().zip(candidate.cells.iter()) {
            column.blank += u64::from(cell.trim().is_empty());
        }
        let mut made = None;
        self.parts.add(
            |cell| candidate.cells.or_blank(cell),
            |of_value| {
                of_value.messages += 1;
                let sample =
                    || Rc::clone(made.get_or_insert_with(|| Rc::new(candidate.sample(&self.lengths))));
                of_value.first.get_or_insert_with(sample);
            },
        );
        let index = self.messages;
        self.messages += 1;
        if matches!(self.choice, Choice::Pick(_)) {
            self.offer(index, candidate);
        } else if self.is_asked(candidate) {
            self.asked.push(candidate.sample(&self.lengths));
        }
    }

    fn is_asked(&self, candidate: &Candidate<'_, '_>) -> bool {
        match self.choice {
            Choice::Row(number) => candidate.row.number == *number,
            Choice::Openid(openid) => candidate.cells.get(candidate.judge.openid()) == Some(openid),
            Choice::Holding(text, most) => {
                (self.asked.len() as u64) < *most && candidate.cells.iter().any(|cell| holds(cell, text))
            }
            Choice::First(most) => (self.asked.len() as u64) < *most,
            Choice::Pick(_) => false,
        }
    }

    fn offer(&mut self, index: u64, candidate: &Candidate<'_, '_>) {
        let renderer = candidate.judge.renderer();
        let values = renderer.values(candidate.row, &candidate.cells);
        let looks = |(cell, value): (&Option<usize>, &String)| {
            let blank = candidate.cells.get((*cell)?).is_none_or(|cell| cell.trim().is_empty());
            Some((blank, width(value)))
        };
        let looks: Vec<(bool, usize)> = self.cells.iter().zip(&values).filter_map(looks).collect();
        let codes: Vec<Code> = candidate.warnings().map(|warning| warning.code).collect();
        let claims = Claims {
            index,
            length: candidate.judge.texts().iter().map(String::len).sum(),
            warnings: &codes,
            branches: &renderer.taken(&self.branches),
            cells: &looks,
        };
        self.places.offer(&claims, || candidate.sample(&self.lengths));
    }

    /// Whether nothing that is read from here on could be wanted.
    fn is_done(&self) -> bool {
        match self.choice {
            Choice::Row(_) => !self.asked.is_empty(),
            Choice::First(most) | Choice::Holding(_, most) => self.asked.len() as u64 >= *most,
            Choice::Openid(_) | Choice::Pick(_) => false,
        }
    }

    fn finish(mut self) -> Survey {
        for (column, values) in self.parts.parts().take(SHOWN) {
            // Whose cell is blank has a place of its own where that matters.
            for (value, of_value) in values.iter().filter(|(value, _)| !value.is_empty()) {
                let sample = of_value.first.as_ref().expect("a value stands in a row");
                self.places.take_value(column.cell, &column.name, value, Rc::clone(sample));
            }
        }
        let samples = match self.choice {
            Choice::Pick(_) => self.places.chosen(),
            Choice::Row(_) | Choice::Openid(_) | Choice::Holding(..) | Choice::First(_) => self.asked,
        };
        Survey { samples, lengths: self.lengths, columns: self.columns, outlook: None, parts: self.parts }
    }
}

/// Whether a text stands in a cell, whatever the case of its letters.
fn holds(cell: &str, text: &str) -> bool {
    cell.contains(text) || cell.to_lowercase().contains(&text.to_lowercase())
}

/// About how wide a text is on a screen: a Chinese character takes the room of two letters.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}
