//! `wxcast results`: writes the results again from the journal.

use std::path::{Path, PathBuf};

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::campaign::validate::Overrides;
use crate::cli::context::{Whose, environment, load_sound, whose};
use crate::cli::elsewhere;
use crate::cli::exit_code::Exit;
use crate::cli::gate::Evidence;
use crate::cli::line::args::{self, MaskOpenid};
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::{AccountFolder, telling};
use crate::diagnostic::render::display;
use crate::journal::store::Store;
use crate::report::join::identity;
use crate::report::results::{self, ResultsError};

/// Writes the results.
pub(crate) fn run(args: &args::Results, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let (state, destination) = journal_place(args, terminal)?;
    let overrides =
        Overrides { results: args.output.clone(), destination: Some(destination), ..environment() };
    let (campaign, plan) = load_sound(path, &overrides, args.mask_openid)?;
    let store = journal(args, &campaign, &state, destination)?;
    let file = &campaign.results.path;
    let masked = args.mask_openid == MaskOpenid::On;
    let store = Some(&store);
    results::write(&campaign, &plan, store, file, masked)
        .and_then(|tally| results::write_parts(&campaign, &plan, store, file, masked, &tally))
        .map_err(|error| match error {
            ResultsError::Join(error) => error.into(),
            ResultsError::File(error) => Problem::cannot_write(file, error),
        })?;
    terminal.say("summary.results", &[("file", &display(file))]);
    terminal.next("look", path);
    Ok(Exit::Ok)
}

/// Which journal tells of the campaign: what was sent to a simulator has results of its own.
fn journal_place(args: &args::Results, terminal: &Terminal) -> Result<(PathBuf, Destination), Problem> {
    let path = &args.campaign.campaign;
    let Whose { identity, .. } = whose(path)?;
    let place = telling(path, &identity, args.state_dir.as_ref(), args.local, terminal)?;
    let knows = match Store::read(&place.0)? {
        Some(store) => store.find_campaign(&identity)?,
        None => None,
    };
    // Where no journal knows the campaign, the receipt says which results are in question.
    match elsewhere::find(path, &identity, args.local).filter(|_| knows.is_none()) {
        Some(entry) if entry.destination == Destination::Local.name() => {
            let account = AccountFolder::insist(&identity.appid, args.state_dir.as_ref())?;
            Ok((account.of(Destination::Local), Destination::Local))
        }
        Some(_) | None => Ok(place),
    }
}

/// The journal, which knows the campaign and which nothing speaks against: results never lose to an emptier one.
fn journal(
    args: &args::Results,
    campaign: &Campaign,
    state: &Path,
    destination: Destination,
) -> Result<Store, Problem> {
    let known = identity(campaign);
    let account = AccountFolder::insist(&known.appid, args.state_dir.as_ref())?;
    Evidence::of(campaign, &account, destination)?.insist()?;
    if let Some(store) = Store::read(state)?
        && store.find_campaign(&known)?.is_some()
    {
        return Ok(store);
    }
    Err(Problem::new(Exit::Gate, "no-run").with("campaign", argument(&campaign.path)))
}
