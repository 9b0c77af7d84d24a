//! The page, its script and the news of changes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch::Receiver;

use crate::live::Page;
use crate::page_access::{Access, guarded};

/// Loads the page again when the server has another one.
const SCRIPT: &str = include_str!("live.js");

type Pages = Receiver<Arc<Page>>;

/// The path of the script, with the number of the page that it belongs to.
pub(crate) fn script_path(version: &str) -> String {
    format!("/live.js?{version}")
}

/// The routes of the server, guarded.
pub(super) fn routes(pages: Pages, access: Access) -> Router {
    let routes = Router::new()
        .route("/", get(page))
        .route("/live.js", get(script))
        .route("/changes", get(changes))
        .with_state(pages);
    guarded(routes, access, String::new())
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
