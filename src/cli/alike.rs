//! Other campaigns and waves that went to the same people: with exactly this text, with one that reads the same, or with
//! another.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::cli::results_file::ResultsFile;
use crate::journal::history::Begun;
use crate::journal::identity::Person;
use crate::journal::payload::reads_like;
use crate::journal::receipt;
use crate::journal::run::RunRecord;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::plan::{Plan, text_digest};
use crate::report::join::{JoinError, identity};
use crate::report::left::{Alikes, Left};

/// So far back other campaigns are looked at, and so many of them.
const LATELY: SignedDuration = SignedDuration::from_hours(90 * 24);
const LOOKED_AT: usize = 20;
/// So many people of each are looked at to see whether its text may be the same.
const SAMPLE: usize = 20;

/// Another campaign or wave that went to the same people, in whole or with the same text.
pub(crate) struct Alike {
    pub(crate) whose: Identity,
    pub(crate) count: u64,
    pub(crate) at: Timestamp,
    pub(crate) by: By,
    /// The others that did, where `count` counts the people of all of them.
    pub(crate) also: Vec<Identity>,
}

/// By what another campaign is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Its messages, which were counted.
    Messages,
    /// Its messages, which differ in blanks or punctuation.
    Reading,
    /// It was pruned: `count` is how many messages it had, and nobody knows whose they were.
    Pruned,
    /// The receipt beside the campaign, which another journal wrote: `count` is how many messages that one sent by it.
    Receipt,
}

/// What other campaigns sent of late to those who are left, and a few of these people of each.
pub(super) fn lately(
    campaign: &Campaign,
    store: &Store,
    left: &mut Left<'_>,
) -> Result<Vec<(Alike, Vec<Person>)>, JoinError> {
    let since = Timestamp::now().checked_sub(LATELY).unwrap_or(Timestamp::MIN);
    let others = store.others_since(&identity(campaign), since, LOOKED_AT).map_err(JoinError::Journal)?;
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let persons = left.persons()?;
    let mut found = Vec::new();
    for Begun { key, whose, at } in others {
        let (mut count, mut sample) = (0, Vec::new());
        let mut met = |person: usize, _: &[Timestamp]| {
            count += 1;
            if sample.len() < SAMPLE {
                sample.push(persons[person]);
            }
        };
        store.occasions(&[key], since, &persons, &mut met).map_err(JoinError::Journal)?;
        if count > 0 {
            found.push((Alike { whose, count, at, by: By::Messages, also: Vec::new() }, sample));
        }
    }
    Ok(found)
}

/// The campaigns and waves that sent exactly this to those who are left, the one with the most first. Whoever agreed to that
/// agreed to the very plan that a run of this campaign has sent since, and to no other people.
pub(super) fn alike(
    campaign: &Campaign,
    plan: &Plan,
    store: &Store,
    left: &mut Left<'_>,
    gets_it: &dyn Fn(usize, &str) -> bool,
    runs: &[RunRecord],
) -> Result<Option<Alike>, JoinError> {
    let (text, digest) = (text_digest(campaign, plan).to_string(), plan.digest.to_string());
    let others = store.with_text(&identity(campaign), &text, &digest).map_err(JoinError::Journal)?;
    let agreed = runs.iter().rev().find(|run| run.digest == digest).map(|run| run.started);
    let (mut found, mut all, mut pruned) = (Vec::new(), Alikes::default(), None);
    for (whose, at) in others.into_iter().filter(|(_, at)| agreed.is_none_or(|agreed| agreed < *at)) {
        let count = left.alike(store, &whose, gets_it, &mut all)?;
        if count > 0 {
            found.push((count, whose, at));
        } else if pruned.is_none() {
            pruned = gone(store, whose, at).map_err(JoinError::Journal)?;
        }
    }
    found.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let last = found.iter().map(|(_, _, at)| *at).max();
    let mut whose = found.into_iter().map(|(_, whose, _)| whose);
    let most = whose.next().zip(last);
    let (count, also) = (all.count(), whose.collect());
    Ok(most.map(|(whose, at)| Alike { whose, count, at, by: By::Messages, also }).or(pruned))
}

