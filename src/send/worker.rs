//! One attempt at one message: token, intent on disk, request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::journal::record::mark;
use crate::journal::store::Intent;
use crate::journal::{Journal, JournalError};
use crate::plan::batch::PlannedMessage;
use crate::send::retry::History;
use crate::wechat::client::Client;
use crate::wechat::reply::{Answer, Failure};
use crate::wechat::token::{Token, TokenError, Tokens};

/// What all attempts of a run share.
#[derive(Debug)]
pub struct Shared<J> {
    /// The platform.
    pub client: Client,
    /// Its tokens.
    pub tokens: Arc<Tokens>,
    /// The journal.
    pub journal: J,
}

/// A message on its way.
#[derive(Debug)]
pub struct Job {
    /// The message.
    pub message: PlannedMessage,
    /// Its number in the journal, once it has one.
    pub id: Option<i64>,
    /// How many requests were made for it, over all runs.
    pub attempts: u32,
    /// How often it was put off in this run.
    pub history: History,
    /// The token that was refused with its last attempt.
    pub refused: Option<Arc<Token>>,
}

/// A job whose attempt is over.
#[derive(Debug)]
pub struct Attempted {
    /// The job, its number and count of attempts brought up to date.
    pub job: Job,
    /// What came of it.
    pub end: AttemptEnd,
}

/// How an attempt ended.
#[derive(Debug)]
pub enum AttemptEnd {
    /// The run stops while it waited for a token; no request was made.
    NotBegun,
    /// There is no token; no request was made.
    NoToken(TokenError),
    /// The intent is not on disk; no request was made.
    NoIntent(JournalError),
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
/// As long as it waits for a token nothing has begun, and it gives up when `stopping` becomes true.
pub async fn attempt<J: Journal>(
    shared: Arc<Shared<J>>,
    mut job: Job,
    mut stopping: watch::Receiver<bool>,
) -> Attempted {
    let token = async {
        match &job.refused {
            Some(refused) => shared.tokens.after(refused).await,
            None => shared.tokens.current().await,
        }
    };
    let token = tokio::select! {
        biased;
        token = token => token,
        _ = stopping.wait_for(|stopping| *stopping) => return Attempted { job, end: AttemptEnd::NotBegun },
    };
    let token = match token {
        Ok(token) => token,
        Err(error) => return Attempted { job, end: AttemptEnd::NoToken(error) },
    };
    let intent = Intent {
        id: job.id,
        openid: job.message.openid().to_owned(),
        nth: job.message.nth,
        attempt: job.attempts + 1,
        at: Timestamp::now(),
        payload: mark(&job.message.payload),
    };
    match shared.journal.intent(intent).await {
        Ok(id) => job.id = Some(id),
        Err(error) => return Attempted { job, end: AttemptEnd::NoIntent(error) },
    }
    job.attempts += 1;
    let begun = Instant::now();
    let result = shared.client.send(job.message.payload.clone(), &token).await;
    let end = AttemptEnd::Requested { result, finished: Timestamp::now(), latency: begun.elapsed(), token };
    Attempted { job, end }
}
