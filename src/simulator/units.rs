//! The small values of a scenario file: durations, shares, lists of message numbers.
//!
//! Each reads itself, so that a fault in one is reported at its own line and column.

use std::fmt;
use std::time::Duration;

use axum::http::HeaderValue;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, offset};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::value::MapAccessDeserializer};

use crate::clock::FASTEST;
use crate::simulator::dice;
use crate::simulator::misfit::misfit;

/// A duration as it is written in a scenario: a whole number and `ms`, `s`, `m`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span(pub(crate) Duration);

impl Span {
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        number.checked_mul(milliseconds).map(Duration::from_millis).map(Self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(misfit("duration", &[("value", &text)])))
    }
}

/// A moment: RFC 3339, or a date and a time of day where WeChat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start(pub(crate) Timestamp);

impl Start {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let exact = text.parse::<Timestamp>().ok();
        // A text with an offset is no time of day, even if a parser would pass over the offset.
        let plain = |c: char| c.is_ascii_digit() || "-: T".contains(c);
        let day = || text.chars().all(plain).then(|| text.parse::<DateTime>().ok())?;
        let there = || Some(day()?.to_zoned(TimeZone::fixed(offset(8))).ok()?.timestamp());
        exact.or_else(there).map(Self)
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text.trim()).ok_or_else(|| de::Error::custom(misfit("start", &[("value", &text)])))
    }
}

/// How many times as fast a clock goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speed(pub(crate) u32);

impl<'de> Deserialize<'de> for Speed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let speed = i64::deserialize(deserializer)?;
        let fits = u32::try_from(speed).ok().filter(|speed| (1..=FASTEST).contains(speed));
        let most: &dyn fmt::Display = &FASTEST;
        fits.map(Self).ok_or_else(|| de::Error::custom(misfit("speed", &[("value", &speed), ("most", most)])))
    }
}

/// A duration forward, or backward with a leading `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Offset {
    pub(crate) span: Duration,
    pub(crate) back: bool,
}

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (back, rest) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
        Span::parse(rest)
            .map(|span| Self { span: span.0, back })
            .ok_or_else(|| de::Error::custom(misfit("offset", &[("value", &text)])))
    }
}

/// A part of all recipients: `"1%"`, `"0.5%"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share(f64);

impl Share {
    /// Whether a fraction from 0 to 1 falls into the share.
    pub(crate) fn holds(self, fraction: f64) -> bool {
        fraction < self.0
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.strip_suffix('%')
            .and_then(|number| number.trim_end().parse::<f64>().ok())
            .filter(|percent| (0.0..=100.0).contains(percent))
            .map(|percent| Self(percent / 100.0))
            .ok_or_else(|| de::Error::custom(misfit("share", &[("value", &text)])))
    }
}

/// A value for the header `Content-Type`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ContentType(pub(crate) HeaderValue);

impl TryFrom<String> for ContentType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        HeaderValue::from_str(&text).map(Self).map_err(|_| misfit("header", &[]))
    }
}

/// Numbers of requests, counted from 1: one number or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Numbers(Vec<u64>);

impl Numbers {
    pub(crate) fn contains(&self, number: u64) -> bool {
        self.0.binary_search(&number).is_ok()
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumbersVisitor)
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scenario.expects.numbers")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Numbers, E> {
        Ok(Numbers(vec![counted_from_one(number)?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = list.next_element()? {
            numbers.push(counted_from_one(number)?);
        }
        if numbers.is_empty() {
            return Err(de::Error::custom(misfit("no-numbers", &[])));
        }
        numbers.sort_unstable();
        Ok(Numbers(numbers))
    }
}

fn counted_from_one<E: de::Error>(number: i64) -> Result<u64, E> {
    match u64::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        Ok(_) | Err(_) => Err(E::custom(misfit("number", &[("value", &number)]))),
    }
}

/// How long an answer takes: always the same, or evenly spread between two durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Latency {
    min: Duration,
    max: Duration,
}

impl Latency {
    /// The latency of the n-th answer, the same for the same seed.
    pub(crate) fn of(self, seed: u64, n: u64) -> Duration {
        if self.min == self.max {
            return self.min;
        }
        self.min + (self.max - self.min).mul_f64(dice::fraction(dice::of_number(seed, n)))
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LatencyVisitor)
    }
}

struct LatencyVisitor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    min: Span,
    max: Span,
}

impl<'de> Visitor<'de> for LatencyVisitor {
    type Value = Latency;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scenario.expects.latency")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Latency, E> {
        let Some(Span(span)) = Span::parse(text) else {
            return Err(E::invalid_value(de::Unexpected::Str(text), &self));
        };
        Ok(Latency { min: span, max: span })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Latency, A::Error> {
        let Range { min: Span(min), max: Span(max) } = Range::deserialize(MapAccessDeserializer::new(map))?;
        if min > max {
            return Err(de::Error::custom(misfit("min-max", &[])));
        }
        Ok(Latency { min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_numbers_with_a_unit() {
        let span = |text| Span::parse(text).map(|span| span.0);
        assert_eq!(span("50ms"), Some(Duration::from_millis(50)));
        assert_eq!(span("0s"), Some(Duration::ZERO));
        assert_eq!(span("3d"), Some(Duration::from_secs(259_200)));
        for wrong in
            ["", "5", "s", "1.5s", "-1s", "5 s", "5秒", "99999999999999999999s", "18446744073709551615d"]
        {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_spread_latency_stays_within_its_ends() {
        let latency = Latency { min: Duration::from_millis(20), max: Duration::from_millis(200) };
        let all: Vec<_> = (0..1000).map(|n| latency.of(3, n)).collect();
        assert!(all.iter().all(|one| (latency.min..=latency.max).contains(one)));
        assert!(all.iter().max() > all.iter().min());
        assert_eq!(latency.of(3, 7), latency.of(3, 7));
    }
}
