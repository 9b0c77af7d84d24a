//! `wxcast results`: writes the results again from the journal.

use std::io;
use std::path::{Path, PathBuf};

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::campaign::results_name::{LOCAL, is_marked, names};
use crate::campaign::validate::Overrides;
use crate::cli::campaign_lock::campaign_lock;
use crate::cli::context::{Whose, environment, load_sound_guarded, whose};
use crate::cli::ending::results_kept;
use crate::cli::exit_code::Exit;
use crate::cli::gate::{Evidence, Witnesses};
use crate::cli::line::args::{self, MaskOpenid};
use crate::cli::output::file;
use crate::cli::output_path::{Kept, forbids_results};
use crate::cli::platform::hosts;
use crate::cli::problem::Problem;
use crate::cli::receipt_told;
use crate::cli::results_file::leave_receipt;
use crate::cli::telling::{Asked, Teller};
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::AccountFolder;
use crate::delivery::additions::Additions;
use crate::diagnostic::render::display;
use crate::journal::lock::is_held;
use crate::journal::receipt::{self, Receipt};
use crate::journal::store::Store;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::report::join::identity;
use crate::report::results::{self, ResultsError};

/// Writes the results.
pub(crate) fn run(args: &args::Results, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let (campaign, plan, witnesses) = ready(args, terminal)?;
    let (store, _) = witnesses
        .known()
        .ok_or_else(|| Problem::new(Exit::Gate, "no-run").with("campaign", argument(&campaign.path)))?;
    let masked = args.mask_openid == MaskOpenid::On;
    let store = Some(store);
    if is_stdout(args) {
        let written =
            terminal.stream(|out| results::write_stream(&campaign, &plan, store, out, masked).map(drop));
        return match written {
            // Who closes stdout does not want the rest.
            Ok(()) | Err(ResultsError::File(_)) => Ok(Exit::Ok),
            Err(ResultsError::Join(error)) => Err(error.into()),
        };
    }
    let (results_file, kept) = untouched(&campaign, &plan, store)?;
    let results_file = &results_file;
    let tally = results::write(&campaign, &plan, store, results_file, masked)
        .and_then(|tally| {
            results::write_parts(&campaign, &plan, store, results_file, masked, &tally).map(|()| tally)
        })
        .map_err(|error| match error {
            ResultsError::Join(error) => error.into(),
            ResultsError::File(error) => Problem::cannot_write(results_file, error),
        })?;
    if let Some(named) =
        file(args.output.as_ref()).filter(|named| named.file_name() != results_file.file_name())
    {
        terminal.say("results.renamed", &[("named", &display(named)), ("file", &display(results_file))]);
    }
    if let Some((first, added)) = &kept {
        results_kept(first, added, results_file, terminal);
    }
    terminal.say("summary.results", &[("file", &display(results_file))]);
    let told = [
        ("send.gone", tally.gone),
        ("send.gone-unknown", tally.gone_unknown),
        ("results.altered", tally.altered),
    ];
    for (key, count) in told {
        if count > 0 {
            terminal.say(key, &[("count", &count)]);
        }
    }
    leave_receipt_of(&campaign, &plan, store, args, terminal)?;
    terminal.next("look", path);
    Ok(Exit::Ok)
}

/// The first of the names of the results under which nothing lies that somebody else wrote, and what lies under the first
/// name where it is another one.
fn untouched(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
) -> Result<(PathBuf, Option<(PathBuf, Additions)>), Problem> {
    let usual = &campaign.results.path;
    let destination = if is_marked(usual, LOCAL) { Destination::Local } else { Destination::Real };
    let free = |path: &PathBuf| forbids_results(campaign, Some(destination), path).is_none();
    let mut kept = None;
    for path in names(usual).filter(free) {
        let added = results::additions(campaign, plan, store, &path)?;
        if !added.is_any() {
            return Ok((path, kept));
        }
        kept = kept.or(Some((path, added)));
    }
    Err(Problem::cannot_write(usual, io::Error::from(io::ErrorKind::AlreadyExists)))
}

/// Leaves a receipt where there is none, or brings up to date what this journal said when a run ended, as after
/// `wxcast resolve`; and only where the results are the usual ones: a copy somewhere else is nobody's evidence. What is not
/// where the campaign goes now was approved as another plan, whose id is not known here.
fn leave_receipt_of(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    args: &args::Results,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let (Some(store), Ok(hosts)) = (store, hosts(campaign)) else { return Ok(()) };
    let destination = hosts.destination();
    let is_usual = args.output.is_none()
        && is_marked(&campaign.results.path, LOCAL) == (destination == Destination::Local);
    let Some(receipt) = Receipt::read(&receipt::beside(&campaign.path)).ok().filter(|_| is_usual) else {
        return Ok(());
    };
    let sent = receipt.of(&identity(campaign), destination.name());
    let account = AccountFolder::insist(&campaign.account.appid, args.journal.dir())?;
    // One that somebody else wrote stays, as does that of a run which is going on.
    let may_write = match sent {
        None => true,
        Some(sent) if sent.running => false,
        Some(sent) => {
            sent.journal == store.uuid()? && !is_held(&campaign_lock(&account.of(destination), &campaign.id))
        }
    };
    if may_write {
        let id = PlanId::of(campaign, &hosts, plan);
        leave_receipt((campaign, plan, id), destination, store, sent, terminal)?;
    }
    Ok(())
}

fn is_stdout(args: &args::Results) -> bool {
    args.output.is_some() && file(args.output.as_ref()).is_none()
}

/// The campaign and its plan, and what receipt and journal know of it, where nothing speaks against the journal: results
/// never lose to an emptier one. What was sent to a simulator has results of its own, so whose journal tells of it comes
/// first; where no journal knows the campaign, the receipt says which results are in question.
fn ready(args: &args::Results, terminal: &Terminal) -> Result<(Campaign, Plan, Witnesses), Problem> {
    let path = &args.campaign.campaign;
    let Whose { identity, id, .. } = whose(path)?;
    let asked =
        Asked { path, whose: &identity, id: &id, flag: args.journal.dir(), local: args.journal.local };
    let teller = Teller::find(&asked, terminal)?;
    let mut destination = teller.destination;
    let account = AccountFolder::insist(&identity.appid, args.journal.dir())?;
    let mut witnesses = Witnesses::ask(path, identity.clone(), &account, destination)?;
    if witnesses.known().is_none()
        && let Some(entry) = receipt_told::find(path, &identity, args.journal.local)
        && entry.destination == Destination::Local.name()
    {
        destination = Destination::Local;
        witnesses = Witnesses::ask(path, identity, &account, destination)?;
    }
    let named = file(args.output.as_ref());
    let overrides =
        Overrides { results: named.map(Path::to_owned), destination: Some(destination), ..environment() };
    let (campaign, plan) = load_sound_guarded(path, &overrides, args.mask_openid)?;
    if !is_stdout(args) {
        Kept::of_campaign(&campaign, args.journal.dir()).insist_results(&campaign, Some(destination))?;
    }
    teller.insist()?;
    let witnesses = Evidence::of(&campaign, witnesses, &account)?.insist_for_file()?;
    Ok((campaign, plan, witnesses))
}
