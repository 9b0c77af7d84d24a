//! A `send` that stays for the campaign's hours: each opening is a run of its own, with all files read again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::api_base::Destination;
use crate::campaign::file::Outside;
use crate::campaign::hours::{Hours, Opening};
use crate::campaign::{Campaign, moment};
use crate::cli::campaign_lock::lock_waiting;
use crate::cli::context::variable;
use crate::cli::exit_code::Exit;
use crate::cli::platform::runtime;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::clock::Clock;
use crate::delivery::stop::Stop;
use crate::plan::id::PlanId;
use crate::report::plan::text::length;
use crate::send::execution::Finished;
use crate::send::shutdown::{Signals, StopFiles, ticks};

/// How one turn of a `send` ended.
pub(crate) enum Turn {
    /// It is over.
    Over(Exit),
    /// It goes on at a moment.
    Wait(Waiting, Timestamp),
}

/// What one turn of a `send` that stays hands to the next.
#[derive(Default)]
pub(crate) struct Stay {
    /// What time it is, the same for all turns.
    pub(crate) clock: Option<Clock>,
    /// The plan that was agreed to.
    pub(crate) agreed: Option<PlanId>,
    /// What `--at` says, as a moment.
    at: Option<Timestamp>,
    /// Why the wait was broken off, where it was.
    pub(crate) stopped: Option<Stop>,
    /// How many requests all turns made.
    pub(crate) requests: u64,
    uploads: u64,
    duration: Duration,
}

impl Stay {
    /// Holds the files against what was agreed to before the wait.
    ///
    /// # Errors
    ///
    /// When they have changed.
    pub(crate) fn insist_on(&self, id: PlanId) -> Result<(), Problem> {
        match self.agreed.filter(|agreed| *agreed != id) {
            Some(agreed) => {
                let problem = Problem::new(Exit::Gate, "changed-while-waiting");
                Err(problem.with("agreed", agreed.to_string()).with("found", id.to_string()))
            }
            None => Ok(()),
        }
    }

    /// Puts `--at` into the campaign: it is a first moment, and whoever gives it stays for it.
    ///
    /// # Errors
    ///
    /// When it is no time.
    pub(crate) fn put_at(&mut self, given: Option<&str>, hours: &mut Hours) -> Result<(), Problem> {
        let Some(text) = given else { return Ok(()) };
        let at = match self.at {
            Some(at) => at,
            None => moment_of(text, hours, self.now())?,
        };
        self.at = Some(at);
        (hours.not_before, hours.outside) = (Some(at), Outside::Wait);
        Ok(())
    }

    /// Why nothing may be begun now, where that is so.
    pub(crate) fn closed(&mut self, hours: &Hours) -> Option<Stop> {
        self.stopped.take().or_else(|| match hours.at(self.now()) {
            Opening::Open(_) => None,
            Opening::From(opens) => Some(Stop::Hours { resume_at: Some(opens) }),
            Opening::Over => Some(Stop::Hours { resume_at: None }),
        })
    }

    /// What time it is here.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.as_ref().map_or_else(Timestamp::now, Clock::now)
    }

    /// The clock of all turns: where a simulator shares its own, that one.
    ///
    /// # Errors
    ///
    /// When the environment names one that cannot be used.
    pub(crate) fn set_clock(&mut self, destination: Destination) -> Result<Clock, Problem> {
        let clock = match &self.clock {
            Some(clock) => clock.clone(),
            None => shared_clock(destination)?,
        };
        Ok(self.clock.insert(clock).clone())
    }

    /// Takes in what a turn did.
    pub(crate) fn add(&mut self, finished: &Finished) {
        self.requests += finished.requests;
        self.uploads += finished.uploads;
        self.duration += finished.duration;
    }

    /// A turn with what all turns before it did.
    pub(crate) fn sum(&self, finished: Finished) -> Finished {
        Finished {
            requests: finished.requests + self.requests,
            uploads: finished.uploads + self.uploads,
            duration: finished.duration + self.duration,
            ..finished
        }
    }
}

/// The variable by which a simulator shares its clock.
const CLOCK: &str = "WXCAST_CLOCK";

/// This computer's clock, or the one that a simulator shares. What people get is sent by no other clock than the real one.
fn shared_clock(destination: Destination) -> Result<Clock, Problem> {
    let Some(text) = variable(CLOCK) else { return Ok(Clock::own()) };
    match destination {
        Destination::Local => Clock::of_shared(&text)
            .ok_or_else(|| Problem::new(Exit::Usage, "bad-clock").with("variable", CLOCK).with("text", text)),
        Destination::Real => Err(Problem::new(Exit::Usage, "clock-for-real").with("variable", CLOCK)),
    }
}

/// The moment that `--at` says.
///
/// # Errors
///
/// When it is none.
pub(crate) fn moment_of(text: &str, hours: &Hours, now: Timestamp) -> Result<Timestamp, Problem> {
    moment::parse_from(text, &hours.zone, now)
        .ok_or_else(|| Problem::new(Exit::Usage, "bad-time").with("text", text))
}

/// Until when a `send` that stopped for this reason stays, if it does.
pub(crate) fn waits_until(stop: &Stop, hours: &Hours) -> Option<Timestamp> {
    match stop {
        Stop::Hours { resume_at } if hours.outside == Outside::Wait => *resume_at,
        _ => None,
    }
}

/// A `send` that stays until it may go on.
pub(crate) struct Waiting {
    /// What it sends.
    pub(crate) campaign: Arc<Campaign>,
    /// Its state folder.
    pub(crate) state: PathBuf,
    /// What ends the wait.
    pub(crate) stop_files: StopFiles,
    /// By which clock.
    pub(crate) clock: Clock,
}

impl Waiting {
    /// Waits, and gives why it was broken off, where it was. The lock is held meanwhile, so that nobody else sends the
    /// campaign and `wxcast stop` finds whom to stop.
    ///
    /// # Errors
    ///
    /// When somebody else sends the campaign, or there is no runtime.
    pub(crate) fn until(&self, until: Timestamp, terminal: &Terminal) -> Result<Option<Stop>, Problem> {
        let _locks = lock_waiting(&self.campaign, &self.state, until, terminal)?;
        let at = moment::shown(until, &self.campaign.send.hours.zone);
        runtime()?.block_on(async {
            let (mut signals, mut ticks) = (Signals::listen(), ticks());
            // From now on a signal ends the wait and not the process.
            terminal.say("send.waits", &[("at", &at)]);
            tokio::select! {
                biased;
                stop = signals.next() => Ok(Some(stop)),
                () = self.stop_files.appear(&mut ticks) => Ok(Some(Stop::Asked)),
                () = count_down(until, &self.clock, terminal) => Ok(None),
            }
        })
    }
}

/// What is left when people are told of it again, in seconds.
const TOLD: [i64; 7] = [3600, 1800, 600, 300, 60, 30, 10];

/// Waits for a moment of the clock, however it is set meanwhile, and says what is left now and then.
async fn count_down(until: Timestamp, clock: &Clock, terminal: &Terminal) {
    let left = || until.duration_since(clock.now());
    let mut told = left().as_secs();
    while left().is_positive() {
        let seconds = left().as_secs();
        if let Some(mark) = TOLD.iter().find(|mark| seconds < **mark && **mark <= told) {
            told = seconds;
            let left = length(mark.unsigned_abs(), &terminal.words);
            terminal.say("send.waits-still", &[("left", &left)]);
        }
        let step = Duration::try_from(left()).map_or(Duration::ZERO, |left| clock.takes(left));
        let step = step.min(Duration::from_secs(1));
        tokio::time::sleep(step).await;
    }
}
