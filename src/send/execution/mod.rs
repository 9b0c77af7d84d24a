//! One run put together, from the journal opened to the results written: the only place that does it. `send`, `rehearse`,
//! the model of dying and the benches differ in what they hand in.
//!
//! It prints nothing and knows no file of results. What happens is told to an [`Observer`]; what people are to read of
//! the journal is written by [`Results`], because reports lie above the executor.

pub mod locks;
pub mod observer;
pub mod quota;
pub mod receipts;
pub(crate) mod refresh;
pub mod results;

use std::convert::Infallible;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::campaign::Campaign;
use crate::campaign::file::{Duplicates, OnUnknown, Order};
use crate::clock::Clock;
use crate::delivery::attempt::Incident;
use crate::delivery::event::Event;
use crate::delivery::exit::Exit;
use crate::delivery::notice::Notice;
use crate::delivery::skip::SkipReason;
use crate::delivery::stop::Stop;
use crate::journal::backend::BLOCK;
use crate::journal::chosen;
use crate::journal::identity::{Claim, RunKey};
use crate::journal::index::Index;
use crate::journal::kept::Kept;
use crate::journal::postgres::pace::SharedPace;
use crate::journal::receipt::Watch;
use crate::journal::run::{RunEnd, RunStart};
use crate::journal::store::Store;
use crate::journal::writer::{Unwritten, Writer};
use crate::journal::{Identity, Journal, JournalError};
use crate::plan::{Plan, text_digest};
use crate::send::ahead::{ahead, has_files};
use crate::send::blocks;
use crate::send::dispatcher::{self, Ended};
use crate::send::execution::locks::Locks;
use crate::send::execution::observer::{Observer, Remark};
use crate::send::execution::receipts::{Place, Receipts};
use crate::send::execution::refresh::Refresher;
use crate::send::execution::results::{Concluded, Results};
use crate::send::feed::{self, Jobs, Policy, RetryRefused};
use crate::send::holds::Holds;
use crate::send::media::{Depot, Settings};
use crate::send::ramp::state::RampState;
use crate::send::shutdown::{Signals, StopFiles, ticks};
use crate::send::worker::{Air, Shared};
use crate::wechat::client::Client;
use crate::wechat::token::Tokens;

/// What a run needs.
pub struct Execution<'o> {
    /// The campaign.
    pub campaign: Arc<Campaign>,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// What an approver approved; nothing where nobody is asked, as in a rehearsal.
    pub id: Option<String>,
    /// Where the receipt lies; nothing for what counts for nothing, as a rehearsal does.
    pub receipt: Option<Place>,
    /// Whose messages they are.
    pub whose: Identity,
    /// The messages, where they are not those of the audience.
    pub given: Option<Jobs>,
    /// What the journal knows of the audience's messages, where that was read before.
    pub index: Option<Index>,
    /// The state folder.
    pub state: PathBuf,
    /// This machine's name.
    pub host: String,
    /// What keeps others from sending the same.
    pub locks: Locks,
    /// What waits for the platform.
    pub runtime: Runtime,
    /// What calls it.
    pub client: Client,
    /// Its tokens.
    pub tokens: Arc<Tokens>,
    /// Whether the quota is asked for before the first message.
    pub asks_quota: bool,
    /// Which messages of earlier runs are sent again.
    pub policy: Policy,
    /// Whom policies hold back.
    pub holds: Arc<Holds>,
    /// Where the campaign's ramp stands, where it has one.
    pub ramp: Option<Arc<RampState>>,
    /// At most this many messages.
    pub limit: Option<u64>,
    /// Begins to listen for signals.
    pub signals: fn() -> Signals,
    /// Files that ask the run to stop.
    pub stop_files: StopFiles,
    /// Who writes the results.
    pub results: Arc<dyn Results>,
    /// What a run that ended so is called, with its code: what the journal keeps of it.
    pub exit: fn(&Finished) -> Exit,
    /// How many people were said to be too late before anybody agreed; the largest number where nobody was asked.
    pub announced: u64,
    /// Who watches.
    pub observer: &'o mut dyn Observer,
}

