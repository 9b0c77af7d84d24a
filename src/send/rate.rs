//! Pacing: governor behind a few functions.
//!
//! A burst of ten milliseconds of the rate keeps the pace exact although timers tick in milliseconds, and is
//! small enough that no second is ever noticeably above the ceiling, the first one included.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::campaign::rate::Rate;
use crate::journal::postgres::pace::SharedPace;

/// How much of the rate may come at once.
const BURST: Duration = Duration::from_millis(10);
/// At least two: a timer is always a little late, and a pace that may not make up for it falls behind.
const LEAST_BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
/// How far the pace may fall below the ceiling when the platform is busy.
const SLOWEST: f64 = 1.0 / 64.0;
/// How long a pace is kept before it is tried a step faster.
const STEP: Duration = Duration::from_secs(5);
/// Answers to requests of the same moment are one sign, not many.
const ONE_SIGN: Duration = Duration::from_secs(1);

/// So many busy answers within two seconds, and such a share of them, are more than a hiccup.
const BUSY_AT_LEAST: u32 = 3;
const BUSY_SHARE: u32 = 10;

/// Tells a platform under load from one that hiccups: counts the answers of this second and of the one before, since
/// the first few answers of a second alone may well be the hiccups.
///
/// A message is counted once, with the first answer it gets: the few that are tried again and again would otherwise
/// look like many, the more so the slower the others go.
#[derive(Debug)]
pub(crate) struct Load {
    since: Instant,
    now: Answers,
    before: Answers,
}

#[derive(Debug, Clone, Copy, Default)]
struct Answers {
    all: u32,
    busy: u32,
}

impl Load {
    /// Nothing counted yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, now: Answers::default(), before: Answers::default() }
    }

    /// Counts a message's first answer, and says whether the platform is under load.
    pub(crate) fn observe(&mut self, now: Instant, busy: bool) -> bool {
        let passed = now.duration_since(self.since);
        if passed >= ONE_SIGN {
            let before = if passed < 2 * ONE_SIGN { self.now } else { Answers::default() };
            *self = Self { since: now, now: Answers::default(), before };
        }
        self.now.all += 1;
        self.now.busy += u32::from(busy);
        let (all, many) = (self.before.all + self.now.all, self.before.busy + self.now.busy);
        busy && many >= BUSY_AT_LEAST && many.saturating_mul(BUSY_SHARE) >= all
    }
}

/// Lets requests through one at a time, never faster than every ceiling allows.
#[derive(Debug)]
pub(crate) struct Pacer {
    ceilings: Vec<DefaultDirectRateLimiter>,
    /// How many ceilings the next request has passed, so that a wait that is broken off loses nothing.
    passed: usize,
    slow: Option<Slow>,
    per_second: f64,
    /// How many seconds of the run pass in one.
    speed: u32,
    /// The ceilings of all computers together, in place of this one's.
    shared: Option<Shared>,
}

/// A pace that others keep to as well.
#[derive(Debug)]
struct Shared {
    pace: Arc<SharedPace>,
    /// Which share of the ceiling was told of last.
    told: f64,
    /// When this computer slowed everybody down last.
    slowed: Option<Instant>,
}

/// A pace below the ceiling.
#[derive(Debug)]
struct Slow {
    limiter: DefaultDirectRateLimiter,
    factor: f64,
    since: Instant,
}

impl Pacer {
    /// A pacer for several ceilings that hold together, by a clock that is so many times as fast.
    pub(crate) fn new(rates: &[Rate], speed: u32) -> Self {
        let per_second = rates.iter().map(|rate| rate.per_second()).fold(f64::INFINITY, f64::min);
        Self {
            ceilings: rates.iter().map(|rate| limiter(rate.interval() / speed)).collect(),
            passed: 0,
            slow: None,
            per_second,
            speed,
            shared: None,
        }
    }

    /// The same where permits are shared with other computers.
    pub(crate) fn sharing(self, pace: Option<Arc<SharedPace>>) -> Self {
        let Some(pace) = pace else { return self };
        Self { shared: Some(Shared { pace, told: 1.0, slowed: None }), ..self }
    }

    /// Waits until the next request may be made, and counts it. It may be broken off and called again.
    pub(crate) async fn pace(&mut self) {
        if let Some(shared) = &self.shared {
            return shared.pace.pace().await;
        }
        let slow = self.slow.as_ref().map(|slow| &slow.limiter);
        for limiter in self.ceilings.iter().chain(slow).skip(self.passed) {
            while let Err(not_yet) = limiter.check() {
                tokio::time::sleep(not_yet.wait_time_from(DefaultClock::default().now())).await;
            }
            self.passed += 1;
        }
        self.passed = 0;
    }

    /// Counts the next request where it may be made at once, and says whether it may.
    pub(crate) fn passes(&mut self) -> bool {
        if let Some(shared) = &self.shared {
            return shared.pace.passes();
        }
        let slow = self.slow.as_ref().map(|slow| &slow.limiter);
        for limiter in self.ceilings.iter().chain(slow).skip(self.passed) {
            if limiter.check().is_err() {
                return false;
            }
            self.passed += 1;
        }
        self.passed = 0;
        true
    }

