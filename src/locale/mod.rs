//! The sentences people read, by key, from `locales/`.
//!
//! A sentence has named places, `{rows} rows`, and words that go with a number, `{rows} {rows?row|rows}`; every other brace
//! is text. A key that a language lacks is taken from English, so a new language can grow sentence by sentence.

pub(crate) mod mask;
pub(crate) mod reason;
pub(crate) mod sentence;
pub(crate) mod visible;

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

const EN: &str = include_str!("../../locales/en.toml");
const ZH_CN: &str = include_str!("../../locales/zh-CN.toml");
const EXAMPLES_ZH_CN: &str = include_str!("../../locales/examples.zh-CN.toml");
const POLICY_ZH_CN: &str = include_str!("../../locales/policy.zh-CN.toml");
const SCHEMA_ZH_CN: &str = include_str!("../../locales/schema.zh-CN.toml");

/// A language that wxcast speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English, the fallback.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

impl Language {
    /// Reads a language as flags, environment and campaign files write it: `en` or `zh-CN`, any case.
    /// A locale's name such as `zh_CN.UTF-8` is read too. Gives nothing for any other language.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let base = name.split(['.', '@']).next().expect("a split has a first piece");
        match base {
            "en" | "c" | "posix" => Some(Self::En),
            "zh" => Some(Self::ZhCn),
            _ if base.starts_with("en-") => Some(Self::En),
            // Whoever reads another Chinese reads this one more easily than English.
            _ if base.starts_with("zh-") => Some(Self::ZhCn),
            _ => None,
        }
    }

    /// Its name as flags, campaign files and HTML write it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::En => EN,
            Self::ZhCn => ZH_CN,
        }
    }
}

/// The name of a sentence of ours in the catalogue. It is a type of its own, so that a text which happens to spell a
/// sentence's name is never taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(&'static str);

impl Key {
    /// The sentence of this name, which every language has.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name as `locales/` has it.
    pub(crate) fn name(self) -> &'static str {
        self.0
    }
}

/// All sentences of one language, English standing in for what it lacks.
#[derive(Debug, Clone)]
pub struct Catalog {
    language: Language,
    sentences: BTreeMap<String, String>,
}

impl Catalog {
    /// Loads a language. The files are part of the program, so nothing can be missing at run time.
    pub fn new(language: Language) -> Self {
        let mut sentences = BTreeMap::new();
        for source in [Language::En.source(), language.source()] {
            let table =
                source.parse::<toml::Table>().expect("the tests read every file of the program's own");
            flatten("", &table, &mut sentences);
        }
        Self { language, sentences }
    }

    /// The language asked for.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The sentence of `key` with its places filled; the key itself where there is none.
    pub fn say(&self, key: &str, places: &[(&str, &dyn Display)]) -> String {
        // A reason most often comes from the system or a library, in English, and is translated as far as it is known.
        let reason = places.iter().find(|(name, _)| *name == "reason");
        match reason.map(|(name, reason)| (*name, self.reason(&reason.to_string()))) {
            Some((name, reason)) => {
                let others = places.iter().filter(|(other, _)| *other != name).copied();
                self.fill(key, &others.chain([(name, &reason as &dyn Display)]).collect::<Vec<_>>())
            }
            None => self.fill(key, places),
        }
    }

    /// The sentence of `key` with its places filled by just what is given, reasons too.
    pub(crate) fn fill(&self, key: &str, places: &[(&str, &dyn Display)]) -> String {
        self.sentences.get(key).map_or_else(|| key.to_owned(), |sentence| fill(sentence, places))
    }

    /// A sentence behind what it is, with the colon of the language: `error: …`.
    pub(crate) fn headed(&self, head: &str, sentence: &str) -> String {
        self.fill("diagnostic.headed", &[("head", &self.say(head, &[])), ("sentence", &sentence)])
    }

    /// The sentence of `key`, where there is one.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.sentences.get(key).map(String::as_str)
    }

    /// A kind of message: what people call it and the word that files have for it.
    pub(crate) fn kind(&self, name: &str) -> String {
        self.get(&format!("kind.{name}")).unwrap_or(name).to_owned()
    }

    /// What took the place of an answer, by the name that journals and JSON have for it; one that no version before this
    /// one knew stays as it is.
    pub(crate) fn cause(&self, name: &str) -> String {
        let known = self.get(&format!("cause.{name}")).map(str::to_owned);
        let status = name.strip_prefix("http-").map(|status| status.trim_end_matches("-unclear"));
        let told = known.or_else(|| status.map(|status| self.say("cause.http", &[("status", &status)])));
        told.unwrap_or_else(|| name.to_owned())
    }

    /// Every key, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.sentences.keys().map(String::as_str)
    }
}

