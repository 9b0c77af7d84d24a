//! Why a journal cannot be taken at its word.

use std::path::Path;

use crate::campaign::moment;
use crate::cli::machine::Machine;
use crate::diagnostic::render::display;
use crate::journal::history::Pruned;
use crate::locale::sentence::Sentence;

/// Why the journal here cannot be taken at its word.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The receipt cannot be read.
    Receipt(String),
    /// Another journal sent this campaign.
    OtherJournal,
    /// It was imported from another computer, which may still be sending.
    OtherComputer(String),
    /// The journal once knew more.
    Behind,
    /// What was written last is lost.
    Damaged,
    /// Results tell of so many people whom it does not know.
    Results(u64),
    /// So many messages of this campaign were taken out of it when it was pruned.
    Pruned(Pruned),
}

impl Doubt {
    /// What it says; `receipt` is where the receipt lies.
    pub(super) fn told(&self, receipt: &Path) -> Sentence {
        match self {
            Self::Receipt(reason) => {
                Sentence::new("gate.receipt-unreadable").with("file", display(receipt)).because(reason)
            }
            Self::OtherJournal => Sentence::new("gate.other-journal"),
            Self::OtherComputer(computer) => {
                Sentence::new("gate.other-computer").with("there", computer).with("here", Machine::here())
            }
            Self::Behind => Sentence::new("gate.behind"),
            Self::Damaged => Sentence::new("gate.damaged"),
            Self::Results(count) => Sentence::new("gate.results").with("count", count),
            Self::Pruned(Pruned { messages, last, at }) => {
                let last = last.map_or_else(|| "?".to_owned(), moment::here);
                let at = moment::here(*at);
                Sentence::new("gate.pruned").with("count", messages).with("last", last).with("at", at)
            }
        }
    }
}
