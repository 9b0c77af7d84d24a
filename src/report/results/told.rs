//! What an earlier results file tells of people, row by row: however many they are, no more than one of them is in memory.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;

use crate::audience::csv::guard::RESULTS;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::delivery::outcome::{Counts, Outcome, Status};
use crate::diagnostic::code::Code;
use crate::journal::told::ToldMessage;
use crate::locale::sentence::Sentence;
use crate::locale::{Catalog, Language};
use crate::own_file;
use crate::report::results::opened::{Tables, open_among};

/// So many rows show what a column is for.
const ROWS: usize = 50;

/// An earlier results file.
pub(crate) struct EarlierResults {
    reader: Reader,
    row: Row,
    openid: usize,
    /// Where its own columns stand.
    own: [Option<usize>; 8],
    /// The statuses by their words in every language.
    words: HashMap<String, Status>,
}

/// Why a file of results cannot be taken for all that it once told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The system does not let it be read, for this reason.
    Closed(String),
    /// It is damaged: no table with a line of names can be found in it.
    NoTable,
    /// The column of openids, of this name, is not there.
    NoOpenid(String),
    /// The column that says what became of everybody is not there, and most of the others are.
    NoStatus,
    /// A quote in the row of this line swallows what follows.
    Quote(u64),
    /// This line is no row.
    Row(u64),
    /// What became of the row of this line is no word of results.
    Status(u64),
}

impl Unread {
    /// What it says, within a sentence that names the file.
    pub(crate) fn told(&self) -> Sentence {
        match self {
            Self::Closed(reason) => Sentence::new("gate.unread.closed").because(reason),
            Self::NoTable => Sentence::new("gate.unread.no-table"),
            Self::NoOpenid(name) => Sentence::new("gate.unread.no-openid").with("name", name),
            Self::NoStatus => Sentence::new("gate.unread.no-status"),
            Self::Quote(line) => Sentence::new("gate.unread.quote").with("line", line),
            Self::Row(line) => Sentence::new("gate.unread.row").with("line", line),
            Self::Status(line) => Sentence::new("gate.unread.status").with("line", line),
        }
    }
}

/// A row of it that is no skipped one.
pub(crate) struct Line<'a> {
    row: &'a Row,
    own: &'a [Option<usize>; 8],
    /// The openid, masked where the results are.
    pub(crate) openid: Cow<'a, str>,
    /// What became of it; nothing where no request was made.
    pub(crate) outcome: Option<Outcome>,
}

impl EarlierResults {
    /// Opens a file; gives nothing where it is none of results. One whose other columns somebody took out still tells
    /// who was sent the message.
    ///
    /// # Errors
    ///
    /// Where it may not be read, or does not say whom it tells of.
    pub(crate) fn open(path: &Path, openid: &str) -> Result<Option<Self>, Unread> {
        Self::open_among(path, openid, &Tables::default())
    }

    /// The same, with what was parsed of it before.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn open_among(path: &Path, openid: &str, tables: &Tables) -> Result<Option<Self>, Unread> {
        let closed = |error: io::Error| Unread::Closed(error.to_string());
        let about = own_file::open_through(path).and_then(|file| file.metadata()).map_err(closed)?;
        let Some(reader) = open_among(path, openid, tables) else {
            // There is nothing to be lost in an empty file.
            return if about.len() > 0 { Err(Unread::NoTable) } else { Ok(None) };
        };
        let header = reader.header();
        let Some(own) = own_columns(header.raw()) else {
            let has_had_one = has_others(header.raw()) || says_in_words(reader);
            return if has_had_one { Err(Unread::NoStatus) } else { Ok(None) };
        };
        let own = own.map(|name| header.position(name));
        let openid = header.position(openid).ok_or_else(|| Unread::NoOpenid(openid.to_owned()))?;
        Ok(Some(Self { reader, row: Row::default(), openid, own, words: words() }))
    }

    /// The first row that cannot be understood; nothing where every one of them can.
    pub(crate) fn unread(mut self) -> Option<Unread> {
        loop {
            match self.reader.read(&mut self.row) {
                Ok(None) => return None,
                Ok(Some(_)) if self.status().is_some() => {}
                Ok(Some(_)) => return Some(Unread::Status(self.row.line)),
                Err(fault) if matches!(fault.code, Code::LoneQuote | Code::UnclosedQuote) => {
                    return Some(Unread::Quote(self.row.line));
                }
                Err(_) => return Some(Unread::Row(self.row.line)),
            }
        }
    }

    /// What a row says became of it; nothing where that is no word of results. A blank or a capital letter more is the
    /// same word.
    fn status(&self) -> Option<Status> {
        self.words.get(&cell(&self.row, self.own[0]).trim().to_lowercase()).copied()
    }

    /// The next row that is no skipped one; nothing after the last, or after one that cannot be read.
    pub(crate) fn next_line(&mut self) -> Option<Line<'_>> {
        loop {
            self.reader.read(&mut self.row).ok().flatten()?;
            let outcome = match self.status() {
                None | Some(Status::Skipped) => continue,
                Some(Status::Unsent) => None,
                Some(Status::Sent) => Some(Outcome::Sent),
                Some(Status::Refused) => Some(Outcome::Refused),
                Some(Status::Failed) => Some(Outcome::Failed),
                Some(Status::Unknown) => Some(Outcome::Unknown),
            };
            let openid = cell(&self.row, Some(self.openid));
            return Some(Line { row: &self.row, own: &self.own, openid, outcome });
        }
    }

    /// Whether most of the columns of results beside the status are there.
    pub(crate) fn has_most_columns(&self) -> bool {
        has_others(self.reader.header().raw())
    }

    /// Calls with the openid of every row, skipped ones included.
    pub(crate) fn each_openid(mut self, mut each: impl FnMut(&str)) {
        while let Ok(Some(_)) = self.reader.read(&mut self.row) {
            each(&cell(&self.row, Some(self.openid)));
        }
    }

    /// Calls with the openid of every row that is no skipped one, its number among that person's rows, and whether it was,
    /// or may have been, delivered.
    pub(crate) fn each_message(mut self, mut each: impl FnMut(&str, u32, bool)) {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        while let Some(line) = self.next_line() {
            let nth = numbers.entry(line.openid.clone().into_owned()).or_default();
            *nth += 1;
            each(&line.openid, *nth, line.reached());
        }
    }

    /// Counts everybody for whom a request was made, and gives when the last one ended, where that can be told.
    pub(crate) fn count(mut self) -> (Counts, Option<Timestamp>) {
        let (mut counts, mut last) = (Counts::default(), None);
        while let Some(line) = self.next_line() {
            let Some(outcome) = line.outcome else { continue };
            counts.add(Status::from(outcome), 1);
            last = last.max(line.at());
        }
        (counts, last)
    }

    /// Everybody by status.
    pub(crate) fn statuses(mut self) -> Counts {
        let mut counts = Counts::default();
        while let Ok(Some(_)) = self.reader.read(&mut self.row) {
            if let Some(status) = self.status() {
                counts.add(status, 1);
            }
        }
        counts
    }

    /// Everybody for whom a request was made.
    pub(crate) fn told(mut self) -> impl Iterator<Item = ToldMessage> {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        std::iter::from_fn(move || {
            loop {
                let line = self.next_line()?;
                let nth = numbers.entry(line.openid.clone().into_owned()).or_default();
                *nth += 1;
                if let Some(outcome) = line.outcome {
                    return Some(line.told(outcome, *nth));
                }
            }
        })
    }
}

