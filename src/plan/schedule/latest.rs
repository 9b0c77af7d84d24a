//! The latest beginning at which nobody is late.
//!
//! Whoever begins earlier finds more windows open, and those people have their turns, too. So an earlier beginning counts
//! only where nobody at all would be late from it on: what a plan for that moment would say.

use jiff::{SignedDuration, Timestamp};

use crate::plan::schedule::deadline::Deadline;
use crate::plan::schedule::queue::{Pace, loses_some};
use crate::plan::schedule::turns::gap;

/// How far back it is looked for: the longest window and a day.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(72);
/// By how many halvings a beginning is found to the second, of two days.
const HALVINGS: u32 = 19;
/// How many turns are looked at on the way back, all tries together; a try looks at everybody's.
const MOST_TURNS: usize = 20_000_000;
/// How many beginnings are tried: at most one in a quarter of an hour, and so many for a list of millions.
const TRIES: (usize, usize) = (24, 288);

/// By trying, for so many people who have their turns in this order. What lies between two beginnings that were tried, and is
/// shorter, may be missed; what is found holds.
pub(crate) fn found(
    order: impl Iterator<Item = (u8, Deadline)> + Clone,
    people: usize,
    pace: &Pace<'_>,
) -> Option<Timestamp> {
    let is_good = |at: Timestamp| !loses_some(order.clone(), &Pace { at, ..*pace }, at.min(pace.at));
    let last = order.clone().filter_map(|(_, deadline)| deadline.moment()).max()?;
    let tries = (MOST_TURNS / people.max(1)).clamp(TRIES.0, TRIES.1);
    let step = LOOK_BACK / i32::try_from(tries).expect("a few tries");
    let (mut good, mut bad) = (pace.at, last);
    if !is_good(good) {
        let mut earlier = (1..=tries).scan(pace.at, |at, _| {
            *at = at.checked_sub(step).ok()?;
            Some(*at)
        });
        good = earlier.find(|at| is_good(*at))?;
        bad = good.checked_add(step).ok()?;
    }
    for _ in 0..HALVINGS {
        let middle = good.checked_add(bad.duration_since(good) / 2).ok()?;
        *(if is_good(middle) { &mut good } else { &mut bad }) = middle;
    }
    // Nobody starts a run by the fraction of a second.
    Timestamp::from_second(good.as_second()).ok().filter(|at| is_good(*at))
}

/// The same where no hour is closed and whose window ends first comes first: turns follow each other without a break, so that
/// each deadline says by itself when the first of them must come. The deadlines are sorted, and from the `open`th on they lie
/// ahead.
pub(crate) fn of_all_day(deadlines: &[Deadline], open: usize, pace: &Pace<'_>) -> Option<Timestamp> {
    const SECOND: i128 = 1_000_000_000;
    let earliest = pace.at.checked_sub(LOOK_BACK).ok()?;
    let gap = gap(pace.per_second).as_nanos();
    let end = pace.hours.not_after.map(Timestamp::as_nanosecond);
    let turn = |place: usize| i128::try_from(place).expect("a place is small") * gap;
    let nanos = |place: usize| i128::from(deadlines[place].seconds()) * SECOND;
    let mut least = i128::MAX;
    for place in (0..deadlines.len()).rev() {
        let by = end.map_or(nanos(place), |end| end.min(nanos(place)));
        least = least.min(by - turn(place));
        if place > open {
            continue;
        }
        // Begun before that, and not before the one in front of them is out, they all have their turns in time.
        let before = (least + turn(place)).min(nanos(place));
        // In whole seconds.
        let at = i64::try_from((before - 1).div_euclid(SECOND)).ok()?;
        let since = place.checked_sub(1).map_or(0, |place| deadlines[place].seconds());
        if at < earliest.as_second() {
            return None;
        }
        if at >= i64::from(since) {
            let at = Timestamp::from_second(at).ok()?;
            // Whoever begins earlier than it is allowed begins when it is.
            return pace.hours.not_before.is_none_or(|first| first <= at).then_some(at);
        }
    }
    None
}
