//! Times as campaign files and flags write them, and the zones they are in.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zone of times that name none, whatever the computer's own is.
pub(crate) const USUAL_ZONE: &str = "Asia/Shanghai";

/// The zone of a name such as `Asia/Shanghai`, by what this program knows and not the computer.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The zone of times that name none.
pub(crate) fn usual_zone() -> TimeZone {
    zone(USUAL_ZONE).expect("the program brings it along")
}

/// Reads a time: RFC 3339, or a date and a time of day in `zone`.
pub(crate) fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(exact) = text.parse::<Timestamp>() {
        return Some(exact);
    }
    // A text with an offset is no time of day in a zone, even if a parser would pass over the offset.
    let plain = |c: char| c.is_ascii_digit() || "-: T".contains(c);
    let date: DateTime = text.chars().all(plain).then(|| text.parse().ok())??;
    Some(date.to_zoned(zone.clone()).ok()?.timestamp())
}

/// The same, or a time of day alone: the next one from `now` on.
pub(crate) fn parse_from(text: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let Some(time) = time_of_day(text) else { return parse(text, zone) };
    let today = now.to_zoned(zone.clone()).date();
    let at = |date: jiff::civil::Date| Some(date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp());
    at(today).filter(|at| *at >= now).or_else(|| at(today.tomorrow().ok()?))
}

/// A time of day, `9:00` or `21:30`.
pub(crate) fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
    let fits = (1..=2).contains(&hour.len()) && minute.len() == 2;
    Time::new(digits(hour).filter(|_| fits)?, digits(minute)?, 0, 0).ok()
}

/// A time for people: date, time of day and what the zone is off UTC.
pub(crate) fn shown(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M (%:z)").to_string()
}

/// The same with seconds: when something happened. What a campaign did is told in the campaign's zone.
pub(crate) fn happened(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// The same in the computer's own zone: when something happened here that is not one campaign's.
pub(crate) fn here(at: Timestamp) -> String {
    happened(at, &TimeZone::system())
}

/// A time for machines: RFC 3339 with its offset.
pub(crate) fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_time_without_an_offset_is_one_of_its_zone() {
        let zone = usual_zone();
        for text in
            ["2026-11-26 10:00", "2026-11-26T10:00:00", "2026-11-26T02:00:00Z", "2026-11-26T03:00+01:00"]
        {
            assert_eq!(parse(text, &zone), Some(utc("2026-11-26T02:00:00Z")), "{text}");
        }
        for text in ["", "tomorrow", "11/26/2026", "10:00", "2026-13-01 10:00"] {
            assert_eq!(parse(text, &zone), None, "{text}");
        }
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        let (zone, now) = (usual_zone(), utc("2026-11-26T02:30:00Z"));
        assert_eq!(parse_from("20:00", &zone, now), Some(utc("2026-11-26T12:00:00Z")));
        assert_eq!(parse_from("9:00", &zone, now), Some(utc("2026-11-27T01:00:00Z")));
        for text in ["24:00", "9:5", "9", "09:00:00", "+9:00"] {
            assert_eq!(time_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn no_zone_but_a_known_one_is_taken() {
        assert!(zone("Europe/Berlin").is_some());
        for name in ["", "CST", "Asia/Shangai", "+08:00"] {
            assert!(zone(name).is_none(), "{name}");
        }
    }
}
