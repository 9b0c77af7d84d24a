//! Openids that stand in several rows, found with eight bytes a recipient.
//!
//! A first reading keeps a 64-bit hash of each openid. Sorting them shows which hashes stand there twice: those
//! openids, and only those, are compared letter by letter in a second reading. So a chance collision costs a
//! second look, never a person. What becomes of a row whose person stands in another is for `plan/judge` to say.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use foldhash::quality::FixedState;

/// Collects the hashes of a first reading.
#[derive(Debug, Default)]
pub(crate) struct Hashes(Vec<u64>);

/// The hashes that stand in several rows, sorted. Empty where no openid is repeated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Repeated(Vec<u64>);

/// Counts the openids that may be repeated, letter by letter.
#[derive(Debug, Default)]
pub(crate) struct SeenOpenids {
    repeated: Repeated,
    counts: HashMap<String, u32>,
}

/// The hash that an openid is known by before it is compared letter by letter.
pub(crate) fn hash(openid: &[u8]) -> u64 {
    FixedState::with_seed(0).hash_one(openid)
}

impl Hashes {
    /// Takes an openid in.
    pub(crate) fn add(&mut self, openid: &[u8]) {
        self.0.push(hash(openid));
    }

    /// How many openids there are, each counted once.
    pub(crate) fn distinct(mut self) -> u64 {
        self.0.sort_unstable();
        self.0.dedup();
        self.0.len() as u64
    }

    /// The hashes that came more than once.
    pub(crate) fn repeated(mut self) -> Repeated {
        self.0.sort_unstable();
        let mut repeated: Vec<u64> = Vec::new();
        for pair in self.0.windows(2) {
            if pair[0] == pair[1] && repeated.last() != Some(&pair[0]) {
                repeated.push(pair[0]);
            }
        }
        Repeated(repeated)
    }
}

impl Repeated {
    /// Takes in the next one; one that came last is known already.
    pub(crate) fn add(&mut self, hash: u64) {
        if self.0.last() != Some(&hash) {
            self.0.push(hash);
        }
    }

    /// Whether no openid is repeated.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl SeenOpenids {
    /// Nothing seen yet, of openids among which these hashes are repeated.
    pub(crate) fn new(repeated: Repeated) -> Self {
        Self { repeated, counts: HashMap::new() }
    }

    /// How often an openid was taken before.
    pub(crate) fn before(&self, openid: &str) -> u32 {
        if self.counts.is_empty() {
            return 0;
        }
        self.counts.get(openid).copied().unwrap_or(0)
    }

    /// Whether an openid may stand in several rows.
    pub(crate) fn is_repeated(&self, openid: &str) -> bool {
        !self.repeated.is_empty() && self.repeated.0.binary_search(&hash(openid.as_bytes())).is_ok()
    }

    /// Takes an openid.
    pub(crate) fn take(&mut self, openid: &str) {
        if self.is_repeated(openid) {
            *self.counts.entry(openid.to_owned()).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_twice_is_repeated() {
        let mut hashes = Hashes::default();
        for openid in ["a", "b", "a", "c", "a"] {
            hashes.add(openid.as_bytes());
        }
        let repeated = hashes.repeated();
        assert_eq!(repeated.0.len(), 1);
        let mut seen = SeenOpenids::new(repeated);
        for openid in ["a", "b", "a"] {
            seen.take(openid);
        }
        assert_eq!((seen.before("a"), seen.before("b"), seen.before("c")), (2, 0, 0));
    }

    #[test]
    fn two_openids_of_one_hash_stay_two_people() {
        let mut seen = SeenOpenids::new(Repeated(vec![hash(b"a")]));
        seen.take("a");
        assert_eq!(seen.before("b"), 0, "whatever its hash");
    }
}
