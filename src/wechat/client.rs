//! Posts to the platform and gives back what it said.
//!
//! The client repeats nothing by itself and follows no redirect, so that every request is one the journal
//! knows. Where no connection to a host can be made, the same request is made to the next one: nothing of it has
//! left yet. Errors leave this file without their URL, because the token is in it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CONNECTION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::multipart::Form;
use reqwest::{Certificate, RequestBuilder, Response, StatusCode, Url};

use crate::api_base::{ApiBase, Hosts};
use crate::wechat::answer::reply::{Answer, Failure, NotConnected, Unclear};
use crate::wechat::route::Route;
use crate::wechat::token::access_token::Token;

const SEND: &str = "/cgi-bin/message/custom/send";

/// A connection that has been idle longer may be closed by the server just as it is used, which leaves a
/// message unknown (docs/platform.md#timeouts). Short enough to make that rare, long enough to save handshakes.
const IDLE: Duration = Duration::from_secs(5);
/// An answer is a hundred bytes, a list of service accounts some thousand; more than this is no answer.
const MOST_ANSWER: usize = 64 * 1024;

/// The variable that names a file with more certificates to trust, such as those of a company's proxy.
pub(crate) const CERTIFICATES: &str = "SSL_CERT_FILE";

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a request as a whole.
    pub answer: Duration,
}

/// A client for one platform. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    /// How long an answer may take.
    answer: Duration,
    route: Arc<Route>,
    /// How far the platform's clock was from ours, as of its last answer to a call about the account.
    skew: Arc<Mutex<Option<SignedDuration>>>,
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// No usable TLS on this machine.
    #[error("{0}")]
    Tls(String),
    /// The file that SSL_CERT_FILE names is of no use.
    #[error("{}: {reason}", file.display())]
    Certificates {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Client {
    /// Sets a client up. It trusts the certificates that this machine trusts, and those of SSL_CERT_FILE; it
    /// goes through the system's proxy, except to this machine itself.
    ///
    /// # Errors
    ///
    /// When certificates cannot be used.
    pub fn new(hosts: impl Into<Hosts>, timeouts: Timeouts) -> Result<Self, SetUpError> {
        let hosts = hosts.into();
        // The provider belongs to the process. Somebody may have set it before; then theirs is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let json = HeaderMap::from_iter([(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        )]);
        // A connection that times out is certain; a request that does is not. So the connection's time always
        // ends first.
        let connect = timeouts.connect.min(timeouts.answer.mul_f32(0.9));
        let mut builder = reqwest::Client::builder();
        if hosts.first().is_loopback() {
            // No proxy stands between this machine and itself.
            builder = builder.no_proxy();
        }
        if hosts.all().iter().all(ApiBase::is_plain) {
            // A simulator needs no certificates, and so it works on a machine that has none.
            builder = builder.tls_certs_only([]);
        } else {
            let more = more_certificates()?;
            if !more.is_empty() {
                builder = builder.tls_certs_merge(more);
            }
        }
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
            .map_err(|error| SetUpError::Tls(error.without_url().to_string()))?;
        Ok(Self { http, answer: timeouts.answer, route: Arc::new(Route::new(hosts)), skew: Arc::default() })
    }

    /// Where it sends.
    pub(crate) fn hosts(&self) -> &Hosts {
        self.route.hosts()
    }

    /// The hosts that stood in for the first one, with the requests that they took.
    pub(crate) fn stood_in(&self) -> Vec<(ApiBase, u64)> {
        self.route.stood_in()
    }

    /// How far the platform's clock is ahead of this machine's, going by the Date of its last answer to a call about
    /// the account; nothing where it gave none.
    pub(crate) fn skew(&self) -> Option<SignedDuration> {
        *self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses that messages are posted to with this token, one a host. They hold the token: they are never
    /// shown.
    pub(crate) fn send_urls(&self, token: &str) -> Box<[Url]> {
        self.hosts().all().iter().map(|base| with_token(base, SEND, token)).collect()
    }

    /// Posts one message: one request at most, to the first host that a connection can be made to.
    ///
    /// # Errors
    ///
    /// A [`Failure`], which says whether the message may have been delivered.
    pub(crate) async fn send(&self, payload: Bytes, token: &Token) -> Result<Answer, Failure> {
        let mut response =
            self.exchange(|index, _| self.http.post(token.send_url(index)).body(payload.clone())).await?;
        let body = body(&mut response).await?;
        Answer::read(&body).ok_or(Failure::Unclear(Unclear::Unreadable))
    }

    /// Posts JSON that needs no token, such as the request for one.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub(crate) async fn post_json(&self, path: &str, body: &serde_json::Value) -> Result<Bytes, Failure> {
        let body = Bytes::from(body.to_string());
        self.about_account(|_, base| self.http.post(base.at(path)).body(body.clone())).await
    }

    /// Posts a form, which may take `longer` than a message.
    pub(crate) async fn post_form(
        &self,
        path: &str,
        query: Option<(&str, &str)>,
        token: &Token,
        form: impl Fn() -> Form,
        longer: Duration,
    ) -> Result<Bytes, Failure> {
        let url = |base: &ApiBase| {
            let mut url = with_token(base, path, token.expose());
            if let Some((name, value)) = query {
                url.query_pairs_mut().append_pair(name, value);
            }
            url
        };
        let most = self.answer + longer;
        let mut response =
            self.exchange(|_, base| self.http.post(url(base)).multipart(form()).timeout(most)).await?;
        body(&mut response).await
    }

    /// Posts JSON about the account.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub(crate) async fn post_json_with(
        &self,
        path: &str,
        body: &serde_json::Value,
        token: &Token,
    ) -> Result<Bytes, Failure> {
        let body = Bytes::from(body.to_string());
        let url = |base: &ApiBase| with_token(base, path, token.expose());
        self.about_account(|_, base| self.http.post(url(base)).body(body.clone())).await
    }

    /// Gets something about the account.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub(crate) async fn get_with(&self, path: &str, token: &Token) -> Result<Bytes, Failure> {
        self.about_account(|_, base| self.http.get(with_token(base, path, token.expose()))).await
    }

    /// A call that is no message. Its connection is not kept: the next request may be minutes away, because a
    /// person is asked in between, and a message must not meet a connection that the server is just closing.
    async fn about_account(
        &self,
        request: impl Fn(usize, &ApiBase) -> RequestBuilder,
    ) -> Result<Bytes, Failure> {
        let close = HeaderValue::from_static("close");
        let asked = Timestamp::now();
        let mut response =
            self.exchange(|index, base| request(index, base).header(CONNECTION, close.clone())).await?;
        if let Some(date) = date(response.headers()) {
            let skew = date.duration_since(asked + asked.duration_until(Timestamp::now()) / 2);
            *self.skew.lock().unwrap_or_else(PoisonError::into_inner) = Some(skew);
        }
        body(&mut response).await
    }

    /// Makes one request: to the first host, or to the next where no connection can be made. Gives the response
    /// whose head says that there may be an answer in it.
    pub(crate) async fn exchange(
        &self,
        request: impl Fn(usize, &ApiBase) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let mut failed = None;
        for index in self.route.order(Instant::now()) {
            let base = &self.hosts().all()[index];
            match request(index, base).send().await.map_err(|error| failure(&error)) {
                Err(Failure::NotConnected(why)) => {
                    tracing::info!(host = %base, ?why, "not connected");
                    failed = failed.or(Some(why));
                }
                other => {
                    self.route.reached(index, Instant::now());
                    return other.and_then(turned_away);
                }
            }
        }
        Err(Failure::NotConnected(failed.unwrap_or(NotConnected::Refused)))
    }
}

