//! When messages may be begun: hours, days, and a first and a last moment. Everything here is a function of a time that is
//! handed in.

use std::fmt;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span as Length, Timestamp, ToSpan as _};

use crate::campaign::file::Outside;
use crate::campaign::moment::time_of_day;

/// How far ahead an opening is looked for: every day of a week comes in it.
const DAYS_AHEAD: i32 = 14;
/// So often the next opening of one of several hours is looked for that all of them share: weeks ahead.
const MOST_STEPS: usize = 500;
/// Midnight, as the end of a day.
const END_OF_DAY: i32 = 24 * 60;

/// When messages may be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hours {
    /// The spans of a day; all day where there are none.
    pub(crate) spans: Vec<Span>,
    /// The days of the week.
    pub(crate) days: Days,
    /// The zone of hours and days, and of the times that are shown.
    pub(crate) zone: TimeZone,
    /// Nothing is begun earlier.
    pub(crate) not_before: Option<Timestamp>,
    /// Nothing is begun then or later.
    pub(crate) not_after: Option<Timestamp>,
    /// What `send` does outside of them.
    pub(crate) outside: Outside,
    /// Others that hold as well, those of policies: a moment must lie in all of them.
    pub(crate) within: Vec<Hours>,
}

/// A part of a day, in minutes from midnight. One that does not end later than it begins ends on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    from: i32,
    to: i32,
}

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days([bool; 7]);

/// What holds at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Messages may be begun, until then where it ends.
    Open(Option<Timestamp>),
    /// From then on they may.
    From(Timestamp),
    /// They may not any more.
    Over,
}

impl Span {
    /// Reads `09:00-12:00`. The end of a day may be written as `24:00`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once(['-', '–', '~'])?;
        let minutes = |text: &str| {
            let time = time_of_day(text)?;
            Some(i32::from(time.hour()) * 60 + i32::from(time.minute()))
        };
        let to = if to.trim() == "24:00" { END_OF_DAY } else { minutes(to)? };
        let from = minutes(from)?;
        (from != to).then_some(Self { from, to })
    }

    fn on(self, date: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let to = if self.to > self.from { self.to } else { self.to + END_OF_DAY };
        // A time of day that the zone leaves out is the one after the gap.
        let at = |minutes: i32| {
            let midnight = date.checked_add((minutes / END_OF_DAY).days()).ok()?.at(0, 0, 0, 0);
            let time = midnight.checked_add(Length::new().minutes(minutes % END_OF_DAY)).ok()?;
            Some(time.to_zoned(zone.clone()).ok()?.timestamp())
        };
        Some((at(self.from)?, at(to)?)).filter(|(from, to)| from < to)
    }
}

impl Days {
    /// All of them.
    pub(crate) const ALL: Self = Self([true; 7]);
    /// None of them.
    pub(crate) const NONE: Self = Self([false; 7]);
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// Takes in what a text names, `mon-fri` or `sat`. Gives false where it names no day.
    pub(crate) fn add(&mut self, text: &str) -> bool {
        let day = |name: &str| {
            let name = name.trim().to_ascii_lowercase();
            Self::NAMES.iter().position(|known| *known == name)
        };
        let (from, to) = match text.split_once(['-', '–']) {
            Some((from, to)) => (day(from), day(to)),
            None => (day(text), day(text)),
        };
        let Some((from, to)) = from.zip(to) else { return false };
        let length = (to + 7 - from) % 7;
        (from..=from + length).for_each(|day| self.0[day % 7] = true);
        true
    }

    /// These and the others.
    pub(crate) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|day| self.0[day] || other.0[day]))
    }

    fn has(self, day: Weekday) -> bool {
        usize::try_from(day.to_monday_zero_offset()).is_ok_and(|day| self.0[day])
    }
}

impl Hours {
    /// Always, in this zone.
    pub(crate) fn always(zone: TimeZone) -> Self {
        Self {
            spans: Vec::new(),
            days: Days::ALL,
            zone,
            not_before: None,
            not_after: None,
            outside: Outside::default(),
            within: Vec::new(),
        }
    }

