//! Posts to the platform and gives back what it said.
//!
//! The client repeats nothing by itself and follows no redirect, so that every request is one the journal
//! knows. Where no connection to a host can be made, the same request is made to the next one: nothing of it has
//! left yet. Errors leave `exchange` without their URL, because the token is in it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::SignedDuration;
use reqwest::header::{ACCEPT, CONNECTION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, SERVER};
use reqwest::multipart::Form;
use reqwest::{ClientBuilder, RequestBuilder, Url};

use crate::api_base::{ApiBase, Hosts};
use crate::clock::Clock;
use crate::wechat::answer::json::{MOST_ANSWER, MOST_PAGE};
use crate::wechat::answer::reply::{Answer, Failure, Unclear};
use crate::wechat::certificates::{CertificateFault, more_certificates};
use crate::wechat::exchange::{Received, date, in_time, once, time};
use crate::wechat::hidden::Hidden;
use crate::wechat::hook::Hook;
use crate::wechat::proxy::{self, ProxyFault};
use crate::wechat::route::Route;
use crate::wechat::token::access_token::Token;

/// What the simulator calls itself in each answer: what it took reached nobody, while a gateway on this computer may have
/// passed it on.
pub(crate) const SIMULATOR: &str = "wxcast-simulator";
const SEND: &str = "/cgi-bin/message/custom/send";

/// A connection that was idle for longer is not used again: the server may be closing it just then, which leaves a
/// message unknown (docs/platform.md#timeouts). So at a few messages a second each has a connection of its own, where a
/// handshake costs nothing that anybody waits for; at a faster pace the next message comes in time.
const IDLE: Duration = Duration::from_millis(250);
/// The time is not worth waiting for longer.
const FOR_THE_TIME: Duration = Duration::from_secs(5);

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
    /// Uses a connection again.
    kept: reqwest::Client,
    /// Makes a connection for each request.
    single: reqwest::Client,
    /// Whether messages may use a connection again: until one broke.
    reuses: Arc<AtomicBool>,
    /// How long an answer may take.
    answer: Duration,
    route: Arc<Route>,
    /// Whether a message was answered by wxcast's own simulator.
    simulated: Arc<AtomicBool>,
    /// What is taken out of all that comes back.
    hidden: Hidden,
    /// How far the platform's clock was from ours, as of its last answer to a call about the account.
    skew: Arc<Mutex<Option<SignedDuration>>>,
    /// What time it is, here and at the platform.
    clock: Clock,
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// No usable TLS on this machine.
    #[error("{0}")]
    Tls(String),
    /// The environment names a proxy that cannot be used.
    #[error("{}", .0.variable)]
    Proxy(ProxyFault),
    /// The file that SSL_CERT_FILE names is of no use.
    #[error("{0}")]
    Certificates(CertificateFault),
}

impl Client {
    /// Sets a client up. It trusts the certificates that this machine trusts, and those of SSL_CERT_FILE; it
    /// goes through the proxy of the environment or the system, except to this machine itself.
    ///
    /// # Errors
    ///
    /// When certificates or the proxy cannot be used.
    pub fn new(hosts: impl Into<Hosts>, timeouts: Timeouts) -> Result<Self, SetUpError> {
        let hosts = hosts.into();
        // The provider belongs to the process. Somebody may have set it before; then theirs is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A connection that times out is certain; a request that does is not. So the connection's time always
        // ends first.
        let connect = timeouts.connect.min(timeouts.answer.mul_f32(0.9));
        let more = if hosts.all().iter().all(ApiBase::is_plain) {
            None
        } else {
            Some(more_certificates().map_err(SetUpError::Certificates)?)
        };
        let proxy = if hosts.first().is_loopback() { None } else { Some(proxy()?) };
        let build = |builder: ClientBuilder| {
            // No proxy stands between this machine and itself. What the environment names was read here; where it
            // names none the system may.
            let builder = match &proxy {
                None => builder.no_proxy(),
                Some(None) => builder,
                Some(Some(proxy)) => builder.no_proxy().proxy(proxy.clone()),
            };
            // A simulator needs no certificates, and so it works on a machine that has none.
            let builder = match &more {
                None => builder.tls_certs_only([]),
                Some(more) if more.is_empty() => builder,
                Some(more) => builder.tls_certs_merge(more.clone()),
            };
            let client = builder
                .connect_timeout(connect)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .http1_only()
                .tcp_nodelay(true)
                .build();
            client.map_err(|error| SetUpError::Tls(error.without_url().to_string()))
        };
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        let kept = reqwest::Client::builder().default_headers(headers.clone()).pool_idle_timeout(IDLE);
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let single = reqwest::Client::builder().default_headers(headers).pool_max_idle_per_host(0);
        Ok(Self {
            kept: build(kept)?,
            single: build(single)?,
            reuses: Arc::new(AtomicBool::new(true)),
            answer: timeouts.answer,
            route: Arc::new(Route::new(hosts)),
            simulated: Arc::default(),
            hidden: Hidden::default(),
            skew: Arc::default(),
            clock: Clock::own(),
        })
    }

