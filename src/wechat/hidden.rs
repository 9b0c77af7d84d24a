//! Secrets that others may repeat: a gateway, a token server or the platform itself that quotes what it was given.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use memchr::memmem;
use secrecy::{ExposeSecret as _, SecretString};

use crate::wechat::answer::errmsg::Errmsg;

/// Anything shorter could stand in an answer by chance.
const SHORTEST: usize = 8;
/// As much of a longer one stands in no text by chance.
const PART: usize = 12;
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
        !self.places(text).is_empty()
    }

    fn masked(&self, text: &str) -> String {
        let mut left = Vec::with_capacity(text.len());
        let mut told = 0;
        for place in self.places(text.as_bytes()) {
            left.extend_from_slice(&text.as_bytes()[told..place.start]);
            left.extend_from_slice(MASK.as_bytes());
            told = place.end;
        }
        left.extend_from_slice(&text.as_bytes()[told..]);
        String::from_utf8_lossy(&left).into_owned()
    }

    /// Where in a text a secret stands, or a part of one: cut short, or in other letters, it gives as much away.
    fn places(&self, text: &[u8]) -> Vec<Range<usize>> {
        if text.len() < SHORTEST {
            return Vec::new();
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let text = text.to_ascii_lowercase();
        let mut found: Vec<Range<usize>> = Vec::new();
        for secret in known.iter() {
            let secret = secret.expose_secret().to_ascii_lowercase();
            for part in secret.as_bytes().windows(secret.len().min(PART)) {
                found.extend(memmem::find_iter(&text, part).map(|at| at..at + part.len()));
            }
        }
        found.sort_by_key(|place| place.start);
        let mut joined: Vec<Range<usize>> = Vec::new();
        for place in found {
            match joined.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                Some(_) | None => joined.push(place),
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_is_taken_out_and_nothing_else() {
        let hidden = Hidden::default();
        for secret in ["TOKEN-of-the-day", "short", "TOKEN-of-the-day"] {
            hidden.add(&SecretString::from(secret));
        }
        let text = "bad TOKEN-of-the-day, short, access_token=TOKEN-of-the-day";
        assert_eq!(hidden.out_of(Errmsg::parse(text)).raw(), "bad ***, short, access_token=***");
        let text = "bad TOKEN-of-the-da; token-OF-THE-day, of-the-day and TOKEN";
        assert_eq!(hidden.out_of_text(text), "bad ***; ***, of-the-day and TOKEN");
        assert_eq!(
            hidden.out_of_body(Bytes::from_static(b"{\"a\":\"TOKEN-of-the-day\"}")),
            "{\"a\":\"***\"}"
        );
        assert_eq!(hidden.out_of_body(Bytes::from_static(b"\xFF plain")), &b"\xFF plain"[..]);
    }
}
