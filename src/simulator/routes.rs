//! Which path is which call.

use std::sync::Arc;

use axum::Router;
use axum::body::{self, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use crate::simulator::platform::Platform;
use crate::simulator::socket::Line;
use crate::simulator::{account, send, upload};

/// More than the largest file that is worth refusing politely.
const LARGEST_BODY: usize = 64 << 20;

/// Every path of the simulator. The platform's paths take every method, because it answers a wrong one with
/// an errcode.
pub(crate) fn router(platform: Arc<Platform>) -> Router {
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
        .route("/simulator/ledger", get(ledger))
        .route("/simulator/health", get(|| async { "ok\n" }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "the simulator has no such call\n") })
        .layer(DefaultBodyLimit::disable())
        .with_state(platform)
}

async fn ledger(State(platform): State<Arc<Platform>>) -> Response {
    match platform.ledger.to_json() {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// A request that arrived whole.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    pub(crate) line: Line,
}

impl Call {
    /// Reads a request to its end.
    ///
    /// # Errors
    ///
    /// A response for a client that went away in the middle, or sends more than anybody needs.
    pub(crate) async fn read(request: Request) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let body = body::to_bytes(body, LARGEST_BODY).await.map_err(|error| {
            (StatusCode::PAYLOAD_TOO_LARGE, format!("the request cannot be read: {error}\n")).into_response()
        })?;
        let line = parts.extensions.get::<ConnectInfo<Line>>().map(|info| info.0.clone()).unwrap_or_default();
        Ok(Self { parts, body, line })
    }

    pub(crate) fn is_post(&self) -> bool {
        self.parts.method == Method::POST
    }

    /// A value of the query, as it stands there. Tokens and types need no decoding.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Whether the body calls itself a form.
    pub(crate) fn is_form(&self) -> bool {
        let content_type = self.parts.headers.get(header::CONTENT_TYPE);
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"))
    }
}
