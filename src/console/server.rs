//! The addresses of the console, and what is asked of every request. Beside the simulator and the live preview only this
//! file names axum.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use futures_util::stream::{Stream, unfold};
use tokio::net::TcpListener;

use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::screens::new::Brought;
use crate::console::screens::{self, Fields, Shown, Wrong};
use crate::page_access::{Access, guarded};
use crate::report::form::page::STYLE;
use crate::report::plan::faults::STYLE as FAULTS;
use crate::report::preview::html::STYLE as PHONES;

/// The style of the screens, behind that of every page and of the phones.
const OWN_STYLE: &str = include_str!("assets/console.css");
/// What the screens do by themselves where scripts run.
const SCRIPT: &str = include_str!("assets/console.js");
/// A form has a few fields. An AppSecret and a search are the longest of them.
const MOST: usize = 64 << 10;
/// The form of a whole campaign has some hundred of them.
const MOST_OF_FORM: usize = 2 << 20;
/// A list of a million people has fewer bytes.
const MOST_OF_LIST: usize = 64 << 20;
/// How often a running send is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// What a browser may do for a page of the console.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

type Shared = State<Arc<Desk>>;

/// The routes, guarded.
pub(crate) fn routes(desk: Arc<Desk>, access: Access) -> Router {
    let words = desk.words();
    let routes = Router::new()
        .route("/", get(folder))
        .route("/language", post(language))
        // A list may be large, and nothing else is.
        .route("/new", get(bring).post(take).layer(DefaultBodyLimit::max(MOST_OF_LIST)))
        .route("/new/{key}", get(write).post(change))
        .route("/lost/{key}", post(interrupt))
        .route("/style.css", get(style))
        .route("/console.js", get(script))
        .route("/pictures/{name}", get(pictures))
        .route("/campaign/{key}", get(campaign))
        .route("/campaign/{key}/edit", get(edit).post(rewrite).layer(DefaultBodyLimit::max(MOST_OF_FORM)))
        .route("/campaign/{key}/phones", get(phones))
        .route("/campaign/{key}/try", get(trial).post(begin_trial))
        .route("/campaign/{key}/try/rehearse", post(rehearse))
        .route("/campaign/{key}/runs", get(runs))
        .route("/campaign/{key}/send", get(send).post(begin))
        .route("/campaign/{key}/running", get(running))
        .route("/campaign/{key}/events", get(events))
        .route("/campaign/{key}/stop", post(stop))
        .route("/campaign/{key}/results", get(results))
        .route("/campaign/{key}/results.xlsx", get(workbook))
        .route("/campaign/{key}/resolve", post(resolve))
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(MOST))
        .layer(from_fn_with_state(Arc::clone(&desk), told))
        .layer(from_fn_with_state(Arc::clone(&desk), watched))
        .with_state(desk);
    // Around everything: a request that is not let in reaches nothing of the above.
    guarded(routes, access, screens::refused::shut(&words)).layer(axum::middleware::from_fn(policed))
}

/// Serves them.
pub(crate) async fn serve(listener: TcpListener, routes: Router) -> io::Result<()> {
    axum::serve(listener, routes).await
}

/// Notes that somebody is there.
async fn watched(State(desk): Shared, request: Request, next: Next) -> Response {
    desk.touch();
    desk.reap();
    next.run(request).await
}

/// Puts a page into the place of an answer that would be blank: what happened, that nothing was done, and where to go on.
async fn told(State(desk): Shared, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let word = match status {
        StatusCode::FORBIDDEN => "old",
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "nowhere",
        StatusCode::CONFLICT => "read-only",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        status if status.is_client_error() => "nowhere",
        _ => "broken",
    };
    match tokio::task::spawn_blocking(move || screens::refused::by(&desk, word)).await {
        Ok(Ok(html)) => (status, Html(html)).into_response(),
        Ok(Err(_)) | Err(_) => response,
    }
}

