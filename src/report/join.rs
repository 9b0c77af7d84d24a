//! Plan and journal, joined row by row: the one place that says which status a recipient has.

use std::collections::BTreeMap;

use crate::audience::header::Header;
use crate::audience::row::Row;
use crate::campaign::Campaign;
use crate::delivery::outcome::{Counts, Outcome, Status};
use crate::diagnostic::Diagnostic;
use crate::journal::index::Index;
use crate::journal::record::{Recorded, State, mark};
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::plan::Plan;
use crate::plan::batch::Verdict;
use crate::plan::digest::Running;
use crate::plan::inputs::Inputs;
use crate::plan::planner::Planner;

/// A row of the audience and what became of it.
#[derive(Debug)]
pub(crate) struct RowReport<'a> {
    /// The row as it stands in the audience.
    pub(crate) row: &'a Row,
    /// What became of its recipient.
    pub(crate) status: Status,
    /// Why it was skipped, where it was.
    pub(crate) skipped: Option<Skipped>,
    /// What the journal knows of it.
    pub(crate) recorded: Option<Recorded>,
}

/// Why a row is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// Its openid stood in an earlier row.
    Duplicate,
    /// It is faulty.
    Invalid,
}

/// What plan and journal come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The recipients by status; they add up to the audience.
    pub counts: Counts,
    /// The refused ones by errcode.
    pub(crate) refused_by_code: BTreeMap<i64, u64>,
    /// Recipients that were, or may have been, sent another text than the campaign has now.
    pub(crate) altered: u64,
    /// Messages in flight now, which are among the unknown.
    pub(crate) in_flight: u64,
    /// Messages the journal knows whose recipients are not in the audience.
    pub(crate) gone: u64,
}

/// Why plan and journal cannot be joined.
#[derive(Debug)]
pub enum JoinError {
    /// The audience cannot be read.
    Audience(Vec<Diagnostic>),
    /// The journal cannot be read.
    Journal(JournalError),
    /// The audience is no longer what was planned.
    Changed,
}

/// Whose messages a campaign's are.
pub fn identity(campaign: &Campaign) -> Identity {
    Identity { appid: campaign.account.appid.clone(), campaign: campaign.id.to_string(), wave: campaign.wave }
}

/// Walks the audience and tells of each row what became of it. `head` is given the columns first.
///
/// # Errors
///
/// When audience or journal cannot be read.
pub(crate) fn join<E>(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    head: impl FnOnce(&Header) -> Result<(), E>,
    mut each: impl FnMut(&RowReport<'_>) -> Result<(), E>,
) -> Result<Result<Tally, E>, JoinError> {
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let mut planner = Planner::open(&inputs, plan.repeated.clone()).map_err(JoinError::Audience)?;
    let mut known = Known::load(store, &identity(campaign)).map_err(JoinError::Journal)?;
    if let Err(error) = head(planner.header()) {
        return Ok(Err(error));
    }
    let mut tally = Tally::default();
    let mut found = 0;
    let mut running = Running::default();
    let mut payload = Vec::new();
    while let Some((row, verdict)) = planner.next(&mut payload) {
        let report = report(row, &verdict, &payload, &mut known).map_err(JoinError::Journal)?;
        found += u64::from(report.recorded.is_some());
        tally.add(&report, &payload);
        running.add(&payload);
        if let Err(error) = each(&report) {
            return Ok(Err(error));
        }
        payload.clear();
    }
    if running.now() != plan.digest || tally.counts.total() != plan.counts.rows() {
        return Err(JoinError::Changed);
    }
    tally.gone = known.len().saturating_sub(found);
    Ok(Ok(tally))
}

fn report<'r>(
    row: &'r Row,
    verdict: &Verdict,
    payload: &[u8],
    known: &mut Known<'_>,
) -> Result<RowReport<'r>, JournalError> {
    let skip = |why| RowReport { row, status: Status::Skipped, skipped: Some(why), recorded: None };
    Ok(match verdict {
        Verdict::Duplicate => skip(Skipped::Duplicate),
        Verdict::Invalid => skip(Skipped::Invalid),
        Verdict::Message { openid, nth, .. } => {
            let start = crate::message::body::BEFORE_OPENID.len();
            let openid = std::str::from_utf8(&payload[start..start + openid])
                .expect("the planner writes an openid only once it has been read as text");
            let recorded = known.find(openid, *nth)?;
            let status = recorded.as_ref().map_or(Status::Unsent, |recorded| recorded.state.status());
            RowReport { row, status, skipped: None, recorded }
        }
    })
}

impl Tally {
    fn add(&mut self, report: &RowReport<'_>, payload: &[u8]) {
        self.count(report.status, report.recorded.as_ref());
        let Some(recorded) = &report.recorded else { return };
        match recorded.state {
            State::Settled(Outcome::Sent | Outcome::Unknown) | State::InFlight => {
                self.altered += u64::from(mark(payload) != recorded.payload);
            }
            State::Settled(Outcome::Refused | Outcome::Failed | Outcome::Postponed) => {}
        }
    }

    fn count(&mut self, status: Status, recorded: Option<&Recorded>) {
        self.counts.add(status, 1);
        let Some(recorded) = recorded else { return };
        match recorded.state {
            State::Settled(Outcome::Refused) => {
                *self.refused_by_code.entry(recorded.errcode.unwrap_or_default()).or_default() += 1;
            }
            State::InFlight => self.in_flight += 1,
            State::Settled(Outcome::Sent | Outcome::Failed | Outcome::Unknown | Outcome::Postponed) => {}
        }
    }
}

/// Plan and journal, counted without the audience: when its file is no longer what was planned, this still tells
/// what became of everybody who was. Whoever was removed from the audience before the run is counted too.
///
/// # Errors
///
/// When the journal cannot be read.
pub(crate) fn tally_of_journal(
    campaign: &Campaign,
    plan: &Plan,
    store: &Store,
) -> Result<Tally, JournalError> {
    let mut tally = Tally::default();
    if let Some(number) = store.find_campaign(&identity(campaign))? {
        store.messages(number, |message| tally.count(message.state.status(), Some(&message)))?;
    }
    tally.counts.add(Status::Skipped, plan.counts.duplicate + plan.counts.invalid);
    tally.counts.add(Status::Unsent, plan.counts.rows().saturating_sub(tally.counts.total()));
    Ok(tally)
}

/// Plan and journal, counted.
///
/// # Errors
///
/// As [`join`].
pub fn tally(campaign: &Campaign, plan: &Plan, store: Option<&Store>) -> Result<Tally, JoinError> {
    let nothing = |_: &Header| Ok::<(), std::convert::Infallible>(());
    match join(campaign, plan, store, nothing, |_| Ok(()))? {
        Ok(tally) => Ok(tally),
        Err(never) => match never {},
    }
}

struct Known<'s> {
    store: Option<&'s Store>,
    index: Index,
}

impl<'s> Known<'s> {
    fn load(store: Option<&'s Store>, identity: &Identity) -> Result<Self, JournalError> {
        let number = match store {
            Some(store) => store.find_campaign(identity)?.map(|number| (store, number)),
            None => None,
        };
        let index = match number {
            Some((store, number)) => Index::load(store, number)?,
            None => Index::default(),
        };
        Ok(Self { store, index })
    }

    fn find(&mut self, openid: &str, nth: u32) -> Result<Option<Recorded>, JournalError> {
        match self.store {
            Some(store) => self.index.find(store, openid, nth),
            None => Ok(None),
        }
    }

    fn len(&self) -> u64 {
        u64::try_from(self.index.known()).unwrap_or(u64::MAX)
    }
}
