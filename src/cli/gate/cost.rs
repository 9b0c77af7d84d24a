//! What taking over costs: people who were sent the message and whom nobody can name would get it a second time.

use std::collections::HashSet;

use crate::campaign::Campaign;
use crate::cli::gate::results;
use crate::cli::gate::witnesses::Witnesses;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::index::{Index, gravity};
use crate::journal::record::State;
use crate::locale::sentence::Sentence;

/// What taking over costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// How many were, or may have been, sent the message and stand in neither results nor journal.
    pub(super) unnamed: u64,
    /// Why there may be more of them.
    or_more: OrMore,
}

/// Why there may be more people whom nobody can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrMore {
    /// There are none.
    No,
    /// A run was still going on when the receipt was written.
    Running,
    /// The receipt cannot be read.
    Unread,
}

impl Cost {
    /// Holds what the receipt counts, and what was taken out of the journal, against those who can be named.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(super) fn of(campaign: &Campaign, witnesses: &Witnesses, gone: u64) -> Result<Self, JournalError> {
        let (named, masked) = named(campaign, witnesses)?;
        let counted = witnesses.entry().map_or(0, |entry| entry.reached()).max(gone).max(masked);
        let or_more = match (&witnesses.receipt, witnesses.entry()) {
            (Err(_), _) => OrMore::Unread,
            (Ok(_), Some(entry)) if entry.running => OrMore::Running,
            (Ok(_), Some(_) | None) => OrMore::No,
        };
        Ok(Self { unnamed: counted.saturating_sub(named), or_more })
    }

    /// Whether anybody may get the message a second time.
    pub(super) fn is_any(self) -> bool {
        self.unnamed > 0 || self.or_more != OrMore::No
    }

    /// What it says.
    pub(super) fn told(self) -> Sentence {
        let key = match (self.unnamed, self.or_more) {
            (0, OrMore::No) => "gate.cost.none",
            (0, OrMore::Running) => "gate.cost.running",
            (_, OrMore::Unread) => "gate.cost.unread",
            (_, OrMore::No) => "gate.cost.unnamed",
            (_, OrMore::Running) => "gate.cost.at-least",
        };
        Sentence::new(key).with("count", self.unnamed)
    }

    /// The question that repeats it.
    pub(super) fn question(self) -> &'static str {
        match (self.unnamed, self.or_more) {
            (0, OrMore::No) => "gate.take-over",
            (0, OrMore::Running | OrMore::Unread) => "gate.take-over-open",
            (_, OrMore::No) => "gate.take-over-unnamed",
            (_, OrMore::Running | OrMore::Unread) => "gate.take-over-at-least",
        }
    }
}

/// How many who were, or may have been, sent the message are known by name once the results were taken in, and of how
/// many the results tell, whether their openids are masked or not.
fn named(campaign: &Campaign, witnesses: &Witnesses) -> Result<(u64, u64), JournalError> {
    let counts = witnesses.counts();
    let known = witnesses.known();
    let index = known.map(|(store, campaign)| Index::load(&**store, campaign)).transpose()?;
    // The results of several files may tell of the same people.
    let (mut new, mut reached) = (HashSet::new(), 0);
    for results in results::files(campaign, witnesses).iter().filter_map(|file| results::open(campaign, file))
    {
        let mut of_file = 0;
        for told in results.told().filter(|told| may_have_been_delivered(told.outcome)) {
            of_file += 1;
            let there = match (&index, known) {
                (Some(index), Some((store, _))) => index.find(&**store, &told.openid, told.nth)?,
                (Some(_) | None, _) => None,
            };
            let unknown = gravity(State::Settled(Outcome::Unknown));
            if !told.is_masked() && there.is_none_or(|there| gravity(there.state) < unknown) {
                new.insert((told.openid, told.nth));
            }
        }
        reached = of_file.max(reached);
    }
    let new = u64::try_from(new.len()).expect("a count of what is in memory");
    Ok((counts.sent + counts.unknown + new, reached))
}

fn may_have_been_delivered(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Sent | Outcome::Unknown => true,
        Outcome::Refused | Outcome::Failed | Outcome::Postponed => false,
    }
}
