//! An address outside of the platform that takes a notice. It is a secret: whoever knows it can write there. So it is
//! shown nowhere, and what is logged of a request is its host.

use std::fmt;

use reqwest::Url;

use crate::api_base::ApiBase;

/// The address.
#[derive(Clone)]
pub(crate) struct Hook {
    /// Its host.
    pub(crate) host: ApiBase,
    url: Url,
}

impl Hook {
    /// Takes an address that is https, or http on this computer.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = ApiBase::parse(&format!("{}://{}{port}", url.scheme(), url.host_str()?)).ok()?;
        (url.username().is_empty() && url.password().is_none()).then_some(Self { host, url })
    }

    /// The address itself.
    pub(super) fn url(&self) -> Url {
        self.url.clone()
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("host", &self.host).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_https_and_shows_its_host_alone() {
        let hook =
            Hook::parse("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=S3CRET").expect("an address");
        assert_eq!(hook.url().query(), Some("key=S3CRET"));
        assert!(!format!("{hook:?}").contains("S3CRET"));
        assert!(Hook::parse("http://127.0.0.1:1/x").is_some());
        for text in ["", "key", "http://example.com/x", "https://a:b@example.com/", "ftp://example.com"] {
            assert!(Hook::parse(text).is_none(), "{text}");
        }
    }
}
