//! Where the dispatcher's messages come from: a later reading of the audience, without what the journal has settled.

use std::sync::Arc;

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::campaign::Campaign;
use crate::campaign::file::{OnUnknown, Order};
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::index::Index;
use crate::journal::payload::mark;
use crate::journal::record::{Known as Message, State};
use crate::journal::store::Store;
use crate::plan::Plan;
use crate::plan::batch::{PlannedMessage, ROWS};
use crate::plan::inputs::Inputs;
use crate::plan::pass::Pass;
use crate::plan::schedule::deadline::Deadline;
use crate::send::holds::Holds;
use crate::send::order::{Turn, shares};
use crate::send::ramp::state::RampState;
use crate::send::retry::RetryCounts;
use crate::send::worker::Job;

/// How many batches wait ready: enough that no request waits for the disk, few enough to forget.
const READY: usize = 2;

/// Which of the messages the journal knows are sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What happens to unknown outcomes.
    pub on_unknown: OnUnknown,
    /// Which refused ones are tried again.
    pub retry_refused: RetryRefused,
}

/// Which refused messages are tried again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RetryRefused {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Those refused with one of these errcodes.
    Codes(Vec<i64>),
}

impl Policy {
    /// Whether a message the journal knows is sent in this run.
    pub(crate) fn sends(&self, known: &Message) -> bool {
        match known.state {
            State::Settled(Outcome::Sent) => false,
            State::Settled(Outcome::Failed | Outcome::Postponed) => true,
            // A skip depends on time and journal, so it is decided anew.
            State::Skipped(_) => true,
            State::Settled(Outcome::Unknown) => self.on_unknown == OnUnknown::Resend,
            // An intent without an outcome belongs to a process that has ended, because the lock is ours. Recovery has already
            // turned such intents into unknown outcomes.
            State::InFlight => false,
            State::Settled(Outcome::Refused) => match &self.retry_refused {
                RetryRefused::None => false,
                RetryRefused::All => true,
                RetryRefused::Codes(codes) => known.errcode.is_some_and(|code| codes.contains(&code)),
            },
        }
    }
}

/// Why no more messages come.
#[derive(Debug)]
pub(crate) enum FeedEnd {
    /// The audience has changed since it was planned.
    Changed,
    /// The journal cannot be read.
    Journal(JournalError),
}

/// What is handed over as one. A message at a time would wake whoever reads them ahead once for each message.
pub(super) type Handed = Result<Vec<Job>, FeedEnd>;

/// The messages that are to be sent, in the order of the audience.
#[derive(Debug)]
pub struct Jobs {
    batches: Receiver<Handed>,
    /// What is left of the batch that was taken last.
    ready: std::vec::IntoIter<Job>,
}

impl Jobs {
    pub(crate) fn of(batches: Receiver<Handed>) -> Self {
        Self { batches, ready: Vec::new().into_iter() }
    }

    /// These messages, which no earlier run knows, and no others.
    pub(crate) fn given(messages: Vec<PlannedMessage>) -> Self {
        let jobs: Vec<Job> = messages.into_iter().map(|message| fresh(message, Deadline::NONE)).collect();
        // The sender is dropped at once, so no more messages come.
        let (_, batches) = channel(1);
        Self { batches, ready: jobs.into_iter() }
    }

    /// The next message, or why there are no more; nothing once the audience is through. What has come is kept
    /// where nobody waits for it any longer.
    pub(crate) async fn next(&mut self) -> Option<Result<Job, FeedEnd>> {
        loop {
            if let Some(job) = self.ready.next() {
                return Some(Ok(job));
            }
            match self.batches.recv().await? {
                Ok(batch) => self.ready = batch.into_iter(),
                Err(end) => return Some(Err(end)),
            }
        }
    }

    /// The same, without waiting.
    ///
    /// # Errors
    ///
    /// When there is none yet, and when there are no more.
    pub(crate) fn try_next(&mut self) -> Result<Result<Job, FeedEnd>, TryRecvError> {
        loop {
            if let Some(job) = self.ready.next() {
                return Ok(Ok(job));
            }
            match self.batches.try_recv()? {
                Ok(batch) => self.ready = batch.into_iter(),
                Err(end) => return Ok(Err(end)),
            }
        }
    }
}

/// Starts a thread that reads the audience again and hands over the messages that are to be sent. They end with the audience.
pub(crate) fn start(campaign: Arc<Campaign>, plan: Arc<Plan>, known: Known) -> Jobs {
    spawn(move |ready| hand_over(&campaign, &plan, &known, ready))
}

/// Hands messages over on a thread of its own.
pub(super) fn spawn(hand_over: impl FnOnce(&Sender<Handed>) -> Result<(), FeedEnd> + Send + 'static) -> Jobs {
    let (ready, batches) = channel(READY);
    std::thread::spawn(move || {
        if let Err(end) = hand_over(&ready) {
            let _ = ready.blocking_send(Err(end));
        }
    });
    Jobs::of(batches)
}