/// The comments of an example in a language; lines that have no translation stay as they are.
pub(crate) fn example(campaign: &str, language: Language) -> String {
    let texts: BTreeMap<String, String> = match language {
        Language::En => return campaign.to_owned(),
        Language::ZhCn => {
            toml::from_str(EXAMPLES_ZH_CN).expect("the tests read this file of the program's own")
        }
    };
    let line = |line: &str| {
        let (before, comment) = line.split_once("# ").filter(|(before, _)| before.trim().is_empty())?;
        let (text, end) = comment.split_at(comment.trim_end().len());
        Some(format!("{before}# {}{end}", texts.get(text)?))
    };
    campaign.split_inclusive('\n').map(|whole| line(whole).unwrap_or_else(|| whole.to_owned())).collect()
}

/// What the keys of a campaign file mean, by their paths. English has no catalogue of its own: it is in the schema.
pub fn schema_texts(language: Language) -> Option<BTreeMap<String, String>> {
    match language {
        Language::En => None,
        Language::ZhCn => {
            Some(toml::from_str(SCHEMA_ZH_CN).expect("the tests read this file of the program's own"))
        }
    }
}

/// The same for the schema of policies.
pub fn policy_texts(language: Language) -> Option<BTreeMap<String, String>> {
    match language {
        Language::En => None,
        Language::ZhCn => {
            Some(toml::from_str(POLICY_ZH_CN).expect("the tests read this file of the program's own"))
        }
    }
}

fn flatten(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&path, inner, into),
            toml::Value::String(text) => {
                into.insert(path, text.clone());
            }
            _ => {}
        }
    }
}

fn fill(sentence: &str, places: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(sentence.len() + 32);
    let mut rest = sentence;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        let known = after.find('}').and_then(|close| {
            let (name, forms) = match after[..close].split_once('?') {
                Some((name, forms)) => (name, forms.split_once('|')),
                None => (&after[..close], None),
            };
            places.iter().find(|(n, _)| *n == name).map(|(_, value)| (close, value, forms))
        });
        if let Some((close, value, forms)) = known {
            match forms {
                Some((one, many)) => out.push_str(if value.to_string() == "1" { one } else { many }),
                None => {
                    // Writing into a String cannot fail.
                    let _ = write!(out, "{value}");
                }
            }
            rest = &after[close + 1..];
            // A reason from a parser or the system may end with a full stop already.
            if rest.starts_with(['.', '。']) && out.ends_with('.') && !out.ends_with("..") {
                out.pop();
            }
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn places_are_filled_and_other_braces_stay() {
        let filled = fill("{n} of {{name}} in {unknown} {", &[("n", &3), ("name", &"x")]);
        assert_eq!(filled, "3 of {x} in {unknown} {");
    }

    #[test]
    fn words_go_with_the_number_before_them() {
        let sentence = "{n} {n?row is|rows are} hidden, {{x?a|b}}";
        assert_eq!(fill(sentence, &[("n", &1)]), "1 row is hidden, {{x?a|b}}");
        assert_eq!(fill(sentence, &[("n", &"1,001")]), "1,001 rows are hidden, {{x?a|b}}");
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_not_filled_again() {
        assert_eq!(fill("{a}{b}", &[("a", &"{b}"), ("b", &"2")]), "{b}2");
    }

    #[test]
    fn a_value_with_a_full_stop_of_its_own_does_not_double_it() {
        assert_eq!(fill("no: {why}. Do", &[("why", &"gone.")]), "no: gone. Do");
        assert_eq!(fill("没有：{why}。", &[("why", &"gone.")]), "没有：gone。");
        assert_eq!(fill("no: {why}.", &[("why", &"and so on...")]), "no: and so on....");
    }

    #[test]
    fn what_the_system_says_is_said_in_the_reader_s_language() {
        let missing = io::Error::from_raw_os_error(2);
        let said =
            Catalog::new(Language::ZhCn).say("error.cannot-read", &[("file", &"a"), ("reason", &missing)]);
        assert!(said.contains("没有这个文件") && !said.contains("os error"), "{said}");
        let path = format!("x/y: {missing}");
        let said = Catalog::new(Language::En).say("error.cannot-read", &[("file", &"a"), ("reason", &path)]);
        assert!(said.contains("x/y: "), "{said}");
    }

    #[test]
    fn languages_are_read_from_locale_names() {
        assert_eq!(Language::parse("zh_CN.UTF-8"), Some(Language::ZhCn));
        assert_eq!(Language::parse("zh-CN"), Some(Language::ZhCn));
        assert_eq!(Language::parse("zh-Hans-CN"), Some(Language::ZhCn));
        assert_eq!(Language::parse("zh_TW.Big5"), Some(Language::ZhCn));
        assert_eq!(Language::parse("C.UTF-8"), Some(Language::En));
        assert_eq!(Language::parse("en_US.UTF-8"), Some(Language::En));
        assert_eq!(Language::parse("fr"), None);
    }
}
