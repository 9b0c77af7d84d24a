//! Numbers in cells, read and written digit by digit: none is too long, and none is rounded by a float.

use std::cmp::Ordering;

use crate::campaign::template::helpers::value::{HelperFault, Value, half_width};

/// The unit of reduced prices in Chinese: nine of them are nine tenths.
const TENTHS: &str = "\u{6298}";
/// More decimals than this are no amount of anything.
const MOST_DECIMALS: usize = 20;

/// A decimal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Without zeros in front, but never empty.
    whole: String,
    /// As it is written.
    fraction: String,
    /// Whether it was written with a `%`; the digits are those of the share.
    percent: bool,
}

/// Reads a number as cells have it: `1234.5`, `1,234.5`, `¥1,234.50`, `90%`, full-width digits.
pub(super) fn read(text: &str) -> Result<Decimal, HelperFault> {
    let plain = half_width(text);
    let unreadable = || {
        // Digits with commas and points are a number, but which one depends on the reader. So are some words of programs.
        let doubtful = plain.bytes().any(|byte| byte.is_ascii_digit())
            && plain.bytes().all(|byte| byte.is_ascii_digit() || b",.'-+ %".contains(&byte));
        let of_programs = ["inf", "+inf", "-inf", "infinity", "-infinity", "nan"];
        if doubtful || of_programs.contains(&plain.to_ascii_lowercase().as_str()) {
            HelperFault::DoubtfulNumber(text.to_owned())
        } else {
            HelperFault::Number(text.to_owned())
        }
    };
    let (rest, negative) = sign(&plain);
    let (rest, negative) = match rest.strip_prefix('¥') {
        // The sign stands on either side of the currency, not on both.
        Some(rest) if rest.len() + '¥'.len_utf8() == plain.len() => sign(rest.trim_start()),
        Some(rest) => (rest.trim_start(), negative),
        None => (rest, negative),
    };
    let (rest, percent) = match rest.strip_suffix('%') {
        Some(rest) => (rest.trim_end(), true),
        None => (rest.strip_suffix('元').unwrap_or(rest).trim_end(), false),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = !rest.is_empty() && !rest.ends_with('.') && digits(fraction);
    let whole = grouped(whole).filter(|_| sound).ok_or_else(unreadable)?;
    let number = Decimal { negative, whole: whole.to_owned(), fraction: fraction.to_owned(), percent };
    Ok(if percent { number.moved_left(2) } else { number }.without_leading_zeros())
}

/// Whether a number is zero, and nothing where a text is none.
pub(crate) fn is_zero(text: &str) -> Option<bool> {
    read(text).ok().map(|number| number.is_zero())
}

fn sign(text: &str) -> (&str, bool) {
    match text.strip_prefix('-') {
        Some(rest) => (rest.trim_start(), true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    }
}

/// The digits of a whole number. Its commas group three digits each or are something else.
fn grouped(text: &str) -> Option<String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !text.contains(',') {
        return digits(text).then(|| text.to_owned());
    }
    let mut groups = text.split(',');
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()) && !first.starts_with('0'))?;
    let sound = digits(first) && groups.all(|group| group.len() == 3 && digits(group));
    sound.then(|| text.replace(',', ""))
}

impl Decimal {
    fn moved_left(mut self, places: usize) -> Self {
        let whole = format!("{:0>width$}", self.whole, width = places + 1);
        let (kept, moved) = whole.split_at(whole.len() - places);
        self.fraction = format!("{moved}{}", self.fraction);
        self.whole = kept.to_owned();
        self
    }

    fn moved_right(mut self, places: usize) -> Self {
        let fraction = format!("{:0<places$}", self.fraction);
        let (moved, kept) = fraction.split_at(places);
        self.whole.push_str(moved);
        self.fraction = kept.to_owned();
        self.without_leading_zeros()
    }

    fn without_leading_zeros(mut self) -> Self {
        let kept = self.whole.trim_start_matches('0');
        self.whole = if kept.is_empty() { "0" } else { kept }.to_owned();
        self
    }

