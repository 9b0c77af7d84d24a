//! What becomes of a plan's messages when sending begins at a moment.

use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};

use crate::campaign::file::Order;
use crate::campaign::hours::{Hours, Opening};
use crate::plan::schedule::deadline::Deadline;
use crate::plan::schedule::latest;
use crate::plan::schedule::queue::{Loss, Pace, Queue, Turn, loses_some, losses, turns};

/// Nobody sends faster than so many messages a second.
const FASTEST: f64 = 100_000.0;
/// How exactly a rate is found that is looked for.
const CLOSE: f64 = 1.001;

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
    /// Whose window ends before their turn.
    pub(crate) late: u64,
    /// Whose turn does not come, because the campaign's last moment is before it.
    pub(crate) unsent: u64,
    /// Who of all has no deadline.
    pub(crate) blank: u64,
    /// The messages a second at which nobody would be late; nothing where nobody is.
    pub(crate) needed_rate: Option<f64>,
    /// The latest beginning at which nobody would be late, at the rate there is; nothing where there is none.
    pub(crate) latest_start: Option<Timestamp>,
}

/// What becomes of everybody. Four bytes a person are kept meanwhile, and some more where there is a ramp.
pub(crate) fn forecast(queue: Queue<'_>, pace: &Pace<'_>) -> Forecast {
    let count = |of: usize| u64::try_from(of).expect("a count fits 64 bits");
    let mut sorted = queue.deadlines.to_vec();
    sorted.sort_unstable();
    let order = (queue.steps.is_some() || pace.order == Order::File).then(|| queue.in_order(pace.order));
    let (mut lost, mut unsent) = (0, 0);
    let mut add = |_: usize, loss| {
        match loss {
            Loss::Window => lost += 1,
            Loss::End => unsent += 1,
        }
        ControlFlow::Continue(())
    };
    // They are told of all.
    let (ControlFlow::Continue(()) | ControlFlow::Break(())) = match &order {
        Some(order) => losses(turns(order), pace, &mut add),
        None => losses(sorted.iter().map(|deadline| (0, *deadline)), pace, &mut add),
    };
    let until = |which: Deadline| sorted.partition_point(|deadline| *deadline <= which);
    let (no_time, unusable) = (until(Deadline::PASSED), until(Deadline::SPENT));
    let out = sorted.partition_point(|deadline| deadline.is_past(pace.at));
    let dated = sorted.partition_point(|deadline| *deadline < Deadline::NONE);
    let late = lost - count(out);
    // Those whom it still matters for.
    let left = &sorted[out..dated];
    let needed_rate = match &order {
        _ if late == 0 => None,
        Some(order) => found_rate(order, pace),
        None => needed_rate(left, pace),
    };
    let latest_start = match &order {
        _ if left.is_empty() => None,
        None if pace.hours.are_all_day() => {
            latest::of_all_day(&sorted[unusable..dated], out.saturating_sub(unusable), pace)
        }
        Some(order) => latest::found(turns(order), order.len(), pace),
        None => latest::found(sorted.iter().map(|deadline| (0, *deadline)), sorted.len(), pace),
    };
    Forecast {
        in_time: count(sorted.len()) - lost - unsent,
        out: count(out),
        spent: count(unusable - no_time),
        no_time: count(no_time),
        late,
        unsent,
        blank: count(sorted.len() - dated),
        needed_rate,
        latest_start,
    }
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

/// The same where people do not have their turns in the order of their deadlines alone: found by trying.
fn found_rate(order: &[Turn], pace: &Pace<'_>) -> Option<f64> {
    let loses = |per_second: f64| loses_some(turns(order), &Pace { per_second, ..*pace }, pace.at);
    let (mut too_slow, mut enough) = (pace.per_second, FASTEST);
    if loses(enough) {
        return None;
    }
    while enough > too_slow * CLOSE {
        let middle = (too_slow * enough).sqrt();
        *(if loses(middle) { &mut too_slow } else { &mut enough }) = middle;
    }
    Some(enough)
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
    use crate::plan::schedule::queue::lost;

    fn start() -> Timestamp {
        "2026-11-25T06:00:00Z".parse().expect("a time")
    }

    fn after(seconds: i64) -> Deadline {
        Deadline::at(start() + SignedDuration::from_secs(seconds))
    }

    fn pace(hours: &Hours, per_second: f64, order: Order) -> Pace<'_> {
        Pace { at: start(), per_second, hours, order, rest: SignedDuration::ZERO, rests_until: None }
    }

    fn all(deadlines: &[Deadline]) -> Queue<'_> {
        Queue { deadlines, steps: None }
    }

    #[test]
    fn the_order_of_deadlines_loses_nobody_whom_the_rate_can_reach() {
        let always = Hours::always(usual_zone());
        let deadlines = [after(5), after(3), after(1), after(-1), Deadline::NONE, after(2)];
        let by_deadline = forecast(all(&deadlines), &pace(&always, 1.0, Order::Deadline));
        assert_eq!((by_deadline.in_time, by_deadline.out, by_deadline.late, by_deadline.blank), (5, 1, 0, 1));
        assert_eq!(by_deadline.needed_rate, None);
        assert_eq!(by_deadline.latest_start, Some(start()));
        let by_file = forecast(all(&deadlines), &pace(&always, 1.0, Order::File));
        assert_eq!((by_file.in_time, by_file.out, by_file.late), (3, 1, 2));
        // Of the two who are late one is third in the list and has a second, one is fifth and has two.
        let needed = by_file.needed_rate.expect("a rate at which nobody is late");
        assert!((2.0..2.01).contains(&needed), "{needed}");
    }

    #[test]
    fn the_rate_that_is_needed_counts_open_time_alone() {
        let mut hours = Hours::always(usual_zone());
        // 14:00 to 14:10 and from 15:00 on, in Shanghai.
        hours.spans = ["14:00-14:10", "15:00-24:00"].map(|span| Span::parse(span).expect("a span")).into();
        let deadlines = vec![after(3600); 1200];
        let found = forecast(all(&deadlines), &pace(&hours, 1.0, Order::Deadline));
        assert_eq!((found.in_time, found.late, found.needed_rate), (600, 600, Some(2.0)));
        let never = forecast(
            all(&[after(1800)]),
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
                    .map(|hours| forecast(all(&deadlines), &pace(hours, rate, Order::Deadline)).latest_start);
                let apart = one.zip(other).map(|(one, other)| one.duration_since(other).abs());
                assert!(apart.is_none_or(|apart| apart <= SignedDuration::from_secs(2)), "{one:?} {other:?}");
                assert_eq!(one.is_some(), other.is_some());
            }
        }
    }

    #[test]
    fn a_ramp_s_waits_make_people_late_and_the_rate_and_the_beginning_that_help_know_them() {
        let always = Hours::always(usual_zone());
        // Two in the first step, and two more after ten minutes.
        let deadlines = [after(500), after(900), after(605), after(599)];
        let steps = [0, 1, 1, 0];
        let queue = Queue { deadlines: &deadlines, steps: Some(&steps) };
        let rest = SignedDuration::from_mins(10);
        let pace = Pace { rest, ..pace(&always, 0.1, Order::Deadline) };
        // The first ones have their turns at 0 and 10 seconds, so that the next ones would begin at 610.
        let found = forecast(queue, &pace);
        assert_eq!((found.in_time, found.late), (3, 1));
        assert_eq!(lost(queue, &pace), [2]);
        let needed = found.needed_rate.expect("a rate");
        assert_eq!(forecast(queue, &Pace { per_second: needed, ..pace }).late, 0);
        assert!(needed < 0.21, "{needed}");
        let latest = found.latest_start.expect("a beginning");
        assert_eq!(latest, start() - SignedDuration::from_secs(6));
        assert_eq!(forecast(queue, &Pace { rest: SignedDuration::ZERO, ..pace }).late, 0);
        // A wait that is not over yet delays everybody.
        let waits = Pace { rests_until: Some(start() + SignedDuration::from_secs(595)), ..pace };
        assert_eq!(forecast(queue, &waits).in_time, 1);
    }

    #[test]
    fn whose_turn_does_not_come_before_the_last_moment_stays_unsent_and_no_rate_helps() {
        let mut hours = Hours::always(usual_zone());
        hours.not_after = Some(start() + SignedDuration::from_secs(2));
        let deadlines = [after(1), after(50), Deadline::NONE, after(-5)];
        let found = forecast(all(&deadlines), &pace(&hours, 1.0, Order::Deadline));
        assert_eq!((found.in_time, found.late, found.unsent, found.out), (2, 0, 1, 1));
        assert_eq!(found.needed_rate, None);
        let over = Pace { at: start() + SignedDuration::from_secs(2), ..pace(&hours, 1.0, Order::Deadline) };
        let found = forecast(all(&deadlines), &over);
        assert_eq!((found.in_time, found.late, found.unsent, found.out), (0, 0, 2, 2));
        // Begun a second earlier, whoever has a deadline would have had their turn.
        assert_eq!(
            (found.needed_rate, found.latest_start),
            (None, Some(start() + SignedDuration::from_secs(1)))
        );
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
            let found = forecast(all(&deadlines), &pace);
            prop_assert_eq!(found.in_time + found.out + found.late + found.unsent, deadlines.len() as u64);
            let by_file = forecast(all(&deadlines), &Pace { order: Order::File, ..pace });
            prop_assert!(by_file.late >= found.late, "no order loses fewer than that of the deadlines");
            if let Some(needed) = found.needed_rate {
                prop_assert!(needed > pace.per_second * 0.98);
                let faster = forecast(all(&deadlines), &Pace { per_second: needed * 1.001, ..pace });
                prop_assert_eq!(faster.late, 0);
            }
            if let Some(latest) = found.latest_start {
                let left: Vec<Deadline> =
                    deadlines.iter().copied().filter(|one| !one.is_past(pace.at)).collect();
                let lost = |at: Timestamp| lost(all(&left), &Pace { at, ..pace }).len();
                prop_assert_eq!(lost(latest), 0);
                let late = |at: Timestamp| forecast(all(&deadlines), &Pace { at, ..pace }).late;
                if latest >= pace.at {
                    prop_assert!(lost(latest + SignedDuration::from_secs(3)) > 0);
                } else {
                    // Whose windows were open by then have their turns, too, and nobody of them is late either.
                    prop_assert_eq!(late(latest), 0);
                    let later = |seconds| latest + SignedDuration::from_secs(seconds);
                    let mut later = (1..).map(later).take_while(|at| *at <= pace.at);
                    prop_assert!(later.all(|at| late(at) > 0), "a later beginning is good, too");
                }
            }
        }
    }
}
