//! What the receipt beside a campaign tells whoever has not the journal it was sent with: another user of this computer,
//! or somebody at another one.

use std::path::Path;

use crate::api_base::Destination;
use crate::campaign::moment;
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::journal::Identity;
use crate::journal::receipt::{self, Entry, Receipt};
use crate::locale::sentence::Sentence;
use crate::locale::visible::one_line;

/// What the receipt says of a campaign, of people's phones first; nothing where there is none, or none that can be read.
pub(crate) fn find(campaign: &Path, whose: &Identity, local: bool) -> Option<Entry> {
    let file = receipt::beside(campaign);
    let destinations: &[Destination] =
        if local { &[Destination::Local] } else { &[Destination::Real, Destination::Local] };
    // `send` reports a receipt that cannot be read; here it counts as not being there.
    let receipt = Receipt::read(&file).ok()?;
    destinations.iter().find_map(|destination| receipt.of(whose, destination.name()).cloned())
}

/// What a receipt says, and from whom.
pub(crate) fn entry_told(entry: &Entry, file: &Path) -> Sentence {
    let key = if entry.running { "gate.knows.receipt-running" } else { "gate.knows.receipt" };
    Sentence::new(key)
        .with("file", display(file))
        .with("sent", entry.counts.sent)
        .with("unknown", entry.counts.unknown)
        .with("at", moment::here(entry.at))
        .with("computer", one_line(&entry.computer).as_ref())
        .with("user", one_line(&entry.user).as_ref())
        .with("journal", one_line(&entry.journal).as_ref())
}

/// Says who sent it by the receipt, and what cannot be known here.
pub(crate) fn tell(entry: &Entry, campaign: &Path, terminal: &Terminal) {
    let receipt = entry_told(entry, &receipt::beside(campaign)).say(&terminal.words);
    if entry.running {
        terminal.tell(&format!("{receipt}\n"));
        tell_stop(campaign, terminal);
    } else {
        terminal.say("elsewhere.ended", &[("receipt", &receipt)]);
    }
}

/// Says how a run is stopped whose journal is not here.
pub(crate) fn tell_stop(campaign: &Path, terminal: &Terminal) {
    let stop = campaign.parent().unwrap_or(Path::new("")).join("STOP");
    terminal.say("elsewhere.stop", &[("stop", &display(&stop))]);
}
