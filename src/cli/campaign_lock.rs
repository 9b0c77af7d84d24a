//! The lock of a campaign: one process at a time sends it, settles it or uploads its files.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::api_base::Destination;
use crate::campaign::{Campaign, CampaignId, moment};
use crate::cli::exit_code::Exit;
use crate::cli::machine;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::word;
use crate::diagnostic::render::display;
use crate::journal::lock::{Holder, LockError, is_in_hands};
use crate::journal::receipt;
use crate::report::plan::text::length;
use crate::send::execution::locks::Locks;
use crate::send::shutdown::LOOK;

/// How long a run takes at most to put back what was deleted: it looks so often, and may be busy for a moment.
const PUT_BACK: Duration = LOOK.saturating_mul(3);

/// Takes the lock of a campaign.
///
/// # Errors
///
/// Who has it, or why it cannot be taken.
pub(crate) fn lock_campaign(
    campaign: &Campaign,
    state: &Path,
    terminal: &Terminal,
) -> Result<Locks, Problem> {
    lock_id(&campaign.id, state, terminal)
}

/// The same of a campaign of which only the id is known.
///
/// # Errors
///
/// As [`lock_campaign`].
pub(crate) fn lock_id(id: &CampaignId, state: &Path, terminal: &Terminal) -> Result<Locks, Problem> {
    let mut locks = Locks::default();
    take(&mut locks, &campaign_lock(state, id), &holder(id), None, terminal)?;
    Ok(locks)
}

pub(crate) fn holder(id: &CampaignId) -> Holder {
    Holder {
        campaign: id.to_string(),
        pid: std::process::id(),
        host: machine::name(),
        since: Timestamp::now(),
        waits_until: None,
    }
}

/// Takes the lock of a campaign that is to be sent later: whoever meets it is told that it waits.
///
/// # Errors
///
/// As [`lock_campaign`].
pub(crate) fn lock_waiting(
    campaign: &Campaign,
    state: &Path,
    waits_until: Timestamp,
    terminal: &Terminal,
) -> Result<Locks, Problem> {
    let mut locks = Locks::default();
    let holder = Holder { waits_until: Some(waits_until), ..holder(&campaign.id) };
    take(&mut locks, &campaign_lock(state, &campaign.id), &holder, Some(Instant::now()), terminal)?;
    Ok(locks)
}

/// The lock of a campaign. The folder has other locks, whose names are ids that a campaign may have.
pub(crate) fn campaign_lock(state: &Path, id: &CampaignId) -> PathBuf {
    state.join(format!("{id}.campaign.lock"))
}

/// The lock beside a campaign, which keeps those out who have another state folder: other users of the computer, and
/// others who see the folder. One an account, campaign and destination, as for a receipt's entries.
pub(crate) fn folder_lock(
    campaign: &Path,
    id: impl Display,
    appid: &str,
    destination: Destination,
) -> PathBuf {
    let local = match destination {
        Destination::Real => "",
        Destination::Local => ".local",
    };
    receipt::beside(campaign).with_file_name(format!("{id}.{}{local}.lock", word(appid)))
}

/// Takes a lock, and tells whether it had to be waited for. Only `send` waits, and names the flag for it.
pub(crate) fn take(
    locks: &mut Locks,
    path: &Path,
    holder: &Holder,
    until: Option<Instant>,
    terminal: &Terminal,
) -> Result<bool, Problem> {
    let now_or_then = until.unwrap_or_else(Instant::now);
    let taken = insist(now_or_then, terminal, |until| locks.take(path, holder, until));
    taken.map_err(|error| untaken(error, path, until.is_some()))
}

/// The same of the lock beside a campaign. Where there can be none, as in some folders on a network and where this user
/// cannot write, that is said, and the receipt alone tells others.
pub(crate) fn take_beside(
    locks: &mut Locks,
    path: &Path,
    holder: &Holder,
    until: Instant,
    terminal: &Terminal,
) -> Result<bool, Problem> {
    match insist(until, terminal, |until| locks.take_beside(path, holder, until)) {
        Err(LockError::Unreachable(file, reason)) => {
            terminal.say("send.no-folder-lock", &[("file", &display(&file)), ("reason", &reason)]);
            Ok(false)
        }
        taken => taken.map_err(|error| untaken(error, path, true)),
    }
}

/// Holds the campaign file as long as the locks are. Where somebody else holds it, although the lock beside it was free,
/// a run may be going on whose lock and receipt were deleted: it is given the time in which it puts them back, so that the
/// receipt tells of it.
pub(crate) fn hold_campaign(locks: &mut Locks, campaign: &Path) {
    if is_in_hands(campaign) {
        std::thread::sleep(PUT_BACK);
    }
    locks.hold_campaign(campaign);
}

fn insist(
    until: Instant,
    terminal: &Terminal,
    mut take: impl FnMut(Instant) -> Result<(), LockError>,
) -> Result<bool, LockError> {
    match take(Instant::now()) {
        Ok(()) => Ok(false),
        Err(LockError::Held(_)) if Instant::now() < until => {
            let wait = until.saturating_duration_since(Instant::now()).as_secs();
            terminal.say("send.waited", &[("wait", &length(wait, &terminal.words))]);
            take(until).map(|()| true)
        }
        Err(error) => Err(error),
    }
}

fn untaken(error: LockError, path: &Path, can_wait: bool) -> Problem {
    let key = |key: &'static str, other: &'static str| if can_wait { key } else { other };
    match error {
        LockError::Held(Some(Holder { campaign, pid, host, since, waits_until })) => {
            let held = match waits_until {
                None => Problem::new(Exit::Gate, key("locked", "in-use")).with("since", moment::here(since)),
                Some(until) => Problem::new(Exit::Gate, "in-use-waiting").with("until", moment::here(until)),
            };
            held.with("campaign", campaign).with("pid", pid).with("host", host)
        }
        LockError::Held(None) => {
            let key = key("locked-by-somebody", "in-use-by-somebody");
            Problem::new(Exit::Gate, key).with("file", display(path))
        }
        LockError::Unreachable(file, error) => {
            Problem::new(Exit::Storage, "lock-unwritable").with("file", display(&file)).because(error)
        }
    }
}
