//! Until when a message may be begun, in four bytes.

use jiff::Timestamp;

/// The moment before which a message must be begun, in whole seconds. One is kept for each message of a plan, so it is
/// small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Deadline(u32);

impl Deadline {
    /// It has passed, whatever the time is: nothing is known that would have opened a window.
    pub(crate) const PASSED: Self = Self(0);
    /// The person's window takes no more messages.
    pub(crate) const SPENT: Self = Self(1);
    /// There is none. Whoever has none comes last.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// A moment. What lies beyond the range of these seconds, 1970 to 2106, is the nearest that has passed or lies ahead.
    pub(crate) fn at(moment: Timestamp) -> Self {
        let seconds = moment.as_second();
        let far = if seconds < 0 { 0 } else { u32::MAX };
        // The numbers at both ends have a meaning of their own.
        Self(u32::try_from(seconds).unwrap_or(far).clamp(2, u32::MAX - 1))
    }

    /// The moment, where there is one.
    pub(crate) fn moment(self) -> Option<Timestamp> {
        let has_one = self != Self::NONE && self != Self::PASSED && self != Self::SPENT;
        has_one.then(|| Timestamp::from_second(i64::from(self.0)).expect("seconds of this century are times"))
    }

    /// Its seconds since 1970, of one that is a moment.
    pub(crate) fn seconds(self) -> u32 {
        self.0
    }

    /// Whether a message may not be begun any more.
    pub(crate) fn is_past(self, now: Timestamp) -> bool {
        self != Self::NONE && i64::from(self.0) <= now.as_second()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_none_comes_last_and_is_never_late() {
        let now: Timestamp = "2026-11-25T07:30:00Z".parse().expect("a time");
        let soon = Deadline::at(now + jiff::SignedDuration::from_secs(1));
        assert!(Deadline::PASSED < soon && soon < Deadline::NONE);
        let past = [Deadline::PASSED, Deadline::at(now), soon, Deadline::NONE].map(|one| one.is_past(now));
        assert_eq!(past, [true, true, false, false]);
        assert_eq!(Deadline::at(now).moment(), Some(now));
        assert!(!Deadline::at(Timestamp::MAX).is_past(now));
        assert!(Deadline::at(Timestamp::MIN).is_past(now));
    }
}
