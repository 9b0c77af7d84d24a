//! What earlier runs did, and what else the people of a plan were sent.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::api_base::Destination;
use crate::campaign::file::OnUnknown;
use crate::campaign::{Campaign, moment};
use crate::cli::alike::{Alike, alike, alike_by_receipt, lately, nearly_alike};
use crate::cli::exit_code::Exit;
use crate::cli::held::Held;
use crate::cli::problem::Problem;
use crate::cli::results_file::ResultsFile;
use crate::cli::terminal::Terminal;
use crate::cli::tried::Tried;
use crate::cli::user_state::AccountFolder;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Counts;
use crate::delivery::tally::Tally;
use crate::journal::index::Index;
use crate::journal::record::Known;
use crate::journal::run::RunRecord;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::plan::inputs::Inputs;
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::survey::{Choice, Extent, survey};
use crate::plan::{Plan, text_digest};
use crate::report::breakdown::Settled;
use crate::report::earlier::Earlier;
use crate::report::join::{JoinError, identity, tally};
use crate::report::left::{Alikes, Left};
use crate::send::feed::{Policy, RetryRefused};

/// What was there before this run.
pub(crate) struct Before {
    /// What became of the audience so far.
    pub(crate) tally: Tally,
    /// The digest of the last run, where the campaign had another text then and people got that.
    pub(crate) other_text: Option<String>,
    /// When the last run began.
    last: Option<Timestamp>,
    /// The next wave that nothing was sent in.
    pub(crate) free_wave: u32,
    /// Whether that run sent this very plan: whoever agreed to it then has agreed to it.
    pub(crate) is_agreed: bool,
    /// Who else got exactly this, among those who are left and as far as nobody has agreed to it.
    pub(crate) alike: Option<Alike>,
    /// When the campaign was exported, where that was after its last run began: somebody else may be sending it.
    pub(crate) exported: Option<Timestamp>,
    /// To how many of those who are left exactly this was sent at an address of this computer that may be a gateway.
    pub(crate) locally: Option<Locally>,
    /// What other campaigns sent the same people of late, the last one first.
    pub(crate) others: Vec<Alike>,
    /// The first message that is left, where others came before it.
    pub(crate) first: Option<Sample>,
    /// Who was sent it to look at it.
    pub(crate) tried: Tried,
    /// Whom policies hold back.
    pub(crate) held: Held,
    /// The journal, where there is one.
    pub(crate) store: Option<Store>,
    /// What it knows of the campaign's messages, where that was read.
    pub(crate) index: Option<Index>,
}

/// The first message that is left is looked for among so many rows.
const FIRST: u64 = 100_000;

/// What went to an address of this computer, which may have passed it on to people.
pub(crate) struct Locally {
    pub(crate) count: u64,
    pub(crate) host: String,
    pub(crate) at: Timestamp,
}

impl Before {
    /// Says how many of those who were sent the message are no longer in the audience.
    pub(crate) fn tell_gone(&self, terminal: &Terminal) {
        if self.tally.gone > 0 {
            terminal.say("send.gone", &[("count", &self.tally.gone)]);
        }
        if self.tally.gone_unknown > 0 {
            terminal.say("send.gone-unknown", &[("count", &self.tally.gone_unknown)]);
        }
    }

    /// Finds out anew whom policies hold back, since it is another time than was thought.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read.
    pub(crate) fn hold_at(
        &mut self,
        campaign: &Campaign,
        plan: &Plan,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), Problem> {
        if let Some(store) = &self.store {
            let again = |known: &Known| policy.sends(known);
            let mut left = Left::of(campaign, plan, Some(store), &again, None);
            self.held = Held::of(campaign, plan, store, &mut left, now)?;
        }
        Ok(())
    }

    /// How many messages are left to send.
    pub(crate) fn left(&self, policy: &Policy) -> u64 {
        let Counts { sent: _, refused: _, failed, unknown: _, skipped: _, unsent } = self.tally.counts;
        let (refused, unknown) = self.sent_again(policy);
        // What a run decided not to send is decided again.
        let skipped: u64 = self.tally.skipped.values().sum();
        unsent + failed + unknown + refused + skipped
    }

    /// What earlier runs came to of those messages of the plan that are not left.
    pub(crate) fn settled(&self, policy: &Policy) -> Vec<(Settled, u64)> {
        let Counts { sent, refused, failed: _, unknown, skipped: _, unsent: _ } = self.tally.counts;
        let (refused_again, unknown_again) = self.sent_again(policy);
        // Of those whom the files leave out by now there is no message in the plan.
        let left_out: u64 = self.tally.left_out.values().sum();
        let left_out_unknown = self.tally.left_out_unknown;
        vec![
            (Settled::Sent, sent - (left_out - left_out_unknown)),
            (Settled::Refused, refused - refused_again),
            (Settled::Unknown, unknown - left_out_unknown - unknown_again),
        ]
    }