/// Says what a browser may do, with whatever is answered.
async fn policed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// Makes a screen on a thread that may read files.
async fn shown(
    desk: Arc<Desk>,
    make: impl FnOnce(&Desk) -> Result<Shown, Wrong> + Send + 'static,
) -> Response {
    let made = tokio::task::spawn_blocking(move || make(&desk)).await;
    match made {
        Ok(Ok(Shown::Page(html))) => Html(html).into_response(),
        Ok(Ok(Shown::Refused(html))) => (StatusCode::CONFLICT, Html(html)).into_response(),
        Ok(Ok(Shown::Go(path))) => Redirect::to(&path).into_response(),
        Ok(Ok(Shown::File { name, bytes })) => file(&name, bytes),
        Ok(Err(Wrong::Nowhere)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(Wrong::Unsealed)) => StatusCode::FORBIDDEN.into_response(),
        Ok(Err(Wrong::ReadOnly)) => StatusCode::CONFLICT.into_response(),
        // A mistake of this program.
        Ok(Err(Wrong::Page(error))) => {
            tracing::error!(%error);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The same for a screen of a campaign.
async fn of_campaign(
    desk: Arc<Desk>,
    key: String,
    make: impl FnOnce(&Desk, &Found) -> Result<Shown, Wrong> + Send + 'static,
) -> Response {
    shown(desk, move |desk| make(desk, &desk.find(&key).ok_or(Wrong::Nowhere)?)).await
}

/// The same for a change, which is a form with a seal.
async fn changed(
    desk: Arc<Desk>,
    key: String,
    body: Bytes,
    make: impl FnOnce(&Desk, &Found, &Fields) -> Result<Shown, Wrong> + Send + 'static,
) -> Response {
    of_campaign(desk, key, move |desk, found| {
        if desk.read_only {
            return Err(Wrong::ReadOnly);
        }
        make(desk, found, &Fields::read(&body))
    })
    .await
}

async fn folder(State(desk): Shared, Query(asked): Asked) -> Response {
    shown(desk, move |desk| screens::folder::show(desk, &asked)).await
}

async fn interrupt(State(desk): Shared, Path(key): Path<String>, body: Bytes) -> Response {
    shown(desk, move |desk| screens::folder::interrupt(desk, &key, &Fields::read(&body))).await
}

async fn language(State(desk): Shared, headers: HeaderMap, body: Bytes) -> Response {
    // Back to where the form was; a browser that does not say goes to the folder.
    let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let back = referer.and_then(|referer| referer.parse::<axum::http::Uri>().ok());
    let back = back.and_then(|uri| uri.path_and_query().map(ToString::to_string));
    let back = back.filter(|path| path.starts_with('/') && !path.starts_with("//"));
    shown(desk, move |desk| screens::speak(desk, &Fields::read(&body), back)).await
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], [STYLE, PHONES, FAULTS, OWN_STYLE].concat())
}

async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}

