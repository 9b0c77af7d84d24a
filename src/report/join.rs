//! Plan and journal, joined row by row: the one place that says which status a recipient has.

use std::ops::Range;

use crate::audience::header::Header;
use crate::audience::row::Row;
use crate::campaign::Campaign;
use crate::campaign::window::Window;
use crate::delivery::ages::OUT_OF_WINDOW;
use crate::delivery::outcome::{Outcome, Status};
use crate::delivery::tally::Tally;
use crate::diagnostic::Diagnostic;
use crate::journal::identity::{CampaignKey, Channel};
use crate::journal::index::Index;
use crate::journal::payload::{UNSEEN, is_of};
use crate::journal::record::{Known as Message, MessageCounts, Recorded, RecordedCause, State};
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::plan::Plan;
use crate::plan::batch::{Batch, Entry, Verdict, Wrong};
use crate::plan::inputs::Inputs;
use crate::plan::pass::{Changed, Pass};
use crate::plan::schedule::deadline::Deadline;
use crate::plan::skip::Skip;

/// A row of the audience and what became of it.
#[derive(Debug)]
pub(crate) struct RowReport<'a> {
    /// The row as it stands in the audience.
    pub(crate) row: &'a Row,
    /// What became of its recipient.
    pub(crate) status: Status,
    /// Why it was skipped, where it was.
    pub(crate) skipped: Option<Skip>,
    /// The first thing that is wrong with it, where it was skipped for that.
    pub(crate) wrong: Option<Wrong>,
    /// What the journal knows of it, where it was asked for everything.
    pub(crate) recorded: Option<Recorded>,
    /// Whether its recipient was, or may have been, sent another text than the files give now.
    pub(crate) altered: bool,
}

/// How much of each message is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Its state; the disk is not asked for it.
    State,
    /// Everything the journal knows.
    Everything,
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
    Identity {
        appid: campaign.account.appid.clone(),
        campaign: campaign.id.to_string(),
        wave: campaign.wave,
        channel: Channel::Send,
    }
}

impl From<Changed> for JoinError {
    fn from(changed: Changed) -> Self {
        match changed {
            Changed::Unreadable(faults) => Self::Audience(faults),
            Changed::Differs => Self::Changed,
        }
    }
}

/// Walks the audience, and gives of each row what became of it.
pub(crate) struct Join<'a> {
    pass: Pass<'a>,
    batch: Batch,
    /// The place in the batch of the row that comes next.
    next: usize,
    store: Option<&'a Store>,
    count: Count,
    wanted: Wanted,
    plan: &'a Plan,
    window: Option<&'a Window>,
    /// How many messages have come.
    messages: usize,
}

impl<'a> Join<'a> {
    /// Begins to walk, with everything that the journal knows of the campaign's messages.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read.
    pub(crate) fn open(
        inputs: &'a Inputs<'a>,
        plan: &'a Plan,
        store: Option<&'a Store>,
        whose: &Identity,
    ) -> Result<Self, JoinError> {
        Self::open_for(inputs, plan, store, whose, Wanted::Everything)
    }

    fn open_for(
        inputs: &'a Inputs<'a>,
        plan: &'a Plan,
        store: Option<&'a Store>,
        whose: &Identity,
        wanted: Wanted,
    ) -> Result<Self, JoinError> {
        let pass = Pass::open(inputs, plan)?;
        let count = Count::load(store, whose).map_err(JoinError::Journal)?;
        let window = inputs.audience.window.as_ref();
        Ok(Self { pass, batch: Batch::default(), next: 0, store, count, wanted, plan, window, messages: 0 })
    }

    /// The columns of the audience.
    pub(crate) fn header(&self) -> &Header {
        self.pass.header()
    }

    /// The first of them on its sheet, from 0.
    pub(crate) fn first_column(&self) -> usize {
        self.pass.first_column()
    }

    /// The next row, or nothing at the end of the audience.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read, or the audience is no longer what was planned.
    pub(crate) fn next(&mut self) -> Result<Option<RowReport<'_>>, JoinError> {
        let everything = self.wanted == Wanted::Everything;
        self.next_where(&mut |_| everything)
    }

    /// The same; `is_wanted` is told what became of the row and says whether the disk is asked for everything about it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub(crate) fn next_where(
        &mut self,
        is_wanted: &mut dyn FnMut(Status) -> bool,
    ) -> Result<Option<RowReport<'_>>, JoinError> {
        if self.next == self.batch.entries().len() {
            self.next = 0;
            if !self.pass.next(&mut self.batch)? {
                return Ok(None);
            }
        }
        let row = self.pass.rows().get(self.next).expect("a batch has an entry for each of its rows");
        let Entry { verdict, wrong, row: _ } = &self.batch.entries()[self.next];
        self.next += 1;
        let Counted { status, message, altered } =
            self.count.add(self.store, verdict, &self.batch).map_err(JoinError::Journal)?;
        let recorded = match (is_wanted(status), self.store, message) {
            (true, Some(store), Some(message)) => {
                self.count.index.record(&**store, message.id).map_err(JoinError::Journal)?
            }
            (false, ..) | (true, None, _) | (true, _, None) => None,
        };
        let number = self.messages;
        self.messages += usize::from(matches!(verdict, Verdict::Message { .. }));
        if let Some(recorded) = &recorded {
            self.count.because(status, recorded);
            if let (Some(window), Verdict::Message { .. }) = (self.window, verdict) {
                self.count.aged(window, self.plan.deadline(number), recorded);
            }
        }
        let skipped = match verdict {
            Verdict::Skipped { why, openid: _ } => Some(*why).filter(|_| status == Status::Skipped),
            Verdict::Message { .. } => None,
        };
        Ok(Some(RowReport { row, status, skipped, wrong: *wrong, recorded, altered }))
    }

    /// Walks what is left, and gives the counts of all of it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub(crate) fn finish(mut self) -> Result<Tally, JoinError> {
        while self.next()?.is_some() {}
        Ok(self.count.finish())
    }
}