    /// How many of the refused and of the unknown ones are sent again.
    fn sent_again(&self, policy: &Policy) -> (u64, u64) {
        let unknown = match policy.on_unknown {
            OnUnknown::Hold => 0,
            OnUnknown::Resend => self.tally.counts.unknown - self.tally.left_out_unknown,
        };
        let codes = &self.tally.refused_by_code;
        let refused = match &policy.retry_refused {
            RetryRefused::None => 0,
            RetryRefused::All => self.tally.counts.refused,
            RetryRefused::Codes(again) => again.iter().filter_map(|code| codes.get(code)).sum(),
        };
        (refused, unknown)
    }

    /// Insists that what was sent is what the files say now, where nothing is left to send: a folder of last month with
    /// a new text and the old id is no campaign that is done.
    ///
    /// # Errors
    ///
    /// When they say something else.
    pub(crate) fn insist_on_text(&self, zone: &TimeZone) -> Result<(), Problem> {
        let other = self.tally.altered;
        if other == 0 {
            return Ok(());
        }
        let at = self.last.map_or_else(|| "?".to_owned(), |last| moment::shown(last, zone));
        Err(Problem::new(Exit::Gate, "other-text-sent")
            .with("count", other)
            .with("at", at)
            .with("wave", self.free_wave))
    }
}

/// Reads what earlier runs did. What a crash left in flight is settled on the way. `counted` was counted while the plan was
/// made; the audience is read for it only where that cannot be taken any more. `opened` is the journal, where it is open already.
/// Only somebody who is asked is shown a message that is left, since it takes two more readings of the audience to find one.
///
/// # Errors
///
/// When audience or journal cannot be read.
pub(crate) fn before(
    results: &ResultsFile,
    counted: Option<Earlier>,
    (account, state): (&AccountFolder, &Path),
    opened: Option<Store>,
    policy: &Policy,
    now: Timestamp,
    is_asked: bool,
) -> Result<Before, Problem> {
    let (campaign, plan) = (&*results.campaign, &*results.plan);
    // Before anything is settled here, which is writing too.
    let (counted, loaded) = match counted.map(Earlier::finish).transpose()?.flatten() {
        // What is in flight is settled now, and known as something else then.
        Some((tally, count)) => (Some(tally.clone()), Some(count).filter(|_| tally.in_flight == 0)),
        None => (None, None),
    };
    let store = settle_crash(campaign, state, opened)?;
    // Where nothing has changed since results were written, they came to what is asked for.
    let unchanged = store.as_ref().map(|store| results.unchanged(store)).transpose()?.flatten();
    let tally = match unchanged.or(counted) {
        Some(tally) => tally,
        None => tally(campaign, plan, store.as_ref())?,
    };
    let runs = runs(campaign, store.as_ref())?;
    let text = text_digest(campaign, plan).to_string();
    let last = runs.last();
    let other_text =
        last.filter(|last| last.text != text && tally.altered > 0).map(|last| last.digest.clone());
    let is_agreed = last.is_some_and(|last| last.digest == plan.digest.to_string());
    let begun = last.map(|last| last.started);
    let tried = match &store {
        Some(store) => Tried::of(campaign, plan, store)?,
        None => Tried::default(),
    };
    let again = |known: &Known| policy.sends(known);
    let mut left = Left::of(campaign, plan, store.as_ref(), &again, loaded);
    // Whoever was held back before is among the skipped, and is looked at again.
    let held = match &store {
        Some(store) => Held::of(campaign, plan, store, &mut left, now)?,
        None => Held::default(),
    };
    // Whoever is sent nothing gets nothing for a second time.
    let gets_it =
        |number: usize, openid: &str| held.is_free(openid, now) && !plan.deadline(number).is_past(now);
    let (mut the_same, mut others, mut locally, mut first) = (None, Vec::new(), None, None);
    // Where everybody was sent the message nobody will be asked.
    let Counts { sent, refused: _, failed: _, unknown: _, skipped, unsent: _ } = tally.counts;
    if sent + skipped < tally.counts.total() {
        if is_asked && tally.counts.unsent + tally.counts.skipped < tally.counts.total() {
            first = first_left(campaign, plan, &mut left)?;
        }
        if let Some(store) = &store {
            the_same = alike(campaign, plan, store, &mut left, &gets_it, &runs)?;
            let met = lately(campaign, store, &mut left)?;
            if the_same.is_none() {
                the_same = nearly_alike(campaign, plan, store, &mut left, &gets_it, (&runs, &met))?;
            }
            others = met.into_iter().map(|(other, _)| other).collect();
        }
        the_same = the_same.or(alike_by_receipt(results, store.as_ref(), &runs)?);
        if results.destination == Some(Destination::Real) {
            locally = sent_locally(campaign, plan, &account.of(Destination::Local), &mut left, &gets_it)?;
        }
    }
    let index = left.into_index();
    let exported = match &store {
        Some(store) => exported(&identity(campaign), store, begun)?,
        None => None,
    };
    let free_wave = free_wave(&identity(campaign), store.as_ref())?;
    Ok(Before {
        tally,
        other_text,
        last: begun,
        free_wave,
        is_agreed,
        alike: the_same,
        exported,
        locally,
        first,
        others,
        tried,
        held,
        store,
        index,
    })
}