/// What every run has.
pub struct Basis<'o> {
    /// The campaign.
    pub campaign: Arc<Campaign>,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// Whose messages they are.
    pub whose: Identity,
    /// The state folder.
    pub state: PathBuf,
    /// What waits for the platform.
    pub runtime: Runtime,
    /// What calls it.
    pub client: Client,
    /// Its tokens.
    pub tokens: Arc<Tokens>,
    /// Who writes the results.
    pub results: Arc<dyn Results>,
    /// What a run that ended so is called, with its code.
    pub exit: fn(&Finished) -> Exit,
    /// Who watches.
    pub observer: &'o mut dyn Observer,
}

/// A run that is over.
#[derive(Debug, Default)]
pub struct Finished {
    /// What became of the audience, and where that is written.
    pub concluded: Concluded,
    /// Why it stopped, where it did not just finish.
    pub stop: Option<Stop>,
    /// How many requests it made.
    pub requests: u64,
    /// How many of them a second signal broke off: nobody knows what became of these messages.
    pub(crate) broken_off: u64,
    /// How many media files it uploaded.
    pub(crate) uploads: u64,
    /// How long it sent.
    pub duration: Duration,
    /// Outcomes that could not be written.
    pub(crate) unwritten: Option<Unwritten>,
    /// How many more were too late than was said before anybody agreed.
    pub(crate) unannounced: u64,
}

/// A run whose beginning is in the journal.
pub struct Begun<'o, J> {
    execution: Execution<'o>,
    claim: Claim,
    run: RunKey,
    kept: Vec<Kept>,
    receipts: Option<Receipts>,
    receipt: Option<Watch>,
    pace: Option<Arc<SharedPace>>,
    jobs: Jobs,
    journal: J,
    writer: Writer,
    thread: JoinHandle<Store>,
}

/// A run that sends no more and whose records are on disk, as far as it takes them.
pub struct Sent {
    claim: Claim,
    run: RunKey,
    clock: Clock,
    /// How sending ended.
    pub ended: Ended,
    uploads: u64,
    /// Whether wxcast's own simulator answered.
    simulated: bool,
    /// Whether everything the journal was told is on disk.
    pub written: Result<(), Unwritten>,
    /// The journal.
    pub store: Store,
    results: Arc<dyn Results>,
    receipts: Option<Receipts>,
    exit: fn(&Finished) -> Exit,
    announced: u64,
    /// Held until the results are written.
    _locks: Locks,
}

/// How sending came to its end.
pub enum Sending<C> {
    /// By itself.
    Over(Box<Sent>),
    /// It was cut off by this; the journal is as a dead process leaves it.
    CutOff(C, Store),
}

impl<'o> Execution<'o> {
    /// A run that leaves no receipt, holds no lock, is ended by nobody and sends nothing again. What it has beyond that is
    /// said by whoever puts it together.
    pub fn new(basis: Basis<'o>) -> Self {
        let Basis { campaign, plan, whose, state, runtime, client, tokens, results, exit, observer } = basis;
        Self {
            campaign,
            plan,
            id: None,
            receipt: None,
            whose,
            given: None,
            index: None,
            state,
            host: String::new(),
            locks: Locks::default(),
            runtime,
            client,
            tokens,
            asks_quota: false,
            policy: Policy { on_unknown: OnUnknown::Hold, retry_refused: RetryRefused::None },
            holds: Arc::default(),
            ramp: None,
            limit: None,
            signals: Signals::none,
            stop_files: StopFiles::default(),
            results,
            exit,
            announced: u64::MAX,
            observer,
        }
    }

    /// Sends.
    ///
    /// # Errors
    ///
    /// When the journal does not let the run begin, or cannot be read at its end.
    pub fn run(self) -> Result<Finished, JournalError> {
        match self.begin(|writer| writer)?.send_until(pending::<Infallible>()) {
            Sending::Over(sent) => sent.end(),
            Sending::CutOff(never, _) => match never {},
        }
    }

