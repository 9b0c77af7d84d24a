//! No message of a step of the ramp is begun before all answers of the last one are in.

use crate::delivery::event::Event;
use crate::delivery::outcome::Outcome;
use crate::journal::Journal;
use crate::send::dispatcher::Dispatcher;
use crate::send::ramp::progress::Then;
use crate::send::worker::Job;

impl<J: Journal> Dispatcher<'_, J> {
    /// Whether a message of a later step is there, so that no more are wanted.
    pub(super) fn waits_for_step(&self) -> bool {
        self.ramp.as_ref().is_some_and(|ramp| ramp.next.is_some())
    }

    /// Whether the next step has been reached, and everything of the last one is settled.
    pub(super) fn step_is_over(&self) -> bool {
        let idle = self.in_flight.is_empty() && self.later.is_empty() && self.ready.is_none();
        let waits = self.ramp.as_ref().is_some_and(|ramp| ramp.next.is_some() && ramp.rest.is_none());
        self.stop.is_none() && idle && waits
    }

    /// Decides what comes after a step.
    pub(super) fn end_step(&mut self) {
        // Whoever asked for so many messages need not wait for a step of which none will be sent.
        if self.run.limit.is_some_and(|limit| self.launched >= limit) {
            (self.fed, self.limited) = (true, true);
            self.ramp = None;
            return;
        }
        let Some(ramp) = &mut self.ramp else { return };
        match ramp.progress.is_over() {
            Then::Go => self.begin_step(),
            Then::Stop(stop) => {
                ramp.next = None;
                self.drain(stop);
            }
            Then::Rest(length) => {
                ramp.rest = Some(self.clock.instant() + length);
                let (step, after) = (ramp.progress.step() + 1, length);
                (self.run.watch)(&Event::Resting { step, after });
            }
        }
    }

    /// Begins the step of the message that waits.
    pub(super) fn begin_step(&mut self) {
        let Some(ramp) = &mut self.ramp else { return };
        ramp.rest = None;
        let Some(job) = ramp.next.take() else { return };
        if job.step > ramp.progress.step() {
            ramp.progress.go_on(job.step);
        }
        self.take(Some(Ok(job)));
    }

    /// Takes in what became of a message, as far as the ramp asks.
    pub(super) fn ramp_settled(&mut self, job: &Job, outcome: Outcome, code: Option<i64>) {
        let Some(ramp) = &mut self.ramp else { return };
        if let Some(stop) = ramp.progress.settled(outcome, code, || job.message.openid().to_owned()) {
            self.drain(stop);
        }
    }
}
