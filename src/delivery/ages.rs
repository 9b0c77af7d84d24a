//! How long ago people were heard of by the times in the audience, held against what WeChat said of their windows.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The code for people whose window is not open, or who follow no more.
pub(crate) const OUT_OF_WINDOW: i64 = 45015;

/// How long a window is, in hours. Whoever was heard of longer ago is not written to.
const WHOLE: u64 = 48;
/// What exports of databases are off by where nobody thinks of zones: the hours between UTC and China.
const USUAL: u64 = 8;
/// From how many refusals on they are worth a word.
const MANY: u64 = 10;
/// And which part of all answers they must be, 1 in so many: a few people always follow no more, whatever the times are.
const PART: u64 = 20;

/// Answers by the age of the last contact, in whole hours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ages {
    /// Messages that were accepted.
    pub(crate) accepted: BTreeMap<u64, u64>,
    /// Messages that were refused because the window was not open.
    pub(crate) refused: BTreeMap<u64, u64>,
}

/// What the answers say of the times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimesOff {
    /// So many hours: from this age on nearly everybody was refused, and hardly anybody before.
    By {
        /// The hours.
        hours: u64,
        /// The age, in hours.
        from: u64,
    },
    /// Many were refused, and their ages are those of the others: either they follow no more, or the times mean something else.
    Perhaps,
}

impl Ages {
    /// Takes in an answer.
    pub(crate) fn add(&mut self, age: SignedDuration, accepted: bool) {
        // An age that no window has is of somebody who did something else than write.
        let Ok(age) = u64::try_from(age.as_secs().div_euclid(3600)) else { return };
        if age < WHOLE {
            let answers = if accepted { &mut self.accepted } else { &mut self.refused };
            *answers.entry(age).or_default() += 1;
        }
    }

    /// How many were refused.
    pub(crate) fn all_refused(&self) -> u64 {
        self.refused.values().sum()
    }

    /// How many were accepted or refused.
    pub(crate) fn all(&self) -> u64 {
        self.accepted.values().sum::<u64>() + self.all_refused()
    }

    /// What they say of the times, where they say anything.
    pub(crate) fn times_off(&self) -> Option<TimesOff> {
        let refused = self.all_refused();
        if refused < MANY || refused * PART < self.all() {
            return None;
        }
        // The ages that part them best; where nobody has the ages between, any of these may be the end.
        let best = (0..WHOLE).map(|from| (self.right_from(from), from)).max_by_key(|(right, _)| *right)?.0;
        let ends: Vec<u64> = (0..WHOLE).filter(|from| self.right_from(*from) == best).collect();
        let (first, last) = (*ends.first()?, *ends.last()?);
        let (behind, before) = (self.refused.range(first..), self.accepted.range(first..));
        let (behind, beside): (u64, u64) =
            (behind.map(|(_, count)| count).sum(), before.map(|(_, count)| count).sum());
        let parts = best * 10 >= self.all() * 9 && behind >= MANY && behind >= beside * 9;
        let usual = (first..=last).contains(&(WHOLE - USUAL)).then_some(USUAL);
        let hours = usual.unwrap_or(WHOLE - last);
        // The last hour is the one in which a clock that is a little wrong shows.
        Some(if parts && hours > 1 { TimesOff::By { hours, from: last } } else { TimesOff::Perhaps })
    }

    /// How many answers are as they would be if windows ended at this age.
    fn right_from(&self, from: u64) -> u64 {
        let accepted: u64 = self.accepted.range(..from).map(|(_, count)| count).sum();
        accepted + self.refused.range(from..).map(|(_, count)| count).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages(accepted: &[(u64, u64)], refused: &[(u64, u64)]) -> Ages {
        Ages { accepted: accepted.iter().copied().collect(), refused: refused.iter().copied().collect() }
    }

    #[test]
    fn refusals_that_begin_at_an_age_say_by_how_much_the_times_are_off() {
        let evenly = |from, to| (from..to).map(|age| (age, 10)).collect::<Vec<_>>();
        let off = |hours, from| Some(TimesOff::By { hours, from });
        // All from 40 hours on are refused, with a few who follow no more among the others.
        let found = ages(&evenly(0, 40), &[&evenly(40, 48)[..], &[(3, 2), (20, 1)]].concat()).times_off();
        assert_eq!(found, off(8, 40));
        assert_eq!(ages(&evenly(0, 41), &evenly(41, 48)).times_off(), off(7, 41));
        // Nobody has an age between 12 and 43 hours: what is most usual fits.
        assert_eq!(ages(&evenly(0, 12), &[(43, 20)]).times_off(), off(8, 43));
        assert_eq!(ages(&[], &[(43, 20)]).times_off(), off(8, 43));
    }

    #[test]
    fn people_who_follow_no_more_say_nothing_of_the_times() {
        let evenly = |count| (0..48).map(|age| (age, count)).collect::<Vec<_>>();
        assert_eq!(ages(&evenly(100), &evenly(1)).times_off(), None);
        assert_eq!(ages(&evenly(10), &evenly(3)).times_off(), Some(TimesOff::Perhaps));
        assert_eq!(ages(&evenly(10), &[(47, 5)]).times_off(), None, "a few");
        assert_eq!(ages(&evenly(1), &[(47, 30)]).times_off(), Some(TimesOff::Perhaps), "the last hour");
    }

    #[test]
    fn an_age_that_no_window_has_is_left_out() {
        let mut ages = Ages::default();
        for hours in [-1, 0, 47, 48, 500] {
            ages.add(SignedDuration::from_secs(hours * 3600 + 1800), true);
        }
        assert_eq!(ages.all(), 2);
    }
}
