//! Why something failed, as others say it: the system, SQLite, the parsers of TOML and of templates.
//!
//! What they often say is said in the reader's language. What is not known is shown as it is, and marked as theirs
//! where the language is another one.

use std::io;

use crate::locale::Catalog;
use crate::own_reason::OwnReason;

/// How the parser of TOML begins what it says, and the sentence for it. The first that fits is taken.
const TOML: &[(&str, &str)] = &[
    ("invalid basic string, expected `\"`", "unclosed-string"),
    ("invalid literal string, expected `'`", "unclosed-string"),
    ("invalid multi-line basic string, expected `\"`", "unclosed-long-string"),
    ("invalid multi-line literal string, expected `'`", "unclosed-long-string"),
    ("invalid basic string", "odd-character"),
    ("invalid literal string", "odd-character"),
    ("invalid multi-line basic string", "odd-character"),
    ("invalid multi-line literal string", "odd-character"),
    ("string values must be quoted", "unquoted"),
    ("missing opening quote", "unquoted"),
    ("missing value", "unquoted"),
    ("key with no value", "no-equals"),
    ("missing assignment between key-value pairs", "no-equals"),
    ("duplicate key", "twice"),
    ("cannot extend value of type", "twice"),
    ("missing escaped value", "backslash"),
    ("too few unicode value digits", "backslash"),
    ("invalid value, expected unicode", "backslash"),
    ("unclosed table", "unclosed-name"),
    ("unclosed array table", "unclosed-name"),
    ("unclosed array", "unclosed-list"),
    ("unclosed inline table", "unclosed-brace"),
    ("unexpected leading zero", "leading-zero"),
    ("invalid date", "bad-date"),
    ("invalid time", "bad-date"),
    ("invalid unquoted key", "bad-key"),
    ("invalid key", "bad-key"),
    ("unquoted keys cannot be empty", "no-key"),
    ("missing key", "no-key"),
    ("unexpected key or value", "too-much"),
    ("unexpected content", "too-much"),
    ("invalid boolean", "bad-boolean"),
    ("invalid mantissa", "bad-number"),
    ("invalid fraction", "bad-number"),
    ("invalid exponent", "bad-number"),
    ("invalid integer number", "bad-number"),
    ("invalid float", "bad-number"),
    ("`_` may only go between digits", "bad-number"),
    ("unexpected sign", "bad-number"),
    ("redundant", "bad-number"),
    ("missing comma", "comma"),
    ("extra comma", "comma"),
];

/// What SQLite says, and the sentence for it.
const SQLITE: &[(&str, &str)] = &[
    ("database or disk is full", "system.full"),
    ("attempt to write a readonly database", "sqlite.read-only"),
    ("database disk image is malformed", "sqlite.damaged"),
    ("file is not a database", "sqlite.foreign"),
    ("unable to open database file", "sqlite.unopened"),
    ("database is locked", "sqlite.locked"),
    ("database table is locked", "sqlite.locked"),
    ("disk I/O error", "sqlite.disk"),
    ("access permission denied", "system.not-allowed"),
];

/// The sentence for what this program says in the place of the system.
fn own(reason: OwnReason) -> &'static str {
    match reason {
        OwnReason::NoRegularFile => "reason.special-file",
        OwnReason::NoText => "reason.no-text",
        OwnReason::OutsideSandbox => "reason.outside",
        OwnReason::NoPem => "reason.no-pem",
        OwnReason::LeadsNowhere => "reason.leads-nowhere",
        OwnReason::NegativeCount => "reason.negative-count",
        OwnReason::NobodyReads => "reason.nobody-reads",
        OwnReason::ReaderStandsStill => "reason.reader-stands-still",
        OwnReason::InQuotes => "reason.in-quotes",
        OwnReason::BlanksAround => "reason.blanks-around",
    }
}

impl Catalog {
    /// A reason in the reader's language, as much of it as there are words for.
    pub(crate) fn reason(&self, text: &str) -> String {
        if let Some((before, reason)) = OwnReason::at_end(text) {
            return format!("{before}{}", self.say(own(reason), &[]));
        }
        if let Some(said) = self.of_serde(text) {
            return said;
        }
        let begins = |(begin, _): &&(&str, &str)| text.starts_with(begin);
        if let Some(said) = TOML.iter().find(begins).and_then(|(_, key)| self.get(&format!("toml.{key}"))) {
            return said.to_owned();
        }
        let text = self.of_sqlite(&self.of_the_system(text));
        if is_prose(&text) { self.say("reason.original", &[("text", &text)]) } else { text }
    }

