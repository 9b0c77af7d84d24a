//! What becomes of a plan's messages when sending begins at a moment.

use jiff::{SignedDuration, Timestamp};

use crate::campaign::file::Order;
use crate::campaign::hours::{Hours, Opening};
use crate::plan::schedule::deadline::Deadline;
use crate::plan::schedule::turns::{Turns, gap};

/// How far back it is looked for a beginning in time: the longest window and a day.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(72);
/// The steps by which the latest beginning is found; 72 hours and two days of windows come to a second.
const STEPS: u32 = 19;

/// How sending goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace<'h> {
    /// When it begins.
    pub(crate) at: Timestamp,
    /// Messages a second.
    pub(crate) per_second: f64,
    /// When messages may be begun.
    pub(crate) hours: &'h Hours,
    /// In which order.
    pub(crate) order: Order,
}

/// What becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Forecast {
    /// Whose turn comes in time, and who has no deadline.
    pub(crate) in_time: u64,
    /// Whose window is over when sending begins, or takes no more, and who has no time and is skipped for that.
    pub(crate) out: u64,
    /// Of these, whose window takes no more messages.
    pub(crate) spent: u64,
    /// Of these, who has no time and is skipped for that.
    pub(crate) no_time: u64,
    /// Whose window ends before their turn, or whose turn never comes.
    pub(crate) late: u64,
    /// Who of all has no deadline.
    pub(crate) blank: u64,
    /// The messages a second at which nobody would be late; nothing where nobody is.
    pub(crate) needed_rate: Option<f64>,
    /// The latest beginning at which nobody would be late, at the rate there is; nothing where there is none.
    pub(crate) latest_start: Option<Timestamp>,
}

/// What becomes of everybody. Four bytes a person are kept meanwhile.
pub(crate) fn forecast(deadlines: &[Deadline], pace: &Pace<'_>) -> Forecast {
    let count = |of: usize| u64::try_from(of).expect("a count fits 64 bits");
    let mut sorted = deadlines.to_vec();
    sorted.sort_unstable();
    let lost = match pace.order {
        Order::Deadline => count(losses(sorted.iter().copied(), pace).count()),
        Order::File => count(losses(deadlines.iter().copied(), pace).count()),
    };
    let until = |which: Deadline| sorted.partition_point(|deadline| *deadline <= which);
    let (no_time, spent) = (until(Deadline::PASSED), until(Deadline::SPENT) - until(Deadline::PASSED));
    let out = sorted.partition_point(|deadline| deadline.is_past(pace.at));
    let dated = sorted.partition_point(|deadline| *deadline < Deadline::NONE);
    let late = lost - count(out);
    // Those whom it still matters for.
    let left = &sorted[out..dated];
    Forecast {
        in_time: count(sorted.len()) - lost,
        out: count(out),
        spent: count(spent),
        no_time: count(no_time),
        late,
        blank: count(sorted.len() - dated),
        needed_rate: (late > 0).then(|| needed_rate(left, pace)).flatten(),
        latest_start: latest_start(left, pace),
    }
}

/// The numbers of those who get nothing. Who is late takes no turn.
pub(crate) fn lost(deadlines: &[Deadline], pace: &Pace<'_>) -> Vec<usize> {
    let mut order: Vec<(Deadline, u32)> = deadlines.iter().copied().zip(0..).collect();
    match pace.order {
        Order::Deadline => order.sort_unstable(),
        Order::File => {}
    }
    let places = losses(order.iter().map(|(deadline, _)| *deadline), pace);
    let number = |place: usize| usize::try_from(order[place].1).expect("32 bits fit");
    let mut lost: Vec<usize> = places.map(number).collect();
    lost.sort_unstable();
    lost
}

/// The places in this order of those who get nothing.
fn losses<'a>(
    order: impl Iterator<Item = Deadline> + 'a,
    pace: &Pace<'a>,
) -> impl Iterator<Item = usize> + 'a {
    let mut turns = Turns::new(pace.hours, pace.at, pace.per_second);
    order.enumerate().filter_map(move |(place, deadline)| match turns.peek() {
        Some(turn) if !deadline.is_past(turn) => {
            turns.take();
            None
        }
        Some(_) | None => Some(place),
    })
}

