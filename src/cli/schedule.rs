//! The lines by which a computer's own scheduler goes on with a campaign. Nothing is installed.

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, Unit, ZonedRound};

use crate::cli::terminal::{Terminal, argument};
use crate::plan::id::PlanId;

/// Says how to go on with a campaign at a moment, by the schedulers that a computer of this kind has.
pub(crate) fn tell(at: Timestamp, campaign: &Path, id: PlanId, terminal: &Terminal) {
    // A scheduler starts commands in another folder, so the path must be absolute.
    let full = std::path::absolute(campaign).unwrap_or_else(|_| campaign.to_owned());
    let program = std::env::current_exe().unwrap_or_else(|_| "wxcast".into());
    let (program, campaign) = (argument(&program), argument(&full));
    let send = format!("send {campaign} --yes --expect-plan {id}");
    // These go by the computer's clock, not by the campaign's zone.
    let local = at.to_zoned(TimeZone::system());
    let lines = if cfg!(windows) {
        let at = local.strftime("%Y-%m-%dT%H:%M:%S");
        vec![format!(
            "Register-ScheduledTask wxcast -Trigger (New-ScheduledTaskTrigger -Once -At {at}) \
             -Action (New-ScheduledTaskAction {program} '{}')",
            send.replace('\'', "''")
        )]
    } else {
        // cron knows no seconds, and a run that begins too early only pauses again.
        let minute = ZonedRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil);
        // The last minute of all times has none after it.
        let minute = local.round(minute).unwrap_or_else(|_| local.clone());
        let (cron, calendar) =
            (minute.strftime("%-M %-H %-d %-m *"), at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
        vec![
            format!("{cron} {program} {send}"),
            format!("systemd-run --user --on-calendar='{calendar}' {program} {send}"),
        ]
    };
    terminal.say("schedule.about", &[("lines", &lines.join("\n  "))]);
}
