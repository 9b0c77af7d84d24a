//! When a run stops before everybody has been tried. Pure: the time is given.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::campaign::percentage::Percentage;
use crate::delivery::attempt::Cause;
use crate::delivery::outcome::Outcome;
use crate::delivery::stop::Stop;
use crate::send::retry::Verdict;
use crate::wechat::answer::error_code::find;
use crate::wechat::answer::reply::{Answer, Failure, Unclear};

/// Unknown outcomes are counted within this time.
const UNKNOWN_WITHIN: Duration = Duration::from_secs(60);
/// A share of fewer answers than this says nothing.
const ENOUGH_ANSWERS: u64 = 100;
/// Content that differs between people is to blame when it is refused this often in a row.
const CONTENT_IN_A_ROW: u32 = 5;
/// A code nobody knows may be about everybody when it comes this often in a row (docs/platform.md#error-codes).
const UNFAMILIAR_IN_A_ROW: u32 = 20;
/// Requests are turned down for good when it happens this often in a row.
const DECLINED_IN_A_ROW: u32 = 5;
/// WeChat is out of reach when the tries of so many messages in a row were used up without a connection.
const UNREACHED_IN_A_ROW: u32 = 100;
/// So are fewer, where nothing has come back for so long: a slow pace would need hours for a hundred.
const UNREACHED_AT_LEAST: u32 = 10;
const UNREACHED_FOR: Duration = Duration::from_secs(120);

/// Watches the answers of a run.
#[derive(Debug)]
pub(crate) struct Breaker {
    max_refused: Percentage,
    max_unknown: Option<u32>,
    constant: bool,
    answered: u64,
    refused: u64,
    unknown: VecDeque<Instant>,
    content: u32,
    unfamiliar: u32,
    /// Whether an answer of the platform has come at all.
    heard: bool,
    declined: u32,
    unreached: Option<Unreached>,
}

/// Nothing has come back since.
#[derive(Debug, Clone, Copy)]
struct Unreached {
    since: Instant,
    /// How many messages used up their tries.
    given_up: u32,
}

impl Breaker {
    /// A breaker. `constant` says that every recipient gets the same content.
    pub(crate) fn new(max_refused: Percentage, max_unknown: Option<u32>, constant: bool) -> Self {
        Self {
            max_refused,
            max_unknown,
            constant,
            answered: 0,
            refused: 0,
            unknown: VecDeque::new(),
            content: 0,
            unfamiliar: 0,
            heard: false,
            declined: 0,
            unreached: None,
        }
    }

    /// Takes a result in and says whether the run must stop for it.
    pub(crate) fn observe(
        &mut self,
        now: Instant,
        result: &Result<Answer, Failure>,
        verdict: &Verdict,
    ) -> Option<Stop> {
        let answer = result.as_ref().ok();
        let with = |stop: fn(i64, crate::wechat::answer::errmsg::Errmsg) -> Stop| {
            answer.map(|answer| stop(answer.code, answer.errmsg.clone()))
        };
        if answer.is_some() {
            self.heard = true;
            self.declined = 0;
        }
        match verdict {
            Verdict::Sent => {
                self.answered += 1;
                self.content = 0;
                self.unfamiliar = 0;
                None
            }
            Verdict::Refused => {
                let unfamiliar = answer.is_some_and(|answer| find(answer.code).is_none());
                self.unfamiliar = if unfamiliar { self.unfamiliar + 1 } else { 0 };
                self.content = 0;
                let stop = self.refuse();
                if let Some(answer) = answer
                    && self.unfamiliar >= UNFAMILIAR_IN_A_ROW
                {
                    let (code, errmsg) = (answer.code, answer.errmsg.clone());
                    return Some(Stop::Unfamiliar { code, errmsg, count: self.unfamiliar });
                }
                stop
            }
            Verdict::Content => {
                self.content += 1;
                self.unfamiliar = 0;
                let stop = self.refuse();
                if self.constant || self.content >= CONTENT_IN_A_ROW {
                    return with(|code, errmsg| Stop::Content { code, errmsg });
                }
                stop
            }
            Verdict::Declined { status } => {
                self.declined += 1;
                let stops = !self.heard || self.declined >= DECLINED_IN_A_ROW;
                stops.then_some(Stop::Declined { status: *status, count: self.declined })
            }
            Verdict::Unknown => self.unknown(now, result),
            Verdict::Quota => with(|code, errmsg| Stop::Quota { code, errmsg }),
            Verdict::Account => with(|code, errmsg| Stop::Account { code, errmsg }),
            Verdict::Busy { .. } | Verdict::Throttled | Verdict::TokenRefused | Verdict::MediaDead => None,
        }
    }

