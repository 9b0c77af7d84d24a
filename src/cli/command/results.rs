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
use crate::cli::problem::{join_problem, journal_problem};
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::{AccountFolder, telling};
use crate::diagnostic::render::display;
use crate::journal::JournalError;
use crate::journal::store::Store;
use crate::report::join::identity;
use crate::report::results::{self, ResultsError};

/// Writes the results.
pub(crate) fn run(args: &args::Results, terminal: &Terminal) -> Exit {
    let path = &args.campaign.campaign;
    let (state, destination) = match journal_place(args, terminal) {
        Ok(place) => place,
        Err(exit) => return exit,
    };
    let overrides =
        Overrides { results: args.output.clone(), destination: Some(destination), ..environment() };
    let (campaign, plan) = match load_sound(path, &overrides, args.mask_openid, terminal) {
        Ok(sound) => sound,
        Err(exit) => return exit,
    };
    let store = match journal(args, &campaign, &state, destination, terminal) {
        Ok(store) => store,
        Err(exit) => return exit,
    };
    let file = &campaign.results.path;
    let masked = args.mask_openid == MaskOpenid::On;
    let store = Some(&store);
    let written = results::write(&campaign, &plan, store, file, masked)
        .and_then(|tally| results::write_parts(&campaign, &plan, store, file, masked, &tally));
    match written {
        Ok(()) => {
            terminal.say("summary.results", &[("file", &display(file))]);
            terminal.next("look", path);
            Exit::Ok
        }
        Err(error) => problem(&error, file, terminal),
    }
}

/// Which journal tells of the campaign: what was sent to a simulator has results of its own.
fn journal_place(args: &args::Results, terminal: &Terminal) -> Result<(PathBuf, Destination), Exit> {
    let path = &args.campaign.campaign;
    let Whose { identity, .. } = whose(path, terminal)?;
    let place = telling(path, &identity, args.state_dir.as_ref(), args.local, terminal)?;
    let knows = match Store::read(&place.0).map_err(|error| journal_problem(&error, terminal))? {
        Some(store) => store.find_campaign(&identity).map_err(|error| journal_problem(&error, terminal))?,
        None => None,
    };
    // Where no journal knows the campaign, the receipt says which results are in question.
    match elsewhere::find(path, &identity, args.local).filter(|_| knows.is_none()) {
        Some(entry) if entry.destination == Destination::Local.name() => {
            let account = AccountFolder::insist(&identity.appid, args.state_dir.as_ref(), terminal)?;
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
    terminal: &Terminal,
) -> Result<Store, Exit> {
    let problem = |error: JournalError| journal_problem(&error, terminal);
    let known = identity(campaign);
    let account = AccountFolder::insist(&known.appid, args.state_dir.as_ref(), terminal)?;
    let evidence = Evidence::of(campaign, &account, destination).map_err(problem)?;
    if evidence.tell_doubt(terminal) {
        return Err(Exit::Gate);
    }
    if let Some(store) = Store::read(state).map_err(problem)?
        && store.find_campaign(&known).map_err(problem)?.is_some()
    {
        return Ok(store);
    }
    terminal.complain("no-run", &[("campaign", &argument(&campaign.path))]);
    Err(Exit::Gate)
}

/// Says why results are not written.
pub(crate) fn problem(error: &ResultsError, file: &Path, terminal: &Terminal) -> Exit {
    match error {
        ResultsError::Join(error) => join_problem(error, terminal),
        ResultsError::File(error) => {
            terminal.complain("cannot-write", &[("file", &display(file)), ("reason", error)]);
            Exit::Storage
        }
    }
}