/// The certificates of the file that SSL_CERT_FILE names, on every system alike.
fn more_certificates() -> Result<Vec<Certificate>, SetUpError> {
    let Some(file) = std::env::var_os(CERTIFICATES).filter(|file| !file.is_empty()).map(PathBuf::from) else {
        return Ok(Vec::new());
    };
    let certificates = std::fs::read(&file)
        .map_err(|error| error.to_string())
        .and_then(|pem| Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string()));
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(SetUpError::Certificates { file, reason: "no PEM certificate".to_owned() }),
        Err(reason) => Err(SetUpError::Certificates { file, reason }),
    }
}

fn with_token(base: &ApiBase, path: &str, token: &str) -> Url {
    let mut url = base.at(path);
    url.query_pairs_mut().append_pair("access_token", token);
    url
}

fn turned_away(response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        let retry_after = retry_after(response.headers());
        return Err(Failure::TurnedAway { status: status.as_u16(), retry_after });
    }
    // A 4xx with an answer in it says what is wrong; anything else that is not success says nothing.
    if !(status.is_success() || status.is_client_error()) {
        return Err(Failure::Unclear(Unclear::Status(status.as_u16())));
    }
    Ok(response)
}

/// The body of a response, which must be an answer where the status is no success.
pub(crate) async fn body(response: &mut Response) -> Result<Bytes, Failure> {
    let status = response.status();
    let body = read(response).await?;
    if status.is_success() || Answer::read(&body).is_some() {
        Ok(body)
    } else {
        Err(Failure::Unclear(Unclear::Status(status.as_u16())))
    }
}

async fn read(response: &mut Response) -> Result<Bytes, Failure> {
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
    if !error.is_connect() {
        return unclear(error);
    }
    Failure::NotConnected(if error.is_timeout() {
        NotConnected::TimedOut
    } else if distrusts(error) {
        NotConnected::Certificate
    } else {
        NotConnected::Refused
    })
}

/// Whether it was the server's certificate that kept the connection from being made.
fn distrusts(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // What an I/O error holds is not its source, but the source's child.
    let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    held.is_some_and(|held| distrusts(held)) || error.source().is_some_and(distrusts)
}

fn unclear(error: &reqwest::Error) -> Failure {
    Failure::Unclear(if error.is_timeout() { Unclear::TimedOut } else { Unclear::Broken })
}

/// The pause before the next try: 1, 2, 4 … seconds, at most a minute, a random quarter more or less so that
/// many who wait do not come back together. `tries` counts those made.
pub(crate) fn pause(tries: u32) -> Duration {
    let seconds = 1_u64.checked_shl(tries.saturating_sub(1)).unwrap_or(u64::MAX).min(60);
    Duration::from_millis(seconds * 1000 * fastrand::u64(75..=125) / 100)
}

/// The header's seconds. A date is not read: our clock may be wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The server's time.
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}
