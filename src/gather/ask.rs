//! Asks the platform until it tells, or until asking again would not help.

use std::sync::Arc;
use std::time::Duration;

use crate::wechat::account::CallError;
use crate::wechat::answer::error_code::{Class, class_of};
use crate::wechat::answer::reply::{Answer, Failure};
use crate::wechat::client::{Client, pause};
use crate::wechat::token::Tokens;
use crate::wechat::token::access_token::Token;
use crate::wechat::token::error::TokenError;

/// How often a call is made while the platform is busy or out of reach.
const TRIES: u32 = 5;
/// And while it is asked too often: a minute passes within these tries, whose pauses double.
const THROTTLED_TRIES: u32 = 7;
/// Nobody waits longer than this for a server that asks to be left alone.
const LONGEST: Duration = Duration::from_secs(60);

/// Why nothing more is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// The calls of a day are used up.
    Quota(Answer),
    /// The platform says no.
    Answered(Answer),
    /// There is no token to be had.
    Token(TokenError),
    /// It gave no answer that can be read.
    NoAnswer(Failure),
    /// What was fetched cannot be kept, for this reason.
    Storage(String),
}

impl From<std::io::Error> for Halt {
    fn from(error: std::io::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

/// Somebody who asks.
#[derive(Debug)]
pub(crate) struct Asker {
    pub(crate) client: Client,
    pub(crate) tokens: Arc<Tokens>,
}

impl Asker {
    /// Makes a call that only reads, again where that may help.
    ///
    /// # Errors
    ///
    /// Why the platform does not tell.
    pub(crate) async fn ask<T, F>(&self, call: impl Fn(Arc<Token>) -> F) -> Result<T, Halt>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let (mut tries, mut renewed) = (0, false);
        let mut token = self.tokens.get().await.map_err(Halt::Token)?;
        loop {
            tries += 1;
            let error = match call(Arc::clone(&token)).await {
                Ok(told) => return Ok(told),
                Err(error) => error,
            };
            tracing::info!(?error, tries, "not told");
            if let CallError::Answered(answer) = &error
                && class_of(answer.code) == Class::Token
                && !renewed
            {
                token = self.tokens.after(&token).await.map_err(Halt::Token)?;
                renewed = true;
                continue;
            }
            if tries >= worth(&error) {
                return Err(halt(error));
            }
            tokio::time::sleep(wait(&error, tries)).await;
        }
    }
}

/// What it means that the platform does not tell.
pub(crate) fn halt(error: CallError) -> Halt {
    match error {
        CallError::Answered(answer) if class_of(answer.code) == Class::Quota => Halt::Quota(answer),
        CallError::Answered(answer) => Halt::Answered(answer),
        CallError::NoAnswer(failure) => Halt::NoAnswer(failure),
    }
}

/// How many tries an answer is worth. These calls only read: a second answer is as good as the first.
fn worth(error: &CallError) -> u32 {
    match error {
        CallError::Answered(answer) => match class_of(answer.code) {
            Class::Busy => TRIES,
            Class::Throttle => THROTTLED_TRIES,
            Class::Ok
            | Class::Token
            | Class::Recipient
            | Class::Account
            | Class::Content
            | Class::Quota
            | Class::NotForSending => 1,
        },
        CallError::NoAnswer(failure) if failure.may_pass() => TRIES,
        CallError::NoAnswer(_) => 1,
    }
}

fn wait(error: &CallError, tries: u32) -> Duration {
    let asked = match error {
        CallError::NoAnswer(Failure::TurnedAway { retry_after, .. }) => *retry_after,
        CallError::NoAnswer(_) | CallError::Answered(_) => None,
    };
    pause(tries).max(asked.unwrap_or(Duration::ZERO).min(LONGEST))
}
