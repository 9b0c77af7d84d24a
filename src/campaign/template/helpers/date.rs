//! Dates in cells, in the orders that leave no doubt: the year first, and with four digits.

use jiff::civil::DateTime;

use crate::campaign::template::helpers::value::{HelperFault, half_width};

/// The zone that campaigns are written in; a time that says so says nothing new.
const OWN_OFFSETS: [&str; 3] = ["+08:00", "+0800", "+08"];

/// The parts of a pattern that write a time of day.
const TIMES: [char; 11] = ['H', 'I', 'k', 'l', 'M', 'S', 'R', 'T', 'f', 'N', 's'];
/// The hours among them.
const HOURS: [char; 6] = ['H', 'I', 'k', 'l', 'R', 'T'];
/// Parts that are written in another way in every country, and what is certain in place of them.
const LOCAL: [(char, &str); 7] = [
    ('x', "%Y-%m-%d"),
    ('D', "%Y-%m-%d"),
    ('c', "%Y-%m-%d %H:%M"),
    ('X', "%H:%M"),
    ('r', "%H:%M"),
    ('p', "%H:%M"),
    ('P', "%H:%M"),
];
/// The days of the week from Sunday on.
const DAYS: [char; 7] = ['日', '一', '二', '三', '四', '五', '六'];

/// Reads `2026-03-08`, `2026/3/8`, `2026.3.8`, `2026年3月8日`, `20260308`, each also with a time.
pub(super) fn read(text: &str) -> Result<DateTime, HelperFault> {
    moment(text).map(|(moment, _)| moment)
}

/// The same, and whether it has a time of day.
fn moment(text: &str) -> Result<(DateTime, bool), HelperFault> {
    let plain = half_width(text);
    let no_date = || HelperFault::Date(text.to_owned());
    let (date, rest) = date(&plain).map_err(|doubtful| match doubtful {
        Doubt::Year => HelperFault::DoubtfulYear(text.to_owned()),
        Doubt::None => no_date(),
    })?;
    let timed = !rest.trim().is_empty();
    let (time, rest) = time(rest).ok_or_else(no_date)?;
    if !rest.is_empty() && !OWN_OFFSETS.contains(&rest) {
        let is_offset = rest.starts_with(['Z', 'z', '+', '-']);
        return Err(if is_offset { HelperFault::Offset(text.to_owned()) } else { no_date() });
    }
    let (year, month, day) = date;
    let (hour, minute, second) = time;
    let moment = DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| no_date())?;
    Ok((moment, timed))
}

/// Writes a date by a strftime pattern, with the names of days and months in Chinese.
pub(super) fn show(text: &str, pattern: &str) -> Result<String, HelperFault> {
    let (when, timed) = moment(text)?;
    if !is_pattern(pattern) || doubtful(pattern).is_some() {
        return Err(HelperFault::Format(pattern.to_owned()));
    }
    if !timed && signs(pattern).any(|(_, sign)| TIMES.contains(&sign)) {
        return Err(HelperFault::NoTime(text.to_owned()));
    }
    let pattern = in_chinese(pattern, when);
    jiff::fmt::strtime::format(&pattern, when).map_err(|_| HelperFault::Format(pattern))
}

/// What of a pattern is surely not meant: a part, and what to write in place of it. `%M` is the minute, and whoever
/// writes it without an hour means the month; `%x` and the like are another date in every country.
pub(in crate::campaign::template) fn doubtful(pattern: &str) -> Option<(String, &'static str)> {
    let hours = signs(pattern).any(|(_, sign)| HOURS.contains(&sign));
    signs(pattern).find_map(|(_, sign)| match sign {
        'M' if !hours => Some(("%M".to_owned(), "%m")),
        sign => {
            LOCAL.iter().find(|(local, _)| *local == sign).map(|(_, certain)| (format!("%{sign}"), *certain))
        }
    })
}

/// The parts of a pattern by the letter that says which: where each begins and ends, and that letter.
fn signs(pattern: &str) -> impl Iterator<Item = (std::ops::Range<usize>, char)> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let begin = from + pattern[from..].find('%')?;
        let behind = &pattern[begin + 1..];
        let flags = behind.find(|c: char| !matches!(c, '-' | '_' | '^' | '#' | ':' | '0'..='9')).unwrap_or(0);
        let sign = behind[flags..].chars().next()?;
        from = begin + 1 + flags + sign.len_utf8();
        Some((begin..from, sign))
    })
}

fn in_chinese(pattern: &str, when: DateTime) -> String {
    let (mut out, mut from) = (String::with_capacity(pattern.len()), 0);
    for (at, sign) in signs(pattern) {
        // Sunday is 0.
        let day = DAYS[usize::from(when.weekday().to_sunday_zero_offset().unsigned_abs())];
        let named = match sign {
            'A' => format!("星期{day}"),
            'a' => format!("周{day}"),
            'B' | 'b' | 'h' => format!("{}月", when.month()),
            _ => continue,
        };
        out.push_str(&pattern[from..at.start]);
        out.push_str(&named);
        from = at.end;
    }
    out.push_str(&pattern[from..]);
    out
}

