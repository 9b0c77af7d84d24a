//! Why a command does not do what it was asked for. Everything inside `cli` hands one of these up; only `cli::run`
//! prints it and ends the program with its exit, so that an error is told once, whole, and in one manner.

use std::borrow::Cow;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::campaign::moment;
use crate::cli::exit_code::Exit;
use crate::diagnostic::render::{Sources, display};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::journal::JournalError;
use crate::journal::error::{Moved, Worker};
use crate::locale::sentence::{Filling, Sentence};
use crate::report::join::JoinError;

/// What went wrong, the exit that goes with it, and what to do next.
#[derive(Debug)]
pub(crate) struct Problem {
    exit: Exit,
    told: Vec<Part>,
    next: Option<(Cow<'static, str>, PathBuf)>,
}

/// A part of what is told.
#[derive(Debug)]
pub(crate) enum Part {
    /// What went wrong.
    Error(Sentence),
    /// That somebody decided otherwise, which is no error: whoever wants quiet is not told.
    Note(Sentence),
    /// The faults of a campaign, drawn with the lines they stand in.
    Faults(Box<(Diagnostics, Sources)>),
    /// A fault of another file, or of one that has changed since it was planned, without its line.
    Fault(Option<PathBuf>, Box<Diagnostic>),
}

impl Problem {
    /// The sentence `error.<key>`.
    pub(crate) fn new(exit: Exit, key: &str) -> Self {
        Self::of(exit, Part::Error(Sentence::new(format!("error.{key}"))))
    }

    /// A sentence that has been put together already.
    pub(crate) fn said(exit: Exit, sentence: Sentence) -> Self {
        Self::of(exit, Part::Error(sentence))
    }

    /// The sentence `key`, which is no error.
    pub(crate) fn note(exit: Exit, key: &'static str) -> Self {
        Self::of(exit, Part::Note(Sentence::new(key)))
    }

    /// The faults of a campaign.
    pub(crate) fn faults(faults: Diagnostics, sources: Sources) -> Self {
        let (errors, warnings, campaign) = (faults.errors(), faults.warnings(), sources.campaign.clone());
        let faults = Self::of(Exit::Invalid, Part::Faults(Box::new((faults, sources))));
        faults.and(Self::invalid(errors, warnings)).next("invalid", &campaign)
    }

    /// How many faults a campaign has, where they have been shown already.
    pub(crate) fn invalid(errors: u64, warnings: u64) -> Self {
        Self::new(Exit::Invalid, "invalid").with("errors", errors).with("warnings", warnings)
    }

    /// A fault of a file that is no campaign.
    pub(crate) fn fault(file: &Path, fault: Diagnostic) -> Self {
        Self::of(Exit::Invalid, Part::Fault(Some(file.to_owned()), Box::new(fault)))
    }

    /// A file that cannot be written.
    pub(crate) fn cannot_write(file: &Path, reason: impl Display) -> Self {
        Self::new(Exit::Storage, "cannot-write").with("file", display(file)).because(reason)
    }

    /// An audience that is no longer what was planned.
    pub(crate) fn changed(exit: Exit) -> Self {
        Self::new(exit, "changed")
    }

    fn of(exit: Exit, told: Part) -> Self {
        Self { exit, told: vec![told], next: None }
    }

    /// Fills a place of the sentence that was named last.
    #[must_use]
    pub(crate) fn with(self, place: &'static str, filling: impl Into<Filling>) -> Self {
        self.change(|sentence| sentence.with(place, filling))
    }

    /// Fills its place `reason` with what somebody else says of a failure.
    #[must_use]
    pub(crate) fn because(self, reason: impl Display) -> Self {
        self.change(|sentence| sentence.because(reason))
    }

    fn change(mut self, change: impl FnOnce(Sentence) -> Sentence) -> Self {
        let last = match self.told.pop().expect("a problem begins with something that is told") {
            Part::Error(sentence) => Part::Error(change(sentence)),
            Part::Note(sentence) => Part::Note(change(sentence)),
            whole @ (Part::Faults(_) | Part::Fault(..)) => whole,
        };
        self.told.push(last);
        self
    }

