//! The order of deadlines, out of readings in the order of the file.
//!
//! A list is read from its beginning to its end, whatever it is written in, and held against the plan on the way. So
//! whoever wants another order reads it several times and takes a share each time: those whose deadlines come next. The
//! order is the plan's: a time that is changed in the file meanwhile moves nobody into a share that was read already, nor
//! into a second one.

use std::ops::Range;

use crate::plan::schedule::deadline::Deadline;

/// How many messages are taken in one reading: a minute's work at a thousand a second, and some megabytes.
const SHARE: usize = 65_536;

/// A message's place in the order: its deadline, and among equal ones its number in the order of the file.
pub(crate) type Turn = (Deadline, usize);

/// The shares in which messages are taken, one after another.
///
/// Only those are taken whose numbers `takes` takes: others have their turn in another step.
pub(crate) fn shares(deadlines: &[Deadline], takes: impl Fn(usize) -> bool) -> Vec<Range<Turn>> {
    shares_of(deadlines, takes, SHARE)
}

fn shares_of(deadlines: &[Deadline], takes: impl Fn(usize) -> bool, share: usize) -> Vec<Range<Turn>> {
    let numbered = deadlines.iter().enumerate().filter(|(number, _)| takes(*number));
    let mut turns: Vec<Turn> = numbered.map(|(number, deadline)| (*deadline, number)).collect();
    turns.sort_unstable();
    let begins: Vec<Turn> = turns.iter().step_by(share).copied().collect();
    let end = (Deadline::NONE, usize::MAX);
    let ends = begins.iter().skip(1).copied().chain([end]);
    begins.iter().copied().zip(ends).map(|(from, to)| from..to).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn every_message_is_in_one_share_and_no_share_is_larger_than_it_may_be() {
        let at = |second: i64| Deadline::at(Timestamp::from_second(1_800_000_000 + second).expect("a time"));
        let mut deadlines: Vec<Deadline> = (0..50).map(|number| at(number * 37 % 11)).collect();
        deadlines.extend([Deadline::NONE; 30]);
        deadlines.extend([Deadline::PASSED; 5]);
        let shares = shares_of(&deadlines, |_| true, 8);
        assert_eq!(shares.len(), 85_usize.div_ceil(8));
        let mut order = Vec::new();
        for share in &shares {
            let turns = deadlines.iter().enumerate().map(|(number, deadline)| (*deadline, number));
            let mut inside: Vec<Turn> = turns.filter(|turn| share.contains(turn)).collect();
            assert!(inside.len() <= 8);
            inside.sort_unstable();
            order.extend(inside);
        }
        assert_eq!(order.len(), deadlines.len());
        assert!(order.is_sorted());
        assert!(shares_of(&[], |_| true, 8).is_empty());
    }
}