/// The first message that is left, if it stands near enough to the beginning to be found at once.
fn first_left(campaign: &Campaign, plan: &Plan, left: &mut Left<'_>) -> Result<Option<Sample>, JoinError> {
    let Some(row) = left.first_row(FIRST)? else { return Ok(None) };
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let mut found = survey(&inputs, plan, &Choice::Row(row), Extent::Samples)?;
    Ok(found.samples.pop())
}

/// When a campaign was exported, where nobody has agreed to send it since.
fn exported(
    whose: &Identity,
    store: &Store,
    begun: Option<Timestamp>,
) -> Result<Option<Timestamp>, JournalError> {
    let Some(campaign) = store.find_campaign(whose)? else { return Ok(None) };
    let at = store.exported(campaign)?;
    Ok(at.filter(|at| begun.is_none_or(|begun| begun < *at)))
}

/// To how many of those who are left exactly this was sent at this computer, as far as it was not taken by wxcast's own
/// simulator: whatever else listened there may have been a gateway.
fn sent_locally(
    campaign: &Campaign,
    plan: &Plan,
    local: &Path,
    left: &mut Left<'_>,
    gets_it: &dyn Fn(usize, &str) -> bool,
) -> Result<Option<Locally>, JoinError> {
    let whose = identity(campaign);
    let Some(store) = Store::read(local).map_err(JoinError::Journal)? else { return Ok(None) };
    let Some(key) = store.find_campaign(&whose).map_err(JoinError::Journal)? else { return Ok(None) };
    let text = text_digest(campaign, plan).to_string();
    let mut last = None;
    for run in store.runs(key).map_err(JoinError::Journal)? {
        if run.text == text && !store.was_simulated(run.id).map_err(JoinError::Journal)? {
            last = Some(run);
        }
    }
    let Some(RunRecord { hosts, started: at, .. }) = last else { return Ok(None) };
    let mut found = Alikes::default();
    left.alike(&store, &whose, gets_it, &mut found)?;
    let count = found.count();
    let host = hosts.into_iter().next().unwrap_or_else(|| Destination::Local.name().to_owned());
    Ok((count > 0).then_some(Locally { count, host, at }))
}

/// The next wave of a campaign that the journal knows nothing of. Whoever went back to an earlier one has later ones
/// behind it.
fn free_wave(whose: &Identity, store: Option<&Store>) -> Result<u32, JournalError> {
    let mut wave = whose.wave.saturating_add(1);
    while let Some(store) = store
        && store.find_campaign(&Identity { wave, ..whose.clone() })?.is_some()
    {
        wave = wave.saturating_add(1);
    }
    Ok(wave)
}

fn runs(campaign: &Campaign, store: Option<&Store>) -> Result<Vec<RunRecord>, JournalError> {
    let Some(store) = store else { return Ok(Vec::new()) };
    match store.find_campaign(&identity(campaign))? {
        Some(number) => store.runs(number),
        None => Ok(Vec::new()),
    }
}

/// Whoever holds the lock may settle what a crashed process left in flight.
fn settle_crash(
    campaign: &Campaign,
    state: &Path,
    opened: Option<Store>,
) -> Result<Option<Store>, JournalError> {
    // One that is open already has counted the messages, and need not do so again.
    let read = opened.map_or_else(|| Store::read(state), |store| Ok(Some(store)));
    let Some(store) = read? else { return Ok(None) };
    let whose = identity(campaign);
    let in_flight = match store.find_campaign(&whose)? {
        Some(key) => store.count(key)?.in_flight,
        None => 0,
    };
    // Where others may be sending it, what they have in flight is theirs.
    if in_flight == 0 || store.shares() {
        return Ok(Some(store));
    }
    let mut store = Store::open(state)?;
    store.claim(&whose, Incident::Crash)?;
    Ok(Some(store))
}
