//! A request to the simulated platform.

use axum::body::{self, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::simulator::socket::Line;

/// More than the largest file that is worth refusing politely.
const LARGEST_BODY: usize = 64 << 20;

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
        let line =
            parts.extensions.get::<ConnectInfo<Line>>().expect("the server names each connection").0.clone();
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
