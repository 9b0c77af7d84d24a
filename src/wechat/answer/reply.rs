//! What comes back from a request, or why nothing did.

use std::time::Duration;

use serde::Deserialize;

use crate::wechat::answer::errmsg::Errmsg;

/// The platform's answer to a message (docs/platform.md#the-call).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The errcode; 0 is success.
    pub(crate) code: i64,
    /// The errmsg, split.
    pub(crate) errmsg: Errmsg,
}

/// A request without a readable answer. The variants are told apart by one question: may the message have
/// been delivered?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Certainly not: no connection was made.
    NotConnected(NotConnected),
    /// Certainly not: the server said that it would not.
    TurnedAway {
        /// 429 or 503.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// Perhaps: the request had begun.
    Unclear(Unclear),
}

impl Failure {
    /// Whether the server's certificate was not trusted.
    pub(crate) fn is_distrust(&self) -> bool {
        matches!(self, Self::NotConnected(NotConnected::Certificate))
    }
}

/// Why no connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotConnected {
    /// Refused, unreachable, no such name, or TLS failed for another reason than the certificate.
    Refused,
    /// It took too long.
    TimedOut,
    /// The server's certificate is not one that this machine trusts.
    Certificate,
}

/// Why nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// No answer in time.
    TimedOut,
    /// The connection broke.
    Broken,
    /// A status that is no answer.
    Status(u16),
    /// A body that is no JSON answer.
    Unreadable,
}

#[derive(Deserialize)]
struct Raw {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl Answer {
    /// Reads a body, whatever its content type says (docs/platform.md#answer-bodies). Gives nothing for a body that
    /// is no JSON object with an errcode.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let raw: Raw = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        Some(Self { code: raw.errcode, errmsg: Errmsg::parse(&raw.errmsg) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_anything_else_is_not() {
        let answer = Answer::read(br#"{"errcode":45015,"errmsg":"late rid: 61655d5b-0b67106b-797933d8"}"#);
        assert_eq!(answer.as_ref().map(|answer| answer.code), Some(45015));
        assert_eq!(
            answer.as_ref().and_then(|answer| answer.errmsg.rid()),
            Some("61655d5b-0b67106b-797933d8")
        );
        for body in ["", "{}", "[]", "<html>", r#"{"errcode":0"#, r#"{"errcode":"0"}"#, "null"] {
            assert_eq!(Answer::read(body.as_bytes()), None, "{body}");
        }
    }
}
