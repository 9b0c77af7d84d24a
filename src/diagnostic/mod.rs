//! A fault in the user's files, with a place.
//!
//! A diagnostic holds what is wrong as data; its sentences come from the [`Catalog`]
//! and its line and column are looked up only when somebody reads it.

pub(crate) mod alike;
pub mod code;
pub(crate) mod index;
pub(crate) mod path;
pub(crate) mod people;
pub(crate) mod place;
pub(crate) mod render;
pub(crate) mod severity;
pub(crate) mod suggest;
pub(crate) mod unread;
pub(crate) mod value;

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::diagnostic::alike::Alike;
use crate::diagnostic::code::Code;
use crate::diagnostic::people::People;
use crate::diagnostic::place::Place;
use crate::diagnostic::value::Value;
use crate::locale::Catalog;
use crate::locale::mask::masked_name;

pub use crate::diagnostic::severity::Severity;

/// The most characters of a cell that are quoted where a diagnostic travels.
const LONGEST_QUOTE: usize = 40;

/// One fault: what, where, and the values its sentences need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub(crate) code: Code,
    /// How bad it is; the code's own severity unless somebody decided otherwise.
    pub(crate) severity: Severity,
    /// Where it is wrong.
    pub(crate) at: Place,
    /// The values for the places of its sentences, by name.
    pub(crate) values: Vec<(&'static str, Value)>,
    /// A word the user may have meant.
    pub(crate) near: Option<Box<str>>,
    /// How that word differs from the one that was written, where they look alike.
    alike: Option<Box<Alike>>,
}

impl Diagnostic {
    /// A fault of this code at this place.
    pub(crate) fn new(code: Code, at: Place) -> Self {
        Self { code, severity: code.severity(), at, values: Vec::new(), near: None, alike: None }
    }

    /// Adds a value for a place of its sentences.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// Adds the nearest of the words that would have been right, if one is near; one that looks the same before others.
    #[must_use]
    pub(crate) fn near<'a>(mut self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let candidates: Vec<&str> = candidates.into_iter().collect();
        match alike::find(word, candidates.iter().copied()) {
            Some((near, alike)) => {
                self.near = Some(near.into());
                self.alike = Some(Box::new(alike));
            }
            None => self.near = suggest::nearest(word, candidates).map(String::into_boxed_str),
        }
        self
    }

    /// Whether what may have been meant looks just like what was written.
    pub(crate) fn looks_alike(&self) -> bool {
        self.alike.is_some()
    }

    /// Says how two words differ that look alike, where its sentence has a place for that.
    #[must_use]
    pub(crate) fn alike_to(mut self, word: &str, other: &str) -> Self {
        self.alike = alike::find(word, [other]).map(|(_, alike)| Box::new(alike));
        self.near = Some(other.into());
        self
    }

    /// The same fault where it does not keep anything from being sent.
    #[must_use]
    pub(crate) fn into_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same fault, about a row that names these people: texts that were made from the row may hold them.
    #[must_use]
    pub(crate) fn naming(mut self, people: &People) -> Self {
        self.values = self.values.into_iter().map(|(name, value)| (name, value.naming(people))).collect();
        self
    }

    /// Whether it keeps the campaign from being sent.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The sentence that says what is wrong.
    pub(crate) fn message(&self, words: &Catalog) -> String {
        self.sentence(words, "message")
    }

    /// The sentence that says how to mend it, a near match first where there is one.
    pub(crate) fn help(&self, words: &Catalog) -> String {
        let policy = matches!(self.at, Place::Policy(_));
        let names_schema = matches!(self.code, Code::UnknownKey | Code::BadValue);
        let help = self.sentence(words, if policy && names_schema { "help-policy" } else { "help" });
        match (&self.near, &self.alike) {
            // The sentence itself has said so.
            _ if self.code == Code::AlikeColumns => help,
            (Some(near), Some(alike)) => {
                let differences = alike.told(near, words);
                let places: [(&str, &dyn Display); 4] =
                    [("word", &alike.word), ("near", near), ("differences", &differences), ("help", &help)];
                words.say("diagnostic.alike", &places)
            }
            (Some(near), None) => words.say("diagnostic.near", &[("near", near), ("help", &help)]),
            (None, _) => help,
        }
    }

    fn sentence(&self, words: &Catalog, part: &str) -> String {
        let key = format!("diagnostic.{}.{part}", self.code.slug());
        let plain: Vec<(&str, &dyn Display)> =
            self.values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        let mut values: Vec<(&str, String)> =
            self.values.iter().map(|(name, value)| (*name, value.shown(words, &plain))).collect();
        if let (Some(near), Some(alike)) = (&self.near, &self.alike) {
            values.push(("differences", alike.told(near, words)));
        }
        let places: Vec<(&str, &dyn Display)> =
            values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        words.fill(&key, &places)
    }

    /// Shortens what it quotes of the audience, for readers who may not have the file.
    pub(crate) fn cut_cells(&mut self) {
        let of_audience = match self.at {
            Place::Audience | Place::Line(_) | Place::Header { .. } | Place::Row(_) | Place::List(_) => true,
            Place::Campaign
            | Place::CampaignSpan(_)
            | Place::Field(_)
            | Place::Key(_)
            | Place::Within(..)
            | Place::Policy(_) => false,
        };
        if of_audience {
            self.values.iter_mut().for_each(|(_, value)| value.cut(LONGEST_QUOTE));
            self.near = self.near.take().filter(|near| near.chars().count() <= LONGEST_QUOTE);
        }
    }

    /// Makes every openid in it unreadable, for logs that many can read.
    pub(crate) fn mask_openids(&mut self) {
        for (_, value) in &mut self.values {
            value.mask();
        }
        self.near = self.near.take().map(|near| masked_name(&near).into_boxed_str());
    }
}

