//! Comparisons. Cells are texts, and `{{#if (gt 积分 100)}}` can only mean numbers; what cannot be put in order for sure
//! is a fault of its row.

use std::cmp::Ordering;

use crate::campaign::template::helpers::date;
use crate::campaign::template::helpers::number::{self, Decimal};
use crate::campaign::template::helpers::value::{HelperFault, Value};

/// Whether two values are the same: as numbers where one is written as a number in the template, else as texts.
pub(super) fn equal(one: &Value<'_>, other: &Value<'_>) -> Result<bool, HelperFault> {
    if !is_number(one) && !is_number(other) {
        return Ok(one.text() == other.text());
    }
    match (number::read(&one.text()), number::read(&other.text())) {
        (Ok(one), Ok(other)) => Ok(one.cmp(&other) == Ordering::Equal),
        (Err(fault @ HelperFault::DoubtfulNumber(_)), _)
        | (_, Err(fault @ HelperFault::DoubtfulNumber(_))) => Err(fault),
        // What is no number is not this number.
        (Err(_), _) | (_, Err(_)) => Ok(false),
    }
}

/// Which of two values comes first: numbers by their size, dates by time, and texts without any digit letter by letter.
/// A blank cell is neither before nor behind anything.
pub(super) fn order(one: &Value<'_>, other: &Value<'_>) -> Result<Option<Ordering>, HelperFault> {
    let (left, right) = (one.text(), other.text());
    if left.trim().is_empty() || right.trim().is_empty() {
        return Ok(None);
    }
    let numbers = (number::read(&left), number::read(&right));
    // A date beside something else can only mean that this is a date, too, `20260308` among them.
    if numbers.0.is_err() || numbers.1.is_err() {
        match (date::read(&left), date::read(&right)) {
            (Ok(left), Ok(right)) => return Ok(Some(left.cmp(&right))),
            (Ok(_), Err(fault)) | (Err(fault), Ok(_)) => return Err(fault),
            (Err(_), Err(_)) => {}
        }
    }
    match numbers {
        (Ok(left), Ok(right)) => Ok(Some(Decimal::cmp(&left, &right))),
        // A number to be held against something that is none, and what may be one of two numbers.
        (Err(fault), Ok(_)) | (Ok(_), Err(fault)) => Err(fault),
        (Err(fault), Err(_)) if is_number(one) || is_number(other) => Err(fault),
        (Err(fault), Err(other)) => unnumbered(&left, &right, fault, other),
    }
}

fn unnumbered(
    left: &str,
    right: &str,
    fault: HelperFault,
    other: HelperFault,
) -> Result<Option<Ordering>, HelperFault> {
    for fault in [fault, other] {
        if matches!(fault, HelperFault::DoubtfulNumber(_)) {
            return Err(fault);
        }
    }
    // `A9` and `A10`, `26/3/8` and `26/10/1`: letter by letter they stand the wrong way round.
    if [left, right].iter().any(|text| text.contains(char::is_numeric)) {
        return Err(HelperFault::Order(left.to_owned(), right.to_owned()));
    }
    Ok(Some(left.cmp(right)))
}

fn is_number(value: &Value<'_>) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Text(_) | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn text(text: &str) -> Value<'_> {
        Value::Text(Cow::Borrowed(text))
    }

    fn number(number: &str) -> Value<'_> {
        Value::Number(Cow::Borrowed(number))
    }

    #[test]
    fn two_cells_of_numbers_are_compared_as_numbers() {
        assert_eq!(order(&text("9"), &number("100")), Ok(Some(Ordering::Less)));
        assert_eq!(order(&text("9"), &text("100")), Ok(Some(Ordering::Less)));
        assert_eq!(order(&text("¥1,000"), &text("１０００")), Ok(Some(Ordering::Equal)));
        assert_eq!(order(&text("90%"), &number("0.5")), Ok(Some(Ordering::Greater)));
        assert_eq!(order(&text(""), &number("100")), Ok(None));
        assert_eq!(order(&text("many"), &number("1")), Err(HelperFault::Number("many".into())));
        assert_eq!(order(&text("12,50"), &text("9")), Err(HelperFault::DoubtfulNumber("12,50".into())));
    }

    #[test]
    fn dates_are_compared_as_dates_and_codes_not_at_all() {
        assert_eq!(order(&text("2026/3/8"), &text("2026-10-01")), Ok(Some(Ordering::Less)));
        assert_eq!(order(&text("20260308"), &text("2026-10-01")), Ok(Some(Ordering::Less)));
        assert_eq!(order(&text("3月8日"), &text("2026-10-01")), Err(HelperFault::Date("3月8日".into())));
        assert_eq!(order(&text("A9"), &text("A10")), Err(HelperFault::Order("A9".into(), "A10".into())));
        assert_eq!(order(&text("a"), &text("b")), Ok(Some(Ordering::Less)));
    }

    #[test]
    fn equality_with_a_number_reads_the_cell_as_one() {
        assert_eq!(equal(&text("1,000.0"), &number("1000")), Ok(true));
        assert_eq!(equal(&text("gold"), &number("1")), Ok(false));
        assert_eq!(equal(&text("041176"), &text("41176")), Ok(false));
        assert_eq!(equal(&text("1,5"), &number("1.5")), Err(HelperFault::DoubtfulNumber("1,5".into())));
        assert_eq!(equal(&text("nan"), &number("1")), Err(HelperFault::DoubtfulNumber("nan".into())));
    }
}
