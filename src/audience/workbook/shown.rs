//! The text of a cell: what its spreadsheet shows, or what its column asks for instead.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time, date};
use jiff::fmt::strtime;

use crate::audience::number_format::{Epoch, NumberFormat, TOO_LONG, bare, date_time};
use crate::audience::trouble::Trouble;
use crate::audience::wishes::ColumnFormat;
use crate::audience::workbook::cell::{Cell, Value};

/// The text of a cell, and why it cannot be used where it cannot.
pub(crate) fn shown<'c>(
    cell: &Cell<'c>,
    column: Option<&ColumnFormat>,
    epoch: Epoch,
) -> (Cow<'c, str>, Option<Trouble>) {
    match cell.value {
        Value::Text(text) if column == Some(&ColumnFormat::Value) => (text.into(), None),
        Value::Text(text) => match cell.format.show_text(text) {
            Some(shown) => (shown, None),
            None => (text.into(), Some(Trouble::Format(cell.format.code().clone()))),
        },
        // Excel says it so in every language.
        Value::Bool(true) => ("TRUE".into(), None),
        Value::Bool(false) => ("FALSE".into(), None),
        Value::Number(number) => {
            let (text, trouble) = of_number(number, cell.format, column, epoch);
            (text.into(), trouble)
        }
        Value::Iso(text) => match parsed(text) {
            Some(at) => {
                let (text, trouble) = of_date(at, cell.format, column, epoch);
                (text.into(), trouble)
            }
            None => (text.into(), Some(Trouble::Date(cell.format.code().clone()))),
        },
        Value::Error(text) => (text.into(), Some(Trouble::ErrorValue)),
        Value::Missing => ("".into(), Some(Trouble::NoValue)),
        Value::Shown { text, number, iso } => kept(text, number, iso, column),
    }
}

fn of_number(
    number: f64,
    format: &NumberFormat,
    column: Option<&ColumnFormat>,
    epoch: Epoch,
) -> (String, Option<Trouble>) {
    if format.is_date() {
        let at = date_time(number, epoch);
        let plain = || at.map_or_else(|| bare(number), plain);
        let unsure = || Some(Trouble::Date(format.code().clone()));
        return match (column, at) {
            (Some(ColumnFormat::Date(pattern)), Some(at)) => match strtime::format(pattern, at) {
                Ok(text) => (text, None),
                Err(_) => (plain(), unsure()),
            },
            (Some(ColumnFormat::Value), Some(at)) => (self::plain(at), None),
            (Some(ColumnFormat::Shown) | None, _) => match format.show(number, epoch) {
                Some(shown) => (shown, None),
                None => (plain(), unsure()),
            },
            (Some(ColumnFormat::Date(_) | ColumnFormat::Value), None) => (plain(), unsure()),
        };
    }
    if number.abs() >= TOO_LONG {
        return (bare(number), Some(Trouble::LongNumber));
    }
    match column {
        Some(ColumnFormat::Value) => (bare(number), None),
        Some(ColumnFormat::Shown | ColumnFormat::Date(_)) | None => match format.show(number, epoch) {
            Some(shown) => (shown, None),
            None => (bare(number), Some(Trouble::Format(format.code().clone()))),
        },
    }
}

/// A date that its file keeps as a text.
fn of_date(
    at: DateTime,
    format: &NumberFormat,
    column: Option<&ColumnFormat>,
    epoch: Epoch,
) -> (String, Option<Trouble>) {
    let pattern = match column {
        Some(ColumnFormat::Date(pattern)) => strtime::format(pattern, at).ok(),
        Some(ColumnFormat::Value) => Some(plain(at)),
        Some(ColumnFormat::Shown) | None => format
            .is_date()
            .then(|| number_of(at, epoch))
            .flatten()
            .and_then(|number| format.show(number, epoch)),
    };
    match pattern {
        Some(text) => (text, None),
        None => (plain(at), Some(Trouble::Date(format.code().clone()))),
    }
}

/// What the program that wrote the file showed.
fn kept<'c>(
    text: &'c str,
    number: Option<f64>,
    iso: Option<&str>,
    column: Option<&ColumnFormat>,
) -> (Cow<'c, str>, Option<Trouble>) {
    if number.is_some_and(|number| number.abs() >= TOO_LONG) {
        return (number.map_or_else(|| text.into(), |number| bare(number).into()), Some(Trouble::LongNumber));
    }
    match (column, number, iso) {
        (Some(ColumnFormat::Value), Some(number), _) => (bare(number).into(), None),
        (Some(column @ (ColumnFormat::Value | ColumnFormat::Date(_))), None, Some(iso)) => {
            let pattern = if let ColumnFormat::Date(pattern) = column { Some(pattern) } else { None };
            let at = parsed(iso);
            let written = at.and_then(|at| match pattern {
                Some(pattern) => strtime::format(pattern, at).ok(),
                None => Some(plain(at)),
            });
            match written {
                Some(written) => (written.into(), None),
                None => (text.into(), Some(Trouble::Date(iso.into()))),
            }
        }
        // The column was too narrow.
        _ if !text.is_empty() && text.bytes().all(|byte| byte == b'#') => (
            number.map_or_else(|| text.into(), |number| bare(number).into()),
            Some(Trouble::Format(text.into())),
        ),
        _ => (text.into(), None),
    }
}

