//! The helpers of templates.
//!
//! Cells are texts. A helper that cannot be sure what a cell means is a fault of its row: a wrong amount, date or
//! branch is sent to somebody, and nobody sees that it was a guess.

mod compare;
pub(super) mod date;
pub(crate) mod number;
pub(super) mod value;

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::campaign::template::helpers::value::{HelperFault, Value};

/// A helper: its name, and how many parameters it takes at least and at most.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The name.
    pub name: &'static str,
    /// The fewest parameters.
    pub(crate) min: usize,
    /// The most parameters.
    pub(crate) max: usize,
    /// Whether it encloses text, as `{{#if}}` does.
    pub(crate) block: bool,
    pub(super) function: Function,
}

pub(super) type Function = fn(&[Value<'_>]) -> Result<Value<'static>, HelperFault>;

const fn inline(name: &'static str, min: usize, max: usize, function: Function) -> Signature {
    Signature { name, min, max, block: false, function }
}

const fn block(name: &'static str) -> Signature {
    Signature { name, min: 1, max: 1, block: true, function: |given| Ok(Value::Bool(given[0].is_true())) }
}

/// Every helper a template may use.
pub const HELPERS: &[Signature] = &[
    block("if"),
    block("unless"),
    inline("default", 2, 2, |given| Ok(default(&given[0], &given[1]))),
    inline("truncate", 2, 2, |given| Ok(text(truncate(&given[0].text(), count(&given[1])?)))),
    inline("upper", 1, 1, |given| Ok(text(given[0].text().to_uppercase()))),
    inline("lower", 1, 1, |given| Ok(text(given[0].text().to_lowercase()))),
    inline("trim", 1, 1, |given| Ok(text(given[0].text().trim().to_owned()))),
    inline("url_encode", 1, 1, |given| Ok(text(url_encode(&given[0].text())))),
    inline("number", 1, 2, |given| {
        let decimals = given.get(1).map(number::decimals).transpose()?;
        number::show(&given[0].text(), decimals).map(text)
    }),
    inline("percent", 1, 2, |given| {
        let unit = given.get(1).map_or(Cow::Borrowed("%"), Value::text);
        number::percent(&given[0].text(), &unit).map(text)
    }),
    inline("date", 2, 2, |given| date::show(&given[0].text(), &given[1].text()).map(text)),
    inline("eq", 2, 2, |given| compare::equal(&given[0], &given[1]).map(Value::Bool)),
    inline("ne", 2, 2, |given| compare::equal(&given[0], &given[1]).map(|equal| Value::Bool(!equal))),
    inline("gt", 2, 2, |given| ordered(given, std::cmp::Ordering::is_gt)),
    inline("gte", 2, 2, |given| ordered(given, std::cmp::Ordering::is_ge)),
    inline("lt", 2, 2, |given| ordered(given, std::cmp::Ordering::is_lt)),
    inline("lte", 2, 2, |given| ordered(given, std::cmp::Ordering::is_le)),
    inline("and", 1, usize::MAX, |given| Ok(Value::Bool(given.iter().all(Value::is_true)))),
    inline("or", 1, usize::MAX, |given| Ok(Value::Bool(given.iter().any(Value::is_true)))),
    inline("not", 1, 1, |given| Ok(Value::Bool(!given[0].is_true()))),
    inline("len", 1, 1, |given| {
        let length = given[0].text().graphemes(true).count();
        Ok(Value::Number(Cow::Owned(length.to_string())))
    }),
];

fn text(text: String) -> Value<'static> {
    Value::Text(Cow::Owned(text))
}

pub(super) fn count(value: &Value<'_>) -> Result<usize, HelperFault> {
    let text = value.text();
    text.trim().parse().map_err(|_| HelperFault::Count(text.into_owned()))
}

fn default(value: &Value<'_>, fallback: &Value<'_>) -> Value<'static> {
    let chosen = if value.text().trim().is_empty() { fallback } else { value };
    match chosen {
        Value::Text(chosen) => text(chosen.clone().into_owned()),
        Value::Number(number) => Value::Number(Cow::Owned(number.clone().into_owned())),
        Value::Bool(holds) => Value::Bool(*holds),
    }
}

/// At most `max` characters as people see them; where something is cut off, the last of them is `…`. An emoji of
/// several characters is never cut in two.
fn truncate(text: &str, max: usize) -> String {
    if text.graphemes(true).nth(max).is_none() {
        return text.to_owned();
    }
    let kept: String = text.graphemes(true).take(max.saturating_sub(1)).collect();
    if max == 0 { kept } else { format!("{kept}…") }
}

/// All but letters, digits and `-_.~` is encoded, as RFC 3986 section 2.3 has it.
fn url_encode(text: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

fn ordered(
    given: &[Value<'_>],
    holds: fn(std::cmp::Ordering) -> bool,
) -> Result<Value<'static>, HelperFault> {
    Ok(Value::Bool(compare::order(&given[0], &given[1])?.is_some_and(holds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_counts_its_own_mark() {
        assert_eq!(truncate("春季促销", 4), "春季促销");
        assert_eq!(truncate("春季促销", 3), "春季…");
        assert_eq!(truncate("春", 0), "");
    }

    #[test]
    fn what_people_see_as_one_character_is_never_cut_in_two() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(truncate(&format!("{family}{family}李四"), 2), format!("{family}…"));
        assert_eq!(truncate("🇨🇳🇯🇵🇰🇷", 2), "🇨🇳…");
        assert_eq!(truncate("e\u{301}e\u{301}", 2), "e\u{301}e\u{301}");
    }
}
