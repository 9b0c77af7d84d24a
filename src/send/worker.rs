//! One attempt at one message: token, intent on disk, request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::journal::identity::MessageKey;
use crate::journal::store::Intent;
use crate::journal::{Journal, JournalError};
use crate::plan::batch::PlannedMessage;
use crate::plan::schedule::deadline::Deadline;
use crate::send::holds::Hold;
use crate::send::media::{Depot, Filled, Unavailable};
use crate::send::retry::{RetryCounts, Verdict};
use crate::wechat::answer::reply::{Answer, Failure};
use crate::wechat::client::Client;
use crate::wechat::token::Tokens;
use crate::wechat::token::access_token::Token;
use crate::wechat::token::error::TokenError;

/// What all attempts of a run share.
#[derive(Debug)]
pub struct Shared<J> {
    /// The platform.
    pub client: Client,
    /// Its tokens.
    pub tokens: Arc<Tokens>,
    /// Its media ids.
    pub media: Arc<Depot>,
    /// The journal.
    pub journal: J,
    /// What is on its way.
    pub air: Air,
}

/// The requests that are on their way. All attempts of a run are on one thread.
#[derive(Debug, Default)]
pub struct Air {
    requests: AtomicUsize,
    closed: AtomicBool,
}

impl Air {
    /// How many requests are on their way.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// From now on no request is begun.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Makes a request, unless none may be begun any more.
    async fn through<T>(&self, request: impl Future<Output = T>) -> Option<T> {
        if self.closed.load(Ordering::Relaxed) {
            return None;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answered = request.await;
        self.requests.fetch_sub(1, Ordering::Relaxed);
        Some(answered)
    }
}

/// A message on its way.
#[derive(Debug)]
pub(crate) struct Job {
    /// The message.
    pub(crate) message: PlannedMessage,
    /// The mark of its planned payload. A file that is uploaded anew does not make it another message.
    pub(crate) mark: i64,
    /// Until when it may be begun.
    pub(crate) deadline: Deadline,
    /// Why a policy holds it back, if one does.
    pub(crate) hold: Option<Hold>,
    /// The step of the ramp in which it is sent.
    pub(crate) step: usize,
    /// Its number in the journal, once it has one.
    pub(crate) id: Option<MessageKey>,
    /// How many requests were made for it, over all runs.
    pub(crate) attempts: u32,
    /// How often it was put off in this run.
    pub(crate) retries: RetryCounts,
    /// The token that was refused with its last attempt.
    pub(crate) refused: Option<Arc<Token>>,
    /// What there is of the ids of its media files; nothing where it has none, and before anybody asked.
    pub(crate) filling: Option<Box<Filling>>,
    /// The block it belongs to, where several processes send the campaign.
    pub(crate) portion: Option<Arc<Portion>>,
}

/// A block of messages that this process sends.
#[derive(Debug)]
pub(crate) struct Portion {
    number: u32,
    /// How many of its messages are not settled yet.
    left: AtomicUsize,
    /// Told when none is.
    finished: std::sync::mpsc::Sender<u32>,
}

impl Portion {
    pub(crate) fn new(number: u32, left: usize, finished: std::sync::mpsc::Sender<u32>) -> Self {
        Self { number, left: AtomicUsize::new(left), finished }
    }

    /// How many of its messages are not settled yet.
    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Acquire)
    }

    /// Notes that one of its messages is settled, or is somebody else's.
    pub(crate) fn settled(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Nobody wants to know once the run has ended.
            let _ = self.finished.send(self.number);
        }
    }
}

/// What there is of the ids of a message's media files.
#[derive(Debug)]
pub(crate) enum Filling {
    /// They are there.
    Done(Filled),
    /// These are dead; there are no others yet.
    Dead(Vec<Arc<str>>),
    /// There are none to be had.
    Unavailable(Unavailable),
}

impl Job {
    /// Notes that the media ids it was sent with are dead.
    pub(crate) fn media_died(&mut self) {
        if let Some(Filling::Done(filled)) = self.filling.take().map(|filling| *filling) {
            self.filling = Some(Box::new(Filling::Dead(filled.ids)));
        }
    }

    /// What the answer to a request for it means.
    pub(crate) fn verdict(&self, result: &Result<Answer, Failure>) -> Verdict {
        if self.message.media.iter().any(|place| place.file.content.upload.gives_id()) {
            Verdict::of_media(result, &self.retries)
        } else {
            Verdict::of(result)
        }
    }

    /// The intent of an attempt.
    pub(crate) fn intent(&self, attempt: u32, at: Timestamp) -> Intent {
        Intent {
            id: self.id,
            openid: self.message.openid().to_owned(),
            nth: self.message.nth,
            attempt,
            at,
            payload: self.mark,
        }
    }