    /// Notes in the journal that a run begins. `journal` is what the executor writes to, over the real one.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written.
    pub fn begin<J: Journal>(
        mut self,
        journal: impl FnOnce(Writer) -> J,
    ) -> Result<Begun<'o, J>, JournalError> {
        self.client.clock().adopt();
        let mut store = Store::open(&self.state)?;
        let pace = self.shared_pace()?.map(Arc::new);
        let share = self.share(&store);
        // What others write meanwhile is read when this process has joined them.
        let index = if share.is_some() { None } else { self.index_that_holds(&store)? };
        let counted = index.as_ref().map(Index::statuses);
        let jobs = match (self.given.take(), index) {
            (Some(given), _) => Some(given),
            // The audience is read while the journal is being prepared.
            (None, Some(index)) => Some(self.feed(index)?),
            (None, None) => None,
        };
        let joined = share.is_some();
        let claim = match share {
            Some((plan, blocks)) => store.join(&self.whose, Incident::Crash, &plan, blocks)?,
            None => store.claim(&self.whose, Incident::Crash)?,
        };
        store.keep(self.locks.kept().collect());
        if self.receipt.is_some() {
            store.keep_reserve(&self.state);
        }
        let kept = store.kept();
        let run = store.begin_run(claim, &self.start())?;
        if let Some(place) = &self.receipt {
            store.note_here(claim.campaign(), &place.computer)?;
        }
        store.begin_sending(claim)?;
        if !store.is_shareable() {
            self.observer.remarks(Remark::Unshared);
        }
        let receipts = self.receipt.as_ref().map(|place| {
            let id = self.id.as_deref().expect("what leaves a receipt was approved by its plan's id");
            Receipts::new(place.clone(), &self.whose, claim, &self.plan, id)
        });
        let mut receipt = None;
        if let Some(receipts) = &receipts {
            match receipts.write(&store, true, counted) {
                Ok(Some(entry)) => receipt = Some(receipts.watch(entry, self.locks.beside())),
                // Somebody began to send it elsewhere since this run was agreed to.
                Ok(None) => return Err(JournalError::Fenced),
                Err(error) => self.observer.remarks(Remark::NoReceipt(error.to_string())),
            }
        }
        let jobs = match jobs {
            Some(jobs) => jobs,
            None => {
                let known = self.known(Index::load(&*store, claim.campaign())?)?;
                let (campaign, plan) = (Arc::clone(&self.campaign), Arc::clone(&self.plan));
                if joined {
                    blocks::start(campaign, plan, known, claim)
                } else {
                    feed::start(campaign, plan, known)
                }
            }
        };
        let (writer, thread) = Writer::start(store, claim, self.campaign.send.concurrency);
        let tokens = writer.clone();
        self.tokens.watch(move |fetch| tokens.notice(run, fetch.at, Notice::Token(fetch)));
        let journal = journal(writer.clone());
        Ok(Begun {
            execution: self,
            claim,
            run,
            kept,
            receipts,
            receipt,
            pace,
            jobs,
            journal,
            writer,
            thread,
        })
    }

    /// The pace of the account over all computers, where its journal is shared by them.
    fn shared_pace(&self) -> Result<Option<SharedPace>, JournalError> {
        let Some((settings, destination)) = chosen::of(&self.state) else { return Ok(None) };
        let steps = self.campaign.send.rates.iter().map(|rate| rate.interval());
        let step = steps.max().expect("a campaign has a rate");
        SharedPace::begin(settings, &self.whose, destination, step).map(Some)
    }

    /// What was read of the journal, where that is still so and stays so when the campaign is claimed.
    fn index_that_holds(&mut self, store: &Store) -> Result<Option<Index>, JournalError> {
        let Some(index) = self.index.take() else { return Ok(None) };
        let Some(campaign) = store.find_campaign(&self.whose)? else { return Ok(None) };
        Ok(index.holds(&**store, campaign)?.then_some(index))
    }

    /// The messages of the audience, less those that are settled.
    fn feed(&self, index: Index) -> Result<Jobs, JournalError> {
        Ok(feed::start(Arc::clone(&self.campaign), Arc::clone(&self.plan), self.known(index)?))
    }

    fn known(&self, index: Index) -> Result<feed::Known, JournalError> {
        Ok(feed::Known {
            store: Store::open(&self.state)?,
            index,
            policy: self.policy.clone(),
            holds: Arc::clone(&self.holds),
            ramp: self.ramp.clone(),
        })
    }

    /// The plan, and into how many blocks it is shared out, where the journal lets others send it too. That takes messages
    /// that are sent in the order of the file, each by itself.
    fn share(&self, store: &Store) -> Option<(String, u32)> {
        let Self { campaign, plan, .. } = self;
        let in_order = self.given.is_none() && self.ramp.is_none();
        let of_file = campaign.send.order == Order::File || plan.windows.is_none();
        // One person's messages go one after another, so one process sends all of them.
        let apart = campaign.audience.duplicates != Duplicates::Each;
        let shared = store.shares() && in_order && of_file && apart;
        let blocks = plan.counts.planned.div_ceil(BLOCK as u64);
        let blocks = u32::try_from(blocks).expect("a plan has fewer messages");
        self.id.clone().filter(|_| shared).map(|id| (id, blocks))
    }

    fn start(&self) -> RunStart {
        RunStart {
            started: self.client.clock().now(),
            pid: std::process::id(),
            host: self.host.clone(),
            digest: self.plan.digest.to_string(),
            text: text_digest(&self.campaign, &self.plan).to_string(),
            planned: self.plan.counts.planned,
            skipped: self.plan.counts.by_name().into_iter().filter(|(_, count)| *count > 0).collect(),
            plan: self.id.clone(),
            hosts: self.client.hosts().all().iter().map(ToString::to_string).collect(),
        }
    }
}