    /// The same client by another clock: one that the platform shares, in a rehearsal.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// What time it is, here and at the platform.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Asks the platform for nothing but the time: it stands in every answer, whatever it is.
    pub(crate) async fn ask_time(&self) {
        let asked = Instant::now();
        let request = |_: usize, base: &ApiBase| self.single.get(base.at("/"));
        if let Ok(received) = self.exchange(self.answer.min(FOR_THE_TIME), MOST_ANSWER, request).await {
            self.clock.hear_page(asked, || date(&received.headers));
        }
    }

    /// Secrets that must not come back out of what others say.
    pub(crate) fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// Where it sends.
    pub(crate) fn hosts(&self) -> &Hosts {
        self.route.hosts()
    }

    /// The hosts that stood in for the first one, with the requests that they took.
    pub(crate) fn stood_in(&self) -> Vec<(ApiBase, u64)> {
        self.route.stood_in()
    }

    /// Whether a message was answered by wxcast's own simulator, which nobody reads.
    pub(crate) fn is_simulated(&self) -> bool {
        self.simulated.load(Ordering::Relaxed)
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
        let reuses = self.reuses.load(Ordering::Relaxed);
        let http = if reuses { &self.kept } else { &self.single };
        let request = |index, _: &ApiBase| http.post(token.send_url(index)).body(payload.clone());
        let asked = Instant::now();
        let received = self.exchange(self.answer, MOST_ANSWER, request).await;
        if reuses && matches!(received, Err(Failure::Unclear(Unclear::Broken))) {
            // Most likely the server closed the connection just as it was used. It would do so again.
            tracing::info!("a connection broke; from now on each message has one of its own");
            self.reuses.store(false, Ordering::Relaxed);
        }
        let received = received?;
        if received.headers.get(SERVER).is_some_and(|server| server == SIMULATOR) {
            self.simulated.store(true, Ordering::Relaxed);
        }
        let said = received.headers.get(DATE).cloned();
        let mut answer = received.answer()?;
        // The time of what is no answer of the platform's may be anybody's.
        self.clock.hear(asked, || said.as_ref().and_then(time));
        answer.errmsg = self.hidden.out_of(answer.errmsg);
        Ok(answer)
    }