    fn is_zero(&self) -> bool {
        self.whole == "0" && self.fraction.bytes().all(|byte| byte == b'0')
    }

    /// Rounded, half away from zero.
    fn rounded(mut self, decimals: usize) -> Self {
        let up = self.fraction.as_bytes().get(decimals).is_some_and(|digit| *digit >= b'5');
        let mut digits: Vec<u8> = self.whole.bytes().chain(self.fraction.bytes().take(decimals)).collect();
        digits.resize(self.whole.len() + decimals, b'0');
        if up {
            let carried = digits.iter().rev().take_while(|digit| **digit == b'9').count();
            let kept = digits.len() - carried;
            digits[kept..].fill(b'0');
            match kept.checked_sub(1) {
                Some(last) => digits[last] += 1,
                None => digits.insert(0, b'1'),
            }
        }
        let fraction = digits.split_off(digits.len() - decimals);
        self.whole = digits.into_iter().map(char::from).collect();
        self.fraction = fraction.into_iter().map(char::from).collect();
        self
    }

    /// With or without commas between its thousands.
    fn shown(&self, grouped: bool) -> String {
        let sign = if self.negative && !self.is_zero() { "-" } else { "" };
        let whole = if grouped { group(&self.whole) } else { self.whole.clone() };
        let point = if self.fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{}", self.fraction)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let below = |number: &Self| number.negative && !number.is_zero();
        let size = |number: &Self, other: &Self| {
            let by_whole = (number.whole.len(), &number.whole).cmp(&(other.whole.len(), &other.whole));
            let fraction = |number: &Self| number.fraction.trim_end_matches('0').to_owned();
            by_whole.then_with(|| fraction(number).cmp(&fraction(other)))
        };
        match (below(self), below(other)) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self, other),
            (true, true) => size(other, self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `1234.5` becomes `1,234.5`, and `1,234.50` with two decimals.
pub(super) fn show(text: &str, decimals: Option<usize>) -> Result<String, HelperFault> {
    let number = read(text)?;
    Ok(match decimals {
        Some(decimals) => number.rounded(decimals),
        None => number,
    }
    .shown(true))
}

/// How many decimals are wanted.
pub(in crate::campaign::template) fn decimals(value: &Value<'_>) -> Result<usize, HelperFault> {
    let text = value.text();
    let decimals = text.trim().parse().ok().filter(|decimals| *decimals <= MOST_DECIMALS);
    decimals.ok_or_else(|| HelperFault::Count(text.into_owned()))
}

/// Whether shares are written in this unit.
pub(in crate::campaign::template) fn is_unit(unit: &str) -> bool {
    ["%", TENTHS].contains(&unit)
}

/// A share: `0.9` becomes `90%`, and `9折` in tenths, as Chinese prices are reduced.
pub(super) fn percent(text: &str, unit: &str) -> Result<String, HelperFault> {
    if !is_unit(unit) {
        return Err(HelperFault::Unit(unit.to_owned()));
    }
    // `9折`, as shops export it, is a share that says its unit.
    let in_tenths =
        half_width(text).strip_suffix(TENTHS).map(|tenths| read(tenths.trim_end())).transpose()?;
    if let Some(paid) = in_tenths {
        let ten = Decimal { negative: false, whole: "10".into(), fraction: String::new(), percent: false };
        if paid.negative || paid.percent || paid.is_zero() || paid >= ten {
            return Err(HelperFault::NoReduction(text.to_owned()));
        }
        let mut moved = if unit == TENTHS { paid } else { paid.moved_right(1) };
        moved.fraction = moved.fraction.trim_end_matches('0').to_owned();
        return Ok(format!("{}{unit}", moved.shown(false)));
    }
    let share = read(text)?;
    let one = Decimal { negative: false, whole: "1".into(), fraction: String::new(), percent: false };
    let size = Decimal { negative: false, ..share.clone() };
    let tenths = unit == TENTHS;
    let is_price = !share.negative && size <= one;
    if (!share.percent && size > one) || (tenths && !is_price) {
        return Err(HelperFault::Share(text.to_owned()));
    }
    if tenths && (share.is_zero() || size.cmp(&one) == Ordering::Equal) {
        return Err(HelperFault::NoReduction(text.to_owned()));
    }
    let mut moved = share.moved_right(if tenths { 1 } else { 2 });
    moved.fraction = moved.fraction.trim_end_matches('0').to_owned();
    Ok(format!("{}{unit}", moved.shown(false)))
}

/// Digits in groups of three, as people read large numbers: `12,000`.
pub(crate) fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, decimals: Option<usize>) -> String {
        show(text, decimals).unwrap_or_else(|fault| format!("{fault:?}"))
    }

