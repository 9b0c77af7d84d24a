//! What came of one request.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::wechat::answer::errmsg::Errmsg;
use crate::wechat::answer::reply::{Answer, Failure, NotConnected, Unclear, without_answer};

/// Why a request ended as it did: the platform's answer, or what took its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The platform answered.
    Answer {
        /// The errcode.
        code: i64,
        /// The errmsg, split.
        errmsg: Errmsg,
    },
    /// Something else happened.
    Event(Incident),
}

/// What can take the place of an answer. The names are stored in journals and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Incident {
    /// No connection was made.
    NotConnected,
    /// A connection took too long.
    ConnectTimeout,
    /// The server's certificate is not trusted.
    Certificate,
    /// The proxy asks for a name and password.
    ProxyAuthorization,
    /// The proxy made no connection.
    ProxyRefused,
    /// There was no connection to the proxy.
    ProxyUnreached,
    /// HTTP 429, or 503 with a time to come back: the server was too busy.
    TurnedAway(u16),
    /// A status that turns a request down before anything is done.
    Declined(u16),
    /// No answer in time.
    Timeout,
    /// The connection broke after the request began.
    Broken,
    /// A status that is no answer.
    Status(u16),
    /// A body that is no JSON answer.
    Unreadable,
    /// The process ended while the request was on its way.
    Crash,
    /// The operator ended the run while the request was on its way.
    Aborted,
    /// The operator ended the run before the request was begun.
    NotBegun,
    /// Somebody settled an unknown outcome by hand.
    Resolved,
}

/// The name of a 503 without a time to come back.
const UNCLEAR: &str = "http-503-unclear";

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("not-connected"),
            Self::ConnectTimeout => f.write_str("connect-timeout"),
            Self::Certificate => f.write_str("certificate"),
            Self::ProxyAuthorization => f.write_str("proxy-authorization"),
            Self::ProxyRefused => f.write_str("proxy-refused"),
            Self::ProxyUnreached => f.write_str("proxy-unreached"),
            // A 503 without a time to come back means something else than one with it, so its name differs.
            Self::Status(503) => f.write_str(UNCLEAR),
            Self::TurnedAway(status) | Self::Declined(status) | Self::Status(status) => {
                write!(f, "http-{status}")
            }
            Self::Timeout => f.write_str("timeout"),
            Self::Broken => f.write_str("connection-broken"),
            Self::Unreadable => f.write_str("unreadable-answer"),
            Self::Crash => f.write_str("crash"),
            Self::Aborted => f.write_str("aborted"),
            Self::NotBegun => f.write_str("not-begun"),
            Self::Resolved => f.write_str("resolved"),
        }
    }
}

impl Incident {
    /// Every one that has no status.
    const PLAIN: [Self; 13] = [
        Self::NotConnected,
        Self::ConnectTimeout,
        Self::Certificate,
        Self::ProxyAuthorization,
        Self::ProxyRefused,
        Self::ProxyUnreached,
        Self::Timeout,
        Self::Broken,
        Self::Unreadable,
        Self::Crash,
        Self::Aborted,
        Self::NotBegun,
        Self::Resolved,
    ];

    /// Reads a stored name; nothing for one that a later version has written.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("http-").map(str::parse) {
            Some(Ok(status @ (429 | 503))) => Some(Self::TurnedAway(status)),
            Some(Ok(status)) if is_declined(name) => Some(Self::Declined(status)),
            Some(Ok(status)) => Some(Self::Status(status)),
            Some(Err(_)) => (name == UNCLEAR).then_some(Self::Status(503)),
            None => Self::PLAIN.into_iter().find(|incident| incident.to_string() == name),
        }
    }

    /// The key of its advice in `locales/`.
    pub(crate) fn advice_key(self) -> String {
        match self {
            Self::TurnedAway(_) => "incident.turned-away".to_owned(),
            Self::Declined(_) => "incident.declined".to_owned(),
            Self::Status(_) => "incident.http".to_owned(),
            plain => format!("incident.{plain}"),
        }
    }
}

/// Whether it is the name of a status that turns a request down before anything is done.
fn is_declined(name: &str) -> bool {
    let status = name.strip_prefix("http-").and_then(|status| status.parse().ok());
    status.is_some_and(|status| matches!(without_answer(status, false, None, None), Failure::Declined { .. }))
}

impl From<Result<Answer, Failure>> for Cause {
    fn from(result: Result<Answer, Failure>) -> Self {
        match result {
            Ok(answer) => Self::Answer { code: answer.code, errmsg: answer.errmsg },
            Err(Failure::NotConnected(NotConnected::Refused)) => Self::Event(Incident::NotConnected),
            Err(Failure::NotConnected(NotConnected::TimedOut)) => Self::Event(Incident::ConnectTimeout),
            Err(Failure::NotConnected(NotConnected::Certificate)) => Self::Event(Incident::Certificate),
            Err(Failure::NotConnected(NotConnected::ProxyAuthorization)) => {
                Self::Event(Incident::ProxyAuthorization)
            }
            Err(Failure::NotConnected(NotConnected::ProxyRefused)) => Self::Event(Incident::ProxyRefused),
            Err(Failure::NotConnected(NotConnected::ProxyUnreached)) => Self::Event(Incident::ProxyUnreached),
            Err(Failure::Declined { status }) => Self::Event(Incident::Declined(status)),
            Err(Failure::TurnedAway { status, .. }) => Self::Event(Incident::TurnedAway(status)),
            Err(Failure::Unclear(Unclear::TimedOut)) => Self::Event(Incident::Timeout),
            Err(Failure::Unclear(Unclear::Broken)) => Self::Event(Incident::Broken),
            Err(Failure::Unclear(Unclear::Status(status))) => Self::Event(Incident::Status(status)),
            Err(Failure::Unclear(Unclear::Unreadable(_))) => Self::Event(Incident::Unreadable),
        }
    }
}

/// A finished attempt, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which attempt at its message it was, from 1, counted over all runs.
    pub number: u32,
    /// When it ended.
    pub finished: Timestamp,
    /// How long it took.
    pub latency: Duration,
    /// Why it ended.
    pub cause: Cause,
}
