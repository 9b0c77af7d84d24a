//! The lock of a campaign: one process at a time sends it, settles it or uploads its files.

use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;

use crate::campaign::{Campaign, CampaignId, moment};
use crate::cli::exit_code::Exit;
use crate::cli::machine;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::journal::lock::{Holder, LockError};
use crate::report::plan::text::length;
use crate::send::execution::locks::Locks;

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
    }
}

/// The lock of a campaign.
pub(crate) fn campaign_lock(state: &Path, id: &CampaignId) -> PathBuf {
    state.join(format!("{id}.lock"))
}

/// Takes a lock, and tells whether it had to be waited for. Only `send` waits, and names the flag for it.
pub(crate) fn take(
    locks: &mut Locks,
    path: &Path,
    holder: &Holder,
    until: Option<Instant>,
    terminal: &Terminal,
) -> Result<bool, Problem> {
    let taken = match (locks.take(path, holder, Instant::now()), until) {
        (Ok(()), _) => return Ok(false),
        (Err(LockError::Held(_)), Some(until)) if Instant::now() < until => {
            let wait = until.saturating_duration_since(Instant::now()).as_secs();
            terminal.say("send.waited", &[("wait", &length(wait, &terminal.words))]);
            locks.take(path, holder, until)
        }
        (Err(error), _) => Err(error),
    };
    let key = |key: &'static str, other: &'static str| if until.is_some() { key } else { other };
    taken.map(|()| true).map_err(|error| match error {
        LockError::Held(Some(other)) => Problem::new(Exit::Gate, key("locked", "in-use"))
            .with("campaign", other.campaign)
            .with("pid", other.pid)
            .with("host", other.host)
            .with("since", moment::here(other.since)),
        LockError::Held(None) => {
            let key = key("locked-by-somebody", "in-use-by-somebody");
            Problem::new(Exit::Gate, key).with("file", display(path))
        }
        LockError::Unreachable(file, error) => Problem::cannot_write(&file, error),
    })
}
