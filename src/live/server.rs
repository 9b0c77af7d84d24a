//! The page, its script and the news of changes; the only file beside the simulator that names axum.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch::Receiver;

use crate::live::Page;

/// Loads the page again when the server has another one.
const SCRIPT: &str = include_str!("live.js");

type Pages = Receiver<Arc<Page>>;

/// The path of the script, with the number of the page that it belongs to.
pub(crate) fn script_path(version: &str) -> String {
    format!("/live.js?{version}")
}

/// The routes of the server on this port.
pub(crate) fn routes(pages: Pages, port: u16) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/live.js", get(script))
        .route("/changes", get(changes))
        .with_state(pages)
        .layer(from_fn_with_state(port, guard))
}

async fn page(State(pages): State<Pages>) -> Html<String> {
    Html(pages.borrow().made.html.clone())
}

async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}

/// The number of the page now, and again whenever there is another one.
async fn changes(State(mut pages): State<Pages>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    pages.mark_changed();
    let events = unfold(pages, |mut pages| async move {
        pages.changed().await.ok()?;
        let event = Event::default().data(&pages.borrow_and_update().version);
        Some((Ok(event), pages))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Lets requests of this machine's browser to this server through and refuses all others.
async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    if !is_allowed(request.headers(), port) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_allowed(headers: &HeaderMap, port: u16) -> bool {
    let ours = |name: &HeaderValue| name.to_str().is_ok_and(|name| is_ours(name, port));
    let origin = |origin: &HeaderValue| {
        origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://"))
            .is_some_and(|host| is_ours(host, port))
    };
    let mut hosts = headers.get_all(header::HOST).iter();
    // Two hosts are one too many: which of them was meant nobody knows.
    hosts.next().is_some_and(ours)
        && hosts.next().is_none()
        && headers.get_all(header::ORIGIN).iter().all(origin)
}

/// Whether a host, with or without a port, is this server as its own machine names it.
fn is_ours(host: &str, port: u16) -> bool {
    let (name, given) = match host.split_once(':') {
        Some((name, given)) => (name, given.parse().ok()),
        None => (host, Some(port)),
    };
    let local = name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost");
    local && given == Some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_by_its_own_names_is_served() {
        for host in ["127.0.0.1:80", "localhost:80", "LOCALHOST", "127.0.0.1"] {
            assert!(is_ours(host, 80), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:80",
            "localhost.evil.example",
            "127.0.0.1:81",
            "localhost:",
            "",
            "[::1]:80",
        ] {
            assert!(!is_ours(host, 80), "{host}");
        }
    }
}
