//! Who belongs to which step of a ramp: a sample by the hash of the openid, and not the first rows, since lists are sorted by
//! when people joined or what they bought.
//!
//! The hash holds the campaign and its wave, too: the first step of every campaign would always be the same people
//! otherwise.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::campaign::Campaign;
use crate::campaign::hours::Hours;
use crate::campaign::ramp::Rest;
use crate::plan::inputs::Inputs;
use crate::plan::pass::{Changed, Pass};
use crate::plan::{Plan, forecast_seconds};

/// The step of each message of a plan, in the order of the audience, where the campaign has a ramp. There are fewer than 256.
///
/// # Errors
///
/// When the audience is no longer the one that was planned.
pub(crate) fn steps(campaign: &Campaign, plan: &Plan) -> Result<Option<Vec<u8>>, Changed> {
    let Some(ramp) = &campaign.send.ramp else { return Ok(None) };
    let (id, inputs) = (campaign.id.to_string(), Inputs::of_campaign(campaign, &plan.library));
    let (mut places, mut pass) = (Vec::new(), Pass::open(&inputs, plan)?);
    while let Some(batch) = pass.next_batch()? {
        places.extend(batch.into_messages().map(|message| place(&id, campaign.wave, message.openid())));
    }
    let sample = Sample::of(places.clone(), &ramp.sizes(plan.counts.planned));
    let step = |place: &u64| u8::try_from(sample.step(*place)).expect("a ramp has fewer steps");
    Ok(Some(places.iter().map(step).collect()))
}

/// The steps that are left of a ramp, as far as time goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upward {
    /// How many messages each has.
    pub(crate) counts: Vec<u64>,
    /// What comes between two of them.
    pub(crate) wait: Rest,
    /// Until when nothing is begun because of a step that is over already.
    pub(crate) rests_until: Option<Timestamp>,
}

impl Upward {
    /// All steps of a campaign's ramp, of so many messages; one where there is no ramp.
    pub(crate) fn whole(campaign: &Campaign, messages: u64) -> Self {
        let Some(ramp) = &campaign.send.ramp else { return Self::level(messages) };
        let mut before = 0;
        let count = |size: u64| size - std::mem::replace(&mut before, size);
        let counts = ramp.sizes(messages).into_iter().map(count).collect();
        Self { counts, wait: ramp.wait, rests_until: None }
    }

    /// So many messages without any steps.
    pub(crate) fn level(messages: u64) -> Self {
        Self { counts: vec![messages], wait: Rest::None, rests_until: None }
    }

    /// The same where only so many of the messages are sent: those who get nothing are spread over all steps.
    pub(crate) fn of_them(self, messages: u64) -> Self {
        let all: u128 = self.counts.iter().copied().map(u128::from).sum();
        let (mut before, mut given) = (0, 0);
        let count = |count: u64| {
            before += u128::from(count);
            let until = (before * u128::from(messages)).checked_div(all).unwrap_or(0);
            let until = u64::try_from(until).expect("a share of a number that fits");
            until - std::mem::replace(&mut given, until)
        };
        Self { counts: self.counts.into_iter().map(count).collect(), ..self }
    }

    /// The same where nothing is begun beyond so many messages.
    pub(crate) fn at_most(mut self, most: u64) -> Self {
        let mut left = most;
        for count in &mut self.counts {
            *count = left.min(*count);
            left -= *count;
        }
        self
    }

    /// Whether somebody has to go on with it before all is sent.
    pub(crate) fn asks(&self) -> bool {
        self.wait == Rest::Ask && self.busy().count() > 1
    }

    /// How long all of it takes at so many messages a second, the waits among it, in seconds.
    pub(crate) fn seconds(&self, per_second: f64) -> u64 {
        let waits = self.busy().count().saturating_sub(1);
        let waits = self.rest().as_secs().saturating_mul(u64::try_from(waits).expect("a few steps"));
        forecast_seconds(self.counts.iter().sum(), per_second).saturating_add(waits)
    }

    /// When the last message is begun where the first one is begun at a moment, at so many messages a second; nothing where that
    /// is never, or where nobody knows. Time passes outside of the hours, too.
    pub(crate) fn ends(&self, begins: Timestamp, hours: &Hours, per_second: f64) -> Option<Timestamp> {
        if self.asks() {
            return None;
        }
        let rest = SignedDuration::try_from(self.rest()).ok()?;
        let mut ended = None;
        for count in self.busy() {
            let begins = match ended {
                None => begins,
                Some(at) => hours.opens(Timestamp::checked_add(at, rest).ok()?)?,
            };
            // What takes longer than can be counted ends at no moment.
            let length = i64::try_from(forecast_seconds(count, per_second)).ok()?;
            ended = Some(hours.end_of_work(begins, SignedDuration::from_secs(length))?);
        }
        ended
    }

    /// The steps in which somebody is sent something.
    fn busy(&self) -> impl Iterator<Item = u64> {
        self.counts.iter().copied().filter(|count| *count > 0)
    }

    fn rest(&self) -> Duration {
        match self.wait {
            Rest::None | Rest::Ask => Duration::ZERO,
            Rest::For(length) => length,
        }
    }
}

