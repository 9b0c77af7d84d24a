//! The text of a cell: what its spreadsheet shows, or what its column asks for instead.

use std::borrow::Cow;

use jiff::civil::{DateTime, Time};

use crate::audience::damage::is_scientific;
use crate::audience::number_format::{Epoch, NO_DAY, NumberFormat, TOO_LONG, bare, date_time, number_of};
use crate::audience::trouble::Trouble;
use crate::audience::wishes::ColumnFormat;
use crate::audience::workbook::cell::{Cell, Value};

/// Whole numbers from here on have eleven digits: phone numbers, order numbers.
const CODE: f64 = 1e10;

/// The text of a cell, and why it cannot be used where it cannot, or may not be what is meant.
pub(crate) fn shown<'c>(
    cell: &Cell<'c>,
    column: Option<&ColumnFormat>,
    epoch: Epoch,
) -> (Cow<'c, str>, Option<Trouble>) {
    let (text, trouble) = written(cell, column, epoch);
    match cell.symbols {
        Some(font) if trouble.is_none() && column != Some(&ColumnFormat::Value) && is_drawn(&text) => {
            (text, Some(Trouble::Symbols(font.clone())))
        }
        _ if cell.struck
            && trouble.is_none()
            && column != Some(&ColumnFormat::Value)
            && !text.trim().is_empty() =>
        {
            (text, Some(Trouble::Struck))
        }
        Some(_) | None => (text, trouble),
    }
}

/// Whether a font of pictures has one for a character of the text. Others are written in another font.
fn is_drawn(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && matches!(c, '\0'..='\u{ff}' | '\u{f020}'..='\u{f0ff}'))
}

/// The text of a cell, whatever its font is.
fn written<'c>(
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
        Value::Shown { text, iso, sure: false, .. } if column.is_none() => {
            let format = cell.format.code().clone();
            (text.into(), Some(if iso.is_some() { Trouble::Date(format) } else { Trouble::Format(format) }))
        }
        Value::Shown { text, number, iso, sure: _ } => kept(text, number, iso, column),
    }
}

/// Whether a cell has something that is no date, although its column says how dates are written.
pub(crate) fn is_no_date(cell: &Cell<'_>, column: Option<&ColumnFormat>) -> bool {
    let is_date = match cell.value {
        Value::Number(_) => cell.format.is_date(),
        Value::Iso(_) | Value::Shown { iso: Some(_), .. } => true,
        Value::Text(text) => text.trim().is_empty(),
        Value::Shown { text, iso: None, .. } => text.is_empty(),
        Value::Bool(_) => false,
        // These are told as what they are.
        Value::Error(_) | Value::Missing => true,
    };
    matches!(column, Some(ColumnFormat::Date(_))) && !is_date
}

/// Whether a cell's text is a date as Excel in China shows it, and no more than that is known of how it is meant.
pub(crate) fn is_regional(cell: &Cell<'_>, column: Option<&ColumnFormat>) -> bool {
    let (Value::Number(_) | Value::Iso(_)) = cell.value else { return false };
    column.is_none() && cell.format.is_regional()
}

