//! One request, and what came back: an answer of the platform's, or how certain it is that there was none.

use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::wechat::answer::error_code::find;
use crate::wechat::answer::reply::{
    Answer, Failure, NotAnswer, NotConnected, Unclear, http_status, without_answer,
};
use crate::wechat::proxy_error::turned_down_by_proxy;

/// A timer that fires this late was held up, because the process or the whole computer was paused.
const LATE: Duration = Duration::from_millis(250);
/// What has arrived during such a pause is given this long to be read.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// What came back.
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Nothing where it is longer than an answer can be.
    pub(super) body: Option<Bytes>,
}

impl Received {
    /// The platform's answer to a message, whatever the status says; or what the status alone says.
    pub(super) fn answer(self) -> Result<Answer, Failure> {
        match self.body.as_deref().and_then(Answer::read) {
            Some(answer) => self.of_the_platform(&answer).map(|()| answer),
            None => Err(self.without_answer()),
        }
    }

    /// The body, which must be an answer where the status is no success.
    pub(super) fn body(self) -> Result<Bytes, Failure> {
        let Some(body) = &self.body else { return Err(self.without_answer()) };
        match Answer::read(body) {
            Some(answer) => self.of_the_platform(&answer).map(|()| body.clone()),
            None if self.status.is_success() => Ok(body.clone()),
            None => Err(self.without_answer()),
        }
    }

    /// Whether it was the platform that gave an answer. A gateway that has none from it may say so in its form: with a
    /// status as the errcode, or with a status that leaves everything open and a code of its own. Either way the request
    /// may have reached the platform.
    fn of_the_platform(&self, answer: &Answer) -> Result<(), Failure> {
        let said = self.without_answer();
        let is_open = matches!(said, Failure::Unclear(Unclear::Status(_)));
        match http_status(answer.code) {
            Some(status) if is_open || status == self.status.as_u16() => Err(said),
            Some(status) => Err(Failure::Unclear(match without_answer(status, false, None, None) {
                Failure::Unclear(unclear) => unclear,
                // Alone this status would be certain; beside another one nothing is.
                Failure::NotConnected(_) | Failure::TurnedAway { .. } | Failure::Declined { .. } => {
                    Unclear::Unreadable(NotAnswer::Json)
                }
            })),
            None if is_open && find(answer.code).is_none() => Err(said),
            None => Ok(()),
        }
    }

    fn without_answer(&self) -> Failure {
        let asks_to_wait = self.headers.contains_key(RETRY_AFTER);
        without_answer(self.status.as_u16(), asks_to_wait, retry_after(&self.headers), self.body.as_deref())
    }
}

/// Gives up after a time. When the process was paused for longer than that, what was waited for may have come
/// meanwhile: then it is looked at before it is called late.
pub(super) async fn in_time<T>(
    most: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::pin!(work);
    let begun = Instant::now();
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = tokio::time::sleep(most) => {}
    }
    if begun.elapsed().saturating_sub(most) > LATE
        && let Ok(done) = tokio::time::timeout(SECOND_LOOK, work).await
    {
        return done;
    }
    Err(Failure::Unclear(Unclear::TimedOut))
}

/// Makes a request and reads what comes back.
pub(super) async fn once(request: RequestBuilder, size: usize) -> Result<Received, Failure> {
    let mut response = request.send().await.map_err(|error| failure(&error))?;
    let body = read(&mut response, size).await?;
    Ok(Received { status: response.status(), headers: std::mem::take(response.headers_mut()), body })
}

/// The body of a response, as long as it may be an answer.
async fn read(response: &mut Response, most: usize) -> Result<Option<Bytes>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unclear(&error))? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        if body.is_empty() {
            body = Vec::from(chunk);
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(Some(Bytes::from(body)))
}

/// Only a failure to connect is certain; whatever comes later may have reached the server.
fn failure(error: &reqwest::Error) -> Failure {
    if !error.is_connect() {
        return unclear(error);
    }
    Failure::NotConnected(if error.is_timeout() {
        NotConnected::TimedOut
    } else if distrusts(error) {
        NotConnected::Certificate
    } else {
        turned_down_by_proxy(error).unwrap_or(NotConnected::Refused)
    })
}

/// Whether it was the server's certificate that kept the connection from being made.
fn distrusts(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // `source()` of an I/O error skips the error it wraps and goes on with that one's source, so the inner one is taken.
    let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    held.is_some_and(|held| distrusts(held)) || error.source().is_some_and(distrusts)
}

fn unclear(error: &reqwest::Error) -> Failure {
    Failure::Unclear(if error.is_timeout() { Unclear::TimedOut } else { Unclear::Broken })
}

/// The header's seconds. A date is not read: our clock may be wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The server's time.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    headers.get(DATE).and_then(time)
}

pub(super) fn time(value: &HeaderValue) -> Option<Timestamp> {
    let text = value.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}