async fn pictures(State(desk): Shared, Path(name): Path<String>) -> Response {
    let name = name.strip_suffix(".css").unwrap_or(&name);
    match desk.pictures(name) {
        Some(style) => ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn campaign(State(desk): Shared, Path(key): Path<String>) -> Response {
    of_campaign(desk, key, screens::campaign::show).await
}

type Asked = Query<BTreeMap<String, String>>;

async fn phones(State(desk): Shared, Path(key): Path<String>, Query(asked): Asked) -> Response {
    of_campaign(desk, key, move |desk, found| screens::phones::show(desk, found, &asked)).await
}

async fn edit(State(desk): Shared, Path(key): Path<String>, Query(asked): Asked) -> Response {
    of_campaign(desk, key, move |desk, found| screens::edit::show(desk, found, &asked)).await
}

async fn rewrite(State(desk): Shared, Path(key): Path<String>, body: Bytes) -> Response {
    changed(desk, key, body, screens::edit::change).await
}

async fn bring(State(desk): Shared) -> Response {
    shown(desk, screens::new::ask).await
}

async fn take(State(desk): Shared, mut form: Multipart) -> Response {
    let mut brought = Brought::default();
    // What cannot be read to its end is too large, or somebody has gone away.
    while let Ok(Some(field)) = form.next_field().await {
        match field.name() {
            Some("seal") => brought.seal = field.text().await.unwrap_or_else(|_| String::new()),
            Some("list") => {
                brought.name = field.file_name().map_or_else(String::new, str::to_owned);
                brought.bytes = field.bytes().await.ok().map(|bytes| bytes.to_vec());
            }
            Some(_) | None => {}
        }
    }
    shown(desk, move |desk| screens::new::take(desk, brought)).await
}

async fn write(State(desk): Shared, Path(key): Path<String>) -> Response {
    shown(desk, move |desk| screens::new::show(desk, &key)).await
}

async fn change(State(desk): Shared, Path(key): Path<String>, body: Bytes) -> Response {
    shown(desk, move |desk| screens::new::change(desk, &key, &Fields::read(&body))).await
}

async fn trial(State(desk): Shared, Path(key): Path<String>) -> Response {
    of_campaign(desk, key, screens::trial::show).await
}

async fn begin_trial(State(desk): Shared, Path(key): Path<String>, body: Bytes) -> Response {
    changed(desk, key, body, screens::trial::begin).await
}

async fn rehearse(State(desk): Shared, Path(key): Path<String>, body: Bytes) -> Response {
    changed(desk, key, body, screens::trial::rehearse).await
}

async fn runs(State(desk): Shared, Path(key): Path<String>) -> Response {
    of_campaign(desk, key, screens::runs::show).await
}

async fn send(State(desk): Shared, Path(key): Path<String>) -> Response {
    of_campaign(desk, key, screens::send::show).await
}

async fn begin(State(desk): Shared, Path(key): Path<String>, body: Bytes) -> Response {
    changed(desk, key, body, screens::send::begin).await
}

async fn running(State(desk): Shared, Path(key): Path<String>) -> Response {
    of_campaign(desk, key, screens::running::show).await
}

async fn stop(State(desk): Shared, Path(key): Path<String>, body: Bytes) -> Response {
    changed(desk, key, body, screens::running::stop).await
}

async fn results(State(desk): Shared, Path(key): Path<String>, Query(asked): Asked) -> Response {
    of_campaign(desk, key, move |desk, found| screens::results::show(desk, found, &asked)).await
}

async fn workbook(State(desk): Shared, Path(key): Path<String>) -> Response {
    of_campaign(desk, key, screens::results::workbook).await
}

async fn resolve(State(desk): Shared, Path(key): Path<String>, body: Bytes) -> Response {
    changed(desk, key, body, screens::results::resolve).await
}

/// The counts of a running send once a second, and word of its end.
async fn events(State(desk): Shared, Path(key): Path<String>) -> Response {
    let Some(found) = desk.find(&key) else { return StatusCode::NOT_FOUND.into_response() };
    Sse::new(looks(desk, found)).keep_alive(KeepAlive::default()).into_response()
}

fn looks(desk: Arc<Desk>, found: Found) -> impl Stream<Item = Result<Event, Infallible>> {
    let first = screens::running::Pace::default();
    unfold(Some((desk, found, first)), |state| async move {
        let (desk, found, mut pace) = state?;
        if pace.has_begun() {
            tokio::time::sleep(LOOK).await;
        }
        desk.touch();
        let (at, of, mut paced) = (Arc::clone(&desk), found.clone(), pace.clone());
        let look =
            tokio::task::spawn_blocking(move || (screens::running::look(&at, &of, &mut paced), paced)).await;
        let (look, paced) = look.ok()?;
        pace = paced;
        let event = Event::default().event(if look.over { "over" } else { "counts" }).data(look.data);
        Some((Ok(event), (!look.over).then_some((desk, found, pace))))
    })
}

async fn nowhere() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// A file to be saved.
fn file(name: &str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
