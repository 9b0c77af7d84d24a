//! People of whom results tell and whom no journal of the account knows.

use std::collections::HashMap;

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::user_state::AccountFolder;
use crate::journal::JournalError;
use crate::journal::identity::CampaignKey;
use crate::journal::people::{People, Stranger, first_message};
use crate::journal::store::Store;
use crate::own_file;
use crate::report::results::told::EarlierResults;

/// How many people of whom the results tell no journal of the account knows. A file that was written from this
/// journal and not touched since is not read; of any other, those whom the journal does not know by this campaign
/// are looked for in its other waves, and at the other destination.
///
/// # Errors
///
/// When a journal cannot be read.
pub(super) fn count(
    campaign: &Campaign,
    witnesses: &Witnesses,
    account: &AccountFolder,
) -> Result<u64, JournalError> {
    let Witnesses { whose, destination: here, journal, .. } = witnesses;
    let mut people = People::default();
    if let Some((store, key)) = witnesses.known() {
        let messages = journal.as_ref().and_then(|journal| journal.campaign.as_ref());
        let messages = messages.map_or(0, |(_, counts)| counts.total());
        if store.wrote_results(key, messages, &campaign.results.path)? {
            return Ok(0);
        }
        people = People::load(&**store, key)?;
    }
    if !results(campaign).is_some_and(|results| tells_of_others(results, &people)) {
        return Ok(0);
    }
    let Some((mut strangers, masked)) = results(campaign).map(|results| strangers(results, &people)) else {
        return Ok(0);
    };
    let mut known = people.len();
    drop(people);
    let own = witnesses.known().map(|(_, campaign)| campaign);
    for destination in [*here, here.other()] {
        // What the other destination knows says something of this file only where it wrote it: who was sent it by a
        // simulator may have been sent it for real by another computer.
        if destination != *here && !wrote(campaign, witnesses, destination) {
            continue;
        }
        let Some(store) = Store::read(&account.of(destination))? else { continue };
        let other = |wave: &CampaignKey| destination != *here || Some(*wave) != own;
        for wave in store.waves(whose)?.into_iter().filter(other) {
            let people = People::load(&*store, wave)?;
            strangers.retain(|stranger| !people.knows_one(stranger));
            known += people.len();
        }
    }
    let count = |length| u64::try_from(length).expect("a count of what is in memory");
    Ok(count(strangers.len()) + u64::saturating_sub(masked, count(known)))
}

/// Whether the results were written by runs to a destination, going by the receipt.
fn wrote(campaign: &Campaign, witnesses: &Witnesses, destination: Destination) -> bool {
    let file = witnesses.entry_of(destination).and_then(|entry| entry.results_file(&witnesses.file));
    file.is_some_and(|file| file == own_file::followed(&campaign.results.path))
}

/// The results of a campaign, where there are any.
pub(super) fn results(campaign: &Campaign) -> Option<EarlierResults> {
    EarlierResults::open(&campaign.results.path, &campaign.audience.openid_column)
}

/// Whether results tell of somebody whom people are not known to hold by the first message to them.
fn tells_of_others(mut results: EarlierResults, people: &People) -> bool {
    while let Some(line) = results.next_line() {
        if line.reached() && (line.is_masked() || !people.knows(&line.openid)) {
            return true;
        }
    }
    false
}

/// Those of whom results tell and whom people do not hold, and how many openids are masked.
fn strangers(mut results: EarlierResults, people: &People) -> (Vec<Stranger>, u64) {
    let (mut strangers, mut masked) = (Vec::new(), 0);
    // Which message to somebody a row is, of those who are not known by their first.
    let mut numbers: HashMap<[u64; 2], u32> = HashMap::new();
    while let Some(line) = results.next_line() {
        if line.is_masked() {
            masked += u64::from(line.reached());
        } else if !people.knows(&line.openid) {
            let nth = numbers.entry(first_message(&line.openid)).or_default();
            *nth += 1;
            let stranger = Stranger::of(&line.openid, *nth);
            if line.reached() && !people.knows_one(&stranger) {
                strangers.push(stranger);
            }
        }
    }
    (strangers, masked)
}
