//! Dates and times, which a spreadsheet keeps as numbers of days.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time, date};

use crate::audience::number_format::code::{Part, Section, Token};

/// The day that a workbook counts from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Epoch {
    /// 1 is 1 January 1900, and 60 a 29 February 1900 that never was.
    #[default]
    Of1900,
    /// 0 is 1 January 1904.
    Of1904,
}

impl Epoch {
    /// The day of the number 0, as all later numbers are counted from it.
    fn first(self) -> Date {
        match self {
            Self::Of1900 => date(1899, 12, 30),
            Self::Of1904 => date(1904, 1, 1),
        }
    }
}

/// The first day that all programs number alike: those before it differ by the day that never was.
const AGREED: i64 = 61;
/// 31 December 9999.
const LAST: f64 = 2_958_466.0;
const DAY: i64 = 86_400;

/// The day and time of a number; a time without a day belongs to the last of 1899. Nothing for a day that never was.
pub(crate) fn date_time(value: f64, epoch: Epoch) -> Option<DateTime> {
    let (days, millis) = split(value, 1000)?;
    let day = match epoch {
        Epoch::Of1900 if days == 0 => NO_DAY,
        Epoch::Of1900 if days < AGREED => return None,
        _ => civil(days, epoch)?,
    };
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let part = |number: i64| i8::try_from(number).ok();
    let nanos = i32::try_from(millis).ok()? * 1_000_000;
    let time = Time::new(part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?, nanos).ok()?;
    Some(day.to_datetime(time))
}

/// The day that a time without a date belongs to.
pub(crate) const NO_DAY: Date = date(1899, 12, 31);

/// The number of days that a workbook would keep for a date.
pub(crate) fn number_of(at: DateTime, epoch: Epoch) -> Option<f64> {
    let days = if at.date() == NO_DAY { 0 } else { epoch.first().until(at.date()).ok()?.get_days() };
    let since = at.time().duration_since(Time::midnight());
    (days >= 0).then(|| f64::from(days) + since.as_secs_f64() / 86_400.0)
}

fn civil(days: i64, epoch: Epoch) -> Option<Date> {
    epoch.first().checked_add(days.days()).ok()
}

/// The whole days, and how many parts of a second there are behind them.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "both are far below 2^53")]
fn split(value: f64, parts: i64) -> Option<(i64, i64)> {
    if !(0.0..LAST).contains(&value) {
        return None;
    }
    let days = value.trunc() as i64;
    let parts_of_day = DAY * parts;
    let rest = (value.fract() * parts_of_day as f64).round() as i64;
    Some((days + rest / parts_of_day, rest % parts_of_day))
}

/// Shows a date or time; nothing where it is not certain.
pub(super) fn show(section: &Section, value: f64, epoch: Epoch) -> Option<String> {
    let parts = || {
        section.tokens.iter().filter_map(|token| match token {
            Token::Date(part) => Some(*part),
            _ => None,
        })
    };
    let places = parts().find_map(|part| if let Part::Fraction(digits) = part { Some(digits) } else { None });
    let places = u32::try_from(places.unwrap_or(0)).ok().filter(|places| *places <= 3)?;
    let fraction = 10i64.pow(places);
    let (days, rest) = split(value, fraction)?;
    let twelve = parts().any(|part| matches!(part, Part::Noon(..)));
    let moment = Moment { days, seconds: rest / fraction, fraction: rest % fraction, twelve, epoch };
    let mut shown = String::new();
    for token in &section.tokens {
        match token {
            Token::Date(part) => shown.push_str(&moment.part(*part, section.language)?),
            Token::Literal(text) => shown.push_str(text),
            Token::Slash => shown.push('/'),
            Token::Comma => shown.push(','),
            Token::Pad => {}
            _ => return None,
        }
    }
    Some(shown)
}

struct Moment {
    days: i64,
    seconds: i64,
    fraction: i64,
    twelve: bool,
    epoch: Epoch,
}

impl Moment {
    fn day(&self) -> Option<Date> {
        if self.epoch == Epoch::Of1900 && self.days < AGREED {
            return None;
        }
        civil(self.days, self.epoch)
    }

    fn weekday(&self, before: &str) -> Option<String> {
        let names = ["日", "一", "二", "三", "四", "五", "六"];
        let at = usize::try_from(self.day()?.weekday().to_sunday_zero_offset()).ok()?;
        Some(format!("{before}{}", names.get(at)?))
    }

    fn part(&self, part: Part, language: Option<u32>) -> Option<String> {
        let number = |number: i64, width: usize| Some(format!("{number:0width$}"));
        let hour = self.seconds / 3600;
        // Where no language is named, Excel in China writes months and `dddd` in English and `aaaa` in Chinese.
        let (english, chinese) = (matches!(language, None | Some(0x409)), language == Some(0x804));
        match part {
            Part::Year(1 | 2) => number(i64::from(self.day()?.year()) % 100, 2),
            Part::Year(_) => number(self.day()?.year().into(), 4),
            Part::Month(width @ (1 | 2)) => number(self.day()?.month().into(), width),
            Part::Month(width @ (3 | 4)) if english => {
                Some(self.day()?.strftime(if width == 3 { "%b" } else { "%B" }).to_string())
            }
            Part::Day(width @ (1 | 2)) => number(self.day()?.day().into(), width),
            Part::Day(width @ (3 | 4)) if english => {
                Some(self.day()?.strftime(if width == 3 { "%a" } else { "%A" }).to_string())
            }
            Part::Day(4) if chinese => self.weekday("星期"),
            Part::Weekday(4) if chinese || language.is_none() => self.weekday("星期"),
            Part::Weekday(3) if chinese || language.is_none() => self.weekday(""),
            Part::Month(_) | Part::Day(_) | Part::Weekday(_) => None,
            Part::Hour(width) if self.twelve => number((hour + 11) % 12 + 1, width.min(2)),
            Part::Hour(width) => number(hour, width.min(2)),
            Part::Minute(width) => number(self.seconds / 60 % 60, width.min(2)),
            Part::Second(width) => number(self.seconds % 60, width.min(2)),
            Part::Fraction(width) => number(self.fraction, width).map(|digits| format!(".{digits}")),
            Part::ElapsedHours(width) => number(self.days * 24 + hour, width),
            Part::ElapsedMinutes(width) => number((self.days * DAY + self.seconds) / 60, width),
            Part::ElapsedSeconds(width) => number(self.days * DAY + self.seconds, width),
            Part::Noon(before, after) => Some((if hour < 12 { before } else { after }).to_owned()),
        }
    }
}