/// The day that a time without a date belongs to.
const NO_DAY: Date = date(1899, 12, 31);

/// A date, a time or a duration in the words of ISO 8601.
fn parsed(text: &str) -> Option<DateTime> {
    // Some programs write a zone behind a time that they mean as it stands.
    let text = text.strip_suffix('Z').unwrap_or(text);
    if let Ok(at) = text.parse::<DateTime>() {
        return Some(at);
    }
    if let Ok(time) = text.trim_start_matches('T').parse::<Time>() {
        return Some(NO_DAY.to_datetime(time));
    }
    let span = text.parse::<jiff::Span>().ok()?;
    NO_DAY.to_datetime(Time::midnight()).checked_add(span).ok()
}

/// The number of days that a workbook would keep for a date.
fn number_of(at: DateTime, epoch: Epoch) -> Option<f64> {
    let first = match epoch {
        Epoch::Of1900 => date(1899, 12, 30),
        Epoch::Of1904 => date(1904, 1, 1),
    };
    let days = if at.date() == NO_DAY { 0 } else { first.until(at.date()).ok()?.get_days() };
    let since = at.time().duration_since(Time::midnight());
    (days >= 0).then(|| f64::from(days) + since.as_secs_f64() / 86_400.0)
}

/// A date as results show it where nobody says how.
fn plain(at: DateTime) -> String {
    let midnight = at.time() == Time::midnight();
    at.strftime(if midnight { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value<'_>, code: &str, column: Option<&ColumnFormat>) -> (String, Option<Trouble>) {
        let format = NumberFormat::new(code);
        let (text, trouble) =
            shown(&Cell { row: 0, column: 0, value, format: &format }, column, Epoch::Of1900);
        (text.into_owned(), trouble)
    }

    #[test]
    fn a_column_can_ask_for_the_bare_value_or_for_a_pattern() {
        let pattern = ColumnFormat::Date("%-m月%-d日".to_owned());
        for (value, code, column, shown) in [
            (Value::Number(0.9), "0%", None, "90%"),
            (Value::Number(0.9), "0%", Some(&ColumnFormat::Value), "0.9"),
            (Value::Number(46_086.0), "yyyy-mm-dd", None, "2026-03-05"),
            (Value::Number(46_086.0), "yyyy-mm-dd", Some(&pattern), "3月5日"),
            (Value::Number(46_086.0), "yyyy\"年\"", Some(&ColumnFormat::Value), "2026-03-05"),
            (Value::Iso("2026-03-05T00:00:00"), "yyyy/m/d", None, "2026/3/5"),
            (Value::Iso("2026-03-05T18:30:00.000Z"), "h:mm", None, "18:30"),
            (Value::Iso("18:30:00"), "h:mm", None, "18:30"),
            (Value::Iso("PT18H30M"), "h:mm", None, "18:30"),
            (Value::Iso("2026-03-05"), "General", Some(&pattern), "3月5日"),
            (Value::Text("abc"), "\"VIP\"@", None, "VIPabc"),
            (Value::Text("abc"), "\"VIP\"@", Some(&ColumnFormat::Value), "abc"),
            (Value::Number(5.0), "0", Some(&pattern), "5"),
        ] {
            assert_eq!(text(value, code, column), (shown.to_owned(), None), "{value:?} as {code}");
        }
    }

    #[test]
    fn what_is_not_certain_is_told() {
        let pattern = ColumnFormat::Date("%Y".to_owned());
        for (value, code, column, trouble) in [
            (Value::Iso("soon"), "yyyy", Some(&pattern), Trouble::Date("yyyy".into())),
            (Value::Iso("2026-03-05"), "General", None, Trouble::Date("General".into())),
            (Value::Number(60.0), "yyyy-mm-dd", Some(&pattern), Trouble::Date("yyyy-mm-dd".into())),
            (Value::Number(46_086.0), "aaaa", None, Trouble::Date("aaaa".into())),
            (Value::Number(1e15), "0", None, Trouble::LongNumber),
            (Value::Number(1e15), "0", Some(&ColumnFormat::Value), Trouble::LongNumber),
            (Value::Number(1.0 / 3.0), "General", None, Trouble::Format("General".into())),
            (Value::Missing, "General", None, Trouble::NoValue),
            (Value::Error("#SPILL!"), "General", None, Trouble::ErrorValue),
            (
                Value::Shown { text: "###", number: Some(5.0), iso: None },
                "General",
                None,
                Trouble::Format("###".into()),
            ),
        ] {
            assert_eq!(text(value, code, column).1, Some(trouble), "{value:?} as {code}");
        }
    }
}
