//! What speaks against a journal, in sentences: for `send`, which then stops, and for whoever only tells of a campaign.

use std::path::Path;

use crate::campaign::Campaign;
use crate::cli::gate::cost::Cost;
use crate::cli::gate::doubt::Doubt;
use crate::cli::gate::told;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::terminal::argument;
use crate::cli::user_state::AccountFolder;
use crate::diagnostic::render::display;
use crate::journal::JournalError;
use crate::locale::sentence::Sentence;

/// Why a journal is doubted, what each of the three knows, and the ways out.
#[derive(Debug, Clone)]
pub(crate) struct Doubted {
    why: Sentence,
    receipt: Sentence,
    results: Sentence,
    journal: Sentence,
    cost: Sentence,
    ways: Sentence,
}

impl Doubted {
    /// Puts it together.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(super) fn of(
        doubt: &Doubt,
        witnesses: &Witnesses,
        path: &Path,
        campaign: Option<&Campaign>,
        account: &AccountFolder,
    ) -> Result<Self, JournalError> {
        let (results, cost) = match campaign {
            Some(campaign) => {
                let cost = Cost::of(campaign, witnesses, doubt.taken_out())?;
                (told::results(campaign, witnesses), cost.told())
            }
            None => (Sentence::new("gate.knows.results-unasked"), Sentence::new("gate.cost.unasked")),
        };
        let ways = Sentence::new(doubt.ways(witnesses.known().is_some()))
            .with("file", display(doubt.file(&witnesses.file)))
            .with("campaign", argument(path))
            .with("state", account.flag());
        Ok(Self {
            why: doubt.told(&witnesses.file),
            receipt: told::receipt(witnesses),
            results,
            journal: told::journal(witnesses),
            cost,
            ways,
        })
    }

    /// It as the sentence `key`, which begins in one way where nothing is done because of it, and in another where
    /// something is told in spite of it.
    pub(crate) fn told(&self, key: &'static str) -> Sentence {
        let Self { why, receipt, results, journal, cost, ways } = self.clone();
        Sentence::new(key)
            .with("why", why)
            .with("receipt", receipt)
            .with("results", results)
            .with("journal", journal)
            .with("cost", cost)
            .with("ways", ways)
    }

    /// Why, and nothing of what each knows.
    pub(crate) fn in_short(&self) -> Sentence {
        Sentence::new("gate.in-short").with("why", self.why.clone())
    }
}
