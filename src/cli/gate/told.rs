//! What each of the three knows, in sentences.

use crate::campaign::Campaign;
use crate::cli::elsewhere::entry_told;
use crate::cli::gate::strangers;
use crate::cli::gate::witnesses::{Known, Witnesses};
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

/// What the results say.
pub(super) fn results(campaign: &Campaign) -> Sentence {
    let file = display(&campaign.results.path);
    let Some((counts, last)) = strangers::results(campaign).map(EarlierResults::count) else {
        return Sentence::new("gate.knows.no-results").with("file", file);
    };
    let at = last.map_or_else(|| "?".to_owned(), |at| at.to_string());
    Sentence::new("gate.knows.results")
        .with("file", file)
        .with("sent", counts.sent)
        .with("unknown", counts.unknown)
        .with("at", at)
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
