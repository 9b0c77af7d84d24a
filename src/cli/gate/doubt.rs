//! Why a journal cannot be taken at its word.

use std::path::{Path, PathBuf};

use crate::campaign::moment;
use crate::cli::gate::gaps::Deleted;
use crate::cli::machine::Machine;
use crate::diagnostic::render::display;
use crate::journal::history::Pruned;
use crate::locale::sentence::Sentence;
use crate::locale::visible::one_line;
use crate::report::results::told::Unread;

/// Why the journal here cannot be taken at its word.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The receipt cannot be read.
    Receipt(String),
    /// Another journal sent this campaign.
    OtherJournal,
    /// It was imported from another computer, which may still be sending.
    OtherComputer(String),
    /// Another computer wrote it last: it was copied, and both may be sending.
    Copied(String),
    /// It lay elsewhere on this computer when it was sent from last: it was moved or copied.
    Moved(String),
    /// The journal once knew more.
    Behind,
    /// What was written last is lost.
    Damaged,
    /// A file of results cannot be understood, whole or in part.
    Unread(PathBuf, Unread),
    /// Results tell of so many people whom it does not know.
    Results(u64),
    /// This file, and perhaps others, lies beside the campaign under a name of its own and tells of so many.
    Stray(PathBuf, u64),
    /// Rows of people who were sent the message are gone from a file of results.
    Deleted(Deleted),
    /// So many people of the list stand in no file of results, although they have a row for each of it.
    LeftOut(u64),
    /// Messages of this campaign were taken out of it when it was pruned, and so many are there now.
    Pruned(Pruned, u64),
}

impl Doubt {
    /// What it says; `receipt` is where the receipt lies.
    pub(super) fn told(&self, receipt: &Path) -> Sentence {
        let computers = |key: &'static str, there: &String| {
            Sentence::new(key).with("there", one_line(there).as_ref()).with("here", Machine::here())
        };
        match self {
            Self::Receipt(reason) => {
                Sentence::new("gate.receipt-unreadable").with("file", display(receipt)).because(reason)
            }
            Self::OtherJournal => Sentence::new("gate.other-journal"),
            Self::OtherComputer(there) => computers("gate.other-computer", there),
            Self::Copied(there) => computers("gate.copied", there),
            Self::Moved(there) => Sentence::new("gate.moved").with("there", display(Path::new(there))),
            Self::Behind => Sentence::new("gate.behind"),
            Self::Damaged => Sentence::new("gate.damaged"),
            Self::Unread(file, why) => {
                Sentence::new("gate.results-unreadable").with("file", display(file)).with("what", why.told())
            }
            Self::Results(count) => Sentence::new("gate.results").with("count", count),
            Self::Stray(file, count) => {
                Sentence::new("gate.stray").with("file", display(file)).with("count", count)
            }
            Self::Deleted(Deleted { file, counted, rows }) => Sentence::new("gate.deleted")
                .with("file", display(file))
                .with("counted", counted)
                .with("rows", rows),
            Self::LeftOut(count) => Sentence::new("gate.left-out").with("count", count),
            Self::Pruned(Pruned { messages, last, at, set: _ }, back) => {
                let last = last.map_or_else(|| "?".to_owned(), moment::here);
                let key = if *back == 0 { "gate.pruned" } else { "gate.pruned-some" };
                let pruned = Sentence::new(key).with("count", messages).with("back", back);
                pruned.with("last", last).with("at", moment::here(*at))
            }
        }
    }

    /// What was taken out of the journal.
    pub(super) fn taken_out(&self) -> Option<&Pruned> {
        match self {
            Self::Pruned(pruned, _) => Some(pruned),
            Self::Receipt(_)
            | Self::OtherJournal
            | Self::OtherComputer(_)
            | Self::Copied(_)
            | Self::Moved(_)
            | Self::Behind
            | Self::Damaged
            | Self::Unread(..)
            | Self::Results(_)
            | Self::Stray(..)
            | Self::Deleted(_)
            | Self::LeftOut(_) => None,
        }
    }

    /// The file that is to be put right; the receipt where it is no other.
    pub(super) fn file<'a>(&'a self, receipt: &'a Path) -> &'a Path {
        match self {
            Self::Unread(file, _) | Self::Stray(file, _) | Self::Deleted(Deleted { file, .. }) => file,
            Self::Receipt(_)
            | Self::OtherJournal
            | Self::OtherComputer(_)
            | Self::Copied(_)
            | Self::Moved(_)
            | Self::Behind
            | Self::Damaged
            | Self::Results(_)
            | Self::LeftOut(_)
            | Self::Pruned(..) => receipt,
        }
    }

    /// What can be done about it, the best way first. Whoever has a journal that knows this campaign needs no receipt.
    pub(super) fn ways(&self, knows_campaign: bool) -> &'static str {
        match self {
            Self::Receipt(_) if knows_campaign => "gate.ways.receipt",
            Self::Receipt(_) | Self::OtherJournal => "gate.ways.elsewhere",
            Self::Unread(..) if knows_campaign => "gate.ways.unread-known",
            Self::Unread(..) => "gate.ways.unread",
            Self::Results(_) => "gate.ways.results",
            Self::Stray(..) => "gate.ways.stray",
            Self::Deleted(_) | Self::LeftOut(_) => "gate.ways.gaps",
            Self::OtherComputer(_) | Self::Copied(_) => "gate.ways.copied",
            Self::Moved(_) => "gate.ways.moved",
            Self::Behind | Self::Damaged => "gate.ways.behind",
            Self::Pruned(..) => "gate.ways.pruned",
        }
    }
}
