//! The moments at which messages are begun, one after another, at a rate and within the campaign's hours.

use jiff::{SignedDuration, Timestamp};

use crate::campaign::hours::{Hours, Opening};

/// The time between two turns.
pub(crate) fn gap(per_second: f64) -> SignedDuration {
    // A rate is above zero. A gap too long to be expressed is years, which is long enough.
    SignedDuration::try_from_secs_f64(1.0 / per_second).unwrap_or(SignedDuration::MAX)
}

/// Gives one moment after another; ends where the hours do.
#[derive(Debug)]
pub(crate) struct Turns<'h> {
    hours: &'h Hours,
    /// The next moment, if the hours do not end before.
    next: Timestamp,
    /// The last one that was taken.
    taken: Option<Timestamp>,
    /// Until when it is known that they are open.
    until: Option<Timestamp>,
    known: bool,
    gap: SignedDuration,
    over: bool,
}

impl<'h> Turns<'h> {
    /// The moments from this one on.
    pub(crate) fn new(hours: &'h Hours, from: Timestamp, per_second: f64) -> Self {
        let gap = gap(per_second);
        Self { hours, next: from, taken: None, until: None, known: false, gap, over: false }
    }

    /// The moment of the next turn, which is not taken yet.
    pub(crate) fn peek(&mut self) -> Option<Timestamp> {
        let inside = self.known && self.until.is_none_or(|until| self.next < until);
        if !inside && !self.over {
            match self.hours.at(self.next) {
                Opening::Open(until) => (self.until, self.known) = (until, true),
                Opening::From(opens) => {
                    self.next = opens;
                    return self.peek();
                }
                Opening::Over => self.over = true,
            }
        }
        (!self.over).then_some(self.next)
    }

    /// Takes the turn.
    pub(crate) fn take(&mut self) {
        self.taken = Some(self.next);
        self.come_after(self.gap);
    }

    /// Lets the next turn come no earlier than so long after the last one that was taken. Time passes outside of the hours, too.
    pub(crate) fn rest(&mut self, length: SignedDuration) {
        self.known = false;
        self.come_after(length);
    }

    fn come_after(&mut self, length: SignedDuration) {
        let Some(taken) = self.taken else { return };
        match taken.checked_add(length) {
            Ok(next) => self.next = next.max(self.next),
            Err(_) => self.over = true,
        }
    }
}