    /// What serde says of a key or a value.
    fn of_serde(&self, text: &str) -> Option<String> {
        for (begin, key) in [
            ("unknown field `", "toml.unknown-key"),
            ("unknown variant `", "toml.unknown-value"),
            ("missing field `", "toml.missing"),
        ] {
            let Some((word, rest)) = text.strip_prefix(begin).and_then(|rest| rest.split_once('`')) else {
                continue;
            };
            // What is allowed stands in backquotes, whatever is said around it.
            let allowed: Vec<String> =
                rest.split('`').skip(1).step_by(2).map(|word| format!("`{word}`")).collect();
            return Some(self.say(key, &[("key", &word), ("allowed", &allowed.join(", "))]));
        }
        let rest = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "))?;
        let (_, expected) = rest.rsplit_once(", expected ")?;
        let own = match expected {
            "a string" => "type.string",
            "a boolean" => "type.boolean",
            "u64" | "u32" | "u16" | "i64" => "type.integer",
            "a sequence" => "type.array",
            _ if expected.starts_with("struct ") || expected == "a map" => "type.table",
            key => key,
        };
        let expected = self.get(own).map_or_else(|| expected.to_owned(), str::to_owned);
        Some(self.say("toml.wrong-type", &[("expected", &expected)]))
    }

    /// A text with the system's words for an error of its own, `No such file or directory (os error 2)`, in this
    /// language, where it has words for it.
    fn of_the_system(&self, text: &str) -> String {
        let number = text.rsplit_once("(os error ").and_then(|(_, rest)| rest.split_once(')'));
        let Some(number) = number.and_then(|(number, _)| number.parse().ok()) else { return text.to_owned() };
        let error = io::Error::from_raw_os_error(number);
        let kind = match error.kind() {
            // The file is open in another program that lets nobody else in.
            _ if cfg!(windows) && number == 32 => "in-use",
            _ if is_link(number) => "link",
            io::ErrorKind::NotFound => "not-found",
            io::ErrorKind::PermissionDenied => "not-allowed",
            io::ErrorKind::AlreadyExists => "exists",
            io::ErrorKind::NotADirectory => "no-folder",
            io::ErrorKind::IsADirectory => "folder",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "full",
            io::ErrorKind::ReadOnlyFilesystem => "read-only",
            io::ErrorKind::FileTooLarge => "too-large",
            io::ErrorKind::AddrInUse => "port-in-use",
            _ => return text.to_owned(),
        };
        match self.get(&format!("system.{kind}")) {
            Some(words) => text.replace(&error.to_string(), words),
            None => text.to_owned(),
        }
    }

    /// A text with SQLite's words, which stand behind the file's name, in this language.
    fn of_sqlite(&self, text: &str) -> String {
        let said = SQLITE.iter().find(|(words, _)| text.contains(words));
        match said.and_then(|(words, key)| Some((words, self.get(key)?))) {
            Some((words, own)) => text.replace(words, own),
            None => text.to_owned(),
        }
    }
}

/// Whether the system says that it does not follow a link: one of a circle, or one in the place of a file of ours, where none
/// is followed.
#[cfg(unix)]
fn is_link(number: i32) -> bool {
    number == libc::ELOOP
}

#[cfg(not(unix))]
fn is_link(_: i32) -> bool {
    false
}

/// Whether a text has three English words in a row. The name of a file has not, nor has a sentence of ours in a language
/// where it would matter.
fn is_prose(text: &str) -> bool {
    let is_word = |word: &str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'\'')
    };
    if text.contains(['：', '，', '。', '（']) {
        return false;
    }
    let mut run = 0;
    text.split(' ').any(|word| {
        run = if is_word(word) { run + 1 } else { 0 };
        run >= 3
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn what_is_known_is_said_in_the_reader_s_language() {
        let words = Catalog::new(Language::ZhCn);
        for text in TOML.iter().chain(SQLITE).map(|(text, _)| *text) {
            let said = words.reason(text);
            assert!(!is_prose(&said) && said != text, "{text}: {said}");
        }
        assert!(words.reason("x/journal.sqlite3: disk I/O error").starts_with("x/journal.sqlite3: "));
    }

    #[test]
    fn what_is_not_known_is_marked_as_somebody_else_s_words() {
        let text = "something that nobody has foreseen";
        assert_eq!(Catalog::new(Language::ZhCn).reason(text), format!("原文：{text}"));
        assert_eq!(Catalog::new(Language::En).reason(text), text);
        for plain in ["/home/a b/x.csv", "列名里有空格 a b c", "xlsx"] {
            assert_eq!(Catalog::new(Language::ZhCn).reason(plain), plain);
        }
    }

    #[test]
    fn every_sentence_has_its_key() {
        for language in [Language::En, Language::ZhCn] {
            let words = Catalog::new(language);
            for (text, key) in TOML {
                assert!(words.get(&format!("toml.{key}")).is_some(), "{text}: {key}");
            }
            for reason in OwnReason::all() {
                assert!(words.get(own(reason)).is_some(), "{reason}");
            }
            for (text, key) in SQLITE {
                assert!(words.get(key).is_some(), "{text}: {key}");
            }
        }
    }
}
