//! What goes out: the platform's reply, or a fault in its place.

use std::future;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use crate::simulator::faults::{Effect, Fault};
use crate::simulator::platform::{Platform, Reply};
use crate::simulator::rules::{Endpoint, Target};
use crate::simulator::socket::Line;

/// What a gateway shows instead of an answer.
const HTML: &str = "<html>\r\n<head><title>Service</title></head>\r\n<body>\r\n<center><h1>Please try again later</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// Answers one request. The verdict is taken at once, unless a fault keeps the request out; then comes the
/// latency; then the reply or what is left of it.
pub(crate) async fn answer(
    platform: &Platform,
    line: &Line,
    target: Target<'_>,
    verdict: impl FnOnce() -> Reply,
) -> Response {
    let fault = platform.faults.pick(target);
    // A message that is kept out was not delivered, so its answer, if one comes at all, must not say it was.
    let reply = match fault {
        Some(Fault { accepted: false, .. }) => platform.refuse(-1),
        Some(Fault { accepted: true, .. }) | None => verdict(),
    };
    if let Some(fault) = fault {
        platform.ledger.faulted(fault.kind);
    }
    wait(platform.clock.takes(latency(platform, target))).await;
    let Some(fault) = fault else { return whole(platform, target, reply) };
    match &fault.effect {
        Effect::Delay(hold) => {
            wait(*hold).await;
            whole(platform, target, reply)
        }
        Effect::CloseIdle => {
            line.close_after_answer();
            whole(platform, target, reply)
        }
        Effect::Reset => {
            line.reset();
            Response::default()
        }
        Effect::Close => {
            line.close();
            Response::default()
        }
        Effect::HalfAnswer => half(platform, reply.body),
        Effect::Status { status, retry_after } => page(*status, *retry_after),
        Effect::Garbage => ([(CONTENT_TYPE, "text/html")], HTML).into_response(),
        Effect::EmptyBody => json(platform, Bytes::new()),
        Effect::TruncatedJson => json(platform, reply.body.slice(..reply.body.len() / 2)),
        Effect::Hang => future::pending().await,
    }
}

/// The platform's reply as it is, counted.
fn whole(platform: &Platform, target: Target<'_>, reply: Reply) -> Response {
    match target.on {
        Endpoint::Send => platform.ledger.answered(target.openid, reply.errcode),
        Endpoint::Token
        | Endpoint::Upload
        | Endpoint::Typing
        | Endpoint::Kflist
        | Endpoint::Quota
        | Endpoint::Followers
        | Endpoint::Tags
        | Endpoint::Tagged
        | Endpoint::Blacklist
        | Endpoint::Profiles
        | Endpoint::Records => {}
    }
    json(platform, reply.body)
}

/// HTTP 200 with this body.
fn json(platform: &Platform, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    let given = platform.settings.content_type.as_ref().map(|value| value.0.clone());
    let content_type = given.unwrap_or(HeaderValue::from_static("application/json; encoding=utf-8"));
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    skew(platform, response.headers_mut());
    response
}

/// Promises the whole body and ends the connection after half of it.
fn half(platform: &Platform, body: Bytes) -> Response {
    let length = HeaderValue::from(body.len());
    let first = stream::iter([Ok(body.slice(..body.len() / 2))]);
    let cut = stream::once(async {
        // A turn of the scheduler, so that the first half is on its way before the error ends it all.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    let mut response = json(platform, Bytes::new());
    *response.body_mut() = Body::from_stream(first.chain(cut));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

/// A page with another status. A redirect points at itself: who follows it never ends.
fn page(status: u16, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).expect("scenarios name a status from 300 to 599");
    let mut response = (status, [(CONTENT_TYPE, "text/html")], HTML).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status.is_redirection() {
        response.headers_mut().insert(LOCATION, HeaderValue::from_static(""));
    }
    response
}

/// Puts the platform's time into the answer where it is not this computer's; that is put there by the server itself.
pub(crate) fn skew(platform: &Platform, headers: &mut HeaderMap) {
    let (offset, told) = (platform.settings.clock_skew, platform.clock.told());
    if offset.span.is_zero() && told.is_none() {
        return;
    }
    let Ok(span) = jiff::SignedDuration::try_from(offset.span) else { return };
    let now = told.unwrap_or_else(jiff::Timestamp::now);
    let Ok(wrong) = now.checked_add(if offset.back { -span } else { span }) else { return };
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&wrong);
    if let Some(date) = date.ok().and_then(|date| HeaderValue::try_from(date).ok()) {
        headers.insert(DATE, date);
    }
}

fn latency(platform: &Platform, target: Target<'_>) -> Duration {
    let settings = &platform.settings;
    let latency = match target.on {
        Endpoint::Token => settings.token.fetch_latency,
        Endpoint::Send
        | Endpoint::Upload
        | Endpoint::Typing
        | Endpoint::Kflist
        | Endpoint::Quota
        | Endpoint::Followers
        | Endpoint::Tags
        | Endpoint::Tagged
        | Endpoint::Blacklist
        | Endpoint::Profiles
        | Endpoint::Records => settings.latency,
    };
    latency.of(settings.seed, target.number)
}

/// The timer rounds up to a millisecond, so no time is not waited for at all.
async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}
