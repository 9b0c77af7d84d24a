//! What the platform says of the account: its quota and its service accounts (docs/platform.md#service-accounts,
//! docs/platform.md#reading-the-quota).

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use crate::wechat::answer::json::{self, Integer, Text};
use crate::wechat::answer::reply::{Answer, Failure, NotAnswer, Unclear};
use crate::wechat::client::Client;
use crate::wechat::token::access_token::Token;

const QUOTA: &str = "/cgi-bin/openapi/quota/get";
const KF_LIST: &str = "/cgi-bin/customservice/getkflist";
/// The call whose quota matters.
const SEND: &str = "/cgi-bin/message/custom/send";

/// Why the platform told nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// It says no.
    Answered(Answer),
    /// It gave no answer that can be read.
    NoAnswer(Failure),
}

/// How many messages the account may still send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Of a day and what is left of it, where the platform says so.
    pub(crate) day: Option<DayQuota>,
    /// The most calls in a time, where the platform says so.
    pub(crate) rate: Option<RateLimit>,
}

/// The quota of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayQuota {
    /// Of the whole day.
    pub(crate) limit: u64,
    /// What is left of it.
    pub(crate) remain: u64,
}

/// The most calls in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimit {
    /// The calls.
    pub(crate) calls: u64,
    /// The time, in seconds.
    pub(crate) seconds: u64,
}

impl RateLimit {
    /// Whether so many messages a second are more than it allows.
    pub(crate) fn is_exceeded_by(self, per_second: f64) -> bool {
        per_second > self.per_second()
    }

    /// The messages a second that it allows on average.
    pub(crate) fn per_second(self) -> f64 {
        // Quotas are far below 2^53, so a float holds them exactly.
        #[expect(clippy::cast_precision_loss)]
        let per_second = self.calls as f64 / Duration::from_secs(self.seconds).as_secs_f64();
        per_second
    }
}

#[derive(Deserialize)]
struct RawQuota {
    #[serde(default)]
    errcode: Integer,
    quota: Option<RawDay>,
    rate_limit: Option<RawRate>,
}

#[derive(Deserialize)]
struct RawDay {
    #[serde(default)]
    daily_limit: Integer,
    #[serde(default)]
    remain: Integer,
}

#[derive(Deserialize)]
struct RawRate {
    #[serde(default)]
    call_count: Integer,
    #[serde(default)]
    refresh_second: Integer,
}

impl RawDay {
    /// The quota. A figure of 0 says nothing (docs/platform.md#reading-the-quota).
    fn read(&self) -> Option<DayQuota> {
        let (limit, remain) = (count(self.daily_limit)?, count(self.remain)?);
        (limit > 0).then_some(DayQuota { limit, remain })
    }
}

impl RawRate {
    fn read(&self) -> Option<RateLimit> {
        let (calls, seconds) = (count(self.call_count)?, count(self.refresh_second)?);
        (calls > 0 && seconds > 0).then_some(RateLimit { calls, seconds })
    }
}

fn count(number: Integer) -> Option<u64> {
    number.0.and_then(|number| u64::try_from(number).ok())
}

/// Asks what is left of the quota for messages. `rate_limit` may be missing, and a figure of 0 says nothing
/// (docs/platform.md#reading-the-quota).
///
/// # Errors
///
/// When the platform does not tell. The call is known to fail now and then: whoever asks goes on without it.
pub(crate) async fn quota(client: &Client, token: &Token) -> Result<Quota, CallError> {
    let asked = client.post_json_with(QUOTA, &json!({ "cgi_path": SEND }), token).await;
    let body = asked.map_err(CallError::NoAnswer)?;
    match json::read::<RawQuota>(&body) {
        // A gateway may leave the errcode of a success out.
        Some(RawQuota { errcode: Integer(None | Some(0)), quota, rate_limit })
            if quota.is_some() || rate_limit.is_some() =>
        {
            Ok(Quota { day: quota.and_then(|day| day.read()), rate: rate_limit.and_then(|rate| rate.read()) })
        }
        Some(_) | None => Err(refusal(&body)),
    }
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KfAccount {
    /// Its whole name, such as `test1@kftest`.
    pub(crate) name: String,
    /// The WeChat id that is bound to it, where one is.
    pub(crate) bound: Option<String>,
}

#[derive(Deserialize)]
struct RawKfList {
    kf_list: Vec<RawKf>,
}

#[derive(Deserialize)]
struct RawKf {
    #[serde(default)]
    kf_account: Text,
    #[serde(default)]
    kf_wx: Text,
}

/// Asks for the service accounts. That it is answered shows that the token works and that the account has the right
/// to customer-service messages (docs/platform.md#service-accounts).
///
/// # Errors
///
/// When the platform does not tell.
pub(crate) async fn kf_accounts(client: &Client, token: &Token) -> Result<Vec<KfAccount>, CallError> {
    let body = client.get_with(KF_LIST, token).await.map_err(CallError::NoAnswer)?;
    let list = json::read::<RawKfList>(&body).ok_or_else(|| refusal(&body))?.kf_list.into_iter();
    Ok(list.filter_map(|kf| Some(KfAccount { name: kf.kf_account.0?, bound: kf.kf_wx.0 })).collect())
}

/// What a body says that is not what was asked for.
pub(crate) fn refusal(body: &Bytes) -> CallError {
    match Answer::read(body) {
        Some(answer) if answer.code != 0 => CallError::Answered(answer),
        Some(_) | None => {
            CallError::NoAnswer(Failure::Unclear(Unclear::Unreadable(NotAnswer::of(Some(body)))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_held_against_the_limit_of_its_time() {
        let limit = RateLimit { calls: 600, seconds: 60 };
        assert!(!limit.is_exceeded_by(10.0));
        assert!(limit.is_exceeded_by(10.1));
    }

    #[test]
    fn an_answer_of_success_without_what_was_asked_for_is_none() {
        let read = |body: &'static str| refusal(&Bytes::from_static(body.as_bytes()));
        assert!(matches!(read(r#"{"errcode":76021,"errmsg":"x"}"#), CallError::Answered(_)));
        assert!(matches!(read(r#"{"errcode":0,"errmsg":"ok"}"#), CallError::NoAnswer(_)));
        assert!(matches!(read("<html>"), CallError::NoAnswer(_)));
    }
}
