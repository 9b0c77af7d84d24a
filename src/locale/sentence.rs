//! A sentence before it is said: which one it is, and what fills its places.
//!
//! Whoever finds out what is wrong need not know the reader's language, nor whether there is a reader at all. What
//! fills a place is shown by what it is: a text as it stands, a reason in the reader's language where there are words
//! for it, another sentence said in turn.

use std::borrow::Cow;
use std::fmt::Display;

use crate::locale::Catalog;

/// A sentence of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    key: Cow<'static, str>,
    places: Vec<(Cow<'static, str>, Filling)>,
    then: Option<Box<Self>>,
}

/// What fills a place of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filling {
    /// Something that is shown as it stands.
    Text(String),
    /// Why something failed, as the system, SQLite or a parser says it.
    Reason(String),
    /// Words of ours.
    Sentence(Sentence),
}

impl Sentence {
    /// The sentence of this key.
    pub(crate) fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into(), places: Vec::new(), then: None }
    }

    /// Which one it is.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Fills a place.
    #[must_use]
    pub(crate) fn with(mut self, place: impl Into<Cow<'static, str>>, filling: impl Into<Filling>) -> Self {
        self.places.push((place.into(), filling.into()));
        self
    }

    /// Fills the place `reason` with what somebody else says of a failure.
    #[must_use]
    pub(crate) fn because(self, reason: impl Display) -> Self {
        self.with("reason", Filling::Reason(reason.to_string()))
    }

    /// Says another sentence behind it.
    #[must_use]
    pub(crate) fn then(mut self, other: Self) -> Self {
        let last = match self.then.take() {
            Some(next) => next.then(other),
            None => other,
        };
        self.then = Some(Box::new(last));
        self
    }

    /// The sentence in the catalogue's language.
    pub(crate) fn say(&self, words: &Catalog) -> String {
        let filled: Vec<(&str, String)> =
            self.places.iter().map(|(place, filling)| (&**place, filling.say(words))).collect();
        let places: Vec<(&str, &dyn Display)> =
            filled.iter().map(|(place, filling)| (*place, filling as &dyn Display)).collect();
        let said = words.fill(&self.key, &places);
        match &self.then {
            Some(then) => format!("{said} {}", then.say(words)),
            None => said,
        }
    }
}

impl Filling {
    /// It in the catalogue's language.
    pub(crate) fn say(&self, words: &Catalog) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Reason(reason) => words.reason(reason),
            Self::Sentence(sentence) => sentence.say(words),
        }
    }
}

impl<T: Display> From<T> for Filling {
    fn from(text: T) -> Self {
        Self::Text(text.to_string())
    }
}

impl From<Sentence> for Filling {
    fn from(sentence: Sentence) -> Self {
        Self::Sentence(sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn what_fills_a_place_is_shown_by_what_it_is() {
        let words = Catalog::new(Language::ZhCn);
        let file = |file: Filling| {
            Sentence::new("error.cannot-read").with("file", file).because("disk I/O error").say(&words)
        };
        assert!(file("unit.bytes".into()).contains("unit.bytes"));
        assert!(file("disk I/O error".into()).contains("disk I/O error"), "a text stays as it is");
        assert!(!file("a".into()).contains("disk I/O error"), "a reason is said in the reader's language");
        assert!(!file(Sentence::new("unit.bytes").into()).contains("unit.bytes"));
    }

    #[test]
    fn sentences_follow_one_another() {
        let words = Catalog::new(Language::En);
        let said = ["status.sent", "status.failed", "status.unsent"].map(Sentence::new);
        let each = said.clone().map(|sentence| sentence.say(&words));
        assert_eq!(said.into_iter().reduce(Sentence::then).map(|all| all.say(&words)), Some(each.join(" ")));
    }
}
