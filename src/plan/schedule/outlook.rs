//! The outlook of a campaign: its plan held against a moment.

use jiff::Timestamp;

use crate::audience::time_cell::TimeForm;
use crate::campaign::Campaign;
use crate::plan::Plan;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::schedule::forecast::{Forecast, Pace, forecast};

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

/// The pace of a campaign from a moment on.
pub(crate) fn pace(campaign: &Campaign, at: Timestamp) -> Pace<'_> {
    let send = &campaign.send;
    Pace { at, per_second: send.ceiling(), hours: &send.hours, order: send.order }
}

/// The outlook, where the campaign says until when people can be written to.
pub(crate) fn outlook(campaign: &Campaign, plan: &Plan, at: Timestamp) -> Option<Outlook> {
    let windows = plan.windows.as_ref()?;
    let forecast = forecast(&windows.deadlines, &pace(campaign, at));
    Some(Outlook { at, forecast, one_minute: Some(windows.one_minute), form: windows.form })
}

/// The outlook of some of a plan's people, who have these deadlines in the order of the audience: those who are left once
/// others were sent the message.
pub(crate) fn outlook_of(
    campaign: &Campaign,
    plan: &Plan,
    deadlines: &[Deadline],
    at: Timestamp,
) -> Option<Outlook> {
    let windows = plan.windows.as_ref()?;
    let forecast = forecast(deadlines, &pace(campaign, at));
    Some(Outlook { at, forecast, one_minute: None, form: windows.form })
}

impl Outlook {
    /// Who gets nothing.
    pub(crate) fn lost(&self) -> u64 {
        self.forecast.out + self.forecast.late
    }
}
