//! What time it is: by this computer, by the platform, and in a rehearsal that takes days in minutes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Below this the time of day and the time that passes are said to agree: clocks are put right by little all the time.
const SMALL: SignedDuration = SignedDuration::from_secs(2);
/// A header gives whole seconds.
const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// More would make a day of less than a second.
pub(crate) const FASTEST: u32 = 100_000;
/// So often the platform's time is taken in at most.
const TAKEN_EVERY: Duration = Duration::from_secs(1);

/// A clock. Clones show the same time.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    /// The computer's own, held against the platform's.
    Own(Mutex<Held>),
    /// One that sender and platform share, in a rehearsal.
    Scaled(Scaled),
}

/// What was seen last of the platform's clock; this computer's until it has said anything.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// When, as time that passes.
    at: Instant,
    /// When, by this computer.
    own: Timestamp,
    /// When, by the platform.
    platform: Timestamp,
    /// Whether the platform has said anything.
    heard: bool,
    /// Whether it was an answer of the platform's that said so, and not a page that may be anybody's.
    answered: bool,
    /// Whether [`Clock::now`] goes by it.
    adopted: bool,
}

/// A clock that begins at a moment and goes several times as fast.
#[derive(Debug)]
struct Scaled {
    made: Instant,
    start: Timestamp,
    speed: u32,
    /// Whether it stands still between the runs of a rehearsal: what they take to begin and to end would else be minutes.
    rests: bool,
    passed: Mutex<Passed>,
}

/// What has passed of a scaled clock's time.
#[derive(Debug, Clone, Copy, Default)]
struct Passed {
    /// Until it was set going last.
    before: Duration,
    /// When that was; nothing while it stands still.
    since: Option<Instant>,
}

/// The platform's time, as well as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlatformTime {
    /// It is not earlier than this.
    pub(crate) from: Timestamp,
    /// And not later.
    pub(crate) until: Timestamp,
}

impl Default for Clock {
    fn default() -> Self {
        Self::own()
    }
}

impl Clock {
    /// This computer's.
    pub fn own() -> Self {
        let (at, own) = (Instant::now(), Timestamp::now());
        Self(Arc::new(Kind::Own(Mutex::new(Held {
            at,
            own,
            platform: own,
            heard: false,
            answered: false,
            adopted: false,
        }))))
    }

    /// One that shows `start` until it is set going, and goes `speed` times as fast then.
    pub(crate) fn scaled(start: Timestamp, speed: u32) -> Self {
        let (made, passed) = (Instant::now(), Mutex::default());
        Self(Arc::new(Kind::Scaled(Scaled { made, start, speed: speed.max(1), rests: true, passed })))
    }

    /// Sets it going, if it stands still.
    pub fn go(&self) {
        match &*self.0 {
            Kind::Own(_) => {}
            Kind::Scaled(scaled) => drop(lock(&scaled.passed).since.get_or_insert_with(Instant::now)),
        }
    }

    /// Lets it stand still, where it does so between runs.
    pub(crate) fn rest(&self) {
        match &*self.0 {
            Kind::Own(_) => {}
            Kind::Scaled(scaled) if !scaled.rests => {}
            Kind::Scaled(scaled) => {
                let mut passed = lock(&scaled.passed);
                *passed = Passed { before: passed.by_now(scaled.speed), since: None };
            }
        }
    }

    /// Puts a clock of a rehearsal forward to a moment.
    pub(crate) fn skip_to(&self, moment: Timestamp) {
        match &*self.0 {
            Kind::Own(_) => {}
            Kind::Scaled(scaled) => {
                let skipped = Duration::try_from(moment.duration_since(scaled.now()));
                lock(&scaled.passed).before += skipped.unwrap_or(Duration::ZERO);
            }
        }
    }

    /// What somebody else needs to have the same clock, where it is one of a rehearsal.
    pub fn shared(&self) -> Option<String> {
        match &*self.0 {
            Kind::Own(_) => None,
            Kind::Scaled(scaled) => {
                let now = Timestamp::now().as_millisecond();
                Some(format!("{} {} {now}", scaled.now(), scaled.speed))
            }
        }
    }

