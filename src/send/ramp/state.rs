//! Where a ramp stands as a run finds it: which step each message belongs to, and what the steps at work came to so far.
//! It follows from the journal alone, so that a run that was killed goes on where it was.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::campaign::ramp::Ramp;
use crate::delivery::outcome::Outcome;
use crate::delivery::stop::Halted;
use crate::plan::ramp::Upward;

/// The code for people whose window is not open. It says that the list is old, and nothing of the message.
pub const OUT_OF_WINDOW: i64 = 45015;
/// So many people are told as examples of what ended a ramp.
const EXAMPLES: usize = 3;

/// A ramp as a run finds it.
#[derive(Debug, Clone)]
pub struct RampState {
    /// What the campaign says.
    pub(crate) ramp: Ramp,
    /// The step of each message, in the order of the audience. There are fewer than 256.
    pub(crate) steps: Vec<u8>,
    /// The step that is at work: the first of which somebody was never tried. Whoever is left of earlier ones is taken in.
    pub(crate) from: usize,
    /// What its messages came to in earlier runs, and since somebody last agreed to go on.
    pub(crate) so_far: Answers,
    /// How many messages of each step were not tried yet.
    pub(crate) fresh: Vec<u64>,
    /// How many messages each step can still have answered, with those that were.
    pub(crate) answerable: Vec<u64>,
    /// When it may begin, where the wait after the step before it is not over.
    pub(crate) rests_until: Option<Timestamp>,
    /// What ended the ramp in an earlier run, where nobody has agreed to go on since.
    pub(crate) halted: Option<Box<Halted>>,
}

/// What the messages of a step came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) sent: u64,
    /// But for those that say that the list is old.
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    /// The refusals by errcode, those of old lists among them.
    pub(crate) codes: BTreeMap<i64, u64>,
    /// Some whom they are about.
    pub(crate) examples: Vec<String>,
}

impl Answers {
    /// Takes in what became of a message. `person` gives its openid.
    pub(crate) fn add(&mut self, outcome: Outcome, code: Option<i64>, person: impl FnOnce() -> String) {
        match outcome {
            Outcome::Sent => self.sent += 1,
            Outcome::Refused => {
                // Results that were taken over may tell a refusal without its code.
                let code = code.unwrap_or(0);
                *self.codes.entry(code).or_default() += 1;
                if code == OUT_OF_WINDOW {
                    return;
                }
                self.refused += 1;
                self.example(person());
            }
            Outcome::Unknown => {
                self.unknown += 1;
                self.example(person());
            }
            Outcome::Failed | Outcome::Postponed => {}
        }
    }

    fn example(&mut self, person: String) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(person);
        }
    }

    /// What ends the ramp after a step whose answers these are, if something does. `most` is of how many messages answers
    /// can still come: as long as not all are in, a share counts as reached when nothing can bring it down any more.
    pub(crate) fn halt(&self, ramp: &Ramp, step: usize, most: Option<u64>) -> Option<Box<Halted>> {
        let answered = self.sent + self.refused;
        let answers = most.map_or(answered, |most| most.max(answered));
        ramp.halt.is_reached(self.refused, answers, self.unknown).then(|| {
            Box::new(Halted {
                step: step + 1,
                steps: ramp.steps.len(),
                refused: self.refused,
                answered,
                unknown: self.unknown,
                codes: self.codes.clone().into_iter().collect(),
                examples: self.examples.clone(),
            })
        })
    }
}

impl RampState {
    /// The step in which the message of this number is sent.
    pub(crate) fn step(&self, number: usize) -> usize {
        let step = self.steps.get(number).expect("each message of a plan has its step");
        usize::from(*step).max(self.from)
    }

    /// The step of each message as this run takes them in.
    pub(crate) fn steps(&self) -> Vec<u8> {
        let from = u8::try_from(self.from).expect("a ramp has fewer steps");
        self.steps.iter().map(|step| (*step).max(from)).collect()
    }

    /// What is left of the ramp, as far as time goes.
    pub(crate) fn upward(&self) -> Upward {
        Upward { counts: self.fresh.clone(), wait: self.ramp.wait, rests_until: self.rests_until }
    }

    /// The steps that are left, this run's first one first.
    pub(crate) fn left(&self) -> std::ops::Range<usize> {
        self.from..self.ramp.steps.len()
    }
}
