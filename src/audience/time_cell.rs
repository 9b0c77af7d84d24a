//! Times as lists have them, from which a window is counted.
//!
//! A column is read in one way. Two ways in one column are two programs' exports pasted together, and one of them is
//! then hours off without anybody noticing.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// The days that a spreadsheet's number can be taken for: 1954 to 2119.
const SERIALS: std::ops::RangeInclusive<f64> = 20_000.0..=80_000.0;
/// What day 0 of a spreadsheet is.
const SERIAL_ZERO: Date = jiff::civil::date(1899, 12, 30);
const SECONDS_A_DAY: f64 = 86_400.0;

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TimeForm {
    /// Date and time of day, without a zone.
    Plain,
    /// The same with an offset, or `Z`.
    Offset,
    /// Seconds since 1970.
    Epoch,
    /// Milliseconds since 1970.
    EpochMillis,
    /// A spreadsheet's number of days.
    Serial,
    /// As the campaign's own pattern says.
    Pattern,
}

/// A time that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeRead {
    /// When.
    pub(crate) at: Timestamp,
    /// How it is written.
    pub(crate) form: TimeForm,
    /// Whether it is a date without a time of day, read as its first moment.
    pub(crate) date_only: bool,
}

impl TimeForm {
    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::Plain, Self::Offset, Self::Epoch, Self::EpochMillis, Self::Serial, Self::Pattern];

    /// Its place among all of them.
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Its name in `locales/`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Offset => "offset",
            Self::Epoch => "epoch",
            Self::EpochMillis => "epoch-millis",
            Self::Serial => "serial",
            Self::Pattern => "pattern",
        }
    }
}

/// Reads a cell that is not blank, by the campaign's pattern where it has one. Gives nothing for what is no time or could
/// be two.
pub(crate) fn read(text: &str, zone: &TimeZone, pattern: Option<&str>) -> Option<TimeRead> {
    let text = text.trim();
    if let Some(pattern) = pattern {
        return by_pattern(text, zone, pattern);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return number(text, zone);
    }
    if let Some(at) = text.parse::<Timestamp>().ok().or_else(|| spaced_offset(text)) {
        return Some(TimeRead { at, form: TimeForm::Offset, date_only: false });
    }
    let (date, time) = plain(text)?;
    let at = in_zone(date.to_datetime(time.unwrap_or_else(Time::midnight)), zone)?;
    Some(TimeRead { at, form: TimeForm::Plain, date_only: time.is_none() })
}

fn in_zone(at: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    Some(at.to_zoned(zone.clone()).ok()?.timestamp())
}

fn by_pattern(text: &str, zone: &TimeZone, pattern: &str) -> Option<TimeRead> {
    let parts = BrokenDownTime::parse(pattern, text).ok()?;
    let exact = parts.to_timestamp().ok();
    let date = parts.to_date().ok();
    let time = parts.to_time().ok();
    let at = match (exact, date) {
        (Some(at), _) => at,
        (None, Some(date)) => in_zone(date.to_datetime(time.unwrap_or_else(Time::midnight)), zone)?,
        (None, None) => return None,
    };
    Some(TimeRead { at, form: TimeForm::Pattern, date_only: parts.hour().is_none() && exact.is_none() })
}

/// Seconds and milliseconds since 1970 by their digits, and a spreadsheet's days.
fn number(text: &str, zone: &TimeZone) -> Option<TimeRead> {
    let whole = |form: TimeForm, at: Option<Timestamp>| Some(TimeRead { at: at?, form, date_only: false });
    if let (10 | 13, Ok(digits)) = (text.len(), text.parse::<i64>()) {
        return match text.len() {
            10 => whole(TimeForm::Epoch, Timestamp::from_second(digits).ok()),
            _ => whole(TimeForm::EpochMillis, Timestamp::from_millisecond(digits).ok()),
        };
    }
    let days: f64 = text.parse().ok().filter(|days| SERIALS.contains(days))?;
    // A day's number has five digits; the cast cannot lose any.
    #[expect(clippy::cast_possible_truncation)]
    let seconds = (days * SECONDS_A_DAY).round() as i64;
    let midnight = SERIAL_ZERO.to_datetime(Time::midnight());
    let at = midnight.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()?;
    let date_only = !text.contains('.');
    Some(TimeRead { at: in_zone(at, zone)?, form: TimeForm::Serial, date_only })
}

/// RFC 3339 with blanks where people put them: `2026-11-25 15:30:00 +08:00`.
fn spaced_offset(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_once([' ', 'T'])?;
    let rest: String = rest.chars().filter(|c| *c != ' ').collect();
    if !rest.contains(['+', '-', 'Z', 'z']) {
        return None;
    }
    format!("{date}T{rest}").parse().ok()
}

/// A date with the year first, and a time of day where there is one.
fn plain(text: &str) -> Option<(Date, Option<Time>)> {
    let (year, rest) = digits(text, 4, 4)?;
    let (sign, rest) = first(rest)?;
    let (month, rest) = digits(rest, 1, 2)?;
    let rest = match sign {
        '年' => rest.strip_prefix('月')?,
        '-' | '/' | '.' => rest.strip_prefix(sign)?,
        _ => return None,
    };
    let (day, rest) = digits(rest, 1, 2)?;
    let rest = if sign == '年' { rest.strip_prefix('日')? } else { rest };
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let between = rest.trim_start_matches([' ', 'T', '\u{3000}']);
    if between.is_empty() {
        return Some((date, None));
    }
    // A day and an hour without anything between them are one number, unless a sign has ended the day.
    if between.len() == rest.len() && sign != '年' && !between.starts_with(['上', '下', '早', '晚', '中'])
    {
        return None;
    }
    Some((date, Some(time_of_day(between)?)))
}

