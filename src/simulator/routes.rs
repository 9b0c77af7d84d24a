//! Which path is which call.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};

use serde::Deserialize;

use crate::simulator::platform::Platform;
use crate::simulator::{account, answer, people, send, upload};
use crate::wechat::client::SIMULATOR;

/// Who may read the ledger.
#[derive(Debug, Clone)]
pub(crate) enum Readers {
    /// Whoever asks.
    Anybody,
    /// Whoever has this word.
    Holders(Arc<str>),
}

/// Refuses pages of the web: a host that is not this computer by one of its own names is a name that somebody made
/// lead here, and an origin says that a page asks.
async fn only_this_computer(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = |value: &HeaderValue| value.to_str().is_ok_and(is_this_computer);
    let origin = |value: &HeaderValue| {
        let host = value.to_str().ok().and_then(|origin| origin.split_once("://"));
        host.is_some_and(|(_, host)| is_this_computer(host))
    };
    let mut hosts = headers.get_all(header::HOST).iter();
    let is_ours = hosts.next().is_some_and(host) && hosts.next().is_none();
    if is_ours && headers.get_all(header::ORIGIN).iter().all(origin) {
        next.run(request).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    }
}

fn is_this_computer(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    name == "127.0.0.1" || name == "[::1]" || name.eq_ignore_ascii_case("localhost")
}

/// The paths of a simulator for this computer alone, its ledger for those who have the word.
pub(crate) fn guarded(platform: Arc<Platform>, word: &str) -> Router {
    router(platform, Readers::Holders(word.into())).layer(from_fn(only_this_computer))
}

/// Every path of the simulator. The platform's paths take every method, because it answers a wrong one with
/// an errcode.
pub(crate) fn router(platform: Arc<Platform>, readers: Readers) -> Router {
    Router::new()
        .route("/cgi-bin/message/custom/send", any(send::send))
        .route("/cgi-bin/message/custom/typing", any(send::typing))
        .route("/cgi-bin/stable_token", any(account::stable_token))
        .route("/cgi-bin/token", any(account::token))
        .route("/cgi-bin/customservice/getkflist", any(account::kf_list))
        .route("/cgi-bin/openapi/quota/get", any(account::quota))
        .route("/cgi-bin/clear_quota", any(account::clear_quota))
        .route("/cgi-bin/media/upload", any(upload::upload))
        .route("/cgi-bin/media/uploadimg", any(upload::upload_image))
        .route("/cgi-bin/user/get", any(people::followers))
        .route("/cgi-bin/user/info/batchget", any(people::profiles))
        .route("/cgi-bin/user/tag/get", any(people::tagged))
        .route("/cgi-bin/tags/get", any(people::tags))
        .route("/cgi-bin/tags/members/getblacklist", any(people::blacklist))
        .route("/customservice/msgrecord/getmsglist", any(people::records))
        .route("/simulator/ledger", get(ledger))
        .route("/simulator/interact", post(interact))
        .route("/simulator/health", get(|| async { "ok\n" }))
        .fallback(nothing)
        .layer(DefaultBodyLimit::disable())
        .with_state(platform)
        .layer(Extension(readers))
        .layer(map_response(by_name))
}

/// Whatever else is asked for. Whoever asks for nothing but the time finds it here, too.
async fn nothing(State(platform): State<Arc<Platform>>) -> Response {
    let mut response = (StatusCode::NOT_FOUND, "the simulator has no such call\n").into_response();
    answer::skew(&platform, response.headers_mut());
    response
}

/// Says whose answer it is.
async fn by_name(mut response: Response) -> Response {
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static(SIMULATOR));
    response
}

/// What somebody does in mid-run.
#[derive(Debug, Deserialize)]
struct Interaction {
    openid: String,
    event: String,
}

async fn interact(State(platform): State<Arc<Platform>>, body: Bytes) -> Response {
    let Ok(Interaction { openid, event }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match platform.windows().as_mut() {
        Some(windows) => {
            windows.interact(&openid, &event, platform.clock.unix_seconds());
            StatusCode::NO_CONTENT.into_response()
        }
        // Anybody may be written to already.
        None => StatusCode::CONFLICT.into_response(),
    }
}

async fn ledger(
    State(platform): State<Arc<Platform>>,
    Extension(readers): Extension<Readers>,
    request: Request,
) -> Response {
    if let Readers::Holders(word) = readers {
        let given = request.uri().query().and_then(|query| query.strip_prefix("token="));
        if given != Some(&*word) {
            return StatusCode::FORBIDDEN.into_response();
        }
    }
    match platform.ledger.to_json() {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