fn of_number(
    number: f64,
    format: &NumberFormat,
    column: Option<&ColumnFormat>,
    epoch: Epoch,
) -> (String, Option<Trouble>) {
    if format.is_date() {
        let at = date_time(number, epoch);
        let is_zero = number == 0.0;
        let plain = || at.filter(|_| !is_zero).map_or_else(|| bare(number), plain);
        let unsure = || Some(if is_zero { Trouble::ZeroDate } else { Trouble::Date(format.code().clone()) });
        return match (column, at) {
            (Some(ColumnFormat::Date(pattern)), Some(_)) if is_zero && pattern.has_day() => {
                (plain(), unsure())
            }
            (Some(ColumnFormat::Date(pattern)), Some(at)) => match pattern.write(at) {
                Some(text) => (text, None),
                None => (plain(), unsure()),
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
            // Whoever writes down that it goes out as it is shown has seen it; of a power of ten people may not be able to
            // read what they see.
            Some(shown) if column.is_some() && !format.is_scientific(number) => (shown, None),
            Some(shown) => {
                let doubt = doubt(number, format);
                (shown, doubt)
            }
            None => (bare(number), Some(Trouble::Format(format.code().clone()))),
        },
    }
}

/// Why a number may not be meant as its format shows it.
fn doubt(number: f64, format: &NumberFormat) -> Option<Trouble> {
    if format.is_scientific(number) {
        return (!is_code(number)).then(|| Trouble::Scientific(format.code().clone()));
    }
    format.is_scaled(number).then(|| Trouble::Scaled(format.code().clone()))
}

/// Whether a number may be a code that a spreadsheet took for something else. That is told where its text is looked at.
fn is_code(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() >= CODE
}

/// A date that its file keeps as a text.
fn of_date(
    at: DateTime,
    format: &NumberFormat,
    column: Option<&ColumnFormat>,
    epoch: Epoch,
) -> (String, Option<Trouble>) {
    let pattern = match column {
        Some(ColumnFormat::Date(pattern)) => pattern.write(at),
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
                Some(pattern) => pattern.write(at),
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
        (_, Some(number), None) if is_scientific(text) && !is_code(number) => {
            (text.into(), Some(Trouble::Scientific("0.00E+00".into())))
        }
        _ => (text.into(), None),
    }
}

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

/// A date as results show it where nobody says how.
fn plain(at: DateTime) -> String {
    let midnight = at.time() == Time::midnight();
    // A time of day has no date.
    if at.date() == NO_DAY && !midnight {
        return at.strftime("%H:%M:%S").to_string();
    }
    at.strftime(if midnight { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::wishes::Pattern;
    use crate::audience::workbook::cell::Style;

    fn text(value: Value<'_>, code: &str, column: Option<&ColumnFormat>) -> (String, Option<Trouble>) {
        let format = NumberFormat::new(code);
        let style = Style { format, symbols: None, struck: false };
        let (text, trouble) = shown(&style.cell(0, 0, value), column, Epoch::Of1900);
        (text.into_owned(), trouble)
    }

    #[test]
    fn a_column_can_ask_for_the_bare_value_or_for_a_pattern() {
        let dates = |pattern: &str| ColumnFormat::Date(Pattern::new(pattern).expect("a pattern"));
        let (pattern, code) = (dates("%-m月%-d日"), dates("m月d日 hh:mm"));
        for (value, code, column, shown) in [
            (Value::Number(0.9), "0%", None, "90%"),
            (Value::Number(0.9), "0%", Some(&ColumnFormat::Value), "0.9"),
            (Value::Number(46_086.0), "yyyy-mm-dd", None, "2026-03-05"),
            (Value::Number(46_086.0), "yyyy-mm-dd", Some(&pattern), "3月5日"),
            (Value::Number(46_086.0), "yyyy\"年\"", Some(&ColumnFormat::Value), "2026-03-05"),
            (Value::Number(46_086.75), "General", Some(&code), "46086.75"),
            (Value::Number(46_086.75), "yyyy", Some(&code), "3月5日 18:00"),
            (Value::Iso("2026-03-05T18:30:00.000Z"), "yyyy", Some(&code), "3月5日 18:30"),
            (
                Value::Shown { text: "x", number: None, iso: Some("2026-03-05"), sure: false },
                "",
                Some(&code),
                "3月5日 00:00",
            ),
            (Value::Iso("2026-03-05T00:00:00"), "yyyy/m/d", None, "2026/3/5"),
            (Value::Iso("2026-03-05T18:30:00.000Z"), "h:mm", None, "18:30"),
            (Value::Iso("18:30:00"), "h:mm", None, "18:30"),
            (Value::Iso("PT18H30M"), "h:mm", None, "18:30"),
            (Value::Number(0.753_472_222_222_222_2), "h:mm", Some(&ColumnFormat::Value), "18:05:00"),
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
        let pattern = ColumnFormat::Date(Pattern::Strftime("%Y".to_owned()));
        for (value, code, column, trouble) in [
            (Value::Iso("soon"), "yyyy", Some(&pattern), Trouble::Date("yyyy".into())),
            (Value::Iso("2026-03-05"), "General", None, Trouble::Date("General".into())),
            (Value::Number(60.0), "yyyy-mm-dd", Some(&pattern), Trouble::Date("yyyy-mm-dd".into())),
            (Value::Number(46_086.0), "ggge", None, Trouble::Date("ggge".into())),
            (Value::Number(0.0), "yyyy-mm-dd", None, Trouble::ZeroDate),
            (Value::Number(0.0), "yyyy", Some(&pattern), Trouble::ZeroDate),
            (Value::Number(1e15), "0", None, Trouble::LongNumber),
            (Value::Number(1e15), "0", Some(&ColumnFormat::Value), Trouble::LongNumber),
            (Value::Number(1.0 / 3.0), "General", None, Trouble::Format("General".into())),
            (Value::Missing, "General", None, Trouble::NoValue),
            (Value::Error("#SPILL!"), "General", None, Trouble::ErrorValue),
            (
                Value::Shown { text: "###", number: Some(5.0), iso: None, sure: true },
                "General",
                None,
                Trouble::Format("###".into()),
            ),
            (
                Value::Shown { text: "90%", number: Some(0.9), iso: None, sure: false },
                "General",
                None,
                Trouble::Format("General".into()),
            ),
        ] {
            assert_eq!(text(value, code, column).1, Some(trouble), "{value:?} as {code}");
        }
    }
}
