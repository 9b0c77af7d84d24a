//! The proxy that the environment names. One that cannot be understood is a fault: to go past it would send the
//! account's token by a way that nobody chose.

use std::net::IpAddr;

use reqwest::{NoProxy, Proxy};
use url::Url;

/// The variables that may name a proxy for https, the first one that is set counts. Those of plain http do not: what
/// is called without TLS is this computer.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The kinds of proxy that can be used.
pub(crate) const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];
/// The variables that name what is reached without a proxy, the first one that is set counts.
const WITHOUT: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Marks that files for `docker --env-file` have around values by mistake.
pub(crate) const QUOTES: [char; 6] = ['"', '\'', '“', '”', '‘', '’'];

/// A variable that names no proxy that can be used. What stands in it is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyFault {
    /// Its name.
    pub(crate) variable: &'static str,
    /// What is wrong with it.
    pub(crate) why: ProxyTrouble,
}

/// What is wrong with the address of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProxyTrouble {
    /// It is in quotation marks, as files of docker's `--env-file` have them by mistake.
    Quotes,
    /// There is a blank, a line end or another invisible character in it.
    Blank,
    /// There are characters in it that no address has, such as a full-width colon.
    FullWidth,
    /// There is a backslash in it, as in the name of a Windows domain.
    Backslash,
    /// It is of a kind that is not one.
    Scheme(String),
    /// It is no address.
    NotAnAddress,
}

/// The proxy that the environment names for the platform, if any.
///
/// # Errors
///
/// When the variable that counts cannot be understood.
pub(crate) fn from_environment() -> Result<Option<Proxy>, ProxyFault> {
    let Some((variable, value)) = set() else { return Ok(None) };
    let proxy = address(&value).and_then(|url| Proxy::https(url).map_err(|_| ProxyTrouble::NotAnAddress));
    proxy
        .map(|proxy| Some(proxy.no_proxy(NoProxy::from_string(&direct().hosts))))
        .map_err(|why| ProxyFault { variable, why })
}

/// The variable that names a proxy for the platform, with the kind that its address says; nothing where there is none.
pub(crate) fn named() -> Option<(&'static str, String)> {
    let (variable, value) = set()?;
    Some((variable, address(&value).ok()?.scheme().to_owned()))
}

/// The variable that counts, and what stands in it.
fn set() -> Option<(&'static str, String)> {
    VARIABLES.into_iter().find_map(|variable| {
        let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
        Some((variable, value.to_string_lossy().into_owned()))
    })
}

/// What is reached without a proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Direct {
    /// The variable that says so.
    pub(crate) variable: &'static str,
    /// Hosts, domains and networks, as HTTP clients read them.
    pub(crate) hosts: String,
    /// What stands there and names nothing.
    pub(crate) odd: Vec<String>,
}

/// What the environment names to be reached without a proxy.
pub(crate) fn direct() -> Direct {
    let set = WITHOUT.into_iter().find_map(|variable| {
        let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
        Some((variable, value.to_string_lossy().into_owned()))
    });
    set.map_or_else(Direct::default, |(variable, value)| direct_in(variable, &value))
}