impl<J: Journal> Begun<'_, J> {
    /// Sends, unless `cut` is there first: then all that happens is that what the journal was told reaches the disk, as
    /// when the process dies between two records.
    ///
    /// # Panics
    ///
    /// When something in the run did. What the journal was told is on disk by then.
    pub fn send_until<C>(self, cut: impl Future<Output = C>) -> Sending<C> {
        let Self { execution, claim, run, kept, receipts, receipt, pace, jobs, journal, writer, thread } =
            self;
        let Execution { campaign, state, runtime, client, tokens, results, observer, .. } = execution;
        let refresher = Refresher::start(Arc::clone(&results), receipts.clone(), state.clone());
        let (settled, hosts, notes) = (refresher.counter(), client.clone(), writer.clone());
        let (clock, at_end) = (client.clock().clone(), client.clock().clone());
        let sending = async {
            let mut signals = (execution.signals)();
            let mut stop = None;
            if execution.asks_quota {
                let asking = quota::ask(&client, &tokens);
                match unless_stopped(asking, &mut signals, &execution.stop_files).await {
                    Ok(asked) => observer.asked(&asked),
                    Err(asked_to_stop) => stop = Some(asked_to_stop),
                }
            }
            let watch = observer.begins();
            if stop.is_some() {
                return (Ended { stop, ..Ended::default() }, 0);
            }
            let uploading = Arc::clone(&watch);
            let uploading = Box::new(move |event: &Event| uploading(event));
            let settings = Settings::of(&campaign, &state);
            let media = Arc::new(Depot::new(client.clone(), Arc::clone(&tokens), settings, uploading));
            let jobs = if has_files(&campaign) { ahead(jobs, Arc::clone(&media)) } else { jobs };
            let run = dispatcher::Run {
                campaign: &campaign,
                jobs,
                shared: Arc::new(Shared {
                    client,
                    tokens,
                    media: Arc::clone(&media),
                    journal,
                    air: Air::default(),
                }),
                ramp: execution.ramp,
                limit: execution.limit,
                watch: &mut |event: &Event| {
                    if let Some(notice) = Notice::of(event) {
                        notes.notice(run, clock.now(), notice);
                    }
                    if let Event::Settled { .. } | Event::Skipped = event {
                        settled.fetch_add(1, Ordering::Relaxed);
                    }
                    watch(event);
                },
                signals,
                stop_files: execution.stop_files,
                kept,
                receipt,
                pace,
            };
            (dispatcher::run(run).await, media.uploads())
        };
        let sent = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    cut = cut => Err(cut),
                    sent = sending => Ok(sent),
                }
            })
        }));
        let written = runtime.block_on(writer.finish());
        // Dropping the runtime ends uploads for messages that will not be sent, and with them all that could report one.
        drop(runtime);
        observer.ended(
            &hosts.stood_in().into_iter().map(|(host, count)| (host.to_string(), count)).collect::<Vec<_>>(),
        );
        refresher.stop();
        let mut store = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        // If indexing fails, history is slower until the next run, and nothing else is lost.
        if let Ok(twice @ 1..) = store.index_persons(claim, &campaign.account.appid) {
            observer.remarks(Remark::Twice(twice));
        }
        match sent.unwrap_or_else(|panic| resume_unwind(panic)) {
            Err(cut) => Sending::CutOff(cut, store),
            Ok((ended, uploads)) => Sending::Over(Box::new(Sent {
                claim,
                run,
                clock: at_end,
                ended,
                uploads,
                simulated: hosts.is_simulated(),
                written,
                store,
                results,
                receipts,
                exit: execution.exit,
                announced: execution.announced,
                _locks: execution.locks,
            })),
        }
    }
}

