//! Before the first message: is the quota enough, and is the rate allowed?

use std::sync::Arc;
use std::time::Duration;

use crate::campaign::Campaign;
use crate::cli::terminal::Terminal;
use crate::wechat::account::{self, CallError, Quota};
use crate::wechat::answer::error_code::{Class, class_of};
use crate::wechat::client::Client;
use crate::wechat::token::Tokens;

/// How long the platform may take to tell. Sending does not wait longer for what it can do without.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the platform said when it was asked for the quota.
#[derive(Debug)]
pub(crate) enum Asked {
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

/// Warns of a quota that is too small for so many messages, and of a rate above the limit. Warnings and no more:
/// a run that uses the quota up pauses, and `send` goes on with it later.
pub(crate) fn warn(asked: &Asked, campaign: &Campaign, count: u64, terminal: &Terminal) {
    let quota = match asked {
        Asked::Told(quota) => quota,
        Asked::NotTold(CallError::Answered(answer)) => {
            let reason = format!("{} {}", answer.code, answer.errmsg.text());
            return terminal.say("quota.not-told", &[("reason", &reason)]);
        }
        Asked::NotTold(CallError::NoAnswer(_)) | Asked::TooSlow => {
            return terminal.say("quota.no-answer", &[]);
        }
        Asked::NoToken => return,
    };
    if let Some(day) = quota.day.filter(|day| day.remain < count) {
        terminal
            .warn("quota.too-small", &[("count", &count), ("remain", &day.remain), ("limit", &day.limit)]);
    }
    let ceiling = campaign.send.ceiling();
    if let Some(rate) = quota.rate.filter(|rate| rate.is_exceeded_by(ceiling)) {
        terminal.warn(
            "quota.too-fast",
            &[
                ("rate", &format!("{ceiling:.0}")),
                ("calls", &rate.calls),
                ("seconds", &rate.seconds),
                ("allowed", &format!("{:.0}/min", (rate.per_second() * 60.0).floor().max(1.0))),
            ],
        );
    }
}
