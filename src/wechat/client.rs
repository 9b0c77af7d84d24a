//! Posts to the platform and gives back what it said.
//!
//! The client repeats nothing by itself and follows no redirect, so that every request is one the journal
//! knows. Errors leave this file without their URL, because the token is in it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::multipart::Form;
use reqwest::{RequestBuilder, StatusCode, Url};

use crate::wechat::reply::{Answer, Failure, NotConnected, Unclear};
use crate::wechat::token::Token;

/// The platform's general host (wechat-facts 3.4).
pub const API_BASE: &str = "https://api.weixin.qq.com";
const SEND: &str = "/cgi-bin/message/custom/send";

/// A connection that has been idle longer may be closed by the server just as it is used, which leaves a
/// message unknown (wechat-facts 10.10). Short enough to make that rare, long enough to save handshakes.
const IDLE: Duration = Duration::from_secs(5);
/// An answer is a hundred bytes; more than this is no answer.
const MOST_ANSWER: usize = 64 * 1024;

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a request as a whole.
    pub answer: Duration,
}

/// Where the platform is. Plain http is for loopback hosts only.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiBase(Url);

/// Why an address cannot be the platform's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiBaseError {
    /// It is no http or https address of a host.
    #[error("not an https address")]
    NotAnAddress,
    /// It is plain http to another machine; a token would travel unprotected.
    #[error("plain http to a host that is not loopback")]
    PlainHttp,
}

impl ApiBase {
    /// Reads an address such as [`API_BASE`].
    ///
    /// # Errors
    ///
    /// When it is no address, or plain http to another machine.
    pub fn parse(text: &str) -> Result<Self, ApiBaseError> {
        let url = Url::parse(text.trim()).map_err(|_| ApiBaseError::NotAnAddress)?;
        if url.host_str().is_none() {
            return Err(ApiBaseError::NotAnAddress);
        }
        let base = Self(url);
        match base.0.scheme() {
            "https" => Ok(base),
            "http" if base.is_loopback() => Ok(base),
            "http" => Err(ApiBaseError::PlainHttp),
            _ => Err(ApiBaseError::NotAnAddress),
        }
    }

    fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query(None);
        url
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.0.host_str().unwrap_or_default())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A client for one platform.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: ApiBase,
    /// How long an answer may take.
    answer: Duration,
}

/// The client could not be set up: no usable TLS on this machine.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetUpError(String);

impl Client {
    /// Sets a client up.
    ///
    /// # Errors
    ///
    /// When this machine's certificates cannot be used.
    pub fn new(base: ApiBase, timeouts: Timeouts) -> Result<Self, SetUpError> {
        // The provider belongs to the process. Somebody may have set it before; then theirs is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let json = HeaderMap::from_iter([(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        )]);
        // A connection that times out is certain; a request that does is not. So the connection's time always
        // ends first.
        let connect = timeouts.connect.min(timeouts.answer.mul_f32(0.9));
        let builder = reqwest::Client::builder();
        // No proxy stands between this machine and itself.
        let builder = if base.is_loopback() { builder.no_proxy() } else { builder };
        let http = builder
            .default_headers(json)
            .connect_timeout(connect)
            .timeout(timeouts.answer)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .tcp_nodelay(true)
            .build()
            .map_err(|error| SetUpError(error.without_url().to_string()))?;
        Ok(Self { http, base, answer: timeouts.answer })
    }

    /// Where it sends.
    pub fn base(&self) -> &ApiBase {
        &self.base
    }

    /// The address that messages are posted to with this token. It holds the token: it is never shown.
    pub(crate) fn send_url(&self, token: &str) -> Url {
        let mut url = self.base.at(SEND);
        url.query_pairs_mut().append_pair("access_token", token);
        url
    }

    /// Posts one message.
    ///
    /// # Errors
    ///
    /// A [`Failure`], which says whether the message may have been delivered.
    pub async fn send(&self, payload: Bytes, token: &Token) -> Result<Answer, Failure> {
        let body = self.post(token.send_url(), payload).await?;
        Answer::read(&body).ok_or(Failure::Unclear(Unclear::Unreadable))
    }

    /// Posts JSON that needs no token, such as the request for one.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> Result<Bytes, Failure> {
        self.post(self.base.at(path), Bytes::from(body.to_string())).await
    }

    /// Posts a form, which may take `longer` than a message.
    pub(super) async fn post_form(&self, url: Url, form: Form, longer: Duration) -> Result<Bytes, Failure> {
        self.ask(self.http.post(url).multipart(form).timeout(self.answer + longer)).await
    }

    async fn post(&self, url: Url, body: Bytes) -> Result<Bytes, Failure> {
        self.ask(self.http.post(url).body(body)).await
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Bytes, Failure> {
        let mut response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let retry_after = retry_after(response.headers());
            return Err(Failure::TurnedAway { status: status.as_u16(), retry_after });
        }
        // A 4xx with an answer in it says what is wrong; anything else that is not success says nothing.
        if !(status.is_success() || status.is_client_error()) {
            return Err(Failure::Unclear(Unclear::Status(status.as_u16())));
        }
        let body = read(&mut response).await?;
        if status.is_success() || Answer::read(&body).is_some() {
            Ok(body)
        } else {
            Err(Failure::Unclear(Unclear::Status(status.as_u16())))
        }
    }
}

async fn read(response: &mut reqwest::Response) -> Result<Bytes, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unclear(&error))? {
        if body.len() + chunk.len() > MOST_ANSWER {
            return Err(Failure::Unclear(Unclear::Unreadable));
        }
        if body.is_empty() {
            body = Vec::from(chunk);
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(Bytes::from(body))
}

/// Only a failure to connect is certain; whatever comes later may have reached the server.
fn failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        let why = if error.is_timeout() { NotConnected::TimedOut } else { NotConnected::Refused };
        return Failure::NotConnected(why);
    }
    unclear(error)
}

fn unclear(error: &reqwest::Error) -> Failure {
    Failure::Unclear(if error.is_timeout() { Unclear::TimedOut } else { Unclear::Broken })
}

/// The pause before the next try: 1, 2, 4 … seconds, at most a minute, a random quarter more or less so that
/// many who wait do not come back together. `tries` counts those made.
pub fn pause(tries: u32) -> Duration {
    let seconds = 1_u64.checked_shl(tries.saturating_sub(1)).unwrap_or(u64::MAX).min(60);
    Duration::from_millis(seconds * 1000 * fastrand::u64(75..=125) / 100)
}

/// The header's seconds. A date is not read: our clock may be wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for text in
            ["https://api.weixin.qq.com", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:9/"]
        {
            assert!(ApiBase::parse(text).is_ok(), "{text}");
        }
        assert_eq!(ApiBase::parse("http://api.weixin.qq.com"), Err(ApiBaseError::PlainHttp));
        assert_eq!(ApiBase::parse("http://127.0.0.1.example.com"), Err(ApiBaseError::PlainHttp));
        assert_eq!(ApiBase::parse("ftp://127.0.0.1"), Err(ApiBaseError::NotAnAddress));
        assert_eq!(ApiBase::parse("api.weixin.qq.com"), Err(ApiBaseError::NotAnAddress));
    }

    #[test]
    fn an_address_is_shown_without_credentials_path_or_query() {
        let base = ApiBase::parse("https://user:pw@host:8443/x?access_token=1")
            .map(|base| format!("{base} {base:?}"));
        assert_eq!(base.as_deref(), Ok("https://host:8443 https://host:8443"));
    }
}
