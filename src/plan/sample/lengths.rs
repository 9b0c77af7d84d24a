//! How long the texts of a campaign are, over all messages, in a fixed amount of memory.

use crate::diagnostic::place::FieldPath;
use crate::message::field::{Limit, Unit};
use crate::plan::renderer::SlotInput;

/// How many bars a histogram has.
pub(crate) const BARS: usize = 16;

/// The lengths of one field of the message, or of all texts together where no field has a limit.
#[derive(Debug, Clone)]
pub(crate) struct Lengths {
    /// The field; none for all texts together.
    pub(crate) field: Option<FieldPath>,
    /// What is counted.
    pub(crate) unit: Unit,
    /// The longest that is allowed, where a number is known.
    pub(crate) limit: Option<Limit>,
    /// How many messages have which length.
    pub(crate) histogram: Histogram,
    slot: Option<usize>,
}

impl Lengths {
    /// What is worth measuring in a message of these texts.
    pub(crate) fn of(slots: &[SlotInput]) -> Vec<Self> {
        let limited = slots.iter().enumerate().filter_map(|(index, slot)| {
            let limit = slot.rules.limit?;
            let histogram = Histogram::new(limit.max.div_ceil(BARS));
            let field = Some(slot.at.clone());
            Some(Self { field, unit: limit.unit, limit: Some(limit), histogram, slot: Some(index) })
        });
        let limited: Vec<Self> = limited.collect();
        if limited.is_empty() {
            let histogram = Histogram::new(1);
            return vec![Self { field: None, unit: Unit::Bytes, limit: None, histogram, slot: None }];
        }
        limited
    }

    /// The length in a message of these texts.
    pub(crate) fn measure(&self, texts: &[String]) -> usize {
        match self.slot {
            Some(slot) => texts.get(slot).map_or(0, |text| self.unit.measure(text)),
            None => texts.iter().map(|text| self.unit.measure(text)).sum(),
        }
    }
}

/// Counts by length. Bars become twice as wide whenever a length would lie beyond the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Histogram {
    /// How many lengths share a bar: the first is of 0 up to this, without it.
    pub(crate) width: usize,
    /// The messages of each bar.
    pub(crate) counts: [u64; BARS],
    /// The least length and the greatest, once there is any.
    pub(crate) range: Option<(usize, usize)>,
}

impl Histogram {
    /// No message yet, in bars of this width, at least 1.
    pub(crate) fn new(width: usize) -> Self {
        Self { width: width.max(1), counts: [0; BARS], range: None }
    }

    /// Takes a length in.
    pub(crate) fn add(&mut self, length: usize) {
        while length / self.width >= BARS {
            self.widen();
        }
        self.counts[length / self.width] += 1;
        self.range = Some(match self.range {
            None => (length, length),
            Some((least, greatest)) => (least.min(length), greatest.max(length)),
        });
    }

    fn widen(&mut self) {
        for bar in 0..BARS {
            // The bars of the upper half have nothing to take in: they begin empty.
            let pair = self.counts.get(bar * 2..bar * 2 + 2);
            self.counts[bar] = pair.map_or(0, |pair| pair.iter().sum());
        }
        self.width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_widen_and_keep_every_message() {
        let mut histogram = Histogram::new(1);
        for length in [0, 1, 15, 16, 100] {
            histogram.add(length);
        }
        assert_eq!((histogram.width, histogram.range), (8, Some((0, 100))));
        assert_eq!(histogram.counts, [2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn a_length_at_the_end_of_a_bar_is_in_the_next() {
        let mut histogram = Histogram::new(128);
        histogram.add(127);
        histogram.add(128);
        assert_eq!(&histogram.counts[..2], [1, 1]);
    }
}
