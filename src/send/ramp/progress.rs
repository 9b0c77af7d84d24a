//! How far a run has come on its ramp, and what comes after a step once all its answers are in.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::campaign::ramp::Rest;
use crate::delivery::outcome::Outcome;
use crate::delivery::stop::Stop;
use crate::send::ramp::state::{Answers, RampState};

/// What comes after a step that is over.
#[derive(Debug)]
pub(crate) enum Then {
    /// The next one begins.
    Go,
    /// It begins after a rest.
    Rest(Duration),
    /// Nothing more is sent in this run.
    Stop(Stop),
}

/// How far a run has come on its ramp: the step at work, and its answers.
#[derive(Debug)]
pub(crate) struct RampProgress {
    state: Arc<RampState>,
    step: usize,
    answers: Answers,
    /// How many messages of this step were begun in this run.
    begun: u64,
}

impl RampProgress {
    pub(crate) fn new(state: Arc<RampState>) -> Self {
        let (step, answers) = (state.from, state.so_far.clone());
        Self { state, step, answers, begun: 0 }
    }

    /// The step at work.
    pub(crate) fn step(&self) -> usize {
        self.step
    }

    /// How long the first step of this run has to wait.
    pub(crate) fn first_rest(&self, now: Timestamp) -> Option<Duration> {
        let left = self.state.rests_until?.duration_since(now);
        Duration::try_from(left).ok().filter(|left| !left.is_zero())
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
        let most = self.state.answerable.get(self.step).copied();
        self.answers.halt(&self.state.ramp, self.step, most).map(Stop::Ramp)
    }

    /// All answers of the step are in, and somebody is left.
    pub(crate) fn is_over(&self) -> Then {
        if let Some(halted) = self.answers.halt(&self.state.ramp, self.step, None) {
            return Then::Stop(Stop::Ramp(halted));
        }
        // Nobody learns anything from a step in which nobody was left to be sent anything.
        match self.state.ramp.wait {
            _ if self.begun == 0 => Then::Go,
            Rest::None => Then::Go,
            Rest::For(length) => Then::Rest(length),
            Rest::Ask => {
                Then::Stop(Stop::RampStep { step: self.step + 1, steps: self.state.ramp.steps.len() })
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
    use super::*;
    use crate::campaign::percentage::Percentage;
    use crate::campaign::ramp::{Halt, Ramp, Step};
    use crate::send::ramp::state::OUT_OF_WINDOW;

    fn progress(wait: Rest, answerable: u64) -> RampProgress {
        let halt = Halt { refused: Percentage::percent(10), unknown: Some(2) };
        let steps = ["20", "100%"].map(|step| Step::parse(step).expect("a step")).to_vec();
        RampProgress::new(Arc::new(RampState {
            ramp: Ramp { steps, wait, halt },
            steps: Vec::new(),
            from: 0,
            so_far: Answers::default(),
            fresh: vec![answerable, 1000],
            answerable: vec![answerable, 1000],
            rests_until: None,
            halted: None,
        }))
    }

    fn settle(progress: &mut RampProgress, outcome: Outcome, code: Option<i64>) -> Option<Stop> {
        progress.begins();
        progress.settled(outcome, code, || "oAB***".to_owned())
    }

    #[test]
    fn a_ramp_halts_as_soon_as_nothing_can_bring_the_share_down_any_more() {
        let mut progress = progress(Rest::None, 20);
        for _ in 0..2 {
            assert_eq!(settle(&mut progress, Outcome::Refused, Some(40003)), None);
        }
        let stop = settle(&mut progress, Outcome::Refused, Some(45047));
        let Some(Stop::Ramp(halted)) = stop else { panic!("{stop:?}") };
        assert_eq!((halted.step, halted.steps, halted.refused, halted.answered), (1, 2, 3, 3));
        assert_eq!(halted.codes, [(40003, 2), (45047, 1)]);
        assert_eq!(halted.examples.len(), 3);
    }

    #[test]
    fn an_old_list_halts_no_ramp_and_its_answers_count_for_nothing() {
        let mut progress = progress(Rest::Ask, 20);
        for _ in 0..19 {
            assert_eq!(settle(&mut progress, Outcome::Refused, Some(OUT_OF_WINDOW)), None);
        }
        assert_eq!(settle(&mut progress, Outcome::Sent, None), None);
        assert!(matches!(progress.is_over(), Then::Stop(Stop::RampStep { step: 1, steps: 2 })));
        // Of the answers that say something half are refusals.
        assert_eq!(settle(&mut progress, Outcome::Refused, Some(40003)), None);
        assert!(matches!(progress.is_over(), Then::Stop(Stop::Ramp(_))));
    }

    #[test]
    fn unknown_outcomes_halt_at_once_and_failed_ones_never() {
        let mut progress = progress(Rest::None, 20);
        for _ in 0..10 {
            assert_eq!(settle(&mut progress, Outcome::Failed, None), None);
        }
        assert_eq!(settle(&mut progress, Outcome::Unknown, None), None);
        assert!(matches!(settle(&mut progress, Outcome::Unknown, None), Some(Stop::Ramp(_))));
    }

    #[test]
    fn a_step_in_which_nobody_was_left_neither_waits_nor_asks() {
        for wait in [Rest::Ask, Rest::For(Duration::from_secs(60)), Rest::None] {
            assert!(matches!(progress(wait, 20).is_over(), Then::Go));
        }
        let mut waits = progress(Rest::For(Duration::from_secs(60)), 20);
        settle(&mut waits, Outcome::Sent, None);
        assert!(matches!(waits.is_over(), Then::Rest(length) if length == Duration::from_secs(60)));
        waits.go_on(1);
        assert_eq!((waits.step(), waits.begun), (1, 0));
    }
}