/// By what it is decided which messages are sent, and when.
pub(crate) struct Known {
    pub(crate) store: Store,
    /// What that journal knows of the campaign's messages.
    pub(crate) index: Index,
    pub(crate) policy: Policy,
    pub(crate) holds: Arc<Holds>,
    pub(crate) ramp: Option<Arc<RampState>>,
}

fn hand_over(campaign: &Campaign, plan: &Plan, known: &Known, ready: &Sender<Handed>) -> Result<(), FeedEnd> {
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    for step in known.ramp.as_ref().map_or(0..1, |ramp| ramp.left()) {
        match (campaign.send.order, &plan.windows) {
            (Order::Deadline, Some(windows)) => {
                by_deadline(&inputs, plan, &windows.deadlines, step, known, ready)?;
            }
            (Order::File, _) | (Order::Deadline, None) => by_file(&inputs, plan, step, known, ready)?,
        }
        if ready.is_closed() {
            return Ok(());
        }
    }
    Ok(())
}

/// Hands over the messages of a step as they stand in the audience.
fn by_file(
    inputs: &Inputs<'_>,
    plan: &Plan,
    step: usize,
    known: &Known,
    ready: &Sender<Handed>,
) -> Result<(), FeedEnd> {
    let mut numbers = 0..;
    let mut pass = Pass::open(inputs, plan).map_err(|_| FeedEnd::Changed)?;
    while let Some(batch) = pass.next_batch().map_err(|_| FeedEnd::Changed)? {
        let messages = batch.into_messages().zip(&mut numbers);
        let jobs = messages.filter_map(|(message, number)| {
            let job = || known.job(message, plan.deadline(number), step).transpose();
            if known.step(number) == step { job() } else { None }
        });
        let jobs = jobs.collect::<Result<Vec<Job>, JournalError>>().map_err(FeedEnd::Journal)?;
        if !jobs.is_empty() && ready.blocking_send(Ok(jobs)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Hands over whose window of a step ends first, a share in each reading.
fn by_deadline(
    inputs: &Inputs<'_>,
    plan: &Plan,
    deadlines: &[Deadline],
    step: usize,
    known: &Known,
    ready: &Sender<Handed>,
) -> Result<(), FeedEnd> {
    for share in shares(deadlines, |number| known.step(number) == step) {
        let mut taken: Vec<(Turn, Job)> = Vec::new();
        let mut turns = deadlines.iter().copied().zip(0..);
        let mut pass = Pass::open(inputs, plan).map_err(|_| FeedEnd::Changed)?;
        while let Some(batch) = pass.next_batch().map_err(|_| FeedEnd::Changed)? {
            for message in batch.into_messages() {
                let turn = turns.next().ok_or(FeedEnd::Changed)?;
                if share.contains(&turn)
                    && known.step(turn.1) == step
                    // A message keeps its whole batch in memory, and most messages of this batch belong to other shares.
                    && let Some(job) = known.job(message.apart(), turn.0, step).map_err(FeedEnd::Journal)?
                {
                    taken.push((turn, job));
                }
            }
            if ready.is_closed() {
                return Ok(());
            }
        }
        taken.sort_unstable_by_key(|(turn, _)| *turn);
        let mut jobs = taken.into_iter().map(|(_, job)| job).peekable();
        while jobs.peek().is_some() {
            let some = jobs.by_ref().take(ROWS).collect();
            if ready.blocking_send(Ok(some)).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

impl Known {
    /// The step in which the message of this number is sent.
    fn step(&self, number: usize) -> usize {
        self.ramp.as_ref().map_or(0, |ramp| ramp.step(number))
    }

    pub(super) fn job(
        &self,
        message: PlannedMessage,
        deadline: Deadline,
        step: usize,
    ) -> Result<Option<Job>, JournalError> {
        let known = self.index.find(&*self.store, message.openid(), message.nth)?;
        if known.as_ref().is_some_and(|known| !self.policy.sends(known)) {
            return Ok(None);
        }
        let hold = self.holds.find(message.openid());
        // Whom WeChat refused and a policy does not let be tried again is still refused, and was not skipped.
        let was_refused = known.as_ref().is_some_and(|known| known.state == State::Settled(Outcome::Refused));
        if was_refused && hold.is_some_and(|hold| hold.skip.is_some()) {
            return Ok(None);
        }
        let (id, attempts) = known.map_or((None, 0), |known| (Some(known.id), known.attempts));
        Ok(Some(Job { id, attempts, hold, step, ..fresh(message, deadline) }))
    }
}

/// A message that was never tried.
fn fresh(message: PlannedMessage, deadline: Deadline) -> Job {
    Job {
        mark: mark(&message.payload),
        message,
        deadline,
        hold: None,
        step: 0,
        id: None,
        attempts: 0,
        retries: RetryCounts::default(),
        refused: None,
        filling: None,
        portion: None,
    }
}
