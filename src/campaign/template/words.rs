//! The words in a tag, by the rules of Handlebars.js.

use std::ops::Range;

use crate::campaign::template::operators::helper_of;
use crate::campaign::template::tags::is_blank;

/// A word and where it stands in the template.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) kind: WordKind,
    pub(super) at: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WordKind {
    /// `姓名`
    Bare(String),
    /// `[full name]`
    Bracketed(String),
    /// `@row`
    Data(String),
    /// `a.b`, `../a`, `a/b`
    Path(String),
    /// `this`, `.`, `..`
    This(String),
    /// `"…"`
    Text(String),
    /// `12`, `-1.5`
    Number(String),
    /// `true`, `false`, `null`, `undefined`
    Constant(String),
    Open,
    Close,
    /// Whatever else there is.
    Sign(String),
}

/// The words of a tag.
pub(super) fn words(source: &str, inside: Range<usize>) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = inside.start;
    while let Some(c) = source[at..inside.end].chars().next() {
        let rest = &source[at..inside.end];
        if is_blank(c) {
            at += c.len_utf8();
            continue;
        }
        let (kind, length) = word(c, rest);
        // Without the brackets, so that a fault points at the name.
        let marks = usize::from(matches!(kind, WordKind::Bracketed(_)));
        words.push(Word { kind, at: at + marks..at + length - marks });
        at += length;
    }
    words
}

fn word(c: char, rest: &str) -> (WordKind, usize) {
    match c {
        '(' => (WordKind::Open, 1),
        ')' => (WordKind::Close, 1),
        '"' | '\'' => quoted(c, rest)
            .map_or_else(|| (WordKind::Sign(c.into()), 1), |(text, length)| (WordKind::Text(text), length)),
        '@' => {
            let length = 1 + name_length(&rest[1..]);
            (WordKind::Data(rest[..length].to_owned()), length)
        }
        '[' | '.' | '/' => path(rest),
        c if is_name(c) => bare(rest),
        c => {
            let length = rest.find(|other| !"=!<>&|".contains(other)).unwrap_or(rest.len()).max(c.len_utf8());
            (WordKind::Sign(rest[..length].to_owned()), length)
        }
    }
}

fn bare(rest: &str) -> (WordKind, usize) {
    let length = name_length(rest);
    let name = &rest[..length];
    let is_path = rest[length..].starts_with(['.', '/']);
    if is_number(rest).is_some_and(|number| number > length || number == length && !is_path) {
        let length = is_number(rest).unwrap_or(length);
        return (WordKind::Number(rest[..length].to_owned()), length);
    }
    if is_path {
        return path(rest);
    }
    let kind = match name {
        "true" | "false" | "null" | "undefined" => WordKind::Constant(name.to_owned()),
        "this" => WordKind::This(name.to_owned()),
        name if helper_of(name).is_some() => WordKind::Sign(name.to_owned()),
        name => WordKind::Bare(name.to_owned()),
    };
    (kind, length)
}

/// Names, dots and slashes up to a blank or a sign. One name in square brackets is that name.
fn path(rest: &str) -> (WordKind, usize) {
    let mut at = 0;
    let mut only = None;
    let mut parts = 0;
    while let Some(c) = rest[at..].chars().next() {
        let here = &rest[at..];
        let length = match c {
            '[' => {
                let Some((name, length)) = quoted(']', here) else { return (WordKind::Sign("[".into()), 1) };
                only = Some(name);
                length
            }
            '.' | '/' => 1,
            c if is_name(c) => name_length(here),
            _ => break,
        };
        parts += 1;
        at += length;
    }
    match (parts, only, &rest[..at]) {
        (1, Some(name), _) => (WordKind::Bracketed(name), at),
        (_, _, spelling @ ("." | ".." | "/")) => (WordKind::This(spelling.to_owned()), at),
        (_, _, spelling) => (WordKind::Path(spelling.to_owned()), at),
    }
}

/// A text in marks: what it says, and how many bytes it takes. A backslash keeps the mark from ending it.
fn quoted(last: char, rest: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == last && !escaped {
            return Some((text, at + c.len_utf8()));
        }
        if escaped {
            let kept = if last == ']' { matches!(c, '\\' | ']') } else { c == last };
            if !kept {
                text.push('\\');
            }
            text.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else {
            text.push(c);
        }
    }
    None
}

/// What Handlebars.js takes as part of a name outside of square brackets.
fn is_name(c: char) -> bool {
    !is_blank(c) && !matches!(c, '!'..=',' | '.' | '/' | ';'..='>' | '@' | '['..='^' | '`' | '{'..='~')
        || c == '$'
}

fn name_length(rest: &str) -> usize {
    rest.find(|c| !is_name(c)).unwrap_or(rest.len())
}

/// How many bytes a number takes that a tag begins with, where it is one up to its end.
fn is_number(rest: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(rest.starts_with('-'));
    let whole = digits(&rest[sign..]);
    let mut length = sign + whole;
    if let Some(fraction) = rest[length..].strip_prefix('.').map(digits).filter(|count| *count > 0) {
        length += 1 + fraction;
    }
    let ends =
        rest[length..].chars().next().is_none_or(|c| is_blank(c) || matches!(c, '~' | '}' | ')' | ']'));
    (whole > 0 && ends).then_some(length)
}