/// What a row was counted as.
pub(crate) struct Counted {
    /// What became of it.
    pub(crate) status: Status,
    /// The message, where the journal knows it.
    pub(crate) message: Option<Message>,
    /// Whether the text that left is another than its row would get now.
    pub(crate) altered: bool,
}

/// Counts what became of rows, by the journal's index of a campaign's messages.
pub(crate) struct Count {
    index: Index,
    found: u64,
    tally: Tally,
}

impl Count {
    /// With nothing counted yet.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn load(store: Option<&Store>, whose: &Identity) -> Result<Self, JournalError> {
        let number = match store {
            Some(store) => store.find_campaign(whose)?.map(|number| (store, number)),
            None => None,
        };
        let index = match number {
            Some((store, number)) => Index::load(&**store, number)?,
            None => Index::default(),
        };
        Ok(Self { index, found: 0, tally: Tally::default() })
    }

    /// What it counts by, once nothing more is counted.
    pub(crate) fn into_index(self) -> Index {
        self.index
    }

    /// Begins to count anew.
    pub(crate) fn reset(&mut self) {
        (self.found, self.tally) = (0, Tally::default());
    }

    /// Whether the journal knows no message at all.
    pub(crate) fn is_of_nobody(&self) -> bool {
        self.index.known() == 0
    }

    /// Counts a row of a batch.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn add(
        &mut self,
        store: Option<&Store>,
        verdict: &Verdict,
        batch: &Batch,
    ) -> Result<Counted, JournalError> {
        let (openid, payload, nth) = match verdict {
            Verdict::Message { openid, payload, nth } => (openid, payload, nth),
            Verdict::Skipped { why, openid } => return self.skipped(store, *why, openid.as_deref()),
        };
        let openid = openid_in(batch, payload, *openid);
        let message = match store {
            Some(store) => self.index.find(&**store, openid, *nth)?,
            None => None,
        };
        let status = message.map_or(Status::Unsent, |message| message.state.status());
        self.tally.counts.add(status, 1);
        let mut altered = false;
        if let Some(message) = message {
            self.found += 1;
            altered = is_altered(&message, &batch.payloads()[payload.clone()]);
            self.known(&message, altered);
        }
        Ok(Counted { status, message, altered })
    }

    fn known(&mut self, message: &Message, altered: bool) {
        let tally = &mut self.tally;
        tally.altered += u64::from(altered);
        match message.state {
            State::Settled(Outcome::Sent | Outcome::Unknown) => {}
            State::InFlight => tally.in_flight += 1,
            State::Settled(Outcome::Refused) => {
                // Results that were taken over may tell a refusal without its code. Such refusals are counted below 0,
                // which means success and is no code of any refusal.
                *tally.refused_by_code.entry(message.errcode.unwrap_or(0)).or_default() += 1;
            }
            State::Skipped(reason) => *tally.skipped.entry(reason).or_default() += 1,
            State::Settled(Outcome::Failed | Outcome::Postponed) => {}
        }
    }

    /// Counts a row that is no message now. Whoever was sent it before, or may have been, was sent it all the same: files
    /// that leave somebody out later take nothing back.
    fn skipped(
        &mut self,
        store: Option<&Store>,
        why: Skip,
        openid: Option<&str>,
    ) -> Result<Counted, JournalError> {
        let known = match (store, openid) {
            (Some(store), Some(openid)) => self.index.find(&**store, openid, 1)?,
            (None, _) | (_, None) => None,
        };
        let status = known.map_or(Status::Skipped, |known| known.state.status());
        let (status, message) = match status {
            Status::Sent | Status::Unknown => {
                self.found += 1;
                *self.tally.left_out.entry(why.name().to_owned()).or_default() += 1;
                self.tally.left_out_unknown += u64::from(status == Status::Unknown);
                (status, known)
            }
            Status::Refused | Status::Failed | Status::Skipped | Status::Unsent => (Status::Skipped, None),
        };
        self.tally.counts.add(status, 1);
        Ok(Counted { status, message, altered: false })
    }

    /// Counts why there was no answer that says more.
    fn because(&mut self, status: Status, recorded: &Recorded) {
        let causes = match status {
            Status::Failed => &mut self.tally.failed_by_cause,
            Status::Unknown => &mut self.tally.unknown_by_cause,
            Status::Sent | Status::Refused | Status::Skipped | Status::Unsent => return,
        };
        if let Some(cause) = &recorded.cause {
            *causes.entry(cause.name()).or_default() += 1;
        }
    }

    /// Counts how old a person's last contact was when WeChat answered.
    fn aged(&mut self, window: &Window, deadline: Deadline, recorded: &Recorded) {
        let accepted = match (recorded.state, recorded.cause.as_ref().and_then(RecordedCause::errcode)) {
            (State::Settled(Outcome::Sent), _) => true,
            (State::Settled(Outcome::Refused), Some(OUT_OF_WINDOW)) => false,
            (State::Settled(_) | State::InFlight | State::Skipped(_), _) => return,
        };
        if let Some(contact) = deadline.moment().and_then(|deadline| window.contact(deadline)) {
            self.tally.ages.add(recorded.at.duration_since(contact), accepted);
        }
    }

    /// The counts, once all rows are through.
    pub(crate) fn finish(self) -> Tally {
        self.tally()
    }

    /// The same, for whoever goes on to ask what is known of somebody.
    pub(crate) fn tally(&self) -> Tally {
        let known = u64::try_from(self.index.known()).expect("a count of what is in memory");
        let unknown = u64::try_from(self.index.unknown()).expect("a count of what is in memory");
        Tally {
            gone: known.saturating_sub(self.found),
            gone_unknown: unknown.saturating_sub(self.tally.counts.unknown),
            ..self.tally.clone()
        }
    }
}