/// Reads such a list as it is meant: in quotation marks, with semicolons, with `*.` before a domain, with a port.
fn direct_in(variable: &'static str, value: &str) -> Direct {
    let mut read = Direct { variable, ..Direct::default() };
    let parts = value.split(|c: char| matches!(c, ',' | ';' | '，' | '；' | '、') || c.is_whitespace());
    for part in parts.map(|part| part.trim_matches(QUOTES)).filter(|part| !part.is_empty()) {
        let domain = part.strip_prefix("*.").unwrap_or(part);
        let host = match domain.rsplit_once(':') {
            // All that goes by a proxy goes to this port, unless an address names another.
            Some((host, "443")) if !host.contains(':') || host.ends_with(']') => host,
            Some(_) | None => domain,
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let named = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let network = host.split_once('/').map_or(host, |(address, _)| address);
        if part == "*" || network.parse::<IpAddr>().is_ok() || host.chars().all(named) {
            read.hosts.push_str(host);
            read.hosts.push(',');
        } else {
            read.odd.push(part.to_owned());
        }
    }
    read
}

/// Reads the address of a proxy. Without a kind it is one of http, as everywhere.
fn address(text: &str) -> Result<Url, ProxyTrouble> {
    if text.starts_with(QUOTES) || text.ends_with(QUOTES) {
        return Err(ProxyTrouble::Quotes);
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(ProxyTrouble::Blank);
    }
    if !text.is_ascii() {
        return Err(ProxyTrouble::FullWidth);
    }
    // The parser of addresses takes it for a slash, and what follows it for a path.
    if text.contains('\\') {
        return Err(ProxyTrouble::Backslash);
    }
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&full).map_err(|_| ProxyTrouble::NotAnAddress)?;
    if !SCHEMES.contains(&url.scheme()) {
        return Err(ProxyTrouble::Scheme(url.scheme().to_owned()));
    }
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    if bare && has_host { Ok(url) } else { Err(ProxyTrouble::NotAnAddress) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_proxies_are_read_in_the_forms_that_people_write() {
        for good in [
            "http://127.0.0.1:7890",
            "http://127.0.0.1:7890/",
            "127.0.0.1:7890",
            "proxy.example",
            "https://proxy.example:8443",
            "socks5://127.0.0.1:7891",
            "socks5h://user:p%40ss@127.0.0.1:1080",
            "http://CORP%5Cuser:pw@proxy.example:3128",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_is_reached_without_a_proxy_is_read_as_it_is_meant() {
        for (value, hosts, odd) in [
            ("gw.corp.example,.corp.example, 10.0.0.0/8", "gw.corp.example,.corp.example,10.0.0.0/8,", ""),
            ("\"gw.corp.example\"", "gw.corp.example,", ""),
            ("*.corp.example;localhost", "corp.example,localhost,", ""),
            ("a.example，b.example\r", "a.example,b.example,", ""),
            ("gw.corp.example:443,[::1]:443,::1", "gw.corp.example,::1,::1,", ""),
            ("*", "*,", ""),
            ("gw.corp.example:8443", "", "gw.corp.example:8443"),
            ("10.*", "", "10.*"),
            ("http://gw.corp.example", "", "http://gw.corp.example"),
        ] {
            let read = direct_in("NO_PROXY", value);
            assert_eq!((read.hosts.as_str(), read.odd.join(" ").as_str()), (hosts, odd), "{value}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        let scheme = |name: &str| ProxyTrouble::Scheme(name.to_owned());
        for (bad, why) in [
            ("\"http://127.0.0.1:1\"", ProxyTrouble::Quotes),
            ("“http://127.0.0.1:1”", ProxyTrouble::Quotes),
            ("http://127.0.0.1:1\r", ProxyTrouble::Blank),
            ("http://127.0.0.1:1 ", ProxyTrouble::Blank),
            ("http://127.0.0.1 :1", ProxyTrouble::Blank),
            ("http：//127.0.0.1:1", ProxyTrouble::FullWidth),
            ("http://127.0.0.1：1", ProxyTrouble::FullWidth),
            ("http://CORP\\user:pw@127.0.0.1:1", ProxyTrouble::Backslash),
            ("socks://127.0.0.1:1", scheme("socks")),
            ("socks4://127.0.0.1:1", scheme("socks4")),
            ("htp://127.0.0.1:1", scheme("htp")),
            ("http://", ProxyTrouble::NotAnAddress),
            ("http://127.0.0.1:port", ProxyTrouble::NotAnAddress),
            ("http://127.0.0.1:1/proxy.pac", ProxyTrouble::NotAnAddress),
            ("http:127.0.0.1:1", ProxyTrouble::NotAnAddress),
        ] {
            assert_eq!(address(bad), Err(why), "{bad}");
        }
    }
}
