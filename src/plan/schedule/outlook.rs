//! The outlook of a campaign: its plan held against a moment.

use jiff::{SignedDuration, Timestamp};

use crate::audience::time_cell::TimeForm;
use crate::campaign::Campaign;
use crate::campaign::ramp::Rest;
use crate::plan::Plan;
use crate::plan::pass::Changed;
use crate::plan::ramp;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::schedule::forecast::{Forecast, forecast};
use crate::plan::schedule::queue::{self, Pace, Queue};

/// What becomes of a plan's people when sending begins at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outlook {
    /// When it begins.
    pub(crate) at: Timestamp,
    /// What becomes of them.
    pub(crate) forecast: Forecast,
    /// Who did something that opens no more than a minute; nothing where that is known of the whole list alone.
    pub(crate) one_minute: Option<u64>,
    /// How the times are written, where there are any.
    pub(crate) form: Option<TimeForm>,
}

/// Looks ahead at what becomes of a plan's people, where the campaign says until when they can be written to.
#[derive(Debug)]
pub(crate) struct Lookout<'a> {
    campaign: &'a Campaign,
    plan: &'a Plan,
    /// The step of each message, where there is a ramp.
    steps: Option<Vec<u8>>,
    /// Until when nothing is begun because of a step that is over already.
    rests_until: Option<Timestamp>,
}

impl<'a> Lookout<'a> {
    /// Of a plan of which nothing was sent. Where it has a ramp, the audience is read once more for who is in which step.
    ///
    /// # Errors
    ///
    /// When the audience is no longer the one that was planned.
    pub(crate) fn of(campaign: &'a Campaign, plan: &'a Plan) -> Result<Self, Changed> {
        let steps = if plan.windows.is_some() { ramp::steps(campaign, plan)? } else { None };
        Ok(Self { campaign, plan, steps, rests_until: None })
    }

    /// Of a plan whose ramp stands somewhere: these are the steps of its messages.
    pub(crate) fn from_here(
        campaign: &'a Campaign,
        plan: &'a Plan,
        steps: Option<Vec<u8>>,
        rests_until: Option<Timestamp>,
    ) -> Self {
        Self { campaign, plan, steps, rests_until }
    }

    /// The outlook of everybody.
    pub(crate) fn outlook(&self, at: Timestamp) -> Option<Outlook> {
        let windows = self.plan.windows.as_ref()?;
        let queue = Queue { deadlines: &windows.deadlines, steps: self.steps.as_deref() };
        let forecast = forecast(queue, &self.pace(at));
        Some(Outlook { at, forecast, one_minute: Some(windows.one_minute), form: windows.form })
    }

    /// The outlook of those with these numbers, in the order of the audience: those who are left once others were sent the
    /// message.
    pub(crate) fn outlook_of(&self, numbers: &[u32], at: Timestamp) -> Option<Outlook> {
        let windows = self.plan.windows.as_ref()?;
        let place = |number: &u32| usize::try_from(*number).expect("32 bits fit");
        let deadlines: Vec<Deadline> =
            numbers.iter().map(|number| windows.deadlines[place(number)]).collect();
        let step_of =
            |steps: &Vec<u8>| numbers.iter().map(|number| steps[place(number)]).collect::<Vec<u8>>();
        let steps = self.steps.as_ref().map(step_of);
        let queue = Queue { deadlines: &deadlines, steps: steps.as_deref() };
        let forecast = forecast(queue, &self.pace(at));
        Some(Outlook { at, forecast, one_minute: None, form: windows.form })
    }

    /// The numbers of those who get nothing.
    pub(crate) fn lost(&self, at: Timestamp) -> Option<Vec<usize>> {
        let windows = self.plan.windows.as_ref()?;
        let queue = Queue { deadlines: &windows.deadlines, steps: self.steps.as_deref() };
        Some(queue::lost(queue, &self.pace(at)))
    }

    fn pace(&self, at: Timestamp) -> Pace<'a> {
        let send = &self.campaign.send;
        Pace {
            at,
            per_second: send.ceiling(),
            hours: &send.hours,
            order: send.order,
            rest: rest(self.campaign),
            rests_until: self.rests_until,
        }
    }
}

/// How long people wait after each step of a campaign's ramp. Where somebody is to look, nobody knows how long.
fn rest(campaign: &Campaign) -> SignedDuration {
    match campaign.send.ramp.as_ref().map(|ramp| ramp.wait) {
        None | Some(Rest::None | Rest::Ask) => SignedDuration::ZERO,
        // Longer than can be expressed is longer than any window.
        Some(Rest::For(length)) => SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX),
    }
}

impl Outlook {
    /// Who gets nothing.
    pub(crate) fn lost(&self) -> u64 {
        self.forecast.out + self.forecast.late
    }
}