/// The diagnostics of one run, all counted, as many of them kept as memory allows.
///
/// A million rows can each have the same fault. The first [`KEPT_PER_CODE`](Self::KEPT_PER_CODE) of each code
/// are kept with their places; the rest only count.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    counts: BTreeMap<Code, u64>,
    errors: u64,
    warnings: u64,
}

impl Diagnostics {
    /// How many diagnostics of one code are kept in full.
    pub(crate) const KEPT_PER_CODE: u64 = 10_000;

    /// Takes one in.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        match diagnostic.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        let count = self.counts.entry(diagnostic.code).or_default();
        *count += 1;
        if *count <= Self::KEPT_PER_CODE {
            self.kept.push(diagnostic);
        }
    }

    /// Counts one that would not be kept.
    pub(crate) fn count(&mut self, code: Code, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        *self.counts.entry(code).or_default() += 1;
    }

    /// Takes all of another collection in, those it only counted too.
    pub(crate) fn absorb(&mut self, mut other: Self) {
        for diagnostic in std::mem::take(&mut other.kept) {
            if let Some(count) = other.counts.get_mut(&diagnostic.code) {
                *count = count.saturating_sub(1);
            }
            match diagnostic.severity {
                Severity::Error => other.errors = other.errors.saturating_sub(1),
                Severity::Warning => other.warnings = other.warnings.saturating_sub(1),
            }
            self.push(diagnostic);
        }
        for (code, count) in other.counts {
            *self.counts.entry(code).or_default() += count;
        }
        self.errors += other.errors;
        self.warnings += other.warnings;
    }

    /// Those kept, in the order they were found.
    pub fn kept(&self) -> &[Diagnostic] {
        &self.kept
    }

    /// Those kept, to look their places up.
    pub(crate) fn kept_mut(&mut self) -> &mut [Diagnostic] {
        &mut self.kept
    }

    /// Makes every openid that is told unreadable, for logs that many can read.
    pub(crate) fn mask_openids(&mut self) {
        for kept in &mut self.kept {
            kept.mask_openids();
        }
    }

    /// Shortens what they quote of the audience, for readers who may not have the file.
    pub(crate) fn cut_cells(&mut self) {
        self.kept.iter_mut().for_each(Diagnostic::cut_cells);
    }

    /// The counts by code.
    pub(crate) fn counts(&self) -> &BTreeMap<Code, u64> {
        &self.counts
    }

    /// How many keep the campaign from being sent.
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// How many do not.
    pub(crate) fn warnings(&self) -> u64 {
        self.warnings
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        for diagnostic in iter {
            self.push(diagnostic);
        }
    }
}
