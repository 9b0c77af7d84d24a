//! Which message has to wait for its step of the ramp, and until when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::delivery::event::Event;
use crate::send::ramp::progress::RampProgress;
use crate::send::ramp::state::RampState;
use crate::send::worker::Job;

/// Lets the messages of the step at work through, and keeps the first one of a later step.
#[derive(Debug)]
pub(crate) struct RampGate {
    pub(crate) progress: RampProgress,
    /// The first message of a later step, which waits for it.
    pub(crate) next: Option<Job>,
    /// When the next step may begin, while it waits.
    pub(crate) rest: Option<Instant>,
}

impl RampGate {
    pub(crate) fn new(state: Arc<RampState>, clock: &Clock) -> Self {
        let progress = RampProgress::new(state);
        let rest = progress.first_rest(clock.now()).map(|rest| clock.instant() + rest);
        Self { progress, next: None, rest }
    }

    /// That this run begins with what is left of a wait, where it does.
    pub(crate) fn begins_resting(&self, clock: &Clock) -> Option<Event> {
        let after = self.rest?.saturating_duration_since(clock.instant());
        // Told in seconds, of which a begun one is one.
        let after = Duration::from_secs(after.as_secs() + u64::from(after.subsec_nanos() > 0));
        // The steps before the one at work are over, and people count them from one.
        Some(Event::Resting { step: self.progress.step(), after })
    }

    /// Gives a message back where it belongs to the step at work, and keeps it until its step begins otherwise.
    pub(crate) fn admit(&mut self, job: Job) -> Option<Job> {
        if self.rest.is_none() && job.step <= self.progress.step() {
            return Some(job);
        }
        self.next = Some(job);
        None
    }

    /// Notes that a message is begun.
    pub(crate) fn begins(&mut self) {
        self.progress.begins();
    }

    /// When the wait before the next step is over, while there is one.
    pub(crate) fn rested_at(&self) -> Option<Instant> {
        self.rest
    }
}

/// Waits for a moment of a clock, where there is one.
pub(crate) async fn until(moment: Option<Instant>, clock: &Clock) {
    if let Some(moment) = moment {
        let left = moment.saturating_duration_since(clock.instant());
        tokio::time::sleep(clock.takes(left)).await;
    }
}
