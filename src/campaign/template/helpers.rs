//! The helpers of templates, beyond `if` and `unless`.
//!
//! Cells are texts. A comparison with a number reads the cell as a number, because `{{#if (gt 积分 100)}}` can
//! mean nothing else; everything else compares texts.

use std::cmp::Ordering;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason, ScopedJson,
};
use jiff::civil::{Date, DateTime};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

use crate::diagnostic::value::Key;

/// A helper: its name, and how many parameters it takes at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: &'static str,
    /// The fewest parameters.
    pub(crate) min: usize,
    /// The most parameters.
    pub(crate) max: usize,
    /// Whether it encloses text, as `{{#if}}` does.
    pub(crate) block: bool,
}

const fn inline(name: &'static str, min: usize, max: usize) -> Signature {
    Signature { name, min, max, block: false }
}

const fn block(name: &'static str) -> Signature {
    Signature { name, min: 1, max: 1, block: true }
}

/// Every helper a template may use.
pub const HELPERS: &[Signature] = &[
    block("if"),
    block("unless"),
    inline("default", 2, 2),
    inline("truncate", 2, 2),
    inline("upper", 1, 1),
    inline("lower", 1, 1),
    inline("trim", 1, 1),
    inline("url_encode", 1, 1),
    inline("number", 1, 2),
    inline("date", 2, 2),
    inline("eq", 2, 2),
    inline("ne", 2, 2),
    inline("gt", 2, 2),
    inline("gte", 2, 2),
    inline("lt", 2, 2),
    inline("lte", 2, 2),
    inline("and", 1, usize::MAX),
    inline("or", 1, usize::MAX),
    inline("not", 1, 1),
    inline("len", 1, 1),
];

/// A cell that a helper could not use. The message names the helper and the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HelperFault {
    /// The text is no number.
    #[error("not a number: {0}")]
    Number(String),
    /// The text is no date.
    #[error("not a date: {0}")]
    Date(String),
    /// The pattern cannot format a date.
    #[error("not a date format: {0}")]
    Format(String),
}

impl HelperFault {
    /// The key of its sentence in `locales/`, and the text it is about.
    pub(crate) fn sentence(&self) -> (Key, &str) {
        match self {
            Self::Number(text) => (Key::new("helper.not-a-number"), text),
            Self::Date(text) => (Key::new("helper.not-a-date"), text),
            Self::Format(text) => (Key::new("helper.not-a-format"), text),
        }
    }
}

/// Adds the helpers to a registry.
pub(crate) fn register(registry: &mut Handlebars<'_>) {
    let add = |registry: &mut Handlebars<'_>, name, function: Function| {
        registry.register_helper(name, Box::new(Pure(function)));
    };
    add(registry, "default", |given| Ok(Json::from(default(&text(given, 0), &text(given, 1)))));
    add(registry, "truncate", |given| Ok(Json::from(truncate(&text(given, 0), whole(given, 1)?))));
    add(registry, "upper", |given| Ok(Json::from(text(given, 0).to_uppercase())));
    add(registry, "lower", |given| Ok(Json::from(text(given, 0).to_lowercase())));
    add(registry, "trim", |given| Ok(Json::from(text(given, 0).trim().to_owned())));
    add(registry, "url_encode", |given| Ok(Json::from(url_encode(&text(given, 0)))));
    add(registry, "number", |given| {
        let decimals = if given.len() > 1 { Some(whole(given, 1)?) } else { None };
        number(&text(given, 0), decimals).map(Json::from)
    });
    add(registry, "date", |given| date(&text(given, 0), &text(given, 1)).map(Json::from));
    add(registry, "eq", |given| Ok(Json::from(equal(given))));
    add(registry, "ne", |given| Ok(Json::from(!equal(given))));
    add(registry, "gt", |given| Ok(Json::from(compare(given)? == Some(Ordering::Greater))));
    add(registry, "gte", |given| Ok(Json::from(compare(given)?.is_some_and(Ordering::is_ge))));
    add(registry, "lt", |given| Ok(Json::from(compare(given)? == Some(Ordering::Less))));
    add(registry, "lte", |given| Ok(Json::from(compare(given)?.is_some_and(Ordering::is_le))));
    add(registry, "len", |given| Ok(Json::from(text(given, 0).chars().count())));
}

type Function = fn(&[&Json]) -> Result<Json, HelperFault>;

struct Pure(Function);

impl HelperDef for Pure {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let given: Vec<&Json> = helper.params().iter().map(handlebars::PathAndJson::value).collect();
        match (self.0)(&given) {
            Ok(value) => Ok(ScopedJson::Derived(value)),
            Err(fault) => Err(RenderErrorReason::NestedError(Box::new(fault)).into()),
        }
    }
}

fn text(given: &[&Json], index: usize) -> String {
    match given.get(index) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn whole(given: &[&Json], index: usize) -> Result<usize, HelperFault> {
    let text = text(given, index);
    text.trim().parse().map_err(|_| HelperFault::Number(text))
}

fn default(text: &str, fallback: &str) -> String {
    if text.trim().is_empty() { fallback.to_owned() } else { text.to_owned() }
}

/// At most `max` characters; where something is cut off, the last of them is `…`.
fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    if max == 0 { kept } else { format!("{kept}…") }
}