/// The largest share of messages that must be begun before a deadline in the time there is until then. The deadlines are
/// sorted and lie ahead.
fn needed_rate(left: &[Deadline], pace: &Pace<'_>) -> Option<f64> {
    let mut open = OpenTime::from(pace.hours, pace.at);
    let mut most: f64 = 0.0;
    for (before, deadline) in (1_u32..).zip(left) {
        let seconds = open.until(deadline.moment()?).as_secs_f64();
        if seconds <= 0.0 {
            // No hour is left before this deadline: no rate helps.
            return None;
        }
        most = most.max(f64::from(before) / seconds);
    }
    Some(most)
}

/// The latest beginning from which everybody's turn comes in time, at the rate there is.
fn latest_start(left: &[Deadline], pace: &Pace<'_>) -> Option<Timestamp> {
    let last = left.last()?.moment()?;
    let earliest = pace.at.checked_sub(LOOK_BACK).ok()?;
    if pace.hours.is_daily() {
        return latest_of_all_day(left, pace).filter(|at| *at >= earliest);
    }
    let nobody_is_late = |at: Timestamp| {
        let pace = Pace { at, order: Order::Deadline, ..*pace };
        losses(left.iter().copied(), &pace).next().is_none()
    };
    let mut good = Some(earliest).filter(|at| nobody_is_late(*at))?;
    let mut bad = last;
    for _ in 0..STEPS {
        let half = bad.duration_since(good) / 2;
        let middle = good.checked_add(half).ok()?;
        *(if nobody_is_late(middle) { &mut good } else { &mut bad }) = middle;
    }
    // Nobody starts a run by the fraction of a second.
    Timestamp::from_second(good.as_second()).ok()
}

/// The same where no hour is closed: turns follow each other without a break, so that each deadline says by itself when the
/// first of them must come.
fn latest_of_all_day(left: &[Deadline], pace: &Pace<'_>) -> Option<Timestamp> {
    const SECOND: i128 = 1_000_000_000;
    let gap = gap(pace.per_second).as_nanos();
    let end = pace.hours.not_after.map(Timestamp::as_nanosecond);
    let must_begin = (0_i128..).zip(left).map(|(turn, deadline)| {
        let deadline = i128::from(deadline.seconds()) * SECOND;
        end.map_or(deadline, |end| end.min(deadline)) - turn * gap
    });
    // Before that moment, in whole seconds.
    let seconds = i64::try_from((must_begin.min()? - 1).div_euclid(SECOND)).ok()?;
    let at = Timestamp::from_second(seconds).ok()?;
    // Whoever begins earlier than it is allowed begins when it is.
    pace.hours.not_before.is_none_or(|first| first <= at).then_some(at)
}

/// The open time that passes from a moment on, asked for later and later moments.
struct OpenTime<'h> {
    hours: &'h Hours,
    at: Timestamp,
    passed: SignedDuration,
    /// What is known of the hours around `at`: they are asked once an opening and once a closing.
    known: Option<Opening>,
}

impl<'h> OpenTime<'h> {
    fn from(hours: &'h Hours, at: Timestamp) -> Self {
        Self { hours, at, passed: SignedDuration::ZERO, known: None }
    }

    fn until(&mut self, until: Timestamp) -> SignedDuration {
        while self.at < until {
            let known = *self.known.get_or_insert_with(|| self.hours.at(self.at));
            let ends = match known {
                Opening::Open(closes) => closes,
                Opening::From(opens) => Some(opens),
                Opening::Over => None,
            };
            let end = ends.map_or(until, |ends| ends.min(until));
            match known {
                Opening::Open(_) => self.passed += end.duration_since(self.at),
                Opening::From(_) | Opening::Over => {}
            }
            self.at = end;
            if ends == Some(end) {
                self.known = None;
            }
        }
        self.passed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::campaign::hours::Span;
    use crate::campaign::moment::usual_zone;

    fn start() -> Timestamp {
        "2026-11-25T06:00:00Z".parse().expect("a time")
    }

    fn after(seconds: i64) -> Deadline {
        Deadline::at(start() + SignedDuration::from_secs(seconds))
    }

    fn pace(hours: &Hours, per_second: f64, order: Order) -> Pace<'_> {
        Pace { at: start(), per_second, hours, order }
    }

