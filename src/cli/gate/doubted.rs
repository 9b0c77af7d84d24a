//! What speaks against a journal, in sentences: for `send`, which then stops, and for whoever only tells of a campaign.

use std::path::Path;

use crate::campaign::Campaign;
use crate::cli::gate::doubt::Doubt;
use crate::cli::gate::told;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::terminal::argument;
use crate::locale::sentence::Sentence;

/// Why a journal is doubted, what each of the three knows, and the ways out.
#[derive(Debug, Clone)]
pub(crate) struct Doubted {
    why: Sentence,
    receipt: Sentence,
    results: Sentence,
    journal: Sentence,
    ways: Sentence,
}

impl Doubted {
    pub(super) fn of(doubt: &Doubt, witnesses: &Witnesses, path: &Path, campaign: Option<&Campaign>) -> Self {
        let unasked = || Sentence::new("gate.knows.results-unasked");
        Self {
            why: doubt.told(&witnesses.file),
            receipt: told::receipt(witnesses),
            results: campaign.map_or_else(unasked, |campaign| told::results(campaign, witnesses)),
            journal: told::journal(witnesses),
            ways: Sentence::new("gate.ways").with("campaign", argument(path)),
        }
    }

    /// It as the sentence `key`, which begins in one way where nothing is done because of it, and in another where
    /// something is told in spite of it.
    pub(crate) fn told(&self, key: &'static str) -> Sentence {
        let Self { why, receipt, results, journal, ways } = self.clone();
        Sentence::new(key)
            .with("why", why)
            .with("receipt", receipt)
            .with("results", results)
            .with("journal", journal)
            .with("ways", ways)
    }

    /// Why, and nothing of what each knows.
    pub(crate) fn in_short(&self) -> Sentence {
        Sentence::new("gate.in-short").with("why", self.why.clone())
    }
}
