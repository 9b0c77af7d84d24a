//! A token and where messages are posted with it.

use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// A token. It shows nothing of itself.
pub(crate) struct Token {
    send_urls: Box<[Url]>,
    value: SecretString,
}

impl Token {
    /// A token and the addresses that messages are posted to with it, one a host.
    pub(super) fn new(send_urls: Box<[Url]>, value: SecretString) -> Self {
        Self { send_urls, value }
    }

    /// The address that messages are posted to at a host, by its index.
    pub(crate) fn send_url(&self, host: usize) -> Url {
        self.send_urls[host].clone()
    }

    pub(crate) fn expose(&self) -> &str {
        self.value.expose_secret()
    }

    pub(super) fn is(&self, value: &SecretString) -> bool {
        self.expose() == value.expose_secret()
    }

    /// Whether both are the same token, whenever they were fetched.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.is(&other.value)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