    /// Takes in whether there was a connection and what became of the message, and says whether the run must stop
    /// because there is none to be had.
    pub(crate) fn connected(
        &mut self,
        now: Instant,
        result: &Result<Answer, Failure>,
        outcome: Outcome,
    ) -> Option<Stop> {
        match result {
            Ok(_) | Err(Failure::TurnedAway { .. } | Failure::Declined { .. } | Failure::Unclear(_)) => {
                self.unreached = None;
                return None;
            }
            Err(Failure::NotConnected(_)) => {}
        }
        let unreached = self.unreached.get_or_insert(Unreached { since: now, given_up: 0 });
        unreached.given_up += u32::from(outcome == Outcome::Failed);
        let count = unreached.given_up;
        let for_long = now.duration_since(unreached.since) >= UNREACHED_FOR;
        let enough = if for_long { UNREACHED_AT_LEAST } else { UNREACHED_IN_A_ROW };
        (count >= enough).then_some(Stop::Unreachable { count })
    }

    /// Takes in that a file of one person's message is not taken, and says whether the run must stop for it.
    pub(crate) fn file_refused(&mut self, cause: &Cause) -> Option<Stop> {
        self.content += 1;
        match cause {
            Cause::Answer { code, errmsg } if self.content >= CONTENT_IN_A_ROW => {
                Some(Stop::Content { code: *code, errmsg: errmsg.clone() })
            }
            Cause::Answer { .. } | Cause::Event(_) => None,
        }
    }

    fn refuse(&mut self) -> Option<Stop> {
        self.answered += 1;
        self.refused += 1;
        let (refused, answered) = (self.refused, self.answered);
        let broken = answered >= ENOUGH_ANSWERS && self.max_refused.exceeded_by(refused, answered);
        broken.then_some(Stop::Refused { refused, answered })
    }