/// The campaign or wave of late that sent the most of those who are left what differs in blanks or punctuation only. A few
/// people tell which it can be, so that not every message of every campaign is looked at.
pub(super) fn nearly_alike(
    campaign: &Campaign,
    plan: &Plan,
    store: &Store,
    left: &mut Left<'_>,
    gets_it: &dyn Fn(usize, &str) -> bool,
    (runs, met): (&[RunRecord], &[(Alike, Vec<Person>)]),
) -> Result<Option<Alike>, JoinError> {
    let digest = plan.digest.to_string();
    let agreed = runs.iter().rev().find(|run| run.digest == digest).map(|run| run.started);
    let is_open = |other: &&(Alike, Vec<Person>)| agreed.is_none_or(|agreed| agreed < other.0.at);
    let met: Vec<_> = met.iter().filter(is_open).collect();
    let sample: BTreeSet<Person> = met.iter().flat_map(|(_, sample)| sample.iter().copied()).collect();
    if sample.is_empty() {
        return Ok(None);
    }
    let mut may_be = BTreeSet::new();
    for (openid, payload) in left.messages_to(&sample)? {
        let known = store.of_person(&campaign.account.appid, &openid).map_err(JoinError::Journal)?;
        let alike = known.into_iter().filter(|message| reads_like(message.payload, &payload));
        may_be.extend(alike.map(|message| (message.whose.campaign, message.whose.wave)));
    }
    let mut most: Option<Alike> = None;
    for (Alike { whose, at, .. }, _) in met {
        if !may_be.contains(&(whose.campaign.clone(), whose.wave)) {
            continue;
        }
        let count = left.read_alike(store, whose, gets_it)?;
        if count > most.as_ref().map_or(0, |most| most.count) {
            most = Some(Alike { whose: whose.clone(), count, at: *at, by: By::Reading, also: Vec::new() });
        }
    }
    Ok(most)
}

/// A campaign whose messages were taken out of the journal: who got it cannot be counted any more.
fn gone(store: &Store, whose: Identity, at: Timestamp) -> Result<Option<Alike>, JournalError> {
    let Some(key) = store.find_campaign(&whose)? else { return Ok(None) };
    let pruned = store.pruned(key)?;
    Ok(pruned.map(|pruned| Alike { whose, count: pruned.messages, at, by: By::Pruned, also: Vec::new() }))
}

/// What the receipt beside the campaign tells of exactly this under another id or wave, where another journal sent it.
pub(super) fn alike_by_receipt(
    results: &ResultsFile,
    store: Option<&Store>,
    runs: &[RunRecord],
) -> Result<Option<Alike>, JournalError> {
    let ResultsFile { campaign, plan, destination, .. } = results;
    let (whose, digest) = (identity(campaign), plan.digest.to_string());
    let journal = store.map(|store| store.uuid()).transpose()?;
    let agreed = runs.iter().rev().find(|run| run.digest == digest).map(|run| run.started);
    let told = receipt::entries(&receipt::beside(&campaign.path)).into_iter().filter_map(|entry| {
        let is_alike = entry.digest == digest
            && entry.appid == whose.appid
            && entry.channel == whose.channel.name()
            && Some(entry.destination.as_str()) == destination.map(Destination::name)
            && (&entry.campaign, entry.wave) != (&whose.campaign, whose.wave)
            // What this journal sent it counts by itself.
            && journal.as_ref() != Some(&entry.journal)
            && agreed.is_none_or(|agreed| agreed < entry.at);
        let (count, at) = (entry.reached(), entry.at);
        let whose = Identity { campaign: entry.campaign, wave: entry.wave, ..whose.clone() };
        (is_alike && count > 0).then_some(Alike { whose, count, at, by: By::Receipt, also: Vec::new() })
    });
    Ok(told.max_by_key(|alike| alike.count))
}
