//! The one thread that writes the journal: group commit without lingering.
//!
//! Whatever has arrived is committed together, again and again. While one commit is being synced the next group
//! gathers by itself, so groups grow with the load and a lone message waits for nobody.
//!
//! What the executor says (the outcomes of the answers that have come, and the intents of what takes their place) is
//! handed over when it is worth a sync, or when nothing more comes for the moment. Each commit costs a sync and some
//! locks however little it holds, and a thread that is woken for the first record of many would commit it alone; one
//! that is told of none until all messages wait for it leaves the network idle.

use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::delivery::attempt::Attempt;
use crate::delivery::notice::Notice;
use crate::delivery::outcome::Outcome;
use crate::delivery::skip::Skipped;
use crate::journal::batch::{Batch, Intent, Settled, Undelivered};
use crate::journal::identity::{Claim, MessageKey, RunKey};
use crate::journal::notice::Noticed;
use crate::journal::store::Store;
use crate::journal::{Journal, JournalError};

/// The most records in a commit; more would make the first of them wait.
const GROUP: usize = 4096;
/// How long outcomes that could not be written wait for the next try.
const AGAIN: Duration = Duration::from_millis(200);
/// How long the end of a run waits for room for the last outcomes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a message's number goes once its intent is on disk.
type Reply = oneshot::Sender<Result<MessageKey, JournalError>>;

enum Command {
    Intent(Intent, Reply),
    Outcome(Settled),
    Undelivered(Undelivered),
    Skip(Intent, Skipped),
    Notice(Noticed),
    Finish(oneshot::Sender<Result<(), Unwritten>>),
}

/// What is handed over as one.
type Turn = Vec<Command>;

/// Outcomes that are known but could not be written: the next run will call these messages unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritten {
    /// How many.
    pub(crate) count: usize,
    /// Why.
    pub(crate) error: JournalError,
}

/// What is said before it is handed over.
struct Said {
    turn: Turn,
    /// Turns that the thread has done with, to be filled again.
    spare: Receiver<Turn>,
}

impl Said {
    /// Takes the turn, and begins another.
    fn take(&mut self) -> Turn {
        std::mem::replace(&mut self.turn, self.spare.try_recv().unwrap_or_default())
    }
}

/// A handle on the writing thread. It may be cloned.
#[derive(Clone)]
pub struct Writer {
    turns: Sender<Turn>,
    said: Arc<Mutex<Said>>,
    /// How many records are worth a sync.
    enough: usize,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the thread. It gives the store back when it is finished. `in_flight` is how many messages are on
    /// their way at the most: a commit takes the intents of half of them, so that while one half is being synced
    /// the other is with the platform, and neither the disk nor the network waits for the other.
    pub fn start(store: Store, claim: Claim, in_flight: usize) -> (Self, JoinHandle<Store>) {
        let (turns, received) = channel();
        let (done_with, spare) = channel();
        let thread = std::thread::spawn(move || {
            let most_intents = in_flight.div_ceil(2).max(1);
            let mut work = Work {
                store,
                claim,
                most_intents,
                waiting: vec![],
                undelivered: vec![],
                skips: vec![],
                notices: vec![],
            };
            work.run(&received, &done_with);
            work.store
        });
        // An outcome and the intent that takes its place, for three messages of eight.
        let enough = (in_flight - in_flight / 4).max(1);
        let said = Said { turn: Turn::new(), spare };
        (Self { turns, said: Arc::new(Mutex::new(said)), enough }, thread)
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // Nothing that can panic is done with the lock held.
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, command: Command) {
        self.said().turn.push(command);
    }

    fn hand_over(&self, turn: Turn) {
        // The thread outlives every handle. If it were gone, those who wait for a reply would get an error.
        let _ = self.turns.send(turn);
    }

    /// Takes something to be noted of a run, and sees to it that it is written soon. Nobody waits for it, and that it
    /// cannot be written keeps nobody from sending.
    pub(crate) fn notice(&self, run: RunKey, at: Timestamp, what: Notice) {
        self.say(Command::Notice(Noticed { run, at, what }));
        self.flush();
    }

    /// Waits until everything is on disk, and ends the thread.
    ///
    /// # Errors
    ///
    /// When outcomes are left that could not be written.
    pub async fn finish(self) -> Result<(), Unwritten> {
        let (reply, finished) = oneshot::channel();
        let gone = || Unwritten { count: 0, error: JournalError::NoWriter };
        self.say(Command::Finish(reply));
        self.flush();
        finished.await.map_err(|_| gone())?
    }
}

impl Journal for Writer {
    async fn intent(&self, intent: Intent) -> Result<MessageKey, JournalError> {
        let (reply, written) = oneshot::channel();
        self.say(Command::Intent(intent, reply));
        written.await.map_err(|_| JournalError::NoWriter)?
    }

    /// It is kept and tried again when it cannot be written at once.
    fn outcome(&self, id: MessageKey, outcome: Outcome, attempt: Attempt) {
        self.say(Command::Outcome(Settled { id, outcome, attempt }));
    }

    fn undelivered(&self, intent: Intent, outcome: Outcome, attempt: Attempt) {
        self.say(Command::Undelivered(Undelivered { intent, outcome, attempt }));
    }

    fn skip(&self, message: Intent, skipped: Skipped) {
        self.say(Command::Skip(message, skipped));
    }