/// Whether a message that left, or may have, had another text than this. One that was taken over from results had a text
/// that nobody here has seen.
fn is_altered(message: &Message, payload: &[u8]) -> bool {
    match message.state {
        State::Settled(Outcome::Sent | Outcome::Unknown) | State::InFlight => {
            message.payload != UNSEEN && !is_of(message.payload, payload)
        }
        State::Settled(Outcome::Refused | Outcome::Failed | Outcome::Postponed) | State::Skipped(_) => false,
    }
}

/// What the journal says of a campaign, counted without audience and campaign file: what is sent is told while somebody
/// edits them. Whoever was removed from the audience before the last run is counted too.
///
/// # Errors
///
/// When the journal cannot be read.
pub(crate) fn tally_of_journal(store: &Store, campaign: CampaignKey) -> Result<Tally, JournalError> {
    tally_of_counted(store, campaign, store.count(campaign)?)
}

/// The same of messages that have been counted.
///
/// # Errors
///
/// As there.
pub(crate) fn tally_of_counted(
    store: &Store,
    campaign: CampaignKey,
    messages: MessageCounts,
) -> Result<Tally, JournalError> {
    let mut counts = messages.statuses();
    let runs = store.runs(campaign)?;
    // An older version did not note who was skipped when a run began, but when it ended.
    let ended = || runs.iter().rev().find_map(|run| run.counts);
    if let Some(last) = runs.last() {
        let skipped = match &last.skipped {
            Some(skipped) => skipped.values().sum(),
            None => ended().map_or(0, |counts| counts.skipped),
        };
        let reached = counts.total() - counts.unsent;
        counts.add(Status::Skipped, skipped);
        counts.unsent = last.planned.saturating_sub(reached);
    }
    Ok(Tally {
        counts,
        refused_by_code: messages.refused_by_code,
        failed_by_cause: messages.failed_by_cause,
        unknown_by_cause: messages.unknown_by_cause,
        skipped: messages.skipped,
        in_flight: messages.in_flight,
        ..Tally::default()
    })
}

/// Plan and journal, counted. Where the journal knows nobody yet, the plan says it all and the audience is not read.
///
/// # Errors
///
/// As [`Join::next`].
pub fn tally(campaign: &Campaign, plan: &Plan, store: Option<&Store>) -> Result<Tally, JoinError> {
    if knows_nobody(campaign, store).map_err(JoinError::Journal)? {
        return Ok(untouched(plan));
    }
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    Join::open_for(&inputs, plan, store, &identity(campaign), Wanted::State)?.finish()
}

fn knows_nobody(campaign: &Campaign, store: Option<&Store>) -> Result<bool, JournalError> {
    let Some(store) = store else { return Ok(true) };
    let Some(number) = store.find_campaign(&identity(campaign))? else { return Ok(true) };
    Ok(store.most(number)? == 0)
}

pub(crate) fn openid_in<'b>(batch: &'b Batch, payload: &Range<usize>, length: usize) -> &'b str {
    std::str::from_utf8(batch.openid(payload, length))
        .expect("the planner writes an openid only once it has been read as text")
}

/// Nobody has been tried.
fn untouched(plan: &Plan) -> Tally {
    let mut tally = Tally::default();
    tally.counts.add(Status::Skipped, plan.counts.rows() - plan.counts.planned);
    tally.counts.add(Status::Unsent, plan.counts.planned);
    tally
}
