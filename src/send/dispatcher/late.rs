//! Whether it is the hour, and whether a message is too late, by the platform's clock as well as it is known.
//!
//! Where this computer's clock was set, or it slept, two times are possible until the platform says which. What is so by
//! both of them is so; for what is so by one of them alone the platform is asked.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::delivery::stop::Stop;
use crate::journal::Journal;
use crate::send::dispatcher::Dispatcher;
use crate::send::doors::Hour;
use crate::send::later::Later;
use crate::send::worker::Job;

/// What was open is judged again after this, and on the safe side when the platform's time is not known by then.
const JUDGED_AGAIN: Duration = Duration::from_millis(100);
const FOR_THE_TIME: Duration = Duration::from_secs(10);

impl<J: Journal> Dispatcher<'_, J> {
    /// Whether messages may be begun now. Where they certainly may not, the run ends here.
    pub(super) fn look_at_hours(&mut self) -> Hour {
        let time = self.clock.platform();
        let looks = [time.from, time.until].map(|time| self.doors.look(time));
        let resume_at = match looks {
            [Ok(()), Ok(())] => {
                self.asked_time = self.asked_time.filter(|_| !time.is_known());
                return Hour::Open;
            }
            [Err(resume_at), Err(_)] => resume_at,
            [Err(_), Ok(())] | [Ok(()), Err(_)] if self.asks_for_time() => return Hour::Unsure,
            [Err(resume_at), Ok(())] | [Ok(()), Err(resume_at)] => resume_at,
        };
        self.drain(Stop::Hours { resume_at });
        Hour::Over
    }

    /// Whether a message may be too late.
    pub(super) fn is_late(&mut self, job: &Job) -> bool {
        let time = self.clock.platform();
        if time.is_known() {
            // Whenever it is not, the platform is asked anew.
            self.asked_time = None;
        }
        job.deadline.is_past(time.until)
    }

    /// Skips a message that is too late, or judges it again where it may be or not.
    pub(super) fn judge_again_or_skip(&mut self, job: Job) {
        let is_certain = job.deadline.is_past(self.clock.platform().from);
        if is_certain || !self.asks_for_time() {
            return self.too_late(&job);
        }
        self.judge_again(job);
    }

    pub(super) fn judge_again(&mut self, job: Job) {
        self.later.push(Later { due: Reverse(self.clock.instant() + JUDGED_AGAIN), job });
    }

    /// Asks the platform for the time, once. Gives false when it was waited for long enough.
    fn asks_for_time(&mut self) -> bool {
        let now = Instant::now();
        let asked = *self.asked_time.get_or_insert(now);
        if asked == now {
            tracing::info!("the clock was set or this computer slept: asking the platform for the time");
            let client = self.run.shared.client.clone();
            tokio::spawn(async move { client.ask_time().await });
        }
        now.saturating_duration_since(asked) < FOR_THE_TIME
    }
}