    /// The clock that somebody [shared](Self::shared), going on.
    pub(crate) fn of_shared(text: &str) -> Option<Self> {
        let mut parts = text.split_whitespace();
        let start: Timestamp = parts.next()?.parse().ok()?;
        let speed: u32 = parts.next()?.parse().ok().filter(|speed| (1..=FASTEST).contains(speed))?;
        let since = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
        let passed = Duration::try_from(Timestamp::now().duration_since(since)).ok()?;
        let passed = SignedDuration::try_from(passed.checked_mul(speed)?).ok()?;
        let start = start.checked_add(passed).ok().filter(|_| parts.next().is_none())?;
        let made = Instant::now();
        let passed = Mutex::new(Passed { before: Duration::ZERO, since: Some(made) });
        // Whoever shares it does not stand still.
        Some(Self(Arc::new(Kind::Scaled(Scaled { made, start, speed, rests: false, passed }))))
    }

    /// Whether it is one of a rehearsal.
    pub(crate) fn is_scaled(&self) -> bool {
        match &*self.0 {
            Kind::Own(_) => false,
            Kind::Scaled(_) => true,
        }
    }

    /// How many times as fast as others it goes.
    pub(crate) fn speed(&self) -> u32 {
        match &*self.0 {
            Kind::Own(_) => 1,
            Kind::Scaled(scaled) => scaled.speed,
        }
    }

    /// What time it is: the platform's, where that was [adopted](Self::adopt), and else this computer's.
    pub(crate) fn now(&self) -> Timestamp {
        match &*self.0 {
            Kind::Own(held) => {
                let (held, own) = (lock(held), Timestamp::now());
                if held.adopted { held.platform(Instant::now(), own).until } else { own }
            }
            Kind::Scaled(scaled) => scaled.now(),
        }
    }

    /// What time it is by this computer alone.
    pub(crate) fn own_now(&self) -> Timestamp {
        match &*self.0 {
            Kind::Own(_) => Timestamp::now(),
            Kind::Scaled(scaled) => scaled.now(),
        }
    }

    /// Lets all times be the platform's from now on, where it has said what time it is. A run does so before it writes its first
    /// time down and not in the middle: its times are held against each other, and against those of other runs.
    pub(crate) fn adopt(&self) {
        match &*self.0 {
            Kind::Own(held) => {
                let mut held = lock(held);
                held.adopted |= held.heard;
            }
            Kind::Scaled(_) => {}
        }
    }

    /// How far this computer's clock is ahead of the platform's; nothing where the platform has not said what time it is, or not
    /// since this computer's clock was set.
    pub(crate) fn ahead(&self) -> Option<SignedDuration> {
        match &*self.0 {
            Kind::Own(held) => {
                let (held, at, own) = (lock(held), Instant::now(), Timestamp::now());
                let is_known = held.heard && held.agrees(at, own);
                is_known.then(|| own.duration_since(held.platform(at, own).until))
            }
            Kind::Scaled(_) => Some(SignedDuration::ZERO),
        }
    }

    /// A moment of the time that passes, from which lengths of this clock's time can be taken.
    pub(crate) fn instant(&self) -> Instant {
        match &*self.0 {
            Kind::Own(_) => Instant::now(),
            Kind::Scaled(scaled) => scaled.made + scaled.passed(),
        }
    }

    /// How long a length of this clock's time takes.
    pub(crate) fn takes(&self, length: Duration) -> Duration {
        match &*self.0 {
            Kind::Own(_) => length,
            Kind::Scaled(scaled) => length / scaled.speed,
        }
    }