/// Whether a pattern writes something of a date. `YYYY年MM月DD日` would be sent just so.
pub(in crate::campaign::template) fn is_pattern(pattern: &str) -> bool {
    let sample = DateTime::constant(2026, 3, 8, 10, 30, 0, 0);
    pattern.contains('%') && jiff::fmt::strtime::format(pattern, sample).is_ok()
}

enum Doubt {
    /// `26/3/8`, `1/2/3`, `3/8/2026`: which of them is the year is anybody's guess.
    Year,
    /// It is no date at all.
    None,
}

type Parts<'t, T> = (T, &'t str);

fn date(text: &str) -> Result<Parts<'_, (i16, i8, i8)>, Doubt> {
    let (year, rest) = digits(text);
    if year.len() == 8 {
        let part = |range: std::ops::Range<usize>| year[range].parse::<i16>().map_err(|_| Doubt::None);
        return Ok(((part(0..4)?, small(&year[4..6])?, small(&year[6..8])?), rest));
    }
    let Some(mark) = rest.chars().next().filter(|mark| ['-', '/', '.', '年'].contains(mark)) else {
        return Err(Doubt::None);
    };
    let (month, rest) = digits(rest[mark.len_utf8()..].trim_start());
    let second = if mark == '年' { '月' } else { mark };
    let Some(rest) = rest.trim_start().strip_prefix(second) else { return Err(Doubt::None) };
    let (day, rest) = digits(rest.trim_start());
    let rest = match mark {
        '年' => rest.trim_start().strip_prefix(['日', '号']).ok_or(Doubt::None)?,
        _ => rest,
    };
    if year.is_empty() || month.is_empty() || day.is_empty() {
        return Err(Doubt::None);
    }
    let year = Some(year).filter(|year| year.len() == 4 && !year.starts_with('0')).ok_or(Doubt::Year)?;
    Ok(((year.parse().map_err(|_| Doubt::None)?, small(month)?, small(day)?), rest))
}

/// A time behind a date, or nothing.
fn time(text: &str) -> Option<Parts<'_, (i8, i8, i8)>> {
    let rest = text.strip_prefix(['T', 't']).unwrap_or(text).trim_start();
    if rest.is_empty() {
        return text.is_empty().then_some(((0, 0, 0), ""));
    }
    let (hour, rest) = digits(rest);
    let (minute, rest) = digits(rest.strip_prefix(':')?);
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest),
        None => ("0", rest),
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => digits(fraction).1,
        None => rest,
    };
    let two = |text: &str| small(text).ok();
    Some(((two(hour)?, two(minute)?, two(second)?), rest.trim_start()))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn small(text: &str) -> Result<i8, Doubt> {
    if text.len() > 2 { Err(Doubt::None) } else { text.parse().map_err(|_| Doubt::None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        for text in [
            "2026-03-08",
            "2026/3/8",
            "2026.3.8",
            "2026年3月8日",
            "２０２６／３／８",
            "20260308",
            "2026-03-08 10:30",
            "2026-03-08T10:30:00",
            "2026-03-08T10:30:00.000+08:00",
            "2026年3月8日 10:30",
        ] {
            assert_eq!(show(text, "%Y年%m月%d日").as_deref(), Ok("2026年03月08日"), "{text}");
        }
        assert_eq!(show("2026/3/8 9:05", "%H:%M").as_deref(), Ok("09:05"));
    }

    #[test]
    fn a_pattern_says_what_a_reader_expects_or_is_none() {
        assert_eq!(show("2026/3/8", "%-m月%-d日 %A（%a）%B").as_deref(), Ok("3月8日 星期日（周日）3月"));
        assert_eq!(show("2026/3/9 14:05", "%H:%M %A").as_deref(), Ok("14:05 星期一"));
        assert_eq!(show("2026/3/8", "%H:%M"), Err(HelperFault::NoTime("2026/3/8".into())));
        assert_eq!(doubtful("%Y年%M月%d日"), Some(("%M".into(), "%m")));
        assert_eq!(doubtful("%x"), Some(("%x".into(), "%Y-%m-%d")));
        assert_eq!(doubtful("100%% %Y-%m-%d %-H:%M"), None);
    }

    #[test]
    fn what_may_be_another_day_is_none() {
        for text in ["26/3/8", "1/2/3", "3/8/2026", "0026-03-08"] {
            assert_eq!(read(text), Err(HelperFault::DoubtfulYear(text.into())), "{text}");
        }
        for text in ["2026-03-08T10:30:00Z", "2026-03-08 10:30 -05:00"] {
            assert_eq!(read(text), Err(HelperFault::Offset(text.into())), "{text}");
        }
        for text in [
            "",
            "8 March",
            "2026-02-30",
            "2026-03/08",
            "46089",
            "2026/3/8 星期日",
            "2026-3",
            "2026-03-08 25:00",
        ] {
            assert_eq!(read(text), Err(HelperFault::Date(text.into())), "{text}");
        }
    }

    #[test]
    fn a_pattern_of_other_tools_is_none() {
        assert!(is_pattern("%-m月%-d日") && !is_pattern("YYYY年MM月DD日") && !is_pattern("%Q"));
    }
}
