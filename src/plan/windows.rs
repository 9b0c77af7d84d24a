//! The last contact of each row, and until when a message may be begun for it.

use crate::audience::header::Header;
use crate::audience::row::{Cells, Row};
use crate::audience::time_cell::{self, TimeForm};
use crate::campaign::file::Missing;
use crate::campaign::window::{Opened, Window};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::plan::schedule::deadline::Deadline;

/// Reads the window of a row.
#[derive(Debug)]
pub(crate) struct WindowReader<'a> {
    window: &'a Window,
    time: usize,
    event: Option<usize>,
    used: Option<usize>,
    found: TimesFound,
}

/// What was seen of the times of an audience.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimesFound {
    /// The first row of each way to write a time.
    first: [Option<Example>; TimeForm::ALL.len()],
    /// The first row with a date alone, and how many there are.
    dates: Option<(Example, u64)>,
    /// Who did something that opens no more than a minute.
    pub(crate) one_minute: u64,
}

#[derive(Debug, Clone)]
struct Example {
    row: u64,
    at: Place,
    text: String,
}

impl<'a> WindowReader<'a> {
    /// Finds the columns. Those that are not there are faults.
    pub(crate) fn bind(window: &'a Window, header: &Header, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut find = |key: &str, name: &str| {
            let found = header.position(name);
            if found.is_none() {
                let at = FieldPath::of("audience.window").key(key);
                let fault = Diagnostic::new(Code::WindowColumnMissing, Place::Field(at)).with("name", name);
                faults.push(fault.near(name, header.names()));
            }
            found
        };
        let time = find("column", &window.column);
        let event = window.event.as_ref().map(|name| find("event", name));
        let used = window.used.as_ref().map(|name| find("used", name));
        let (event, used) = match (event, used) {
            (Some(None), _) | (_, Some(None)) => return None,
            (event, used) => (event.flatten(), used.flatten()),
        };
        Some(Self { window, time: time?, event, used, found: TimesFound::default() })
    }

    /// The columns it reads.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> {
        [Some(self.time), self.event, self.used].into_iter().flatten()
    }

    /// Until when the message of a row may be begun, which is the person's so many-th from 1.
    ///
    /// # Errors
    ///
    /// What is wrong with the first cell that cannot be read.
    pub(crate) fn read(&mut self, row: &Row, cells: &Cells<'_>, nth: u32) -> Result<Deadline, Diagnostic> {
        let place = |cell: usize| row.place(Some(cell));
        let cell = |cell: usize| cells.or_blank(cell).trim();
        let opened = match self.event.map(|index| (index, cell(index))) {
            None | Some((_, "")) => Opened::Message,
            Some((index, word)) => Opened::parse(word)
                .ok_or_else(|| Diagnostic::new(Code::WindowEvent, place(index)).with("word", word))?,
        };
        let used: u32 = match self.used.map(|index| (index, cell(index))) {
            None | Some((_, "")) => 0,
            Some((index, text)) => text
                .parse()
                .map_err(|_| Diagnostic::new(Code::WindowUsed, place(index)).with("text", text))?,
        };
        let text = cell(self.time);
        if text.is_empty() {
            return Ok(match self.window.missing {
                Missing::Send => Deadline::NONE,
                Missing::Skip => Deadline::PASSED,
            });
        }
        let read = time_cell::read(text, &self.window.zone, self.window.format.as_deref());
        let read =
            read.ok_or_else(|| Diagnostic::new(Code::WindowTime, place(self.time)).with("text", text))?;
        let example = || Example { row: row.number, at: place(self.time), text: text.to_owned() };
        self.found.first[read.form.index()].get_or_insert_with(example);
        if read.date_only {
            self.found.dates.get_or_insert_with(|| (example(), 0)).1 += 1;
        }
        self.found.one_minute += u64::from(opened.is_short());
        if self.window.messages(opened).is_some_and(|most| used.saturating_add(nth) > most) {
            return Ok(Deadline::SPENT);
        }
        let end = read.at.checked_add(self.window.length(opened));
        let end = end.and_then(|end| end.checked_sub(self.window.margin));
        Ok(end.map_or(Deadline::PASSED, Deadline::at))
    }

    /// What was seen.
    pub(crate) fn into_found(self) -> TimesFound {
        self.found
    }
}

impl TimesFound {
    /// Takes in what another reader saw.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (mine, theirs) in self.first.iter_mut().zip(other.first) {
            earlier(mine, theirs);
        }
        self.dates = match (self.dates.take(), other.dates) {
            (Some((mine, count)), Some((theirs, more))) => {
                let first = if theirs.row < mine.row { theirs } else { mine };
                Some((first, count + more))
            }
            (mine, theirs) => mine.or(theirs),
        };
        self.one_minute += other.one_minute;
    }

    /// The way that the times are written, where there is one.
    pub(crate) fn form(&self) -> Option<TimeForm> {
        TimeForm::ALL.into_iter().find(|form| self.first[form.index()].is_some())
    }

    /// What is to be said of the column as a whole.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut told = Vec::new();
        let mut examples: Vec<&Example> = self.first.iter().flatten().collect();
        examples.sort_by_key(|example| example.row);
        if let [first, second, ..] = examples.as_slice() {
            told.push(
                Diagnostic::new(Code::WindowMixed, second.place())
                    .with("first", &first.text)
                    .with("row", first.row)
                    .with("second", &second.text),
            );
        }
        if let Some((example, count)) = &self.dates {
            told.push(
                Diagnostic::new(Code::WindowDateOnly, example.place())
                    .with("count", *count)
                    .with("text", &example.text),
            );
        }
        told
    }
}

impl Example {
    fn place(&self) -> Place {
        self.at.clone()
    }
}

fn earlier(mine: &mut Option<Example>, theirs: Option<Example>) {
    if let Some(theirs) = theirs
        && mine.as_ref().is_none_or(|mine| theirs.row < mine.row)
    {
        *mine = Some(theirs);
    }
}