    /// What time it is at the platform. As long as the time of day and the time that passes agree, that is known; where they
    /// do not, this computer slept or its clock was set, and until the platform says more either may be right.
    pub(crate) fn platform(&self) -> PlatformTime {
        match &*self.0 {
            Kind::Own(held) => lock(held).platform(Instant::now(), Timestamp::now()),
            Kind::Scaled(scaled) => PlatformTime::exactly(scaled.now()),
        }
    }

    /// Takes in what the platform said: the time in its answer to what was asked at `asked`.
    pub(crate) fn hear(&self, asked: Instant, said: impl FnOnce() -> Option<Timestamp>) {
        self.hear_from(asked, true, said);
    }

    /// The same of a page that somebody on the way to the platform may have answered with. The first answer of the platform's
    /// takes its place.
    pub(crate) fn hear_page(&self, asked: Instant, said: impl FnOnce() -> Option<Timestamp>) {
        self.hear_from(asked, false, said);
    }

    fn hear_from(&self, asked: Instant, answered: bool, said: impl FnOnce() -> Option<Timestamp>) {
        let Kind::Own(held) = &*self.0 else { return };
        let (at, own) = (Instant::now(), Timestamp::now());
        let mut held = lock(held);
        let is_due = !held.heard
            || answered && !held.answered
            || at.duration_since(held.at) >= TAKEN_EVERY
            || !held.agrees(at, own);
        let Some(said) = is_due.then(said).flatten() else { return };
        // It said so at some moment between asking and now, and left out what was over the second.
        let under_way = SignedDuration::try_from(at.duration_since(asked)).unwrap_or(SignedDuration::MAX);
        let Ok(latest) = said.checked_add(SECOND.saturating_add(under_way)) else { return };
        // Clocks that may agree do: a difference that cannot be seen would only move everybody's window about.
        let platform = if said <= own && own <= latest { own } else { latest };
        *held = Held { at, own, platform, heard: true, answered, adopted: held.adopted };
    }
}

impl PlatformTime {
    /// Whether it is known.
    pub(crate) fn is_known(self) -> bool {
        self.from == self.until
    }

    /// A time that is known.
    fn exactly(at: Timestamp) -> Self {
        Self { from: at, until: at }
    }
}

impl Scaled {
    /// A length of time as this clock counts it.
    fn passed(&self) -> Duration {
        lock(&self.passed).by_now(self.speed)
    }

    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.passed()).unwrap_or(SignedDuration::MAX);
        self.start.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

impl Passed {
    fn by_now(self, speed: u32) -> Duration {
        let going = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        self.before + going.saturating_mul(speed)
    }
}

impl Held {
    /// What has passed since, as time that passes and by this computer's clock.
    fn passed(&self, at: Instant, own: Timestamp) -> [SignedDuration; 2] {
        let passed = SignedDuration::try_from(at.saturating_duration_since(self.at));
        [passed.unwrap_or(SignedDuration::MAX), own.duration_since(self.own)]
    }

    fn agrees(&self, at: Instant, own: Timestamp) -> bool {
        let [passed, shown] = self.passed(at, own);
        passed.saturating_sub(shown).abs() <= SMALL
    }

    fn platform(&self, at: Instant, own: Timestamp) -> PlatformTime {
        let then = |passed| self.platform.checked_add(passed).unwrap_or(Timestamp::MAX);
        let [passed, shown] = self.passed(at, own);
        if self.agrees(at, own) {
            return PlatformTime::exactly(then(shown));
        }
        PlatformTime { from: then(passed.min(shown)), until: then(passed.max(shown)) }
    }
}

