//! What each of the three knows, in sentences.

use std::path::Path;

use crate::campaign::{Campaign, moment};
use crate::cli::gate::results;
use crate::cli::gate::witnesses::{Known, Witnesses};
use crate::cli::receipt_told::entry_told;
use crate::diagnostic::render::display;
use crate::journal::store;
use crate::locale::sentence::Sentence;
use crate::report::results::told::EarlierResults;

/// What the receipt says, and from whom.
pub(super) fn receipt(witnesses: &Witnesses) -> Sentence {
    let file = &witnesses.file;
    match witnesses.entry() {
        Some(entry) => entry_told(entry, file),
        None => Sentence::new("gate.knows.no-receipt").with("file", display(file)),
    }
}

/// What the results say, file by file.
pub(super) fn results(campaign: &Campaign, witnesses: &Witnesses) -> Sentence {
    let files = results::files(campaign, witnesses);
    let told = files.iter().filter_map(|file| match results::unread(campaign, witnesses, file) {
        Some(unread) => {
            let told = Sentence::new("gate.knows.results-unread").with("file", display(file));
            Some(told.with("what", unread.told()))
        }
        None => Some(results_of(file, results::open(campaign, witnesses, file)?)),
    });
    let more = |first, more| Sentence::new("gate.knows.more").with("first", first).with("more", more);
    let none = || Sentence::new("gate.knows.no-results").with("file", display(&campaign.results.path));
    told.reduce(more).unwrap_or_else(none)
}

fn results_of(file: &Path, results: EarlierResults) -> Sentence {
    let (counts, last) = results.count();
    // A spreadsheet that saved them may have written the times in a way of its own.
    let told = match last {
        Some(at) => Sentence::new("gate.knows.results").with("at", moment::here(at)),
        None => Sentence::new("gate.knows.results-undated"),
    };
    told.with("file", display(file)).with("sent", counts.sent).with("unknown", counts.unknown)
}

/// What the journal says.
pub(super) fn journal(witnesses: &Witnesses) -> Sentence {
    let file = display(&witnesses.state.join(store::FILE));
    match &witnesses.journal {
        Some(Known { uuid, campaign: Some((_, counts)), .. }) => Sentence::new("gate.knows.journal")
            .with("file", file)
            .with("sent", counts.sent)
            .with("unknown", counts.unknown)
            .with("journal", uuid),
        Some(Known { campaign: None, .. }) | None => {
            Sentence::new("gate.knows.no-campaign").with("file", file)
        }
    }
}
