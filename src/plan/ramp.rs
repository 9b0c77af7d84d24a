//! Who belongs to which step of a ramp: a sample by the hash of the openid, and not the first rows, since lists are sorted by
//! when people joined or what they bought.
//!
//! The hash holds the campaign and its wave, too: the first step of every campaign would always be the same people
//! otherwise.

use sha2::{Digest as _, Sha256};

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