    /// The request body, exactly as it is sent.
    async fn body(&mut self, media: &Depot) -> Result<Bytes, Unavailable> {
        if self.message.media.is_empty() {
            return Ok(self.message.payload.clone());
        }
        let dead = match self.filling.take().map(|filling| *filling) {
            Some(Filling::Unavailable(unavailable)) => return Err(unavailable),
            Some(Filling::Done(filled)) if !media.is_outdated(&filled) => {
                let body = filled.body.clone();
                self.filling = Some(Box::new(Filling::Done(filled)));
                return Ok(body);
            }
            Some(Filling::Done(filled)) => filled.ids,
            Some(Filling::Dead(ids)) => ids,
            None => Vec::new(),
        };
        let filled = media.fill(&self.message, &dead).await?;
        let body = filled.body.clone();
        self.filling = Some(Box::new(Filling::Done(filled)));
        Ok(body)
    }
}

/// A job whose attempt is over.
#[derive(Debug)]
pub(crate) struct Attempted {
    /// The job, its number and count of attempts brought up to date.
    pub(crate) job: Job,
    /// What came of it.
    pub(crate) end: AttemptEnd,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum AttemptEnd {
    /// The run stops while it waited for a token; no request was made.
    NotBegun,
    /// Its window ended while it waited for what a request needs; no request was made.
    Late,
    /// There is no token; no request was made.
    NoToken(TokenError),
    /// A media file has no id; no request was made.
    NoMedia(Unavailable),
    /// The intent is not on disk; no request was made.
    NoIntent(JournalError),
    /// The intent is on disk, but the run was broken off before the request; none was made.
    NotRequested,
    /// A request was made.
    Requested {
        /// What came back.
        result: Result<Answer, Failure>,
        /// When.
        finished: Timestamp,
        /// How long it took.
        latency: Duration,
        /// The token it was made with.
        token: Arc<Token>,
    },
}

/// Makes one attempt. Between the intent and the answer the message may have been delivered; whoever breaks
/// this off must call it unknown.
///
/// As long as it waits for a token or a media id nothing has begun, and it gives up when `stopping` becomes true.
pub(crate) async fn attempt<J: Journal>(
    shared: Arc<Shared<J>>,
    mut job: Job,
    stopping: Arc<watch::Sender<bool>>,
) -> Attempted {
    let made_ready = match at_hand(&shared, &job) {
        Some(ready) => Ok(ready),
        // Boxed, because most attempts never wait here and should not carry the space for it.
        None => Box::pin(make_ready(&shared, &mut job, &stopping)).await,
    };
    let (body, token) = match made_ready {
        Ok(ready) => ready,
        Err(end) => return Attempted { job, end },
    };
    let clock = shared.client.clock();
    if job.deadline.is_past(clock.platform().until) {
        return Attempted { job, end: AttemptEnd::Late };
    }
    match shared.journal.intent(job.intent(job.attempts + 1, clock.now())).await {
        Ok(id) => job.id = Some(id),
        Err(error) => return Attempted { job, end: AttemptEnd::NoIntent(error) },
    }
    job.attempts += 1;
    let begun = clock.instant();
    let Some(result) = shared.air.through(shared.client.send(body, &token)).await else {
        return Attempted { job, end: AttemptEnd::NotRequested };
    };
    let (finished, latency) = (clock.now(), clock.instant().saturating_duration_since(begun));
    let end = AttemptEnd::Requested { result, finished, latency, token };
    Attempted { job, end }
}

/// What a request needs, before anything of it is noted or leaves: its body and a token.
type Ready = (Bytes, Arc<Token>);

/// It, where nothing has to be waited for.
fn at_hand<J>(shared: &Shared<J>, job: &Job) -> Option<Ready> {
    if job.refused.is_some() || !job.message.media.is_empty() {
        return None;
    }
    Some((job.message.payload.clone(), shared.tokens.at_hand()?))
}

/// It, or that the run stops before it is there.
async fn make_ready<J>(
    shared: &Shared<J>,
    job: &mut Job,
    stopping: &watch::Sender<bool>,
) -> Result<Ready, AttemptEnd> {
    let mut stopping = stopping.subscribe();
    tokio::select! {
        biased;
        made_ready = body_and_token(shared, job) => made_ready,
        _ = stopping.wait_for(|stopping| *stopping) => Err(AttemptEnd::NotBegun),
    }
}

async fn body_and_token<J>(shared: &Shared<J>, job: &mut Job) -> Result<Ready, AttemptEnd> {
    let body = job.body(&shared.media).await.map_err(AttemptEnd::NoMedia)?;
    let token = match &job.refused {
        Some(refused) => shared.tokens.after(refused).await,
        None => shared.tokens.get().await,
    };
    Ok((body, token.map_err(AttemptEnd::NoToken)?))
}