/// All but letters, digits and `-_.~` is encoded, as RFC 3986 section 2.3 has it.
fn url_encode(text: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A decimal number with thousands separators: `1234.5` becomes `1,234.5`, and `1,234.50` with two decimals.
/// The digits are never turned into a float, so that none is lost.
fn number(text: &str, decimals: Option<usize>) -> Result<String, HelperFault> {
    let fault = || HelperFault::Number(text.to_owned());
    let plain = text.trim().replace(',', "");
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let only_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !only_digits(whole) || !only_digits(fraction) {
        return Err(fault());
    }
    let (whole, fraction) = match decimals {
        Some(decimals) => round(whole, fraction, decimals),
        None => (whole.to_owned(), fraction.to_owned()),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(format!("{sign}{}{point}{fraction}", group(&whole)))
}

fn round(whole: &str, fraction: &str, decimals: usize) -> (String, String) {
    let up = fraction.as_bytes().get(decimals).is_some_and(|digit| *digit >= b'5');
    let padded = format!("{fraction:0<decimals$}");
    let mut digits: Vec<u8> = whole.bytes().chain(padded.bytes().take(decimals)).collect();
    if up {
        let carried = digits.iter().rev().take_while(|digit| **digit == b'9').count();
        let kept = digits.len() - carried;
        digits[kept..].fill(b'0');
        match kept.checked_sub(1) {
            Some(last) => digits[last] += 1,
            None => digits.insert(0, b'1'),
        }
    }
    let text: String = digits.into_iter().map(char::from).collect();
    let point = text.len() - decimals;
    (text[..point].to_owned(), text[point..].to_owned())
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Reads `2026-03-08`, `2026/3/8`, `2026.3.8` or one of them with a time, and writes it by a strftime pattern.
fn date(text: &str, pattern: &str) -> Result<String, HelperFault> {
    let given = text.trim().replace(['/', '.'], "-");
    let when = given
        .parse::<DateTime>()
        .ok()
        .or_else(|| DateTime::strptime("%Y-%m-%d %H:%M:%S", &given).ok())
        .or_else(|| DateTime::strptime("%Y-%m-%d %H:%M", &given).ok())
        .or_else(|| Date::strptime("%Y-%m-%d", &given).ok().map(|date| date.at(0, 0, 0, 0)))
        .ok_or_else(|| HelperFault::Date(text.to_owned()))?;
    jiff::fmt::strtime::format(pattern, when).map_err(|_| HelperFault::Format(pattern.to_owned()))
}

fn equal(given: &[&Json]) -> bool {
    match compare(given) {
        Ok(Some(order)) => order == Ordering::Equal,
        Ok(None) | Err(_) => text(given, 0) == text(given, 1),
    }
}

/// Compares two values: as numbers where either is written as a number in the template, else as texts. A blank
/// cell is neither more nor less than a number.
fn compare(given: &[&Json]) -> Result<Option<Ordering>, HelperFault> {
    let numeric = given.iter().any(|value| value.is_number());
    if !numeric {
        return Ok(Some(text(given, 0).cmp(&text(given, 1))));
    }
    let (left, right) = (text(given, 0), text(given, 1));
    if left.trim().is_empty() || right.trim().is_empty() {
        return Ok(None);
    }
    let read = |text: &str| {
        text.trim().replace(',', "").parse::<f64>().map_err(|_| HelperFault::Number(text.to_owned()))
    };
    Ok(read(&left)?.partial_cmp(&read(&right)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_rounded_without_floats() {
        let show = |text, decimals| number(text, decimals).unwrap_or_else(|fault| fault.to_string());
        assert_eq!(show("1234567.5", None), "1,234,567.5");
        assert_eq!(show("999.995", Some(2)), "1,000.00");
        assert_eq!(show("-0.5", Some(0)), "-1");
        assert_eq!(show("12", Some(2)), "12.00");
        assert_eq!(show("99999999999999999999", None), "99,999,999,999,999,999,999");
        assert_eq!(number("1e5", None), Err(HelperFault::Number("1e5".into())));
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        for text in ["2026-03-08", "2026/3/8", "2026.3.8", "2026-03-08 10:30", "2026-03-08T10:30:00"] {
            assert_eq!(date(text, "%Y年%m月%d日").as_deref(), Ok("2026年03月08日"), "{text}");
        }
        assert!(date("8 March", "%Y").is_err());
        assert!(date("2026-02-30", "%Y").is_err());
    }

    #[test]
    fn truncation_counts_its_own_mark() {
        assert_eq!(truncate("春季促销", 4), "春季促销");
        assert_eq!(truncate("春季促销", 3), "春季…");
        assert_eq!(truncate("春", 0), "");
    }

    #[test]
    fn a_comparison_with_a_number_reads_the_cell_as_one() {
        let (cell, bound) = (Json::from("9"), Json::from(100));
        assert_eq!(compare(&[&cell, &bound]), Ok(Some(Ordering::Less)));
        let texts = (Json::from("9"), Json::from("100"));
        assert_eq!(compare(&[&texts.0, &texts.1]), Ok(Some(Ordering::Greater)));
        assert!(equal(&[&Json::from("100"), &bound]));
        assert_eq!(compare(&[&Json::from(""), &bound]), Ok(None));
        assert!(compare(&[&Json::from("many"), &bound]).is_err());
    }
}
