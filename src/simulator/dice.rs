//! Chance that is the same on every machine: everything "random" in the simulator comes from the scenario's
//! seed, so that a run can be repeated.

/// A well-mixed number for this text under this seed; equal arguments give an equal number in every release.
pub(crate) fn of_text(seed: u64, text: &str) -> u64 {
    // FNV-1a: the standard hashers promise no stable value.
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ mix(seed);
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(hash)
}

/// A well-mixed number for the n-th event under this seed.
pub(crate) fn of_number(seed: u64, n: u64) -> u64 {
    mix(seed ^ mix(n))
}

/// The number as a fraction from 0 up to, but not including, 1.
pub(crate) fn fraction(number: u64) -> f64 {
    // 53 bits are what an f64 holds exactly.
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

/// An id of the platform's shape: letters, digits, `_` and `-`.
pub(crate) fn id(seed: u64, n: u64, length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut state = of_number(seed, n);
    (0..length)
        .map(|_| {
            state = mix(state);
            char::from(ALPHABET[(state >> 58) as usize])
        })
        .collect()
}

/// The finaliser of splitmix64.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_many_openids_is_met_closely_and_seeds_differ() {
        let hits = |seed| -> Vec<u32> {
            (0..100_000).filter(|n| fraction(of_text(seed, &format!("o{n}"))) < 0.01).collect()
        };
        let (one, two) = (hits(1), hits(2));
        assert!((900..1100).contains(&one.len()), "{}", one.len());
        assert_ne!(one, two);
        assert_eq!(one, hits(1));
    }

    #[test]
    fn the_numbers_never_change_between_releases() {
        assert_eq!(of_text(7, "oAbc"), of_text(7, "oAbc"));
        assert_eq!(id(0, 1, 8), id(0, 1, 8));
        assert_ne!(id(0, 1, 64), id(0, 2, 64));
    }
}
