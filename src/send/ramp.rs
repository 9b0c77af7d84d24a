//! Goes up a ramp: which step a message belongs to, and whether the next one may begin once all its answers are in, for
//! which `dispatcher/steps` waits. Where the
//! ramp stands follows from the journal alone, so that a run that was killed goes on where it was.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::campaign::ramp::{Ramp, Rest};
use crate::delivery::outcome::Outcome;
use crate::delivery::stop::{Halted, Stop};

/// The code for people whose window is not open. It says that the list is old, and nothing of the message.
pub const OUT_OF_WINDOW: i64 = 45015;
/// So many people are told as examples of what ended a ramp.
const EXAMPLES: usize = 3;

/// A ramp as a run finds it.
#[derive(Debug, Clone)]
pub struct Climb {
    /// What the campaign says.
    pub(crate) ramp: Ramp,
    /// The step of each message, in the order of the audience. There are fewer than 256.
    pub(crate) steps: Vec<u8>,
    /// The step that is at work: the first of which somebody was never tried. Whoever is left of earlier ones is taken in.
    pub(crate) from: usize,
    /// What its messages came to in earlier runs, and since somebody last agreed to go on.
    pub(crate) so_far: Answers,
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

impl Climb {
    /// The step in which the message of this number is sent.
    pub(crate) fn step(&self, number: usize) -> usize {
        let step = self.steps.get(number).expect("each message of a plan has its step");
        usize::from(*step).max(self.from)
    }

    /// The steps that are left, this run's first one first.
    pub(crate) fn left(&self) -> std::ops::Range<usize> {
        self.from..self.ramp.steps.len()
    }
}

/// What comes after a step that is over.
#[derive(Debug)]
pub(crate) enum Then {
    /// The next one begins.
    Go,
    /// It begins after a rest.
    Rest(std::time::Duration),
    /// Nothing more is sent in this run.
    Stop(Stop),
}

/// A run on its way up.
#[derive(Debug)]
pub(crate) struct Climbing {
    climb: std::sync::Arc<Climb>,
    step: usize,
    answers: Answers,
    /// How many messages of this step were begun in this run.
    begun: u64,
}

impl Climbing {
    pub(crate) fn new(climb: std::sync::Arc<Climb>) -> Self {
        let (step, answers) = (climb.from, climb.so_far.clone());
        Self { climb, step, answers, begun: 0 }
    }

    /// The step at work.
    pub(crate) fn step(&self) -> usize {
        self.step
    }

    /// How long the first step of this run has to wait.
    pub(crate) fn first_rest(&self, now: Timestamp) -> Option<std::time::Duration> {
        let left = self.climb.rests_until?.duration_since(now);
        std::time::Duration::try_from(left).ok().filter(|left| !left.is_zero())
    }

    /// Notes that a message is begun.
    pub(crate) fn begins(&mut self) {
        self.begun += 1;
    }

    /// Takes in what became of a message, and says whether the ramp ends for it.
    pub(crate) fn settled(
        &mut self,
        outcome: Outcome,
        code: Option<i64>,
        person: impl FnOnce() -> String,
    ) -> Option<Stop> {
        self.answers.add(outcome, code, person);
        let most = self.climb.answerable.get(self.step).copied();
        self.answers.halt(&self.climb.ramp, self.step, most).map(Stop::Ramp)
    }

    /// All answers of the step are in, and somebody is left.
    pub(crate) fn is_over(&self) -> Then {
        if let Some(halted) = self.answers.halt(&self.climb.ramp, self.step, None) {
            return Then::Stop(Stop::Ramp(halted));
        }
        // Nobody learns anything from a step in which nobody was left to be sent anything.
        match self.climb.ramp.wait {
            _ if self.begun == 0 => Then::Go,
            Rest::None => Then::Go,
            Rest::For(length) => Then::Rest(length),
            Rest::Ask => {
                Then::Stop(Stop::RampStep { step: self.step + 1, steps: self.climb.ramp.steps.len() })
            }
        }
    }

    /// Begins a later step.
    pub(crate) fn go_on(&mut self, step: usize) {
        (self.step, self.answers, self.begun) = (step, Answers::default(), 0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::campaign::percentage::Percentage;
    use crate::campaign::ramp::{Halt, Step};

    fn climbing(wait: Rest, answerable: u64) -> Climbing {
        let halt = Halt { refused: Percentage::percent(10), unknown: Some(2) };
        let steps = ["20", "100%"].map(|step| Step::parse(step).expect("a step")).to_vec();
        Climbing::new(Arc::new(Climb {
            ramp: Ramp { steps, wait, halt },
            steps: Vec::new(),
            from: 0,
            so_far: Answers::default(),
            answerable: vec![answerable, 1000],
            rests_until: None,
            halted: None,
        }))
    }

    fn settle(climbing: &mut Climbing, outcome: Outcome, code: Option<i64>) -> Option<Stop> {
        climbing.begins();
        climbing.settled(outcome, code, || "oAB***".to_owned())
    }

    #[test]
    fn a_ramp_halts_as_soon_as_nothing_can_bring_the_share_down_any_more() {
        let mut climbing = climbing(Rest::None, 20);
        for _ in 0..2 {
            assert_eq!(settle(&mut climbing, Outcome::Refused, Some(40003)), None);
        }
        let stop = settle(&mut climbing, Outcome::Refused, Some(45047));
        let Some(Stop::Ramp(halted)) = stop else { panic!("{stop:?}") };
        assert_eq!((halted.step, halted.steps, halted.refused, halted.answered), (1, 2, 3, 3));
        assert_eq!(halted.codes, [(40003, 2), (45047, 1)]);
        assert_eq!(halted.examples.len(), 3);
    }

    #[test]
    fn an_old_list_halts_no_ramp_and_its_answers_count_for_nothing() {
        let mut climbing = climbing(Rest::Ask, 20);
        for _ in 0..19 {
            assert_eq!(settle(&mut climbing, Outcome::Refused, Some(OUT_OF_WINDOW)), None);
        }
        assert_eq!(settle(&mut climbing, Outcome::Sent, None), None);
        assert!(matches!(climbing.is_over(), Then::Stop(Stop::RampStep { step: 1, steps: 2 })));
        // Of the answers that say something half are refusals.
        assert_eq!(settle(&mut climbing, Outcome::Refused, Some(40003)), None);
        assert!(matches!(climbing.is_over(), Then::Stop(Stop::Ramp(_))));
    }

    #[test]
    fn unknown_outcomes_halt_at_once_and_failed_ones_never() {
        let mut climbing = climbing(Rest::None, 20);
        for _ in 0..10 {
            assert_eq!(settle(&mut climbing, Outcome::Failed, None), None);
        }
        assert_eq!(settle(&mut climbing, Outcome::Unknown, None), None);
        assert!(matches!(settle(&mut climbing, Outcome::Unknown, None), Some(Stop::Ramp(_))));
    }

    #[test]
    fn a_step_in_which_nobody_was_left_neither_waits_nor_asks() {
        for wait in [Rest::Ask, Rest::For(Duration::from_secs(60)), Rest::None] {
            assert!(matches!(climbing(wait, 20).is_over(), Then::Go));
        }
        let mut waits = climbing(Rest::For(Duration::from_secs(60)), 20);
        settle(&mut waits, Outcome::Sent, None);
        assert!(matches!(waits.is_over(), Then::Rest(length) if length == Duration::from_secs(60)));
        waits.go_on(1);
        assert_eq!((waits.step(), waits.begun), (1, 0));
    }
}