/// What is behind the lock stays true even if a thread died while it held it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: i64) -> SignedDuration {
        SignedDuration::from_secs(count)
    }

    #[test]
    fn a_clock_that_was_set_leaves_two_times_until_the_platform_says_which() {
        let (at, own): (Instant, Timestamp) =
            (Instant::now(), "2026-11-27T10:00:00Z".parse().expect("a time"));
        let held = Held { at, own, platform: own + seconds(60), heard: true, answered: true, adopted: false };
        let later = at + Duration::from_secs(30);
        let known = held.platform(later, own + seconds(31));
        assert_eq!(
            known,
            PlatformTime::exactly(own + seconds(91)),
            "this computer's clock is a minute behind"
        );
        let back = held.platform(later, own - seconds(3570));
        assert_eq!(back, PlatformTime { from: own - seconds(3510), until: own + seconds(90) });
        let slept = held.platform(later, own + seconds(3630));
        assert_eq!(slept, PlatformTime { from: own + seconds(90), until: own + seconds(3690) });
    }

    #[test]
    fn a_time_that_may_be_ours_is_ours_and_another_one_is_never_taken_for_earlier_than_it_is() {
        let clock = Clock::own();
        let whole = |at: Timestamp| Timestamp::from_second(at.as_second()).expect("a second");
        clock.hear(Instant::now(), || Some(whole(Timestamp::now())));
        let agreed = clock.platform();
        assert!(agreed.until.duration_since(Timestamp::now()).abs() < seconds(1), "{agreed:?}");
        let clock = Clock::own();
        let ahead = whole(Timestamp::now() + seconds(3600));
        clock.hear(Instant::now(), || Some(ahead));
        let told = clock.platform();
        assert!(told.from >= ahead && told.from <= ahead + seconds(3), "{told:?}");
    }

    #[test]
    fn times_are_this_computer_s_until_those_of_the_platform_are_adopted() {
        let clock = Clock::own();
        clock.adopt();
        assert_eq!(clock.ahead(), None, "nothing was heard yet");
        let slow = Timestamp::now() - seconds(3600);
        clock.hear(Instant::now(), || Some(slow));
        assert!(clock.now().duration_since(Timestamp::now()).abs() < seconds(1));
        let ahead = clock.ahead().expect("the platform was heard");
        assert!((seconds(3597)..=seconds(3600)).contains(&ahead), "{ahead:?}");
        clock.adopt();
        assert!(clock.now().duration_since(slow).abs() < seconds(5));
        assert!(clock.own_now().duration_since(Timestamp::now()).abs() < seconds(1));
    }

    #[test]
    fn a_rehearsal_s_clock_begins_where_it_is_told_and_goes_as_fast() {
        let start: Timestamp = "2026-11-27T01:00:00Z".parse().expect("a time");
        let clock = Clock::scaled(start, 100_000);
        assert_eq!(clock.now(), start, "it stands still until it is set going");
        clock.go();
        let (from, begun) = (clock.instant(), Instant::now());
        while begun.elapsed() < Duration::from_millis(5) {
            std::thread::yield_now();
        }
        assert!(clock.instant() - from >= Duration::from_secs(500));
        assert!(clock.now().duration_since(start) >= seconds(500));
        assert_eq!(clock.takes(Duration::from_secs(100)), Duration::from_millis(1));
        assert_eq!(clock.speed(), 100_000);
        clock.rest();
        let stands = clock.now();
        clock.skip_to(stands + seconds(3600));
        assert_eq!(clock.now(), stands + seconds(3600));
        clock.skip_to(stands);
        assert_eq!(clock.now(), stands + seconds(3600), "it never goes back");
    }

    #[test]
    fn a_clock_that_is_shared_shows_the_same_time_elsewhere() {
        let clock = Clock::scaled("2026-11-27T01:00:00Z".parse().expect("a time"), 10);
        clock.go();
        let shared =
            Clock::of_shared(&clock.shared().expect("a clock of a rehearsal")).expect("the same clock");
        assert!(shared.now().duration_since(clock.now()).abs() < seconds(2));
        let before = shared.now();
        shared.rest();
        std::thread::yield_now();
        assert!(shared.now() > before, "the others go on, too");
        assert_eq!(Clock::own().shared(), None);
        for text in
            ["", "now", "2026-11-27T01:00:00Z 10", "2026-11-27T01:00:00Z 0 1", "2026-11-27T01:00:00Z 10 1 x"]
        {
            assert!(Clock::of_shared(text).is_none(), "{text}");
        }
    }
}