/// What comes of asking, unless the run is stopped before.
async fn unless_stopped<T>(
    asked: impl Future<Output = T>,
    signals: &mut Signals,
    stop_files: &StopFiles,
) -> Result<T, Stop> {
    let mut ticks = ticks();
    tokio::select! {
        biased;
        stop = signals.next() => Err(stop),
        () = stop_files.appear(&mut ticks) => Err(Stop::Asked),
        asked = asked => Ok(asked),
    }
}

impl Sent {
    /// Settles what was broken off, has the results written, and notes in the journal how the run ended.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub fn end(mut self) -> Result<Finished, JournalError> {
        // Requests that a second signal broke off have an intent and no outcome.
        let aborted = self.store.recover(self.claim, Incident::Aborted);
        let unwritten =
            self.written.err().or_else(|| aborted.err().map(|error| Unwritten { count: 0, error }));
        let concluded = self.results.conclude(&self.store)?;
        let Ended { mut stop, requests, broken_off, duration } = self.ended;
        if concluded.changed {
            // The audience on disk is no longer the one that was sent. The journal knows who was.
            stop = stop.filter(|stop| stop.rank() > Stop::Changed.rank()).or(Some(Stop::Changed));
        }
        let late =
            [SkipReason::Window, SkipReason::Allowance].map(|why| concluded.tally.skipped.get(&why).copied());
        let late: u64 = late.into_iter().flatten().sum();
        let finished = Finished {
            unannounced: late.saturating_sub(self.announced),
            concluded,
            stop,
            requests,
            broken_off,
            uploads: self.uploads,
            duration,
            unwritten,
        };
        let end = RunEnd {
            ended: self.clock.now(),
            exit: (self.exit)(&finished),
            requests,
            reason: finished.stop.as_ref().map(Stop::reason),
            counts: finished.concluded.tally.counts,
        };
        // If the journal cannot be written, that has been reported already; the run then reads as one that crashed.
        let _ = self.store.end_run(self.run, &end);
        if self.simulated {
            // Without it whoever sends to people is told of what a simulator took, too.
            let _ = self.store.note_simulated(self.run);
        }
        // A receipt that cannot be written was reported when the run began. An old receipt claims less than is true, which is
        // safe.
        let _ = self.receipts.map(|receipts| receipts.write(&self.store, false, None));
        Ok(finished)
    }
}