/// A time of day, `9:05`, `15:30:07`, `下午3:05`, `3:05 PM`.
fn time_of_day(text: &str) -> Option<Time> {
    /// Words for halves of the day, and whether it is the second half.
    const HALVES: [(&str, bool); 8] = [
        ("上午", false),
        ("早上", false),
        ("下午", true),
        ("晚上", true),
        ("AM", false),
        ("am", false),
        ("PM", true),
        ("pm", true),
    ];
    let found = HALVES.into_iter().find_map(|(word, second)| {
        let rest = text.strip_prefix(word).or_else(|| text.strip_suffix(word))?;
        Some((rest.trim(), second))
    });
    let (clock, second_half) = match found {
        Some((clock, second)) => (clock, Some(second)),
        None => (text, None),
    };
    let clock = clock.replace('：', ":");
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next().unwrap_or("0"));
    // Databases write fractions of a second, which are below what counts here.
    let second = second.split('.').next().unwrap_or(second);
    let two = |text: &str| digits(text, 1, 2).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number);
    let (hour, minute, second) = (two(hour)?, two(minute)?, two(second)?);
    if parts.next().is_some() || second_half.is_some() && !(1..=12).contains(&hour) {
        return None;
    }
    let hour = match second_half {
        Some(second) => hour % 12 + if second { 12 } else { 0 },
        None => hour,
    };
    let small = |number: u16| i8::try_from(number).ok();
    Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()
}

/// So many digits from the beginning, and what follows them.
fn digits(text: &str, least: usize, most: usize) -> Option<(u16, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(least..=most).contains(&length) {
        return None;
    }
    Some((text[..length].parse().ok()?, &text[length..]))
}

fn first(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    Some((chars.next()?, chars.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(8))
    }

    fn at(text: &str) -> Option<(String, TimeForm)> {
        read(text, &shanghai(), None).map(|read| (read.at.to_string(), read.form))
    }

    #[test]
    fn a_moment_is_the_same_in_every_form_that_lists_have() {
        let moment = "2026-11-25T07:30:00Z".to_owned();
        for (text, form) in [
            ("2026/11/25 15:30", TimeForm::Plain),
            ("2026-11-25 15:30:00", TimeForm::Plain),
            ("2026-11-25T15:30:00", TimeForm::Plain),
            ("2026-11-25 15:30:00.000", TimeForm::Plain),
            ("2026.11.25 15:30", TimeForm::Plain),
            ("2026年11月25日 15:30", TimeForm::Plain),
            ("2026年11月25日15:30", TimeForm::Plain),
            ("2026年11月25日 下午3:30", TimeForm::Plain),
            ("2026/11/25 下午3:30", TimeForm::Plain),
            ("2026/11/25 3:30 PM", TimeForm::Plain),
            ("2026/11/25 15：30", TimeForm::Plain),
            (" 2026-11-25 15:30 ", TimeForm::Plain),
            ("2026-11-25T15:30:00+08:00", TimeForm::Offset),
            ("2026-11-25 15:30:00 +08:00", TimeForm::Offset),
            ("2026-11-25T07:30:00Z", TimeForm::Offset),
            ("2026-11-25T07:30:00.123Z", TimeForm::Offset),
            ("1795591800", TimeForm::Epoch),
            ("1795591800000", TimeForm::EpochMillis),
            ("46351.645833333", TimeForm::Serial),
        ] {
            let (found, how) = at(text).unwrap_or_else(|| panic!("{text} is read"));
            assert_eq!((&found[..19], how), (&moment[..19], form), "{text}");
        }
        assert_eq!(at("2026/1/5 9:05").expect("read").0, "2026-01-05T01:05:00Z");
        assert_eq!(at("2026-1-5 9:05:07").expect("read").0, "2026-01-05T01:05:07Z");
        assert_eq!(at("2026/1/5 上午12:05").expect("read").0, "2026-01-04T16:05:00Z");
        assert_eq!(at("2026/1/5 下午12:05").expect("read").0, "2026-01-05T04:05:00Z");
    }

    #[test]
    fn a_date_alone_is_its_first_moment() {
        for text in ["2026-11-25", "2026/11/25", "2026年11月25日", "46351"] {
            let read = read(text, &shanghai(), None).expect("a date");
            assert_eq!(
                (read.at.to_string().as_str(), read.date_only),
                ("2026-11-24T16:00:00Z", true),
                "{text}"
            );
        }
    }

    #[test]
    fn what_could_be_two_times_or_none_is_not_read() {
        for text in [
            "11/25/26",
            "25/11/2026",
            "11-25 15:30",
            "昨天 15:03",
            "星期三",
            "6.2E+17",
            "########",
            "15:30",
            "20261125",
            "2026-13-01",
            "2026-11-25 25:00",
            "2026-11-2515:30",
            "2026-11/25",
            "2026-11-25 13:05 PM",
            "1",
            "123456",
            "90000.5",
            "2026-11-25 15:30:00 CST",
            "12345678901",
            "2026-11-25 15",
            "-1795591800",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn a_pattern_reads_what_it_says_and_nothing_else() {
        let read = |text, pattern| read(text, &shanghai(), Some(pattern));
        let day_first = read("25/11/2026 15:30", "%d/%m/%Y %H:%M").expect("a time");
        assert_eq!(day_first.at.to_string(), "2026-11-25T07:30:00Z");
        let exact = read("2026-11-25 07:30:00 +0000", "%Y-%m-%d %H:%M:%S %z").expect("a time");
        assert_eq!(exact.at, day_first.at);
        assert!(read("25/11/2026", "%d/%m/%Y").expect("a date").date_only);
        assert_eq!(read("2026-11-25 15:30", "%d/%m/%Y %H:%M"), None);
    }
}
