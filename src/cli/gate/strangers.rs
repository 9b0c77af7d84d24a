//! People of whom results tell and whom no journal of the account knows.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use crate::campaign::Campaign;
use crate::cli::gate::results;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::user_state::AccountFolder;
use crate::journal::JournalError;
use crate::journal::identity::Naming;
use crate::journal::people::{People, Stranger};
use crate::journal::store::Store;
use crate::report::results::told::EarlierResults;

/// How many people of whom these files of results tell no journal of the account knows. Those whom the journal does not
/// know by this campaign are looked for in its other waves.
///
/// # Errors
///
/// When a journal cannot be read.
pub(super) fn count(
    campaign: &Campaign,
    witnesses: &Witnesses,
    account: &AccountFolder,
    mut files: Vec<PathBuf>,
) -> Result<u64, JournalError> {
    let Witnesses { whose, destination, .. } = witnesses;
    let naming = witnesses.naming();
    let mut people = People::none(naming.clone());
    if let Some((store, key)) = witnesses.known().filter(|_| !files.is_empty()) {
        people = People::load(&**store, key)?;
    }
    let open = |file: &PathBuf| results::open(campaign, witnesses, file);
    files.retain(|file| open(file).is_some_and(|results| tells_of_others(results, &people)));
    let (mut found, mut masked) = (BTreeSet::new(), 0);
    for results in files.iter().filter_map(open) {
        let (strangers, hidden) = strangers(results, &people, &naming);
        found.extend(strangers);
        // Who is masked in one file may be in the next as well.
        masked = hidden.max(masked);
    }
    if found.is_empty() && masked == 0 {
        return Ok(0);
    }
    let mut known = people.len();
    drop(people);
    let own = witnesses.known().map(|(_, campaign)| campaign);
    if let Some(store) = Store::read(&account.of(*destination))? {
        for wave in store.waves(whose)?.into_iter().filter(|wave| Some(*wave) != own) {
            let people = People::load(&*store, wave)?;
            found.retain(|stranger| !people.knows_one(stranger));
            known += people.len();
        }
    }
    let count = |length| u64::try_from(length).expect("a count of what is in memory");
    Ok(count(found.len()) + u64::saturating_sub(masked, count(known)))
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
fn strangers(mut results: EarlierResults, people: &People, naming: &Naming) -> (Vec<Stranger>, u64) {
    let (mut strangers, mut masked) = (Vec::new(), 0);
    // Which message to somebody a row is, of those who are not known by their first.
    let mut numbers: HashMap<[u64; 2], u32> = HashMap::new();
    while let Some(line) = results.next_line() {
        if line.is_masked() {
            masked += u64::from(line.reached());
        } else if !people.knows(&line.openid) {
            let nth = numbers.entry(naming.message(&line.openid, 1)).or_default();
            *nth += 1;
            let stranger = Stranger::of(naming, &line.openid, *nth);
            if line.reached() && !people.knows_one(&stranger) {
                strangers.push(stranger);
            }
        }
    }
    (strangers, masked)
}
