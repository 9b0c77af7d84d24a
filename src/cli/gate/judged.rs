//! The judgement of `send` for whoever only tells of a campaign.

use std::path::Path;

use crate::campaign::Campaign;
use crate::cli::gate::doubted::Doubted;
use crate::cli::gate::evidence::Evidence;
use crate::cli::gate::results;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::user_state::AccountFolder;
use crate::delivery::outcome::Counts;
use crate::journal::JournalError;
use crate::journal::record::MessageCounts;
use crate::report::results::told::EarlierResults;

/// What a journal is worth to whoever tells of a campaign.
pub(crate) enum Judged {
    /// It knows the campaign, and nothing speaks against it; with what it counted on the way.
    Known(Box<MessageCounts>),
    /// It does not know the campaign, and neither does the folder.
    Unknown,
    /// Something speaks against it; with what the folder tells where it knows nothing.
    Doubted(Option<Counts>, Box<Doubted>),
}

/// Judges a journal as `send` does, also where the campaign file is too faulty to name its results.
///
/// # Errors
///
/// When a journal cannot be read.
pub(crate) fn judge(
    path: &Path,
    campaign: Option<&Campaign>,
    witnesses: Witnesses,
    account: &AccountFolder,
) -> Result<Judged, JournalError> {
    let counted = witnesses.journal.as_ref().and_then(|journal| journal.counted.clone());
    let known = counted.is_some();
    let entry = witnesses.entry().map(|entry| entry.counts);
    let (mut folder, doubted): (Vec<Counts>, _) = match campaign {
        Some(campaign) => {
            let evidence = Evidence::of(campaign, witnesses, account)?;
            let doubted = evidence.doubted()?;
            let files =
                if doubted.is_some() { results::files(campaign, &evidence.witnesses) } else { Vec::new() };
            let counts = files.iter().filter_map(|file| results::open(campaign, &evidence.witnesses, file));
            (counts.map(EarlierResults::statuses).collect(), doubted)
        }
        None => {
            let doubted = |doubt| Doubted::of(&doubt, &witnesses, path, None, account);
            let doubted = witnesses.doubt()?.map(doubted).transpose()?;
            (Vec::new(), doubted)
        }
    };
    let Some(doubted) = doubted else {
        return Ok(counted.map_or(Judged::Unknown, |counted| Judged::Known(Box::new(counted))));
    };
    // Results or receipt, whichever tell of most people.
    folder.extend(entry);
    let folder = folder.into_iter().max_by_key(Counts::reached).filter(|_| !known);
    Ok(Judged::Doubted(folder, Box::new(doubted)))
}