    /// Whether they say anything at all.
    pub(crate) fn is_limited(&self) -> bool {
        let limits = !self.is_daily() || self.not_before.is_some() || self.not_after.is_some();
        limits || self.within.iter().any(Self::is_limited)
    }

    /// Whether they say more than a first and a last moment.
    pub(crate) fn says_hours(&self) -> bool {
        !self.is_daily() || self.within.iter().any(Self::says_hours)
    }

    /// Whether no moment of any week lies in all of them, whatever first and last moments say.
    pub(crate) fn are_never(&self) -> bool {
        let daily =
            |hours: &Self| Self { not_before: None, not_after: None, within: Vec::new(), ..hours.clone() };
        let all = Self { within: self.within.iter().map(daily).collect(), ..daily(self) };
        // Any day does: the same hours come every week.
        all.opens(Timestamp::UNIX_EPOCH).is_none()
    }

    /// What holds at a moment.
    pub(crate) fn at(&self, now: Timestamp) -> Opening {
        match self.opens(now) {
            Some(opens) if opens <= now => Opening::Open(self.closes(now)),
            Some(opens) => Opening::From(opens),
            None => Opening::Over,
        }
    }

    /// The first moment from this one on at which messages may be begun.
    pub(crate) fn opens(&self, from: Timestamp) -> Option<Timestamp> {
        let mut at = from;
        for _ in 0..MOST_STEPS {
            let opens = self.within.iter().try_fold(self.opens_alone(at)?, |latest, other| {
                other.opens(at).map(|opens| latest.max(opens))
            })?;
            if opens == at {
                return Some(at);
            }
            at = opens;
        }
        None
    }

    /// The same, the others left aside.
    fn opens_alone(&self, from: Timestamp) -> Option<Timestamp> {
        let from = self.not_before.map_or(from, |first| first.max(from));
        let opens = if self.is_daily() {
            from
        } else {
            let (begins, _) = self.around(from).into_iter().find(|(_, ends)| *ends > from)?;
            begins.max(from)
        };
        self.not_after.is_none_or(|last| opens < last).then_some(opens)
    }

    /// When work of this length is done that is begun now and rests outside of the hours; nothing where it is never done.
    pub(crate) fn end_of_work(&self, now: Timestamp, length: SignedDuration) -> Option<Timestamp> {
        let (mut at, mut left) = (now, length);
        loop {
            match self.at(at) {
                Opening::Open(until) => {
                    let end = at.checked_add(left).ok();
                    let Some(until) = until.filter(|until| end.is_none_or(|end| end > *until)) else {
                        return end;
                    };
                    left -= until.duration_since(at);
                    at = until;
                }
                Opening::From(opens) => at = opens,
                Opening::Over => return None,
            }
        }
    }

    /// When it ends that they may, if it does.
    fn closes(&self, now: Timestamp) -> Option<Timestamp> {
        let hours = (!self.is_daily()).then(|| {
            // One span may begin where another ends.
            self.around(now)
                .into_iter()
                .fold(now, |end, (from, to)| if from <= end { end.max(to) } else { end })
        });
        let others = self.within.iter().filter_map(|other| other.closes(now));
        [hours, self.not_after].into_iter().flatten().chain(others).min()
    }

    /// Whether every moment of every day is in them.
    pub(crate) fn is_daily(&self) -> bool {
        self.spans.is_empty() && self.days == Days::ALL
    }

    /// The same of these and of all others that hold as well.
    pub(crate) fn are_all_day(&self) -> bool {
        self.is_daily() && self.within.iter().all(Self::are_all_day)
    }

