//! What holds for every campaign of an account, whatever the campaign says: a policy, in the form in which it travels. Lists,
//! hours and testers of a policy become those of the campaign as it is validated; what only the account's journal can
//! decide stands here.

pub(crate) mod file;
pub(crate) mod within;

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::campaign::policy::file::Over;
use crate::campaign::policy::within::Within;

/// A policy whose file holds no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The file as people know it from the campaign's folder, `../policy.toml`.
    pub(crate) name: String,
    /// The file.
    pub(crate) path: PathBuf,
    /// The zone of its days.
    pub(crate) zone: TimeZone,
    /// How often a person may be written to.
    pub(crate) caps: Option<Caps>,
    /// Whom WeChat has refused for good.
    pub(crate) refused: Option<Refused>,
}

/// How often a person may be written to, over all campaigns of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caps {
    /// All of them hold.
    pub(crate) per_person: Vec<Cap>,
    /// What becomes of whoever has been written to often enough.
    pub(crate) over: Over,
    /// The campaigns that are not held back.
    pub(crate) exempt: Vec<Pattern>,
}

/// So many occasions in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cap {
    /// How many, at least one.
    pub(crate) most: usize,
    /// In which time.
    pub(crate) within: Within,
    /// The time as the policy writes it, `7d`.
    pub(crate) time: String,
}

/// Whom WeChat has refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The errcodes that say so.
    pub(crate) codes: Vec<i64>,
    /// For how long they get nothing.
    pub(crate) within: Within,
}

/// Campaign ids, `order-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Policy {
    /// The caps that hold for a campaign of this id.
    pub(crate) fn caps_for(&self, id: &str) -> Option<&Caps> {
        self.caps.as_ref().filter(|caps| !caps.exempt.iter().any(|pattern| pattern.fits(id)))
    }
}

impl Cap {
    /// Reads `3/7d`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (most, time) = text.split_once('/')?;
        let (most, time) = (most.trim().parse().ok().filter(|most| *most > 0)?, time.trim());
        Some(Self { most, within: Within::parse(time)?, time: time.to_owned() })
    }

    /// From when on somebody may be written to again who was at these times, the last one first; nothing where they may be
    /// now.
    pub(crate) fn free_at(&self, times: &[Timestamp], now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let oldest = times.get(self.most - 1)?;
        Some(self.within.after(*oldest, zone)).filter(|free| *free > now)
    }
}

impl Pattern {
    /// Reads an id in which `*` stands for anything.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-*".contains(&byte);
        (!text.is_empty() && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// Whether an id is one of these.
    pub(crate) fn fits(&self, id: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().expect("a split has a first part");
        let Some(mut rest) = id.strip_prefix(first) else { return false };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        let fits = |pattern: &str, id: &str| Pattern::parse(pattern).expect("a pattern").fits(id);
        for (pattern, id) in [
            ("order-*", "order-12"),
            ("order-*", "order-"),
            ("*", "x"),
            ("a*b*c", "a1b2c"),
            ("*-vip", "may-vip"),
            ("a", "a"),
        ] {
            assert!(fits(pattern, id), "{pattern} {id}");
        }
        for (pattern, id) in
            [("order-*", "my-order-1"), ("a", "ab"), ("a*b", "a"), ("a*b*c", "acb"), ("*-vip", "vip")]
        {
            assert!(!fits(pattern, id), "{pattern} {id}");
        }
        assert_eq!(Pattern::parse("Order"), None);
        assert_eq!(Pattern::parse(""), None);
    }

    #[test]
    fn a_cap_is_a_number_above_zero_and_a_time() {
        assert_eq!(Cap::parse("3 / 7d").map(|cap| (cap.most, cap.time)), Some((3, "7d".to_owned())));
        for text in ["", "3", "0/1d", "-1/1d", "3/", "3/d", "a/1d", "3/7", "3/0d"] {
            assert_eq!(Cap::parse(text), None, "{text}");
        }
    }

    #[test]
    fn somebody_is_free_again_when_the_oldest_occasion_that_counts_has_left_the_time() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let times = ["2026-11-27T02:00:00Z", "2026-11-25T02:00:00Z", "2026-11-20T02:00:00Z"].map(at);
        let free = |cap: &str, now: &str| Cap::parse(cap).expect("a cap").free_at(&times, at(now), &zone);
        // The day of 2026-11-27 in Shanghai ends at 16:00 UTC.
        assert_eq!(free("1/1d", "2026-11-27T15:59:59Z"), Some(at("2026-11-27T16:00:00Z")));
        assert_eq!(free("1/1d", "2026-11-27T16:00:00Z"), None);
        assert_eq!(free("1/24h", "2026-11-27T16:00:00Z"), Some(at("2026-11-28T02:00:00Z")));
        assert_eq!(free("3/7d", "2026-11-27T03:00:00Z"), None, "a week ago is not in it any more");
        assert_eq!(free("2/7d", "2026-11-27T03:00:00Z"), Some(at("2026-12-01T16:00:00Z")));
        assert_eq!(free("4/7d", "2026-11-27T03:00:00Z"), None);
    }
}
