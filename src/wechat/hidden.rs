//! Secrets that others may repeat: a gateway, a token server or the platform itself that quotes what it was given.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use memchr::memmem;
use secrecy::{ExposeSecret as _, SecretString};

use crate::wechat::answer::errmsg::Errmsg;

/// Anything shorter could stand in an answer by chance.
const SHORTEST: usize = 8;
/// What stands in its place.
const MASK: &str = "***";

/// The tokens and the AppSecret that this process has used, to be taken out of whatever comes back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hidden(Arc<RwLock<Vec<SecretString>>>);

impl Hidden {
    pub(crate) fn add(&self, secret: &SecretString) {
        let text = secret.expose_secret();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if text.len() >= SHORTEST && !known.iter().any(|known| known.expose_secret() == text) {
            known.push(secret.clone());
        }
    }

    /// What the platform says, without them.
    pub(crate) fn out_of(&self, said: Errmsg) -> Errmsg {
        if self.are_in(said.raw().as_bytes()) { Errmsg::parse(&self.masked(said.raw())) } else { said }
    }

    /// What a program says, without them.
    pub(crate) fn out_of_text(&self, said: &str) -> String {
        self.masked(said)
    }

    /// A body without them. One that is no text is told by no one.
    pub(crate) fn out_of_body(&self, body: Bytes) -> Bytes {
        if self.are_in(&body) { Bytes::from(self.masked(&String::from_utf8_lossy(&body))) } else { body }
    }

    fn are_in(&self, text: &[u8]) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|secret| memmem::find(text, secret.expose_secret().as_bytes()).is_some())
    }

    fn masked(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose_secret(), MASK))
    }
}

/// What a program says, without what looks like a secret that nobody here knows: what stands behind `token=`,
/// `"secret":` or `Bearer`, and long words of letters and digits. `set -x` and `curl -v` print all of it.
pub(crate) fn without_likely_secrets(said: &str) -> String {
    const NAMES: [&str; 7] = ["secret", "token", "password", "passwd", "pwd", "apikey", "authorization"];
    const LONG: usize = 20;
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '~');
    let (mut out, mut rest, mut named, mut divided) = (String::with_capacity(said.len()), said, false, false);
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| belongs(c) != belongs(first)).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        if !belongs(first) {
            divided |= piece.contains(['=', ':']);
            named &= piece.chars().all(|c| matches!(c, '=' | ':' | '"' | '\'' | ' ' | '\t'));
            out.push_str(piece);
            continue;
        }
        let word = piece.to_ascii_lowercase();
        let has_digit = piece.contains(|c: char| c.is_ascii_digit());
        let is_scheme = matches!(word.as_str(), "bearer" | "basic");
        let is_value = named && divided && !is_scheme && (has_digit || piece.len() >= 12);
        let is_long = piece.len() >= LONG && has_digit && piece.contains(|c: char| c.is_ascii_alphabetic());
        out.push_str(if is_value || is_long { MASK } else { piece });
        named = is_scheme || !is_value && NAMES.iter().any(|name| word.ends_with(name));
        divided = is_scheme;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_taken_out_of_what_a_program_says() {
        for (said, shown) in [
            ("+ T=90_AbCdEfGhIjKlMnOpQrSt", "+ T=***"),
            ("+ curl -sf http://127.0.0.1:1/?token=s3cret", "+ curl -sf http://127.0.0.1:1/?token=***"),
            (
                r#"{"access_token": "90_AbC", "expires_in": 7200}"#,
                r#"{"access_token": "***", "expires_in": 7200}"#,
            ),
            (
                "secret=0123456789abcdef0123456789abcdef Authorization: Bearer abc1 password: hunter2",
                "secret=*** Authorization: Bearer *** password: ***",
            ),
            ("no token: expired", "no token: expired"),
            (
                "curl: (7) Failed to connect to tokens.example.com port 443",
                "curl: (7) Failed to connect to tokens.example.com port 443",
            ),
        ] {
            assert_eq!(without_likely_secrets(said), shown);
        }
    }

    #[test]
    fn what_was_used_is_taken_out_and_nothing_else() {
        let hidden = Hidden::default();
        for secret in ["TOKEN-of-the-day", "short", "TOKEN-of-the-day"] {
            hidden.add(&SecretString::from(secret));
        }
        let text = "bad TOKEN-of-the-day, short, access_token=TOKEN-of-the-day";
        assert_eq!(hidden.out_of(Errmsg::parse(text)).raw(), "bad ***, short, access_token=***");
        assert_eq!(
            hidden.out_of_body(Bytes::from_static(b"{\"a\":\"TOKEN-of-the-day\"}")),
            "{\"a\":\"***\"}"
        );
        assert_eq!(hidden.out_of_body(Bytes::from_static(b"\xFF plain")), &b"\xFF plain"[..]);
    }
}
