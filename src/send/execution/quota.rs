//! Before the first message: what is left of the account's quota?

use std::sync::Arc;
use std::time::Duration;

use crate::wechat::account::{self, CallError, Quota};
use crate::wechat::answer::error_code::{Class, class_of};
use crate::wechat::client::Client;
use crate::wechat::token::Tokens;

/// How long the platform may take to tell. Sending does not wait longer for what it can do without.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the platform said when it was asked for the quota.
#[derive(Debug)]
pub enum Asked {
    /// This.
    Told(Quota),
    /// That it does not tell, or nothing.
    NotTold(CallError),
    /// Nothing in time.
    TooSlow,
    /// There is no token to ask with, or it is refused; the run says what that means.
    NoToken,
}

/// Asks for the quota.
pub(crate) async fn ask(client: &Client, tokens: &Arc<Tokens>) -> Asked {
    let Ok(token) = tokens.get().await else { return Asked::NoToken };
    match tokio::time::timeout(PATIENCE, account::quota(client, &token)).await {
        Err(_) => Asked::TooSlow,
        Ok(Ok(quota)) => Asked::Told(quota),
        Ok(Err(CallError::Answered(answer))) if class_of(answer.code) == Class::Token => Asked::NoToken,
        Ok(Err(error)) => Asked::NotTold(error),
    }
}
