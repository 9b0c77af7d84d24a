//! What helpers are given and give, and what they cannot use.

use std::borrow::Cow;

use crate::diagnostic::value::Key;

/// What helpers are given and give.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::campaign::template) enum Value<'v> {
    /// A cell, or a text in quotation marks.
    Text(Cow<'v, str>),
    /// A number that stands in the template, or that a helper has counted.
    Number(Cow<'v, str>),
    /// Whether something holds.
    Bool(bool),
}

impl Value<'_> {
    /// As it is written into a message.
    pub(in crate::campaign::template) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Number(text) => Cow::Borrowed(text),
            Self::Bool(holds) => Cow::Borrowed(if *holds { "true" } else { "false" }),
        }
    }

    pub(in crate::campaign::template) fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text.into_owned(),
            Self::Bool(_) => self.text().into_owned(),
        }
    }

    /// Whether a condition of nothing but it holds.
    pub(in crate::campaign::template) fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => number.bytes().any(|byte| (b'1'..=b'9').contains(&byte)),
            Self::Bool(holds) => *holds,
        }
    }
}

/// A value that a helper could not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HelperFault {
    /// The text is no number.
    Number(String),
    /// The text may be one of two numbers: `12,50`, `1.234,56`.
    DoubtfulNumber(String),
    /// The text is no date.
    Date(String),
    /// A date without a time of day, which the pattern asks for.
    NoTime(String),
    /// The year has fewer than four digits.
    DoubtfulYear(String),
    /// A time of another zone.
    Offset(String),
    /// The pattern cannot format a date.
    Format(String),
    /// No number of characters or decimals.
    Count(String),
    /// More than the whole, without a `%`: 90 may be 90 % or 9000 %.
    Share(String),
    /// Nothing is taken off, or everything: `10折` and `0折` are said by nobody.
    NoReduction(String),
    /// A unit other than `%` and 折.
    Unit(String),
    /// Two texts of which none is sure to come first.
    Order(String, String),
    /// The text has grown far beyond what any field takes.
    TooMuch,
}

impl HelperFault {
    /// The key of its sentence in `locales/`, and the text it is about.
    pub(crate) fn sentence(&self) -> (Key, String) {
        let (key, text) = match self {
            Self::Number(text) => ("helper.not-a-number", text),
            Self::DoubtfulNumber(text) => ("helper.doubtful-number", text),
            Self::Date(text) => ("helper.not-a-date", text),
            Self::NoTime(text) => ("helper.no-time", text),
            Self::DoubtfulYear(text) => ("helper.doubtful-year", text),
            Self::Offset(text) => ("helper.offset", text),
            Self::Format(text) => ("helper.not-a-format", text),
            Self::Count(text) => ("helper.not-a-count", text),
            Self::Share(text) => ("helper.doubtful-share", text),
            Self::NoReduction(text) => ("helper.no-reduction", text),
            Self::Unit(text) => ("helper.not-a-unit", text),
            Self::TooMuch => return (Key::new("helper.too-much"), "…".to_owned()),
            Self::Order(one, other) => return (Key::new("helper.no-order"), format!("{one} / {other}")),
        };
        (Key::new(key), text.clone())
    }

    /// Whether it is about this value.
    pub(in crate::campaign::template) fn quotes<E>(&self, value: &Result<Value<'_>, E>) -> bool {
        let Ok(value) = value else { return false };
        match self {
            Self::TooMuch => false,
            Self::Number(text)
            | Self::DoubtfulNumber(text)
            | Self::Date(text)
            | Self::NoTime(text)
            | Self::DoubtfulYear(text)
            | Self::Offset(text)
            | Self::Format(text)
            | Self::Count(text)
            | Self::Share(text)
            | Self::NoReduction(text)
            | Self::Unit(text)
            | Self::Order(text, _) => *text == value.text(),
        }
    }
}

/// A text as cells are read: without blanks around it, and without what a Chinese keyboard makes of digits and signs.
pub(super) fn half_width(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '￥' => '¥',
        '−' | '﹣' => '-',
        '\u{3000}' | '\u{a0}' => ' ',
        c => c,
    };
    text.trim().chars().map(narrow).collect::<String>().trim().to_owned()
}