    fn flush_enough(&self) -> bool {
        let mut said = self.said();
        if said.turn.len() < self.enough {
            return !said.turn.is_empty();
        }
        self.hand_over(said.take());
        false
    }

    fn flush(&self) {
        let mut said = self.said();
        if !said.turn.is_empty() {
            self.hand_over(said.take());
        }
    }
}

struct Work {
    store: Store,
    claim: Claim,
    most_intents: usize,
    /// Outcomes that could not be written yet.
    waiting: Vec<Settled>,
    undelivered: Vec<Undelivered>,
    skips: Vec<(Intent, Skipped)>,
    notices: Vec<Noticed>,
}

impl Work {
    fn run(&mut self, turns: &Receiver<Turn>, done_with: &Sender<Turn>) {
        loop {
            let first = if self.is_settled() {
                match turns.recv() {
                    Ok(turn) => Some(turn),
                    Err(_) => return,
                }
            } else {
                match turns.recv_timeout(AGAIN) {
                    Ok(turn) => Some(turn),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            };
            let mut group = Group::default();
            if let Some(turn) = first {
                group.take_all(turn, done_with);
            }
            while group.len() < GROUP && group.intents.len() < self.most_intents && group.finish.is_none() {
                match turns.try_recv() {
                    Ok(turn) => group.take_all(turn, done_with),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                }
            }
            self.write(&mut group);
            if let Some(finished) = group.finish {
                let _ = finished.send(self.settle());
                return;
            }
        }
    }

    fn write(&mut self, group: &mut Group) {
        self.waiting.append(&mut group.outcomes);
        self.undelivered.append(&mut group.undelivered);
        self.skips.append(&mut group.skips);
        self.notices.append(&mut group.notices);
        let (mut intents, mut replies) =
            (std::mem::take(&mut group.intents), std::mem::take(&mut group.replies));
        // Another process would now find another journal or a free lock. Outcomes of requests under way are still written.
        if !intents.is_empty() && !self.store.is_in_place() {
            intents.clear();
            for reply in replies.drain(..) {
                let _ = reply.send(Err(JournalError::Replaced));
            }
        }
        match self.commit(&intents) {
            Ok(ids) => {
                self.forget();
                for (reply, id) in replies.into_iter().zip(ids) {
                    // The task that asked may have been aborted. Its intent then stands, and its outcome becomes unknown.
                    let _ = reply.send(id);
                }
            }
            Err(error) => {
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
                // Answers are kept and tried again; where room was kept for them, at once.
                if !self.is_settled() && self.store.let_reserve_go() && self.commit(&[]).is_ok() {
                    self.forget();
                }
            }
        }
    }

    fn commit(&mut self, intents: &[Intent]) -> Result<Vec<Result<MessageKey, JournalError>>, JournalError> {
        let Self { store, claim, waiting, undelivered, skips, notices, .. } = self;
        store.commit(*claim, &Batch { outcomes: waiting, undelivered, skips, notices, intents })
    }

    /// How many messages are settled or skipped and not on disk.
    fn unwritten(&self) -> usize {
        self.waiting.len() + self.undelivered.len() + self.skips.len()
    }

    /// Whether every outcome is on disk.
    fn is_settled(&self) -> bool {
        self.unwritten() == 0
    }

    /// What was just written need not be written again.
    fn forget(&mut self) {
        self.waiting.clear();
        self.undelivered.clear();
        self.skips.clear();
        self.notices.clear();
    }

    /// Tries for a while to write what is left.
    fn settle(&mut self) -> Result<(), Unwritten> {
        let until = Instant::now() + PATIENCE;
        while !self.is_settled() {
            match self.commit(&[]) {
                Ok(_) => self.forget(),
                // The process that has claimed the campaign since has made these messages unknown.
                Err(error) if error == JournalError::Fenced || Instant::now() > until => {
                    let Self { store, claim, waiting, undelivered, skips, notices, .. } = self;
                    let left = Batch { outcomes: waiting, undelivered, skips, notices, intents: &[] };
                    if store.put_aside(*claim, &left) {
                        self.forget();
                        return Ok(());
                    }
                    return Err(Unwritten { count: self.unwritten(), error });
                }
                Err(_) => std::thread::sleep(AGAIN),
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Group {
    intents: Vec<Intent>,
    /// To whom the numbers of the intents go, in the same order.
    replies: Vec<Reply>,
    outcomes: Vec<Settled>,
    undelivered: Vec<Undelivered>,
    skips: Vec<(Intent, Skipped)>,
    notices: Vec<Noticed>,
    finish: Option<oneshot::Sender<Result<(), Unwritten>>>,
}

impl Group {
    fn take_all(&mut self, mut turn: Turn, done_with: &Sender<Turn>) {
        turn.drain(..).for_each(|command| self.take(command));
        // If every handle is gone, nothing more will come.
        let _ = done_with.send(turn);
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Intent(intent, reply) => {
                self.intents.push(intent);
                self.replies.push(reply);
            }
            Command::Outcome(settled) => self.outcomes.push(settled),
            Command::Undelivered(settled) => self.undelivered.push(settled),
            Command::Skip(message, skipped) => self.skips.push((message, skipped)),
            Command::Notice(noticed) => self.notices.push(noticed),
            Command::Finish(reply) => self.finish = Some(reply),
        }
    }

    fn len(&self) -> usize {
        self.intents.len() + self.outcomes.len() + self.undelivered.len() + self.skips.len()
    }
}
