//! Which path is which call.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use crate::simulator::platform::Platform;
use crate::simulator::{account, send, upload};

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
