//! What comes back from a request, or why nothing did.

use std::time::Duration;

use serde::Deserialize;

use crate::wechat::answer::errmsg::Errmsg;
use crate::wechat::answer::json::{self, Integer, Text};

/// The platform's answer to a message (docs/platform.md#the-call).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
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
    /// Certainly not: the server said that it would not for the moment.
    TurnedAway {
        /// 429, or 503 with a time to come back.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// Certainly not: this status says that the request was turned down before anything was done, and it will be
    /// again.
    Declined {
        /// Such as 401 or 404.
        status: u16,
    },
    /// Perhaps: the request had begun.
    Unclear(Unclear),
}

impl Failure {
    /// Whether it may pass by waiting. Neither a certificate nor a name and password become good by it.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::NotConnected(
                NotConnected::Refused | NotConnected::TimedOut | NotConnected::ProxyUnreached,
            )
            | Self::TurnedAway { .. }
            | Self::Unclear(_) => true,
            Self::NotConnected(
                NotConnected::Certificate | NotConnected::ProxyAuthorization | NotConnected::ProxyRefused,
            )
            | Self::Declined { .. } => false,
        }
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
    /// The proxy asks for a name and password, or for others (407).
    ProxyAuthorization,
    /// The proxy made no connection: it does not let it through (403), or it cannot reach the host itself (502 to 504).
    /// Which of both is not to be had from reqwest.
    ProxyRefused,
    /// There is no connection to the proxy itself.
    ProxyUnreached,
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
    Unreadable(NotAnswer),
}

/// What came in place of an answer. Nothing of it is repeated: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnswer {
    /// Nothing.
    Nothing,
    /// More than an answer can be.
    TooLong,
    /// A web page.
    Page,
    /// JSON without an errcode.
    Json,
    /// Something else.
    Other,
}

impl NotAnswer {
    /// What a body is that was not read as an answer, or was not read to its end because it is none.
    pub(crate) fn of(body: Option<&[u8]>) -> Self {
        let Some(body) = body else { return Self::TooLong };
        if body.trim_ascii_start().is_empty() {
            Self::Nothing
        } else if is_page(body) {
            Self::Page
        } else if json::read::<serde_json::Value>(body).is_some_and(|value| value.is_object()) {
            Self::Json
        } else {
            Self::Other
        }
    }
}

/// Whether a body is a web page, such as a gateway or a login puts in the place of what was asked for.
pub(crate) fn is_page(body: &[u8]) -> bool {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().starts_with(b"<")
}

#[derive(Deserialize)]
struct Raw {
    errcode: Integer,
    #[serde(default)]
    errmsg: Text,
}

impl Answer {
    /// Reads a body. Gives nothing for one that is no JSON object with an errcode; one that 32 bits do not hold is none,
    /// the largest that the platform lists is far below.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let raw: Raw = json::read(body)?;
        let code = raw.errcode.0.filter(|code| i32::try_from(*code).is_ok())?;
        Some(Self { code, errmsg: Errmsg::parse(raw.errmsg.0.as_deref().unwrap_or("")) })
    }
}

/// What a status says of a body that is no answer of the platform.
pub(crate) fn without_answer(
    status: u16,
    asks_to_wait: bool,
    retry_after: Option<Duration>,
    body: Option<&[u8]>,
) -> Failure {
    match status {
        429 => Failure::TurnedAway { status, retry_after },
        // A gateway answers 503 also when it has passed the request on and lost the answer. Only one that says when
        // to come back has surely kept it to itself.
        503 if asks_to_wait => Failure::TurnedAway { status, retry_after },
        301..=308 | 401 | 403 | 404 | 405 | 407 | 411 | 413 | 414 | 431 | 511 => Failure::Declined { status },
        200..=299 => Failure::Unclear(Unclear::Unreadable(NotAnswer::of(body))),
        _ => Failure::Unclear(Unclear::Status(status)),
    }
}

/// The HTTP status of a failure that an errcode is. The platform has no such codes.
pub(crate) fn http_status(code: i64) -> Option<u16> {
    u16::try_from(code).ok().filter(|status| (400..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::answer::error_code::TABLE;

    #[test]
    fn an_answer_is_read_and_anything_else_is_not() {
        let answer = Answer::read(br#"{"errcode":45015,"errmsg":"late rid: 61655d5b-0b67106b-797933d8"}"#);
        assert_eq!(answer.as_ref().map(|answer| answer.code), Some(45015));
        assert_eq!(
            answer.as_ref().and_then(|answer| answer.errmsg.rid()),
            Some("61655d5b-0b67106b-797933d8")
        );
        for body in [
            "",
            "{}",
            "[]",
            r#"[0,"ok"]"#,
            "[0]",
            "<html>",
            r#"{"errcode":0"#,
            r#"{"errcode":"zero"}"#,
            r#"{"errcode":4294967296}"#,
            r#"{"errcode":-9223372036854775808}"#,
            "null",
        ] {
            assert_eq!(Answer::read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn no_code_of_the_platform_is_a_status_of_http() {
        assert_eq!([408, 499, 503].map(http_status), [Some(408), Some(499), Some(503)]);
        assert_eq!([-1, 0, 200, 399, 600, 65536 + 503].map(http_status), [None; 6]);
        assert!(TABLE.iter().all(|known| http_status(known.code).is_none()));
    }

    #[test]
    fn a_status_alone_says_whether_anything_was_done() {
        let told = |status, asks| without_answer(status, asks, None, None);
        for status in [301, 302, 303, 304, 307, 308, 401, 403, 404, 405, 407, 411, 413, 414, 431, 511] {
            assert_eq!(told(status, false), Failure::Declined { status }, "{status}");
        }
        for (status, asks) in [(429, false), (429, true), (503, true)] {
            assert_eq!(told(status, asks), Failure::TurnedAway { status, retry_after: None });
        }
        for status in [300, 400, 402, 408, 409, 421, 425, 500, 502, 503, 504, 520] {
            assert_eq!(told(status, false), Failure::Unclear(Unclear::Status(status)), "{status}");
        }
        for (body, instead) in [
            ("", NotAnswer::Nothing),
            (" \r\n<html>login</html>", NotAnswer::Page),
            ("\u{feff}<html>login</html>", NotAnswer::Page),
            (r#"{"code":0,"data":{"errcode":0}}"#, NotAnswer::Json),
            ("[]", NotAnswer::Other),
            (r#"{"errcode":"#, NotAnswer::Other),
        ] {
            let read = without_answer(200, true, None, Some(body.as_bytes()));
            assert_eq!(read, Failure::Unclear(Unclear::Unreadable(instead)), "{body}");
        }
    }
}