    /// Posts JSON that needs no token, such as the request for one.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub(crate) async fn post_json(&self, path: &str, body: &serde_json::Value) -> Result<Bytes, Failure> {
        let body = Bytes::from(body.to_string());
        self.about_account(|_, base| self.single.post(base.at(path)).body(body.clone())).await
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
        let url = |base: &ApiBase| with_query(base, path, query, token);
        let most = self.answer.saturating_add(longer);
        let received =
            self.exchange(most, MOST_ANSWER, |_, base| self.kept.post(url(base)).multipart(form())).await?;
        received.body().map(|body| self.hidden.out_of_body(body))
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
        let answered = self.about_account(|_, base| self.single.post(url(base)).body(body.clone())).await;
        answered.map(|body| self.hidden.out_of_body(body))
    }

    /// Gets something about the account.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub(crate) async fn get_with(&self, path: &str, token: &Token) -> Result<Bytes, Failure> {
        let url = |base: &ApiBase| with_token(base, path, token.expose());
        let answered = self.about_account(|_, base| self.single.get(url(base))).await;
        answered.map(|body| self.hidden.out_of_body(body))
    }

    /// Gets a page of a list of people. It is longer than other answers, and the next one is asked for at once, so the
    /// connection is kept.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub(crate) async fn get_page(
        &self,
        path: &str,
        query: Option<(&str, &str)>,
        token: &Token,
    ) -> Result<Bytes, Failure> {
        self.listed(|_, base| self.kept.get(with_query(base, path, query, token))).await
    }

    /// The same for a call that is posted to.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub(crate) async fn post_page(
        &self,
        path: &str,
        body: &serde_json::Value,
        token: &Token,
    ) -> Result<Bytes, Failure> {
        let body = Bytes::from(body.to_string());
        let url = |base: &ApiBase| with_token(base, path, token.expose());
        self.listed(|_, base| self.kept.post(url(base)).body(body.clone())).await
    }

    async fn listed(&self, request: impl Fn(usize, &ApiBase) -> RequestBuilder) -> Result<Bytes, Failure> {
        let received = self.exchange(self.answer, MOST_PAGE, request).await?;
        received.body().map(|body| self.hidden.out_of_body(body))
    }

    /// Gets a page in a form, with its status. Nothing where nobody answers.
    pub(crate) async fn page(&self, path: &str, accepted: &'static str) -> Option<(u16, Bytes)> {
        let request = |_: usize, base: &ApiBase| self.single.get(base.at(path)).header(ACCEPT, accepted);
        let received = self.exchange(self.answer, MOST_ANSWER, request).await.ok()?;
        Some((received.status.as_u16(), received.body?))
    }

    /// Posts JSON to an address that is a secret itself, and gives the answer with its status. Nothing where nobody answers.
    pub(crate) async fn post_hook(&self, hook: &Hook, body: &serde_json::Value) -> Option<(u16, Bytes)> {
        let body = Bytes::from(body.to_string());
        let request = |_: usize, _: &ApiBase| self.single.post(hook.url()).body(body.clone());
        let received = self.exchange(self.answer, MOST_ANSWER, request).await.ok()?;
        Some((received.status.as_u16(), received.body?))
    }

    /// Fetches what lies at an address outside of the platform, if it is no longer than so many bytes. Nothing where nobody
    /// answers, or the answer is none.
    pub(crate) async fn fetch(&self, from: &Hook, most: usize) -> Option<Bytes> {
        let request = |_: usize, _: &ApiBase| self.single.get(from.url());
        let received = self.exchange(self.answer, most, request).await.ok()?;
        received.body.filter(|_| received.status.is_success())
    }

    /// A call that is no message. Its connection is not kept: the next request may be minutes away, because a
    /// person is asked in between, and a message must not meet a connection that the server is just closing.
    async fn about_account(
        &self,
        request: impl Fn(usize, &ApiBase) -> RequestBuilder,
    ) -> Result<Bytes, Failure> {
        let (asked, begun) = (self.clock.own_now(), Instant::now());
        let received = self.exchange(self.answer, MOST_ANSWER, request).await?;
        if let Some(date) = date(&received.headers) {
            let skew = date.duration_since(asked + asked.duration_until(self.clock.own_now()) / 2);
            *self.skew.lock().unwrap_or_else(PoisonError::into_inner) = Some(skew);
            self.clock.hear(begun, || Some(date));
        }
        received.body()
    }

    /// Makes one request: to the first host, or to the next where no connection can be made.
    async fn exchange(
        &self,
        most: Duration,
        size: usize,
        request: impl Fn(usize, &ApiBase) -> RequestBuilder,
    ) -> Result<Received, Failure> {
        let mut failed = None;
        for index in self.route.order(Instant::now()) {
            let base = &self.hosts().all()[index];
            match in_time(most, once(request(index, base), size)).await {
                Err(Failure::NotConnected(why)) => {
                    tracing::info!(host = %base, ?why, "not connected");
                    failed = failed.or(Some(why));
                }
                other => {
                    self.route.reached(index, Instant::now());
                    return other;
                }
            }
        }
        Err(Failure::NotConnected(failed.expect("there is always a first host")))
    }
}

fn proxy() -> Result<Option<reqwest::Proxy>, SetUpError> {
    proxy::from_environment().map_err(SetUpError::Proxy)
}

fn with_query(base: &ApiBase, path: &str, query: Option<(&str, &str)>, token: &Token) -> Url {
    let mut url = with_token(base, path, token.expose());
    if let Some((name, value)) = query {
        url.query_pairs_mut().append_pair(name, value);
    }
    url
}

fn with_token(base: &ApiBase, path: &str, token: &str) -> Url {
    let mut url = base.at(path);
    url.query_pairs_mut().append_pair("access_token", token);
    url
}

/// The pause before the next try: 1, 2, 4 … seconds, at most a minute, a random quarter more or less so that
/// many who wait do not come back together. `tries` counts those made.
pub(crate) fn pause(tries: u32) -> Duration {
    let seconds = 1_u64.checked_shl(tries.saturating_sub(1)).unwrap_or(u64::MAX).min(60);
    Duration::from_millis(seconds * 1000 * fastrand::u64(75..=125) / 100)
}