    /// Another problem behind it. The greater exit stands, and the later of what is to be done.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.told.extend(other.told);
        Self { exit: self.exit.max(other.exit), told: self.told, next: other.next.or(self.next) }
    }

    /// The command to run next, `next.<key>`.
    #[must_use]
    pub(crate) fn next(mut self, key: impl Into<Cow<'static, str>>, campaign: &Path) -> Self {
        self.next = Some((key.into(), campaign.to_owned()));
        self
    }

    /// The same problem where it means another exit.
    #[must_use]
    pub(crate) fn exits(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// The exit.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// What is told.
    pub(crate) fn told(&self) -> &[Part] {
        &self.told
    }

    /// What is to be done next: the key below `next`, and the campaign.
    pub(crate) fn what_next(&self) -> Option<(&str, &Path)> {
        self.next.as_ref().map(|(key, campaign)| (&**key, &**campaign))
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        let key = match &error {
            JournalError::Unreachable { .. } => "journal.unreachable",
            JournalError::Foreign { .. } => "journal.foreign",
            JournalError::Newer { .. } => "journal.newer",
            JournalError::Corrupt { .. } => "journal.corrupt",
            JournalError::Unreadable { .. } => "journal.unreadable",
            JournalError::Held { .. } => "journal.held",
            JournalError::Unprepared { .. } => "journal.unprepared",
            JournalError::Moved { .. } => "journal.moved",
            JournalError::Taken | JournalError::Fenced => "journal.fenced",
            JournalError::Replaced => "journal.replaced",
            JournalError::NoWriter | JournalError::Unwritable { .. } => "journal.unwritable",
        };
        let exit = match &error {
            // Something else than the disk keeps it from being used, and somebody has to decide.
            JournalError::Held { .. } | JournalError::Moved { .. } => Exit::Gate,
            _ => Exit::Storage,
        };
        Self::new(exit, key).with("reason", journal_reason(&error))
    }
}

/// What is wrong with the journal, without a sentence around it: the file, and what SQLite or the system says.
pub(crate) fn journal_reason(error: &JournalError) -> Filling {
    match error {
        JournalError::Foreign { place } => place.into(),
        JournalError::Newer { place, found, known } => Sentence::new("journal-format")
            .with("file", place)
            .with("found", found)
            .with("known", known)
            .into(),
        JournalError::Unreachable { place, reason }
        | JournalError::Unreadable { place, reason }
        | JournalError::Corrupt { place, reason } => Filling::Reason(format!("{place}: {reason}")),
        JournalError::Held { place, worker: Worker { host, pid, since } } => Sentence::new("reason.held")
            .with("place", place)
            .with("host", host)
            .with("pid", pid)
            .with("since", moment::shown(*since, &TimeZone::system()))
            .into(),
        JournalError::Unprepared { place } => place.into(),
        JournalError::Moved { place, what: Moved::System } => {
            Sentence::new("reason.moved-system").with("place", place).into()
        }
        JournalError::Moved { place, what: Moved::Timeline } => {
            Sentence::new("reason.moved-timeline").with("place", place).into()
        }
        JournalError::Moved { place, what: Moved::Counter { seen, now } } => {
            Sentence::new("reason.moved-counter")
                .with("place", place)
                .with("seen", seen)
                .with("now", now)
                .into()
        }
        JournalError::Taken | JournalError::Fenced => Sentence::new("reason.fenced").into(),
        JournalError::Replaced => Sentence::new("reason.replaced").into(),
        JournalError::NoWriter => Sentence::new("reason.no-writer").into(),
        JournalError::Unwritable { reason } => Filling::Reason(reason.clone()),
    }
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Journal(error) => error.into(),
            JoinError::Changed => Self::changed(Exit::Gate),
            JoinError::Audience(faults) => faults
                .into_iter()
                .map(|fault| Self::of(Exit::Invalid, Part::Fault(None, Box::new(fault))))
                .reduce(Self::and)
                .expect("an audience that cannot be read has a fault"),
        }
    }
}