    /// Halves the pace: the platform is busy. Signs of the same moment count once. Gives the new pace, in
    /// requests a second, where it changed.
    pub(crate) fn slow_down(&mut self, now: Instant) -> Option<f64> {
        if let Some(shared) = &mut self.shared {
            return shared.slow_down(now).map(|factor| factor * self.per_second);
        }
        let factor = match &self.slow {
            Some(slow) if now.duration_since(slow.since) < ONE_SIGN => return None,
            Some(slow) => (slow.factor / 2.0).max(SLOWEST),
            None => 0.5,
        };
        Some(self.set(factor, now))
    }

    /// Takes a step back towards the ceiling, when the pace has been kept for a while. Gives the new pace
    /// where it changed.
    pub(crate) fn recover(&mut self, now: Instant) -> Option<f64> {
        if let Some(shared) = &mut self.shared {
            return shared.recovered(now).map(|factor| factor * self.per_second);
        }
        let slow = self.slow.as_ref().filter(|slow| now.duration_since(slow.since) >= STEP)?;
        let factor = slow.factor * 1.5;
        if factor < 1.0 {
            return Some(self.set(factor, now));
        }
        self.slow = None;
        self.passed = self.passed.min(self.ceilings.len());
        Some(self.per_second)
    }

    fn set(&mut self, factor: f64, now: Instant) -> f64 {
        let per_second = self.per_second * factor;
        let interval = Duration::from_secs_f64(1.0 / per_second) / self.speed;
        self.slow = Some(Slow { limiter: limiter(interval), factor, since: now });
        self.passed = self.passed.min(self.ceilings.len());
        per_second
    }
}

impl Shared {
    /// Halves the pace of everybody. Gives the new share where it is news.
    fn slow_down(&mut self, now: Instant) -> Option<f64> {
        if self.slowed.is_some_and(|before| now.duration_since(before) < ONE_SIGN) {
            return None;
        }
        self.pace.slow_down();
        self.slowed = Some(now);
        self.told = (self.told.min(self.pace.factor()) / 2.0).max(SLOWEST);
        Some(self.told)
    }

    /// The share of the ceiling, where it is greater than was told.
    fn recovered(&mut self, now: Instant) -> Option<f64> {
        // What was said before this computer slowed everybody down is no news.
        if self.slowed.is_some_and(|before| now.duration_since(before) < STEP) {
            return None;
        }
        let factor = self.pace.factor();
        let is_news = factor > self.told;
        self.told = factor;
        is_news.then_some(factor)
    }
}

fn limiter(interval: Duration) -> DefaultDirectRateLimiter {
    let burst = BURST.as_nanos() / interval.as_nanos().max(1);
    let burst = u32::try_from(burst).ok().and_then(NonZeroU32::new).unwrap_or(LEAST_BURST).max(LEAST_BURST);
    let quota = Quota::with_period(interval.max(Duration::from_nanos(1)));
    RateLimiter::direct(quota.expect("a period above zero makes a quota").allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacer(rate: &str) -> Pacer {
        Pacer::new(&[rate.parse().unwrap_or_else(|_| panic!("{rate}"))], 1)
    }

    #[test]
    fn signs_of_one_moment_halve_the_pace_once_and_it_comes_back_step_by_step() {
        let start = Instant::now();
        let mut pacer = pacer("100/s");
        assert_eq!(pacer.slow_down(start), Some(50.0));
        assert_eq!(pacer.slow_down(start + Duration::from_millis(10)), None);
        assert_eq!(pacer.slow_down(start + ONE_SIGN), Some(25.0));
        assert_eq!(pacer.recover(start + ONE_SIGN), None);
        let mut now = start + ONE_SIGN;
        let mut last = 25.0;
        loop {
            now += STEP;
            let Some(pace) = pacer.recover(now) else { panic!("the pace came to a halt at {last}") };
            assert!(pace > last && pace <= 100.0);
            last = pace;
            if pace >= 100.0 {
                break;
            }
        }
        assert_eq!(pacer.recover(now + STEP), None, "never above the ceiling");
    }

    #[test]
    fn one_busy_answer_in_a_hundred_is_no_load_and_a_burst_is() {
        let now = Instant::now();
        let mut load = Load::new(now);
        assert!((0..1000).all(|index| !load.observe(now, index % 100 == 0)));
        let mut load = Load::new(now);
        let signs: Vec<bool> = (0..4).map(|_| load.observe(now, true)).collect();
        assert_eq!(signs, [false, false, true, true]);
        assert!(load.observe(now + ONE_SIGN, true), "it goes on");
        assert!(!load.observe(now + 3 * ONE_SIGN, true), "what was long ago says nothing");
    }

    #[test]
    fn the_first_answers_of_a_second_are_judged_with_those_before_them() {
        let now = Instant::now();
        let mut load = Load::new(now);
        assert!((0..150).all(|index| !load.observe(now, index % 40 == 0)));
        let later = now + ONE_SIGN;
        assert!((0..6).all(|_| !load.observe(later, true)), "six in a row of a hundred and fifty");
        assert!((0..12).any(|_| load.observe(later, true)), "a burst is noticed all the same");
    }

    #[test]
    fn the_pace_never_falls_to_nothing() {
        let mut now = Instant::now();
        let mut pacer = pacer("64/s");
        for _ in 0..100 {
            now += ONE_SIGN;
            pacer.slow_down(now);
        }
        now += ONE_SIGN;
        assert_eq!(pacer.slow_down(now), Some(1.0));
    }
}