impl Line<'_> {
    /// Whether the person was, or may have been, sent the message.
    pub(crate) fn reached(&self) -> bool {
        self.outcome.is_some_and(|outcome| Status::from(outcome).is_reached())
    }

    /// Whether the openid is not the whole one.
    pub(crate) fn is_masked(&self) -> bool {
        self.openid.contains('*')
    }

    /// When its last request ended. A spreadsheet may have written it in another way; when it was is then not known.
    fn at(&self) -> Option<Timestamp> {
        cell(self.row, self.own[5]).parse().ok()
    }

    fn told(&self, outcome: Outcome, nth: u32) -> ToldMessage {
        let [_, errcode, errmsg, _, attempts, ..] = self.own.map(|column| cell(self.row, column));
        ToldMessage {
            openid: self.openid.clone().into_owned(),
            nth,
            outcome,
            errcode: errcode.parse().ok(),
            reason: Some(errmsg.into_owned()).filter(|reason| !reason.is_empty()),
            attempts: attempts.parse().unwrap_or(1),
            at: self.at().unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }
}

/// The columns of results in the language of a file's status column; nothing where it has none.
pub(super) fn own_columns<S: AsRef<str>>(names: &[S]) -> Option<&'static [&'static str; 8]> {
    RESULTS.iter().find(|[status, ..]| names.iter().any(|name| name.as_ref() == *status))
}

/// Whether most of the columns of results beside the status are there: nobody else's file has these names.
pub(super) fn has_others<S: AsRef<str>>(names: &[S]) -> bool {
    let is_there = |own: &&&str| names.iter().any(|name| name.as_ref() == **own);
    RESULTS.iter().any(|[_, others @ ..]| others.iter().filter(is_there).count() > others.len() / 2)
}

/// Whether a column without its name still says what became of everybody: in its first rows stands nothing but words of
/// results, and one of them is a word that hardly anything else is told in.
fn says_in_words(mut reader: Reader) -> bool {
    let (words, mut row) = (words(), Row::default());
    let mut columns: Vec<(bool, bool)> = vec![(true, false); reader.header().width()];
    for _ in 0..ROWS {
        if !matches!(reader.read(&mut row), Ok(Some(_))) {
            break;
        }
        for (index, (only_words, telling)) in columns.iter_mut().enumerate() {
            let status = words.get(&cell(&row, Some(index)).trim().to_lowercase());
            *only_words &= status.is_some();
            *telling |= status.is_some_and(|status| matches!(status, Status::Sent | Status::Unsent));
        }
    }
    columns.contains(&(true, true))
}

fn cell(row: &Row, column: Option<usize>) -> Cow<'_, str> {
    let cell = column.and_then(|column| row.record().get(column)).unwrap_or(b"");
    String::from_utf8_lossy(cell)
}

fn words() -> HashMap<String, Status> {
    let languages = [Language::En, Language::ZhCn].map(Catalog::new);
    languages
        .iter()
        .flat_map(|words| {
            Status::ALL.iter().map(|status| (words.say(&format!("status.{}", status.name()), &[]), *status))
        })
        .collect()
}
