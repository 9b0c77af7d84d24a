//! What must agree before anything leaves: the receipt beside the campaign, its results, and the journal of this user.
//! Where they do not, somebody may have been sent what the journal knows nothing of.

mod cost;
mod doubt;
mod doubted;
mod evidence;
mod gaps;
mod judged;
mod listed;
mod results;
mod strangers;
mod strays;
mod take_over;
mod told;
mod witnesses;

use std::path::Path;
use std::{fs, io};

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::cli::exit_code::Exit;
pub(crate) use crate::cli::gate::doubted::Doubted;
pub(crate) use crate::cli::gate::evidence::Evidence;
pub(crate) use crate::cli::gate::judged::{Judged, judge};
pub(crate) use crate::cli::gate::witnesses::Witnesses;
use crate::cli::line::args;
use crate::cli::machine::{self, Machine};
use crate::cli::problem::Problem;
use crate::cli::receipt_told::entry_told;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::AccountFolder;
use crate::diagnostic::render::display;
use crate::journal::receipt::{self, Entry, Receipt};
use crate::journal::store::Store;
use crate::own_file;
use crate::plan::id::PlanId;
use crate::report::join::identity;
use crate::send::execution::receipts::Place;

/// Where the receipt of a campaign lies, and who writes it.
pub(crate) fn receipt(campaign: &Campaign, destination: Destination, seen: Option<Entry>) -> Place {
    Place {
        path: receipt::beside(&campaign.path),
        computer: Machine::here().to_string(),
        user: machine::user(),
        destination: destination.name(),
        results: campaign.results.path.clone(),
        seen,
    }
}

/// What was seen on the way through the gate.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// What the receipt says then.
    pub(crate) receipt: Option<Entry>,
    /// The journal, where it is open.
    pub(crate) store: Option<Store>,
}

/// Insists that nothing speaks against the journal; with `--take-over` it is told instead what the others know.
///
/// # Errors
///
/// When something does, or a journal cannot be read or written.
pub(crate) fn pass(
    campaign: &Campaign,
    account: &AccountFolder,
    destination: Destination,
    args: &args::Send,
    id: PlanId,
    terminal: &Terminal,
) -> Result<Passed, Problem> {
    if let Some(Some(file)) = &args.take_over {
        take_over::import(campaign, account, destination, file, terminal)?;
    }
    let witnesses = Witnesses::ask(&campaign.path, identity(campaign), account, destination)?;
    let evidence = Evidence::of(campaign, witnesses, account)?;
    if args.take_over.is_some() && evidence.has_doubt() {
        let cost = evidence.agreed(args, id, terminal)?;
        evidence.take_over(cost, terminal)?;
        return Ok(Passed { receipt: said_now(campaign, destination), store: None });
    }
    let witnesses = evidence.insist()?;
    Ok(Passed { receipt: witnesses.entry().cloned(), store: witnesses.store })
}

/// Insists that nobody began to send it elsewhere while somebody here was thinking about it.
///
/// # Errors
///
/// When the receipt says something else than it did, or the journal cannot be read.
pub(crate) fn insist_unchanged(
    campaign: &Campaign,
    destination: Destination,
    state: &Path,
    seen: Option<&Entry>,
) -> Result<(), Problem> {
    let Some(now) = said_now(campaign, destination).filter(|now| Some(now) != seen) else { return Ok(()) };
    // What this journal wrote it knows.
    let journal = Store::read(state)?.map(|store| store.uuid()).transpose()?;
    match Some(now).filter(|now| journal.as_ref() != Some(&now.journal)) {
        None => Ok(()),
        Some(now) => Err(Problem::new(Exit::Gate, "receipt-changed")
            .with("receipt", entry_told(&now, &receipt::beside(&campaign.path)))
            .with("campaign", argument(&campaign.path))),
    }
}

/// What the receipt says of a campaign; nothing where it cannot be read.
fn said_now(campaign: &Campaign, destination: Destination) -> Option<Entry> {
    let receipt = Receipt::read(&receipt::beside(&campaign.path)).ok()?;
    receipt.of(&identity(campaign), destination.name()).cloned()
}

/// Insists that a run will leave something beside the campaign by which whoever comes next, and has another journal, is
/// told: a receipt, or results.
///
/// # Errors
///
/// Where neither can be written.
pub(crate) fn insist_on_traces(campaign: &Campaign) -> Result<(), Problem> {
    let receipt = receipt::beside(&campaign.path);
    let results = own_file::followed(&campaign.results.path);
    let is_written_to = |file: &Path| -> io::Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        own_file::temporary_in(folder).map(drop)
    };
    let receipt_folder = receipt.parent().map_or(Ok(()), own_file::make_common_folder);
    let Err(reason) = receipt_folder.and_then(|()| is_written_to(&receipt)) else { return Ok(()) };
    // What is no file, such as a pipe, is written to as it is.
    let goes_elsewhere = fs::metadata(&results).is_ok_and(|there| !there.is_file());
    if goes_elsewhere || is_written_to(&results).is_ok() {
        return Ok(());
    }
    let folder = receipt.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    Err(Problem::new(Exit::Gate, "no-traces").with("folder", display(folder)).because(reason))
}
