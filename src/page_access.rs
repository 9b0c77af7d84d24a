//! Who may open a page that is served on 127.0.0.1: the browser that came by the address with the token, and nobody else
//! on this computer. It guards the page of `serve` and the console.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};

/// Where a page is served, and the two keys that let a browser in.
#[derive(Debug)]
pub(crate) struct Access {
    port: u16,
    /// In the address that is given out; it is good for one visit.
    token: Mutex<Option<String>>,
    /// In the cookie that it is exchanged for.
    session: String,
    /// Takes a token that was given out later, where that is done: true once for each.
    later: Option<LaterTokens>,
}

/// Takes tokens that are given out while the page is served; true once for each.
pub(crate) struct LaterTokens(pub(crate) Box<dyn Fn(&str) -> bool + Send + Sync>);

impl std::fmt::Debug for LaterTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LaterTokens")
    }
}

/// The two keys, which nobody can guess.
#[derive(Clone)]
pub(crate) struct AccessKeys {
    /// For the address.
    pub(crate) token: String,
    /// For the cookie.
    pub(crate) session: String,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is answered.
    Granted,
    /// It goes on to the page itself, without the token, and with the cookie if there is one for it.
    Exchanged(Option<HeaderValue>),
    /// It is refused.
    Refused,
}

impl Access {
    /// Access to a server on this port.
    pub(crate) fn new(port: u16, keys: AccessKeys) -> Self {
        Self { port, token: Mutex::new(Some(keys.token)), session: keys.session, later: None }
    }

    /// The same, where more addresses may be given out while it stands.
    pub(crate) fn with_later(self, later: LaterTokens) -> Self {
        Self { later: Some(later), ..self }
    }

    /// What becomes of a request.
    pub(crate) fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Admission {
        // Also before the token is looked at: what only looks at a link, such as a scanner of messages, must not use it up.
        if !self.is_asked_by_name(headers) || !self.fits_origin(headers) || !comes_from_here(headers) {
            return Admission::Refused;
        }
        let is_in = self.has_cookie(headers);
        if let Some(given) = token(uri) {
            let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
            let is_good = token.take_if(|token| are_equal(token, given)).is_some()
                || self.later.as_ref().is_some_and(|LaterTokens(take)| take(given));
            return match is_good {
                true => Admission::Exchanged(self.cookie()),
                // The same address again, in the browser that has exchanged it.
                false if is_in => Admission::Exchanged(None),
                false => Admission::Refused,
            };
        }
        if is_in { Admission::Granted } else { Admission::Refused }
    }

    /// Exactly one host, ours: which of two was meant nobody knows, and any other may be a name that somebody else
    /// made lead here.
    fn is_asked_by_name(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let ours = |name: &HeaderValue| name.to_str().is_ok_and(|name| is_ours(name, self.port));
        hosts.next().is_some_and(ours) && hosts.next().is_none()
    }

    /// No origin, or ours.
    fn fits_origin(&self, headers: &HeaderMap) -> bool {
        headers.get_all(header::ORIGIN).iter().all(|origin| {
            let host = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
            host.is_some_and(|host| is_ours(host, self.port))
        })
    }

    /// Cookies belong to a computer, not to a port: the name says whose it is.
    fn name(&self) -> String {
        format!("wxcast-{}", self.port)
    }

    fn cookie(&self) -> Option<HeaderValue> {
        let cookie = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.name(), self.session);
        HeaderValue::from_str(&cookie).ok()
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let name = self.name();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|one| one.trim().split_once('='));
        pairs.any(|(key, value)| key == name && are_equal(value, &self.session))
    }
}

/// Routes that are guarded: every answer has the headers that keep it here, also that of a request which is refused. `refused`
/// is what whoever is refused reads, which may be anybody.
pub(crate) fn guarded(routes: Router, access: Access, refused: String) -> Router {
    routes.layer(from_fn_with_state(Arc::new((access, refused)), guard))
}

/// Lets requests of the browser that came by the address with the token through and refuses all others.
async fn guard(State(at): State<Arc<(Access, String)>>, request: Request, next: Next) -> Response {
    let (access, refused) = &*at;
    let mut response = match access.admit(request.uri(), request.headers()) {
        Admission::Granted => next.run(request).await,
        Admission::Exchanged(cookie) => {
            let mut response = Redirect::to("/").into_response();
            if let Some(cookie) = cookie {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Admission::Refused if refused.is_empty() => StatusCode::FORBIDDEN.into_response(),
        Admission::Refused => (StatusCode::FORBIDDEN, Html(refused.clone())).into_response(),
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

/// Whether a browser says that the request is its user's own or comes from a page of ours, by either header that says
/// so.
fn comes_from_here(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(site) => matches!(site, b"same-origin" | b"none"),
        None => headers.contains_key(header::ORIGIN),
    }
}

/// The token in an address.
fn token(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("token="))
}

/// Compares in a time that says nothing of where two words differ.
pub(crate) fn are_equal(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
    one.len() == other.len() && differ == 0
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

    #[test]
    fn the_token_is_good_for_one_visit_and_the_cookie_for_the_rest() {
        let keys = AccessKeys { token: "t0".into(), session: "s0".into() };
        let access = Access::new(80, keys);
        let ask = |path: &str, more: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("127.0.0.1:80"));
            for (name, value) in more {
                headers.insert(*name, HeaderValue::from_str(value).expect("a value"));
            }
            access.admit(&path.parse().expect("a path"), &headers)
        };
        let own = ("sec-fetch-site", "none");
        let cookie = ("cookie", "a=b; wxcast-80=s0");
        assert_eq!(ask("/", &[own]), Admission::Refused);
        assert_eq!(ask("/?token=t1", &[own]), Admission::Refused);
        for scanner in [&[][..], &[("sec-fetch-site", "cross-site")]] {
            assert_eq!(ask("/?token=t0", scanner), Admission::Refused, "it is not used up: {scanner:?}");
        }
        assert!(matches!(ask("/?token=t0", &[own]), Admission::Exchanged(Some(_))));
        assert_eq!(ask("/?token=t0", &[own]), Admission::Refused, "once");
        assert_eq!(ask("/?token=t0", &[own, cookie]), Admission::Exchanged(None));
        assert_eq!(ask("/", &[own, cookie]), Admission::Granted);
        assert_eq!(ask("/", &[("sec-fetch-site", "same-origin"), cookie]), Admission::Granted);
        for more in [
            &[own, ("cookie", "wxcast-80=s1")][..],
            &[own, ("cookie", "wxcast-81=s0")],
            &[("sec-fetch-site", "cross-site"), cookie],
            &[("sec-fetch-site", "same-site"), cookie],
            &[cookie],
            &[own, cookie, ("origin", "http://127.0.0.1:81")],
            &[own, cookie, ("origin", "null")],
        ] {
            assert_eq!(ask("/", more), Admission::Refused, "{more:?}");
        }
        assert_eq!(ask("/", &[cookie, ("origin", "http://127.0.0.1:80")]), Admission::Granted);
    }
}
