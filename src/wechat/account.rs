//! What the platform says of the account: its quota and its service accounts (docs/platform.md#service-accounts,
//! docs/platform.md#reading-the-quota).

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use crate::wechat::answer::reply::{Answer, Failure, Unclear};
use crate::wechat::client::Client;
use crate::wechat::token::access_token::Token;

const QUOTA: &str = "/cgi-bin/openapi/quota/get";
const KF_LIST: &str = "/cgi-bin/customservice/getkflist";
/// The call whose quota matters.
const SEND: &str = "/cgi-bin/message/custom/send";

/// Why the platform told nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallError {
    /// It says no.
    Answered(Answer),
    /// It gave no answer that can be read.
    NoAnswer(Failure),
}

/// How many messages the account may still send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Of a day and what is left of it, where the platform says so.
    pub(crate) day: Option<DayQuota>,
    /// The most calls in a time, where the platform says so.
    pub(crate) rate: Option<RateLimit>,
}

/// The quota of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct DayQuota {
    /// Of the whole day.
    #[serde(rename = "daily_limit")]
    pub(crate) limit: u64,
    /// What is left of it.
    pub(crate) remain: u64,
}

/// The most calls in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct RateLimit {
    /// The calls.
    #[serde(rename = "call_count")]
    pub(crate) calls: u64,
    /// The time, in seconds.
    #[serde(rename = "refresh_second")]
    pub(crate) seconds: u64,
}

impl RateLimit {
    /// Whether so many messages a second are more than it allows.
    pub(crate) fn is_exceeded_by(self, per_second: f64) -> bool {
        per_second > self.per_second()
    }

    /// The messages a second that it allows on average.
    pub(crate) fn per_second(self) -> f64 {
        // Limits are small enough for a float.
        #[expect(clippy::cast_precision_loss)]
        let per_second = self.calls as f64 / Duration::from_secs(self.seconds).as_secs_f64();
        per_second
    }
}

#[derive(Deserialize)]
struct RawQuota {
    errcode: i64,
    quota: Option<DayQuota>,
    rate_limit: Option<RateLimit>,
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
    match serde_json::from_slice::<RawQuota>(&body) {
        Ok(RawQuota { errcode: 0, quota, rate_limit }) => Ok(Quota {
            day: quota.filter(|day| day.limit > 0),
            rate: rate_limit.filter(|rate| rate.calls > 0 && rate.seconds > 0),
        }),
        Ok(_) | Err(_) => Err(refusal(&body)),
    }
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct KfAccount {
    /// Its whole name, such as `test1@kftest`.
    #[serde(rename = "kf_account")]
    pub(crate) name: String,
    /// The WeChat id that is bound to it, where one is.
    #[serde(rename = "kf_wx")]
    pub(crate) bound: Option<String>,
}

#[derive(Deserialize)]
struct RawKfList {
    kf_list: Vec<KfAccount>,
}

/// Asks for the service accounts. That it is answered shows that the token works and that the account has the right
/// to customer-service messages (docs/platform.md#service-accounts).
///
/// # Errors
///
/// When the platform does not tell.
pub(crate) async fn kf_accounts(client: &Client, token: &Token) -> Result<Vec<KfAccount>, CallError> {
    let body = client.get_with(KF_LIST, token).await.map_err(CallError::NoAnswer)?;
    serde_json::from_slice::<RawKfList>(&body).map(|list| list.kf_list).map_err(|_| refusal(&body))
}

fn refusal(body: &Bytes) -> CallError {
    match Answer::read(body) {
        Some(answer) if answer.code != 0 => CallError::Answered(answer),
        Some(_) | None => CallError::NoAnswer(Failure::Unclear(Unclear::Unreadable)),
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