    #[test]
    fn numbers_are_grouped_and_rounded_without_floats() {
        assert_eq!(shown("1234567.5", None), "1,234,567.5");
        assert_eq!(shown("999.995", Some(2)), "1,000.00");
        assert_eq!(shown("-0.5", Some(0)), "-1");
        assert_eq!(shown("-0.4", Some(0)), "0");
        assert_eq!(shown("12", Some(2)), "12.00");
        assert_eq!(shown("99999999999999999999", None), "99,999,999,999,999,999,999");
        assert_eq!(show("1e5", None), Err(HelperFault::Number("1e5".into())));
    }

    #[test]
    fn what_people_write_around_numbers_is_read() {
        for (text, expected) in [
            ("¥18,472.66", "18,472.66"),
            ("￥１８，４７２．６６", "18,472.66"),
            (" -¥5 ", "-5"),
            ("¥-5", "-5"),
            ("1500元", "1,500"),
            ("90%", "0.90"),
            ("12.5％", "0.125"),
            ("0041", "41"),
            ("12.50", "12.50"),
        ] {
            assert_eq!(shown(text, None), expected, "{text}");
        }
    }

    #[test]
    fn what_may_be_two_numbers_is_none() {
        for text in [
            "12,50",
            "1,5",
            "1.234,56",
            "1.234.567",
            "0,123",
            "1234,567",
            "inf",
            "NaN",
            "5.",
            "1,,000",
            "--5",
        ] {
            assert_eq!(show(text, None), Err(HelperFault::DoubtfulNumber(text.into())), "{text}");
        }
        for text in ["", "many", "-¥-5", "¥", "1.5万", "$5"] {
            assert_eq!(show(text, None), Err(HelperFault::Number(text.into())), "{text}");
        }
    }

    #[test]
    fn shares_are_shown_as_percent_and_as_reduced_prices() {
        for (text, unit, expected) in [
            ("0.9", "%", "90%"),
            ("90%", "%", "90%"),
            ("0.9", "折", "9折"),
            ("0.85", "折", "8.5折"),
            ("88%", "折", "8.8折"),
            ("0.125", "%", "12.5%"),
            ("-0.05", "%", "-5%"),
            ("1", "%", "100%"),
            ("120%", "%", "120%"),
        ] {
            assert_eq!(percent(text, unit).as_deref(), Ok(expected), "{text}");
        }
        for (text, unit) in [("90", "%"), ("9", "折"), ("1.2", "折"), ("-0.1", "折")] {
            assert_eq!(percent(text, unit), Err(HelperFault::Share(text.into())), "{text}");
        }
    }

    #[test]
    fn numbers_are_compared_digit_by_digit() {
        let order = |one: &str, other: &str| read(one).and_then(|one| Ok(one.cmp(&read(other)?)));
        assert_eq!(order("9", "10"), Ok(Ordering::Less));
        assert_eq!(order("-9", "-10"), Ok(Ordering::Greater));
        assert_eq!(order("1.50", "1.5"), Ok(Ordering::Equal));
        assert_eq!(order("622202123456789012", "622202123456789013"), Ok(Ordering::Less));
        assert_eq!(order("-0", "0"), Ok(Ordering::Equal));
    }
}