    fn unknown(&mut self, now: Instant, result: &Result<Answer, Failure>) -> Option<Stop> {
        let max = self.max_unknown?;
        self.unknown.push_back(now);
        while self.unknown.front().is_some_and(|first| now.duration_since(*first) > UNKNOWN_WITHIN) {
            self.unknown.pop_front();
        }
        let count = u32::try_from(self.unknown.len()).unwrap_or(u32::MAX);
        let instead = match result {
            Err(Failure::Unclear(Unclear::Unreadable(instead))) => Some(*instead),
            Err(Failure::Unclear(Unclear::TimedOut | Unclear::Broken | Unclear::Status(_)))
            | Err(Failure::NotConnected(_) | Failure::TurnedAway { .. } | Failure::Declined { .. })
            | Ok(_) => None,
        };
        (count >= max).then_some(Stop::Unknown { count, instead })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::answer::errmsg::Errmsg;
    use crate::wechat::answer::reply::{NotAnswer, NotConnected};

    fn stop(breaker: &mut Breaker, now: Instant, result: Result<i64, Failure>) -> Option<Stop> {
        let result = result.map(|code| Answer { code, errmsg: Errmsg::parse("x") });
        let verdict = Verdict::of(&result);
        breaker.observe(now, &result, &verdict)
    }

    fn breaker(constant: bool) -> Breaker {
        Breaker::new(Percentage::percent(30), Some(3), constant)
    }

    #[test]
    fn a_share_counts_only_among_enough_answers() {
        let (now, mut breaker) = (Instant::now(), breaker(false));
        for _ in 0..99 {
            assert_eq!(stop(&mut breaker, now, Ok(45015)), None);
        }
        let stopped = stop(&mut breaker, now, Ok(45015));
        assert_eq!(stopped, Some(Stop::Refused { refused: 100, answered: 100 }));
    }

    #[test]
    fn three_unknowns_within_a_minute_stop_and_slower_ones_do_not() {
        let (start, mut breaker) = (Instant::now(), breaker(false));
        let lost = || Err(Failure::Unclear(Unclear::TimedOut));
        let at = |seconds| start + Duration::from_secs(seconds);
        for seconds in [0, 50, 100, 150] {
            assert_eq!(stop(&mut breaker, at(seconds), lost()), None, "{seconds}");
        }
        let stopped = stop(&mut breaker, at(151), lost());
        assert_eq!(stopped, Some(Stop::Unknown { count: 3, instead: None }));
        let page = Err(Failure::Unclear(Unclear::Unreadable(NotAnswer::Page)));
        let stopped = stop(&mut breaker, at(152), page);
        assert_eq!(stopped, Some(Stop::Unknown { count: 4, instead: Some(NotAnswer::Page) }));
    }

    #[test]
    fn refused_content_stops_at_once_where_it_is_the_same_for_all() {
        let now = Instant::now();
        assert!(matches!(stop(&mut breaker(true), now, Ok(45002)), Some(Stop::Content { code: 45002, .. })));
        let mut differs = breaker(false);
        for _ in 0..4 {
            assert_eq!(stop(&mut differs, now, Ok(45002)), None);
        }
        assert_eq!(stop(&mut differs, now, Ok(0)), None);
        for _ in 0..4 {
            assert_eq!(stop(&mut differs, now, Ok(45002)), None);
        }
        assert!(matches!(stop(&mut differs, now, Ok(45002)), Some(Stop::Content { .. })));
    }

    #[test]
    fn many_who_were_given_up_without_a_connection_stop_and_one_answer_begins_anew() {
        let none = Err(Failure::NotConnected(NotConnected::Refused));
        let answer = Ok(Answer { code: -1, errmsg: Errmsg::parse("system error") });
        let (now, mut breaker) = (Instant::now(), breaker(false));
        for _ in 0..99 {
            assert_eq!(breaker.connected(now, &none, Outcome::Postponed), None, "it is tried again");
            assert_eq!(breaker.connected(now, &none, Outcome::Failed), None);
        }
        assert_eq!(breaker.connected(now, &answer, Outcome::Failed), None);
        for _ in 0..99 {
            assert_eq!(breaker.connected(now, &none, Outcome::Failed), None);
        }
        let stopped = breaker.connected(now, &none, Outcome::Failed);
        assert_eq!(stopped, Some(Stop::Unreachable { count: 100 }));
    }

    #[test]
    fn a_few_who_were_given_up_stop_when_nothing_came_back_for_two_minutes() {
        let none = Err(Failure::NotConnected(NotConnected::TimedOut));
        let (start, mut breaker) = (Instant::now(), breaker(false));
        for _ in 0..9 {
            assert_eq!(breaker.connected(start, &none, Outcome::Failed), None);
        }
        let later = start + UNREACHED_FOR;
        assert_eq!(breaker.connected(later, &none, Outcome::Postponed), None, "nine may be unlucky");
        let stopped = breaker.connected(later, &none, Outcome::Failed);
        assert_eq!(stopped, Some(Stop::Unreachable { count: 10 }));
    }

    #[test]
    fn account_and_quota_stop_at_the_first() {
        let now = Instant::now();
        assert!(matches!(stop(&mut breaker(false), now, Ok(48001)), Some(Stop::Account { code: 48001, .. })));
        assert!(matches!(stop(&mut breaker(false), now, Ok(45009)), Some(Stop::Quota { code: 45009, .. })));
    }

    #[test]
    fn a_status_that_turns_down_stops_at_the_first_answer_or_when_it_comes_again_and_again() {
        let now = Instant::now();
        let gone = || Err(Failure::Declined { status: 404 });
        let first = stop(&mut breaker(false), now, gone());
        assert_eq!(first, Some(Stop::Declined { status: 404, count: 1 }));
        let mut heard = breaker(false);
        assert_eq!(stop(&mut heard, now, Ok(0)), None);
        for _ in 0..4 {
            assert_eq!(stop(&mut heard, now, gone()), None);
        }
        assert_eq!(stop(&mut heard, now, Ok(45015)), None, "an answer begins anew");
        for _ in 0..4 {
            assert_eq!(stop(&mut heard, now, gone()), None);
        }
        assert_eq!(stop(&mut heard, now, gone()), Some(Stop::Declined { status: 404, count: 5 }));
    }

    #[test]
    fn a_code_that_nobody_knows_stops_without_blaming_the_content() {
        let (now, mut breaker) = (Instant::now(), breaker(true));
        for _ in 0..19 {
            assert_eq!(stop(&mut breaker, now, Ok(50007)), None);
        }
        let stopped = stop(&mut breaker, now, Ok(50007));
        assert!(matches!(stopped, Some(Stop::Unfamiliar { code: 50007, count: 20, .. })), "{stopped:?}");
    }
}
