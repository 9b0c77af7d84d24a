//! Times that a policy counts back: days of the calendar, as people mean them, or a length.
//!
//! Somebody who was written to yesterday at 10:00:05 has not been written to today, although it is not 24 hours at
//! 10:00:01: a campaign that goes out every morning would miss half of its people otherwise.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::campaign::duration;

/// More days than this are no policy.
const MOST_DAYS: i64 = 3660;

/// A time that is counted back from a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// So many days of the calendar, the moment's own among them.
    Days(i64),
    /// A length.
    Length(SignedDuration),
}

impl Within {
    /// Reads `7d`, `2w`, `12h`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let days = |unit: char, days: i64| {
            let number: i64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
            number.checked_mul(days).filter(|days| (1..=MOST_DAYS).contains(days)).map(Self::Days)
        };
        let length = || {
            let most = Duration::from_secs(MOST_DAYS.unsigned_abs() * 24 * 3600);
            let length = duration::parse(text).filter(|length| *length <= most)?;
            SignedDuration::try_from(length).ok().map(Self::Length)
        };
        days('d', 1).or_else(|| days('w', 7)).or_else(length)
    }

    /// The first moment of it.
    pub(crate) fn begin(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let begin = match self {
            Self::Days(days) => midnight(now, 1 - days, zone),
            Self::Length(length) => now.checked_sub(length).ok(),
        };
        begin.unwrap_or(Timestamp::MIN)
    }

    /// When something that happened at a moment lies in it no longer.
    pub(crate) fn after(self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        let after = match self {
            Self::Days(days) => midnight(at, days, zone),
            Self::Length(length) => at.checked_add(length).ok(),
        };
        after.unwrap_or(Timestamp::MAX)
    }
}

/// The beginning of the day so many days after that of a moment.
fn midnight(at: Timestamp, days: i64, zone: &TimeZone) -> Option<Timestamp> {
    let date = at.to_zoned(zone.clone()).date().checked_add(days.days()).ok()?;
    date.to_zoned(zone.clone()).ok().map(|day| day.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_weeks_and_lengths_are_read() {
        assert_eq!(Within::parse("7d"), Some(Within::Days(7)));
        assert_eq!(Within::parse("2w"), Some(Within::Days(14)));
        assert_eq!(Within::parse("12h"), Some(Within::Length(SignedDuration::from_hours(12))));
        for text in ["", "d", "7", "0d", "-1d", "1.5d", "99999999999999999999d", "4000d", "1 month"] {
            assert_eq!(Within::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_has_left_the_time_is_what_lies_before_its_beginning() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let now: Timestamp = "2026-03-29T10:30:00Z".parse().expect("a time");
        for within in [Within::Days(1), Within::Days(7), Within::Length(SignedDuration::from_hours(30))] {
            let begin = within.begin(now, &zone);
            let second = SignedDuration::from_secs(1);
            for (at, inside) in [(begin + second, true), (begin - second, false)] {
                assert_eq!(within.after(at, &zone) > now, inside, "{within:?}");
            }
        }
    }
}
