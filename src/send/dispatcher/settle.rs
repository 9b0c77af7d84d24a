//! What becomes of a message once its request has ended, or was not made.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::delivery::attempt::{Attempt, Cause, Incident};
use crate::delivery::event::{Event, PaceChange};
use crate::delivery::outcome::Outcome;
use crate::delivery::skip::{SkipReason, Skipped};
use crate::delivery::stop::Stop;
use crate::journal::{Journal, JournalError};
use crate::plan::schedule::deadline::Deadline;
use crate::send::dispatcher::Dispatcher;
use crate::send::holds::Hold;
use crate::send::later::Later;
use crate::send::media::Unavailable;
use crate::send::retry::{self, Next, Verdict};
use crate::send::worker::{AttemptEnd, Attempted, Job};
use crate::wechat::answer::reply::{Answer, Failure};
use crate::wechat::client::pause;
use crate::wechat::token::error::TokenError;

impl<J: Journal> Dispatcher<'_, J> {
    /// Skips a message whose window has ended, or takes no more. No request is made, and no quota used.
    pub(super) fn too_late(&mut self, job: &Job) {
        let reason = if job.deadline == Deadline::SPENT { SkipReason::Allowance } else { SkipReason::Window };
        let margin = self.run.campaign.audience.window.as_ref().map(|window| window.margin);
        let end = job.deadline.moment().zip(margin).and_then(|(at, margin)| at.checked_add(margin).ok());
        self.run.shared.journal.skip(job.intent(job.attempts, self.clock.now()), Skipped { reason, at: end });
        (self.run.watch)(&Event::Skipped);
        self.next_turn(job, self.clock.instant());
    }

    /// Skips a message that a policy holds back, or leaves it unsent where the policy wants that.
    pub(super) fn held_back(&mut self, job: &Job, hold: Hold) {
        match hold.skip {
            Some(reason) => {
                let skipped = Skipped { reason, at: Some(hold.until) };
                self.run.shared.journal.skip(job.intent(job.attempts, self.clock.now()), skipped);
                (self.run.watch)(&Event::Skipped);
            }
            None => self.postponed.add(hold.until),
        }
        self.next_turn(job, Instant::now());
    }

    /// Takes back a message that was on its way, or was to be.
    pub(super) fn attempted(&mut self, attempted: Attempted) {
        let Attempted { mut job, end } = attempted;
        match end {
            AttemptEnd::NoToken(error) => self.drain(Stop::Token(error)),
            AttemptEnd::NoMedia(unavailable) => self.unavailable(&job, unavailable),
            AttemptEnd::NotBegun => {}
            AttemptEnd::Late => self.judge_again_or_skip(job),
            AttemptEnd::NotRequested => {
                let id = job.id.expect("its intent is on disk");
                let (finished, latency) = (self.clock.now(), Duration::ZERO);
                let cause = Cause::Event(Incident::NotBegun);
                let attempt = Attempt { number: job.attempts, finished, latency, cause };
                self.run.shared.journal.outcome(id, Outcome::Postponed, attempt);
            }
            // Another process has it, and answers for it.
            AttemptEnd::NoIntent(JournalError::Taken) => self.next_turn(&job, self.clock.instant()),
            AttemptEnd::NoIntent(error) => self.drain(Stop::Storage(error.into())),
            AttemptEnd::Requested { result, finished, latency, token } => {
                self.requests += 1;
                job.refused = Some(token);
                self.answered(job, result, finished, latency);
            }
        }
    }

    /// Writes down what a request came to, and decides whether the message is tried again and whether the run goes on.
    fn answered(
        &mut self,
        mut job: Job,
        result: Result<Answer, Failure>,
        finished: Timestamp,
        latency: Duration,
    ) {
        let now = self.clock.instant();
        let verdict = job.verdict(&result);
        if verdict != Verdict::TokenRefused {
            job.refused = None;
            job.retries.token = 0;
        }
        let first = job.retries.busy == 0;
        let next = retry::next(&verdict, self.run.campaign.send.retries, &mut job.retries, pause);
        let outcome = match next {
            Next::Settle(outcome) => outcome,
            Next::Again(_) => Outcome::Postponed,
        };
        let stop = self.breaker.observe(now, &result, &verdict);
        let stop = stop.or_else(|| self.breaker.connected(now, &result, outcome));
        self.adjust_pace(&verdict, first, now);
        let code = result.as_ref().ok().map(|answer| answer.code);
        tracing::debug!(row = job.message.row, attempt = job.attempts, ?verdict, ?code, ?latency, "answered");
        if let Some(id) = job.id {
            let attempt = Attempt { number: job.attempts, finished, latency, cause: Cause::from(result) };
            self.run.shared.journal.outcome(id, outcome, attempt);
        }
        match next {
            Next::Again(after) => {
                if verdict == Verdict::MediaDead {
                    job.media_died();
                }
                (self.run.watch)(&Event::Retrying { after });
                self.later.push(Later { due: Reverse(now + after), job });
            }
            Next::Settle(outcome) => {
                self.ramp_settled(&job, outcome, code);
                (self.run.watch)(&Event::Settled { outcome, code });
                self.next_turn(&job, now);
                if verdict == Verdict::TokenRefused {
                    self.drain(Stop::Token(TokenError::FreshRefused));
                }
            }
        }
        if let Some(stop) = stop {
            self.drain(stop);
        }
    }

    /// Settles a message whose media file is not to be had: certainly not delivered, and no request was made for it.
    /// Where everybody gets that file the run stops.
    fn unavailable(&mut self, job: &Job, unavailable: Unavailable) {
        let (file, slot, cause) = match unavailable {
            Unavailable::Stop(stop) => return self.drain(stop),
            Unavailable::File { file, slot, cause } => (file, slot, cause),
        };
        let template = self.run.campaign.templates.get(slot);
        if template.is_none_or(|template| template.constant().is_some()) {
            return self.drain(Stop::Media { file, cause });
        }
        tracing::debug!(row = job.message.row, file, ?cause, "not uploaded");
        let stop = self.breaker.file_refused(&cause);
        let code = match &cause {
            Cause::Answer { code, .. } => Some(*code),
            Cause::Event(_) => None,
        };
        let (outcome, finished) = (Outcome::Failed, self.clock.now());
        let attempt = Attempt { number: job.attempts, finished, latency: Duration::ZERO, cause };
        self.run.shared.journal.undelivered(job.intent(job.attempts, self.clock.now()), outcome, attempt);
        (self.run.watch)(&Event::Settled { outcome, code });
        self.next_turn(job, self.clock.instant());
        if let Some(stop) = stop {
            self.drain(stop);
        }
    }

    /// A message is settled: the next one to the same person is due.
    fn next_turn(&mut self, settled: &Job, now: Instant) {
        if let Some(portion) = &settled.portion {
            portion.settled();
        }
        if let Some(job) = self.turns.as_mut().and_then(|turns| turns.settled(settled.message.openid())) {
            self.later.push(Later { due: Reverse(now), job });
        }
    }

    /// `first` says that this is the first answer the message got, but for those about its token or the rate.
    fn adjust_pace(&mut self, verdict: &Verdict, first: bool, now: Instant) {
        let loaded = first && self.load.observe(now, matches!(verdict, Verdict::Busy { .. }));
        let changed = match verdict {
            Verdict::Throttled => self.pacer.slow_down(now).zip(Some(PaceChange::Throttled)),
            Verdict::Busy { .. } if loaded => self.pacer.slow_down(now).zip(Some(PaceChange::Busy)),
            Verdict::Busy { .. } => None,
            Verdict::Sent | Verdict::Refused | Verdict::Content => {
                self.pacer.recover(now).zip(Some(PaceChange::Recovered))
            }
            Verdict::TokenRefused
            | Verdict::MediaDead
            | Verdict::Quota
            | Verdict::Account
            | Verdict::Declined { .. }
            | Verdict::Unknown => None,
        };
        if let Some((per_second, why)) = changed {
            tracing::info!(per_second, "pace");
            (self.run.watch)(&Event::Pace { per_second, why });
        }
    }
}
