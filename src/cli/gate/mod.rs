//! What must agree before anything leaves: the receipt beside the campaign, its results, and the journal of this user.
//! Where they do not, somebody may have been sent what the journal knows nothing of.

mod doubt;
mod doubted;
mod evidence;
mod judged;
mod results;
mod strangers;
mod take_over;
mod told;
mod witnesses;

use std::path::PathBuf;

use crate::api_base::Destination;
use crate::campaign::Campaign;
pub(crate) use crate::cli::gate::doubted::Doubted;
pub(crate) use crate::cli::gate::evidence::Evidence;
pub(crate) use crate::cli::gate::judged::{Judged, judge};
pub(crate) use crate::cli::gate::witnesses::Witnesses;
use crate::cli::machine::{self, Machine};
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::journal::receipt;
use crate::report::join::identity;
use crate::send::execution::receipts::Place;

/// Where the receipt of a campaign lies, and who writes it.
pub(crate) fn receipt(campaign: &Campaign, destination: Destination) -> Place {
    Place {
        path: receipt::beside(&campaign.path),
        computer: Machine::here().to_string(),
        user: machine::user(),
        destination: destination.name(),
        results: campaign.results.path.clone(),
    }
}

/// Insists that nothing speaks against the journal; with `take_over` it is told instead what the others know.
///
/// # Errors
///
/// When something does, or a journal cannot be read or written.
pub(crate) fn pass(
    campaign: &Campaign,
    account: &AccountFolder,
    destination: Destination,
    take_over: Option<&Option<PathBuf>>,
    yes: bool,
    terminal: &Terminal,
) -> Result<(), Problem> {
    if let Some(Some(file)) = take_over {
        take_over::import(campaign, account, destination, file)?;
    }
    let witnesses = Witnesses::ask(&campaign.path, identity(campaign), account, destination)?;
    let evidence = Evidence::of(campaign, witnesses, account)?;
    if take_over.is_some() && evidence.has_doubt() {
        evidence.agreed(yes, terminal)?;
        return Ok(evidence.take_over(terminal)?);
    }
    evidence.insist().map(drop)
}