    /// The spans around a moment and for some days after it, in their order.
    fn around(&self, at: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let all_day = [Span { from: 0, to: END_OF_DAY }];
        let spans = if self.spans.is_empty() { &all_day[..] } else { &self.spans };
        let today = at.to_zoned(self.zone.clone()).date();
        let dates = (-1..=DAYS_AHEAD).filter_map(|days| today.checked_add(days.days()).ok());
        let dates = dates.filter(|date| self.days.has(date.weekday()));
        let mut all: Vec<_> =
            dates.flat_map(|date| spans.iter().filter_map(move |span| span.on(date, &self.zone))).collect();
        all.sort_unstable();
        all
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, self.to / 60, self.to % 60)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.iter().zip(self.0).filter(|(_, has)| *has).map(|(name, _)| *name);
        f.write_str(&names.collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans: Vec<String> = self.spans.iter().map(ToString::to_string).collect();
        let days = (self.days != Days::ALL).then(|| self.days.to_string());
        let parts = spans.into_iter().chain(days).chain(self.zone.iana_name().map(str::to_owned));
        let own = parts.collect::<Vec<_>>().join(", ");
        // Hours that say nothing by themselves say nothing beside others.
        let alone = self.is_daily() && self.within.iter().any(|other| !other.is_daily());
        let others = self.within.iter().filter(|other| !other.is_daily()).map(ToString::to_string);
        let all: Vec<String> = (!alone).then_some(own).into_iter().chain(others).collect();
        f.write_str(&all.join(" + "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::moment::{parse, zone};

    fn hours(spans: &[&str], days: &[&str], name: &str) -> Hours {
        let mut hours = Hours::always(zone(name).expect("a zone"));
        hours.spans = spans.iter().map(|span| Span::parse(span).expect("a span")).collect();
        if !days.is_empty() {
            hours.days = Days::NONE;
            assert!(days.iter().all(|days| hours.days.add(days)));
        }
        hours
    }

    fn at(hours: &Hours, text: &str) -> Opening {
        hours.at(time(hours, text))
    }

    fn time(hours: &Hours, text: &str) -> Timestamp {
        parse(text, &hours.zone).expect("a time")
    }

    #[test]
    fn a_break_at_noon_and_a_weekend_are_waited_through() {
        let hours = hours(&["09:00-12:00", "14:00-21:00"], &["mon-fri"], "Asia/Shanghai");
        let until = |text| Opening::Open(Some(time(&hours, text)));
        let from = |text| Opening::From(time(&hours, text));
        // 2026-11-27 is a Friday.
        assert_eq!(at(&hours, "2026-11-27 08:59"), from("2026-11-27 09:00"));
        assert_eq!(at(&hours, "2026-11-27 09:00"), until("2026-11-27 12:00"));
        assert_eq!(at(&hours, "2026-11-27 12:00"), from("2026-11-27 14:00"));
        assert_eq!(at(&hours, "2026-11-27 20:59"), until("2026-11-27 21:00"));
        assert_eq!(at(&hours, "2026-11-27 21:00"), from("2026-11-30 09:00"));
    }

    #[test]
    fn spans_that_touch_are_one_and_one_may_go_over_midnight() {
        let night = hours(&["22:00-24:00", "00:00-02:00"], &[], "Asia/Shanghai");
        let over = hours(&["22:00-2:00"], &["fri"], "Asia/Shanghai");
        for hours in [&night, &over] {
            let until = Opening::Open(Some(time(hours, "2026-11-28 02:00")));
            assert_eq!(at(hours, "2026-11-27 23:30"), until);
            assert_eq!(at(hours, "2026-11-28 01:30"), until);
        }
        assert_eq!(at(&over, "2026-11-27 01:30"), Opening::From(time(&over, "2026-11-27 22:00")));
        let days = hours(&[], &["sat", "SUN"], "Asia/Shanghai");
        assert_eq!(at(&days, "2026-11-28 12:00"), Opening::Open(Some(time(&days, "2026-11-30 00:00"))));
    }

    #[test]
    fn hours_are_those_of_the_zone_on_the_days_when_clocks_change() {
        // Clocks go from 2:00 to 3:00 on 2026-03-29 and from 3:00 to 2:00 on 2026-10-25.
        let hours = hours(&["01:30-04:00"], &[], "Europe/Berlin");
        for (day, open) in [("2026-03-28", 150), ("2026-03-29", 90), ("2026-10-25", 210)] {
            let begin = time(&hours, &format!("{day} 01:30"));
            let end = begin + SignedDuration::from_mins(open);
            assert_eq!(hours.at(begin), Opening::Open(Some(end)), "{day}");
        }
        let gap = self::hours(&["02:30-02:45"], &[], "Europe/Berlin");
        let skipped = Opening::From(time(&gap, "2026-03-29 03:30"));
        assert_eq!(at(&gap, "2026-03-29 00:00"), skipped, "the time of day after the gap");
    }

    #[test]
    fn work_rests_outside_of_the_hours() {
        let mut hours = hours(&["09:00-10:00"], &[], "Asia/Shanghai");
        let begin = time(&hours, "2026-11-27 08:00");
        let end = |hours: &Hours, minutes| hours.end_of_work(begin, SignedDuration::from_mins(minutes));
        assert_eq!(end(&hours, 30), Some(time(&hours, "2026-11-27 09:30")));
        assert_eq!(end(&hours, 90), Some(time(&hours, "2026-11-28 09:30")));
        hours.not_after = Some(time(&hours, "2026-11-28 09:15"));
        assert_eq!(end(&hours, 90), None);
    }

    #[test]
    fn a_first_and_a_last_moment_narrow_the_hours() {
        let mut hours = hours(&["09:00-21:00"], &[], "Asia/Shanghai");
        hours.not_before = Some(time(&hours, "2026-11-26 20:30"));
        hours.not_after = Some(time(&hours, "2026-11-27 10:00"));
        assert_eq!(at(&hours, "2026-11-25 10:00"), Opening::From(time(&hours, "2026-11-26 20:30")));
        let until = |text| Opening::Open(Some(time(&hours, text)));
        assert_eq!(at(&hours, "2026-11-26 20:45"), until("2026-11-26 21:00"));
        assert_eq!(at(&hours, "2026-11-27 09:30"), until("2026-11-27 10:00"));
        assert_eq!(at(&hours, "2026-11-27 10:00"), Opening::Over);
        hours.spans.clear();
        assert_eq!(at(&hours, "2026-11-26 23:00"), Opening::Open(hours.not_after));
    }

    #[test]
    fn where_several_hours_hold_a_moment_must_lie_in_all_of_them() {
        let mut narrow = hours(&["08:00-12:00", "20:00-23:00"], &["mon-sat"], "Asia/Shanghai");
        // 1:00 to 13:00 UTC are 9:00 to 21:00 in Shanghai.
        narrow.within = vec![hours(&["01:00-13:00"], &["fri-sun"], "UTC")];
        let until = |text| Opening::Open(Some(time(&narrow, text)));
        let from = |text| Opening::From(time(&narrow, text));
        assert_eq!(at(&narrow, "2026-11-26 10:00"), from("2026-11-27 09:00"), "Thursday");
        assert_eq!(at(&narrow, "2026-11-27 09:00"), until("2026-11-27 12:00"));
        assert_eq!(at(&narrow, "2026-11-27 20:30"), until("2026-11-27 21:00"));
        assert_eq!(at(&narrow, "2026-11-28 21:00"), from("2026-12-04 09:00"), "no Sunday in one of them");
        let begin = time(&narrow, "2026-11-27 11:00");
        assert_eq!(
            narrow.end_of_work(begin, SignedDuration::from_hours(3)),
            Some(time(&narrow, "2026-11-28 10:00")),
            "one hour before noon, one in the evening, one on the next day",
        );
        assert!(!narrow.are_never());
        narrow.within.push(hours(&["09:00-21:00"], &["sun"], "Asia/Shanghai"));
        assert!(narrow.are_never());
    }

    #[test]
    fn what_is_no_span_and_no_day_is_not_taken() {
        for text in ["", "09:00", "9-12", "09:00-25:00", "09:00-09:00", "24:00-09:00"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
        let mut days = Days::NONE;
        for text in ["", "monday", "mon,tue", "mon-", "周一"] {
            assert!(!days.add(text), "{text}");
        }
        assert!(days.add("sat-mon"));
        assert_eq!(days.to_string(), "mon sat sun");
    }
}
