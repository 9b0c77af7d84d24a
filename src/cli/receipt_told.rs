//! What the receipt beside a campaign tells whoever has not the journal it was sent with: another user of this computer,
//! or somebody at another one.

use std::path::Path;

use crate::api_base::Destination;
use crate::campaign::moment;
use crate::cli::campaign_lock::folder_lock;
use crate::cli::exit_code::Exit;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::journal::Identity;
use crate::journal::lock::{Holder, holder_of, is_held};
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
        tell_stop(entry, campaign, terminal);
    } else {
        terminal.say("elsewhere.ended", &[("receipt", &receipt)]);
    }
}

/// Says whether a run is going on whose journal is not here, as far as that is known, and how it is stopped.
pub(crate) fn tell_stop(entry: &Entry, campaign: &Path, terminal: &Terminal) {
    terminal.tell(&format!("{}\n", stop_told(entry, campaign).say(&terminal.words)));
}

/// Nothing was stopped, because the journal of the run that its receipt tells of is not here.
pub(crate) fn unstopped(entry: &Entry, campaign: &Path) -> Problem {
    Problem::new(Exit::Gate, "stop-elsewhere")
        .with("receipt", entry_told(entry, &receipt::beside(campaign)))
        .with("stop", stop_told(entry, campaign))
}

fn stop_told(entry: &Entry, campaign: &Path) -> Sentence {
    let stop = campaign.parent().unwrap_or(Path::new("")).join("STOP");
    let Entry { campaign: id, appid, destination, .. } = entry;
    // The lock beside the campaign is there for everybody who sees the folder.
    let lock = Destination::parse(destination).map(|to| folder_lock(campaign, id, appid, to));
    let told = match lock.filter(|lock| is_held(lock)).map(|lock| holder_of(&lock)) {
        Some(Some(Holder { pid, host, since, .. })) => Sentence::new("elsewhere.now")
            .with("pid", pid)
            .with("host", host)
            .with("since", moment::here(since)),
        Some(None) => Sentence::new("elsewhere.now-by-somebody"),
        None => Sentence::new("elsewhere.stop"),
    };
    told.with("stop", display(&stop))
}
