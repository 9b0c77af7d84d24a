//! Where the platform is: the host that is called, and those that stand in for it.

use std::fmt;
use std::net::IpAddr;

use url::Url;

/// The platform's general host (docs/platform.md#hosts).
pub(crate) const API_BASE: &str = "https://api.weixin.qq.com";
/// The platform's host for the time when the general one cannot be reached (docs/platform.md#hosts).
pub(crate) const API_BASE_2: &str = "https://api2.weixin.qq.com";

/// The domain of all hosts of the platform.
const DOMAIN: &str = "weixin.qq.com";

/// Where requests end: what is sent to a simulator on this machine counts for no one, and the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// Any host but this machine: people read what is sent there.
    Real,
    /// This machine, by a loopback address.
    Local,
}

impl Destination {
    /// The one of a word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Real, Self::Local].into_iter().find(|destination| destination.name() == word)
    }

    /// Its word in files and reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Local => "local",
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The address of one host, with a path where the platform's calls stand below one, as behind a gateway. Plain http is
/// for loopback hosts only.
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
    /// It has a query or a fragment, which no call would keep.
    #[error("an address with a query or a fragment")]
    Query,
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
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ApiBaseError::Query);
        }
        let base = Self(url);
        match base.0.scheme() {
            "https" => Ok(base),
            "http" if base.is_loopback() => Ok(base),
            "http" => Err(ApiBaseError::PlainHttp),
            _ => Err(ApiBaseError::NotAnAddress),
        }
    }

    /// Whether there is a password in it.
    pub(crate) fn has_password(&self) -> bool {
        self.0.password().is_some()
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host().trim_matches(['[', ']']);
        let is_own = |ip: IpAddr| ip.to_canonical().is_loopback() || ip.is_unspecified();
        host.trim_end_matches('.') == "localhost" || host.parse().is_ok_and(is_own)
    }

    /// Whether it is called without TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether it is one of the platform's own hosts.
    pub(crate) fn is_wechat(&self) -> bool {
        self.host() == DOMAIN || self.host().strip_suffix(DOMAIN).is_some_and(|name| name.ends_with('.'))
    }

    /// The host's name or address.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().expect("an address of http has a host")
    }

    /// The address of a call, whose path begins with a slash.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.path()));
        url
    }

    /// The path before that of each call, without a slash at its end.
    fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.host())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))?;
        f.write_str(self.path())
    }
}

impl fmt::Debug for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The host that is called, and those that stand in where no connection to it can be made. Either all of them
/// are this machine or none is: what was meant for a simulator never reaches a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    all: Vec<ApiBase>,
}

impl Hosts {
    /// A host, and others in the order in which they stand in for it; nothing where some are this machine and
    /// some are not.
    pub(crate) fn new(first: ApiBase, others: Vec<ApiBase>) -> Option<Self> {
        let alike = others.iter().all(|other| other.is_loopback() == first.is_loopback());
        let mut all = vec![first];
        all.extend(others);
        alike.then_some(Self { all })
    }

    /// The host that is called while it can be reached.
    pub(crate) fn first(&self) -> &ApiBase {
        // There is always a first one: nothing makes an empty list.
        &self.all[0]
    }

    /// All, the first one first.
    pub(crate) fn all(&self) -> &[ApiBase] {
        &self.all
    }

    /// Whether requests to them reach people.
    pub(crate) fn destination(&self) -> Destination {
        if self.first().is_loopback() { Destination::Local } else { Destination::Real }
    }

    /// Those that are not the platform's own: a company's gateway, a simulator, or somebody else's server. What people
    /// agree to should name them.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = &ApiBase> {
        self.all.iter().filter(|base| !base.is_wechat())
    }
}

impl From<ApiBase> for Hosts {
    fn from(only: ApiBase) -> Self {
        Self { all: vec![only] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for text in [
            "https://api.weixin.qq.com",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://localhost.:1",
            "http://[::1]:9/",
            "http://[::ffff:127.0.0.1]:9",
            "http://0.0.0.0:9",
        ] {
            assert!(ApiBase::parse(text).is_ok(), "{text}");
        }
        assert_eq!(ApiBase::parse("http://api.weixin.qq.com"), Err(ApiBaseError::PlainHttp));
        assert_eq!(ApiBase::parse("http://127.0.0.1.example.com"), Err(ApiBaseError::PlainHttp));
        assert_eq!(ApiBase::parse("ftp://127.0.0.1"), Err(ApiBaseError::NotAnAddress));
        assert_eq!(ApiBase::parse("api.weixin.qq.com"), Err(ApiBaseError::NotAnAddress));
    }

    #[test]
    fn an_address_is_shown_without_credentials() {
        let base = ApiBase::parse("https://user:pw@host:8443/x/").map(|base| format!("{base} {base:?}"));
        assert_eq!(base.as_deref(), Ok("https://host:8443/x https://host:8443/x"));
    }

    #[test]
    fn a_path_is_kept_and_a_query_or_fragment_is_none() {
        for (base, url) in [
            ("https://host", "https://host/cgi-bin/a"),
            ("https://host/", "https://host/cgi-bin/a"),
            ("https://host/wechat", "https://host/wechat/cgi-bin/a"),
            ("https://host/open/wechat//", "https://host/open/wechat/cgi-bin/a"),
            ("https://host/%E5%BE%AE", "https://host/%E5%BE%AE/cgi-bin/a"),
        ] {
            let at = ApiBase::parse(base).map(|base| base.at("/cgi-bin/a").to_string());
            assert_eq!(at.as_deref(), Ok(url), "{base}");
        }
        for base in ["https://host?x=1", "https://host/#x", "https://host/a?access_token=T"] {
            assert_eq!(ApiBase::parse(base), Err(ApiBaseError::Query), "{base}");
        }
    }

    #[test]
    fn a_host_that_only_looks_like_wechat_is_foreign() {
        let foreign =
            |text: &str| !ApiBase::parse(text).unwrap_or_else(|error| panic!("{error}")).is_wechat();
        assert!(!foreign(API_BASE) && !foreign(API_BASE_2));
        for text in ["https://evilweixin.qq.com", "https://weixin.qq.com.example.com", "http://127.0.0.1"] {
            assert!(foreign(text), "{text}");
        }
    }

    #[test]
    fn a_simulator_never_fails_over_to_the_platform() {
        let parse = |text: &str| ApiBase::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let (real, second, own) = (parse(API_BASE), parse(API_BASE_2), parse("http://127.0.0.1:1"));
        assert!(Hosts::new(real.clone(), vec![second.clone()]).is_some());
        assert!(Hosts::new(own.clone(), vec![own.clone()]).is_some());
        assert!(Hosts::new(own.clone(), vec![second]).is_none());
        assert!(Hosts::new(real, vec![own]).is_none());
    }
}
