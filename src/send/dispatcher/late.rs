//! Whether a message comes too late, where this computer's clock itself may be wrong.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::journal::Journal;
use crate::send::dispatcher::Dispatcher;
use crate::send::later::Later;
use crate::send::worker::Job;

/// A message whose lateness is open is judged again after this, and skipped when the platform's time is not known by then.
const JUDGED_AGAIN: Duration = Duration::from_millis(100);
const FOR_THE_TIME: Duration = Duration::from_secs(10);

impl<J: Journal> Dispatcher<'_, J> {
    /// Whether a message may be too late, by the platform's clock as well as it is known.
    pub(super) fn is_late(&mut self, job: &Job) -> bool {
        let time = self.clock.platform();
        if time.from == time.until {
            // It is known again; whenever it is not, the platform is asked anew.
            self.asked_time = None;
        }
        job.deadline.is_past(time.until)
    }

    /// Skips a message that is too late. Where this computer's clock was set or slept, so that it may be or not, the platform
    /// is asked for the time and the message is judged again.
    pub(super) fn judge_again_or_skip(&mut self, job: Job) {
        let is_certain = job.deadline.is_past(self.clock.platform().from);
        let now = Instant::now();
        let asked = *self.asked_time.get_or_insert(now);
        let has_patience = now.saturating_duration_since(asked) < FOR_THE_TIME;
        if is_certain || !has_patience {
            return self.too_late(&job);
        }
        if asked == now {
            tracing::info!("the clock was set or this computer slept: asking the platform for the time");
            let client = self.run.shared.client.clone();
            tokio::spawn(async move { client.ask_time().await });
        }
        self.later.push(Later { due: Reverse(self.clock.instant() + JUDGED_AGAIN), job });
    }
}
