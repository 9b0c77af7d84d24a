//! `[send] rate`: a ceiling such as `20/s` or `1000/min`.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// A ceiling on requests: `count` in any `per`, evenly spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: NonZeroU32,
    per: Period,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Second,
    Minute,
    Hour,
}

/// A text that is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a rate such as 20/s, 1000/min or 5000/h")]
pub struct RateError;

impl Rate {
    /// The rate when a campaign names none: twenty a second.
    pub(crate) fn usual() -> Self {
        Self { count: NonZeroU32::MIN.saturating_add(19), per: Period::Second }
    }

    /// Requests a second.
    pub(crate) fn per_second(self) -> f64 {
        f64::from(self.count.get()) / self.per.length().as_secs_f64()
    }

    /// The time between two requests.
    pub(crate) fn interval(self) -> Duration {
        self.per.length() / self.count.get()
    }
}

impl Period {
    fn length(self) -> Duration {
        match self {
            Self::Second => Duration::from_secs(1),
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(3600),
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (count, per) = text.split_once('/').ok_or(RateError)?;
        let per = match per.trim() {
            "s" | "sec" | "second" => Period::Second,
            "m" | "min" | "minute" => Period::Minute,
            "h" | "hour" => Period::Hour,
            _ => return Err(RateError),
        };
        let count = count.trim().parse().map_err(|_| RateError)?;
        Ok(Self { count, per })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per {
            Period::Second => "s",
            Period::Minute => "min",
            Period::Hour => "h",
        };
        write!(f, "{}/{per}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written_back() {
        for text in ["20/s", "1000/min", "5/h"] {
            assert_eq!(text.parse::<Rate>().map(|rate| rate.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("20/s".parse(), Ok(Rate::usual()));
    }

    #[test]
    fn nothing_else_is_a_rate() {
        for text in ["", "20", "0/s", "-1/s", "20/day", "1.5/s", "/s"] {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
    }
}
