//! What one of several processes sends of a campaign: block after block of its messages, each when it has one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use crate::campaign::Campaign;
use crate::journal::JournalError;
use crate::journal::backend::{BLOCK, Share};
use crate::journal::identity::Claim;
use crate::journal::index::Index;
use crate::plan::Plan;
use crate::plan::inputs::Inputs;
use crate::plan::pass::Pass;
use crate::send::feed::{FeedEnd, Handed, Jobs, Known, spawn};
use crate::send::worker::{Job, Portion};

/// How long to wait before looking again whether so many messages are settled that more are wanted.
const SOON: Duration = Duration::from_millis(10);
/// How long to wait before looking again whether others have left something.
const AGAIN: Duration = Duration::from_millis(200);
/// How long a database that is away is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a thread that hands over the messages of the blocks that this process gets. They end when nobody has any left.
pub(super) fn start(campaign: Arc<Campaign>, plan: Arc<Plan>, mut known: Known, claim: Claim) -> Jobs {
    spawn(move |ready| by_blocks(&campaign, &plan, &mut known, claim, ready))
}

fn by_blocks(
    campaign: &Campaign,
    plan: &Plan,
    known: &mut Known,
    claim: Claim,
    ready: &Sender<Handed>,
) -> Result<(), FeedEnd> {
    let (finished, done) = mpsc::channel();
    let mut blocks = Blocks { known, claim, ready, finished, done, held: BTreeMap::new() };
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let mut next = blocks.take(0)?;
    while let Some(block) = next {
        next = blocks.read(&inputs, plan, block)?;
    }
    Ok(())
}

struct Blocks<'a> {
    known: &'a mut Known,
    claim: Claim,
    ready: &'a Sender<Handed>,
    /// Told of each block of which nothing is left.
    finished: mpsc::Sender<u32>,
    done: Receiver<u32>,
    /// The blocks that this process has and has not finished, with their messages once these are handed over.
    held: BTreeMap<u32, Option<Arc<Portion>>>,
}

impl Blocks<'_> {
    /// Reads the audience from its beginning, and hands over this block and all later ones that are to be had on the way.
    /// Gives the next one, which lies before.
    fn read(&mut self, inputs: &Inputs<'_>, plan: &Plan, mut block: u32) -> Result<Option<u32>, FeedEnd> {
        let (mut jobs, mut numbers) = (Vec::new(), 0_usize..);
        let mut pass = Pass::open(inputs, plan).map_err(|_| FeedEnd::Changed)?;
        while let Some(batch) = pass.next_batch().map_err(|_| FeedEnd::Changed)? {
            for message in batch.into_messages() {
                let number = numbers.next().expect("numbers do not end");
                let of = u32::try_from(number / BLOCK).expect("a plan has fewer messages");
                if of > block {
                    self.hand_over(block, std::mem::take(&mut jobs))?;
                    match self.take(block + 1)? {
                        Some(next) if next > block => block = next,
                        other => return Ok(other),
                    }
                }
                if of == block {
                    let job = self.known.job(message, plan.deadline(number), 0);
                    jobs.extend(job.map_err(FeedEnd::Journal)?);
                }
            }
        }
        self.hand_over(block, jobs)?;
        self.take(block + 1)
    }

    fn hand_over(&mut self, block: u32, mut jobs: Vec<Job>) -> Result<(), FeedEnd> {
        if jobs.is_empty() {
            return self.finish(block);
        }
        let portion = Arc::new(Portion::new(block, jobs.len(), self.finished.clone()));
        jobs.iter_mut().for_each(|job| job.portion = Some(Arc::clone(&portion)));
        self.held.insert(block, Some(portion));
        // If nobody takes them any more, the run has ended; that is noticed before the next block is taken.
        let _ = self.ready.blocking_send(Ok(jobs));
        Ok(())
    }

    fn finish(&mut self, block: u32) -> Result<(), FeedEnd> {
        let claim = self.claim;
        patiently(|| self.known.store.finish_block(claim, block))?;
        self.held.remove(&block);
        Ok(())
    }

    /// The next block, once there is one; nothing where none is left, or the run has ended.
    fn take(&mut self, from: u32) -> Result<Option<u32>, FeedEnd> {
        loop {
            while let Ok(block) = self.done.try_recv() {
                self.finish(block)?;
            }
            if self.ready.is_closed() {
                return Ok(None);
            }
            if self.held.values().flatten().map(|portion| portion.left()).sum::<usize>() >= BLOCK {
                // There is enough to do: the next one is for whoever is done first. A few that are tried again much later
                // keep nobody from it.
                if let Ok(block) = self.done.recv_timeout(SOON) {
                    self.finish(block)?;
                }
                continue;
            }
            let held: Vec<u32> = self.held.keys().copied().collect();
            let claim = self.claim;
            match patiently(|| self.known.store.take_block(claim, from, &held))? {
                Share::Block { number, had_another } => {
                    self.held.insert(number, None);
                    if had_another {
                        // Whoever had it may have sent some of it.
                        let index = patiently(|| Index::load(&*self.known.store, claim.campaign()))?;
                        self.known.index = index;
                    }
                    return Ok(Some(number));
                }
                Share::Wait => {
                    if let Ok(block) = self.done.recv_timeout(AGAIN) {
                        self.finish(block)?;
                    }
                }
                Share::Over => return Ok(None),
            }
        }
    }
}

/// Asks again while the journal is away.
fn patiently<T>(ask: impl Fn() -> Result<T, JournalError>) -> Result<T, FeedEnd> {
    let until = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Err(
                JournalError::Unreachable { .. }
                | JournalError::Unreadable { .. }
                | JournalError::Unwritable { .. },
            ) if Instant::now() < until => std::thread::sleep(AGAIN),
            asked => return asked.map_err(FeedEnd::Journal),
        }
    }
}