    #[test]
    fn the_order_of_deadlines_loses_nobody_whom_the_rate_can_reach() {
        let always = Hours::always(usual_zone());
        let deadlines = [after(5), after(3), after(1), after(-1), Deadline::NONE, after(2)];
        let by_deadline = forecast(&deadlines, &pace(&always, 1.0, Order::Deadline));
        assert_eq!((by_deadline.in_time, by_deadline.out, by_deadline.late, by_deadline.blank), (5, 1, 0, 1));
        assert_eq!(by_deadline.needed_rate, None);
        assert_eq!(by_deadline.latest_start, Some(start()));
        let by_file = forecast(&deadlines, &pace(&always, 1.0, Order::File));
        assert_eq!((by_file.in_time, by_file.out, by_file.late), (3, 1, 2));
        assert_eq!(by_file.needed_rate, Some(1.0));
    }

    #[test]
    fn the_rate_that_is_needed_counts_open_time_alone() {
        let mut hours = Hours::always(usual_zone());
        // 14:00 to 14:10 and from 15:00 on, in Shanghai.
        hours.spans = ["14:00-14:10", "15:00-24:00"].map(|span| Span::parse(span).expect("a span")).into();
        let deadlines = vec![after(3600); 1200];
        let found = forecast(&deadlines, &pace(&hours, 1.0, Order::Deadline));
        assert_eq!((found.in_time, found.late, found.needed_rate), (600, 600, Some(2.0)));
        let never = forecast(
            &[after(1800)],
            &Pace { at: start() + SignedDuration::from_secs(700), ..pace(&hours, 1.0, Order::Deadline) },
        );
        assert_eq!((never.late, never.needed_rate), (1, None), "no rate helps where no hour is left");
    }

    #[test]
    fn the_latest_start_is_the_same_whether_hours_are_asked_or_not() {
        let always = Hours::always(usual_zone());
        let mut all_day = always.clone();
        // Every hour of every day, written down.
        all_day.spans = vec![Span::parse("00:00-24:00").expect("a span")];
        let mut seed = 7_u64;
        for _ in 0..40 {
            let mut next = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                i64::try_from((seed >> 40) % 5_000).expect("small")
            };
            let deadlines: Vec<Deadline> = (0..50).map(|_| after(next())).collect();
            for rate in [0.07, 1.0, 3.0] {
                let [one, other] = [&always, &all_day]
                    .map(|hours| forecast(&deadlines, &pace(hours, rate, Order::Deadline)).latest_start);
                let apart = one.zip(other).map(|(one, other)| one.duration_since(other).abs());
                assert!(apart.is_none_or(|apart| apart <= SignedDuration::from_secs(2)), "{one:?} {other:?}");
                assert_eq!(one.is_some(), other.is_some());
            }
        }
    }

    proptest! {
        #[test]
        fn everybody_is_counted_once_and_the_needed_rate_and_the_latest_start_lose_nobody(
            seconds in proptest::collection::vec(-50_i64..400, 1..120),
            blanks in 0_usize..4,
            rate in 1_u32..4,
        ) {
            let always = Hours::always(usual_zone());
            let mut deadlines: Vec<Deadline> = seconds.into_iter().map(after).collect();
            deadlines.extend(vec![Deadline::NONE; blanks]);
            let pace = pace(&always, f64::from(rate), Order::Deadline);
            let found = forecast(&deadlines, &pace);
            prop_assert_eq!(found.in_time + found.out + found.late, deadlines.len() as u64);
            let by_file = forecast(&deadlines, &Pace { order: Order::File, ..pace });
            prop_assert!(by_file.late >= found.late, "no order loses fewer than that of the deadlines");
            if let Some(needed) = found.needed_rate {
                prop_assert!(needed > pace.per_second * 0.98);
                let faster = forecast(&deadlines, &Pace { per_second: needed * 1.001, ..pace });
                prop_assert_eq!(faster.late, 0);
            }
            if let Some(latest) = found.latest_start {
                let left: Vec<Deadline> =
                    deadlines.iter().copied().filter(|one| !one.is_past(pace.at)).collect();
                let lost = |at: Timestamp| lost(&left, &Pace { at, ..pace }).len();
                prop_assert_eq!(lost(latest), 0);
                prop_assert!(lost(latest + SignedDuration::from_secs(3)) > 0);
            }
        }
    }
}