/// A person's place in the order in which a campaign's ramp takes them in.
pub(crate) fn place(campaign: &str, wave: u32, openid: &str) -> u64 {
    let hash = Sha256::new().chain_update(campaign).chain_update([0]).chain_update(wave.to_be_bytes());
    let whole = hash.chain_update(openid).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&whole[..8]);
    u64::from_be_bytes(first)
}

/// Up to which place each step but the last goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    cuts: Vec<u64>,
}

impl Sample {
    /// A sample of these places, one a message, where each step has so many of them at its end. All messages to one person
    /// are in one step.
    pub(crate) fn of(mut places: Vec<u64>, sizes: &[u64]) -> Self {
        places.sort_unstable();
        let before_last = sizes.len().saturating_sub(1);
        let cut = |size: &u64| {
            let size = usize::try_from(*size).expect("no more than there are places in memory");
            // A step of nobody takes in no place at all.
            size.checked_sub(1).map_or(0, |last| places.get(last).copied().unwrap_or(u64::MAX))
        };
        Self { cuts: sizes.iter().take(before_last).map(cut).collect() }
    }

    /// The step that a place belongs to, from 0.
    pub(crate) fn step(&self, place: u64) -> usize {
        self.cuts.partition_point(|cut| *cut < place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::moment::{parse, usual_zone};

    #[test]
    fn waits_are_part_of_what_a_ramp_takes_and_those_who_get_nothing_are_spread_over_its_steps() {
        let wait = Rest::For(Duration::from_secs(600));
        let upward = Upward { counts: vec![20, 0, 80, 900], wait, rests_until: None };
        assert_eq!(upward.seconds(1.0), 999 + 2 * 600);
        let half = upward.clone().of_them(500);
        assert_eq!(half.counts, [10, 0, 40, 450]);
        assert_eq!(half.clone().at_most(30).counts, [10, 0, 20, 0]);
        assert_eq!(half.at_most(10).seconds(1.0), 9);
        let mut hours = Hours::always(usual_zone());
        let at = |text| parse(text, &usual_zone()).expect("a time");
        let begins = at("2026-11-27 20:00");
        let ends = upward.ends(begins, &hours, 1.0).expect("an end");
        // 19 seconds, ten minutes, 79 seconds, ten minutes, 899 seconds.
        assert_eq!(ends.duration_since(begins), SignedDuration::from_secs(19 + 600 + 79 + 600 + 899));
        hours.not_after = Some(at("2026-11-27 20:10"));
        assert_eq!(upward.ends(begins, &hours, 1.0), None);
        assert!(Upward { wait: Rest::Ask, ..upward.clone() }.asks());
        assert!(!Upward { wait: Rest::Ask, ..upward }.at_most(20).asks(), "one step is not left");
    }

    fn places(people: usize, seed: u64) -> Vec<u64> {
        (0..people).map(|number| place(&format!("c{seed}"), 1, &format!("oPERSON{number:021}"))).collect()
    }

    #[test]
    fn each_step_holds_the_one_before_it_and_has_the_size_that_was_asked_for() {
        let mut dice = fastrand::Rng::with_seed(16);
        for seed in 0..40 {
            let people = dice.usize(1..3000);
            let mut sizes: Vec<u64> = (0..dice.usize(1..5)).map(|_| dice.u64(1..=people as u64)).collect();
            sizes.sort_unstable();
            sizes.push(people as u64);
            let places = places(people, seed);
            let sample = Sample::of(places.clone(), &sizes);
            for (step, size) in sizes.iter().enumerate() {
                let inside = places.iter().filter(|place| sample.step(**place) <= step).count();
                assert_eq!(inside as u64, *size, "seed {seed}, step {step} of {sizes:?}");
            }
        }
    }

    #[test]
    fn a_sample_is_spread_over_the_list_and_other_campaigns_have_another_one() {
        let sizes = [500, 10_000];
        let first = |seed| {
            let places = places(10_000, seed);
            let sample = Sample::of(places.clone(), &sizes);
            (0..places.len()).filter(|number| sample.step(places[*number]) == 0).collect::<Vec<usize>>()
        };
        let one = first(1);
        for tenth in 0..10 {
            let inside = one.iter().filter(|number| **number / 1000 == tenth).count();
            assert!((20..80).contains(&inside), "{inside} of the {tenth}th thousand");
        }
        let both = first(2).iter().filter(|number| one.contains(number)).count();
        assert!(both < 80, "{both} people are in the first step of both");
    }

    #[test]
    fn a_person_who_comes_or_goes_moves_hardly_anybody() {
        let (before, mut after) = (places(10_000, 1), places(10_000, 1));
        after.truncate(9_990);
        let (one, other) =
            (Sample::of(before.clone(), &[500, 10_000]), Sample::of(after.clone(), &[500, 9_990]));
        let moved = after.iter().filter(|place| one.step(**place) != other.step(**place)).count();
        assert!(moved <= 10, "{moved}");
    }

    #[test]
    fn all_messages_to_one_person_are_in_one_step() {
        let person = place("c", 1, "oA");
        let mut all = places(50, 3);
        all.extend([person; 5]);
        let sample = Sample::of(all.clone(), &[10, 20, 55]);
        let steps: Vec<usize> = all.iter().map(|place| sample.step(*place)).collect();
        assert!(steps[50..].iter().all(|step| *step == steps[50]));
    }
}
