//! The page, its script and the news of changes. Beside the simulator only this folder names axum.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch::Receiver;

use crate::live::Page;
use crate::live::door::{Door, Entry};

/// Loads the page again when the server has another one.
const SCRIPT: &str = include_str!("live.js");

type Pages = Receiver<Arc<Page>>;

/// The path of the script, with the number of the page that it belongs to.
pub(crate) fn script_path(version: &str) -> String {
    format!("/live.js?{version}")
}

/// The routes of the server behind this door.
pub(super) fn routes(pages: Pages, door: Door) -> Router {
    let routes = Router::new()
        .route("/", get(page))
        .route("/live.js", get(script))
        .route("/changes", get(changes))
        .with_state(pages);
    guarded(routes, door, String::new())
}

/// Routes behind a door: every answer has the headers that keep it here, also that of a request which is refused. `shut` is
/// what whoever is refused reads, which may be anybody.
pub(crate) fn guarded(routes: Router, door: Door, shut: String) -> Router {
    routes.layer(from_fn_with_state(Arc::new((door, shut)), guard))
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

/// Lets requests of the browser that came by the address with the token through and refuses all others.
async fn guard(State(at): State<Arc<(Door, String)>>, request: Request, next: Next) -> Response {
    let (door, shut) = &*at;
    let mut response = match door.entry(request.uri(), request.headers()) {
        Entry::Open => next.run(request).await,
        Entry::Exchanged(cookie) => {
            let mut response = Redirect::to("/").into_response();
            if let Some(cookie) = cookie {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Entry::Shut if shut.is_empty() => StatusCode::FORBIDDEN.into_response(),
        Entry::Shut => (StatusCode::FORBIDDEN, Html(shut.clone())).into_response(),
    };
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // With `no-referrer` Chromium would send `Origin: null` with our own requests.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
