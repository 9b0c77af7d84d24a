//! `wxcast stop`: drains a running send.

use std::path::Path;
use std::time::Duration;

use crate::api_base::Destination;
use crate::cli::command::send::stop_request;
use crate::cli::context::{Whose, whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::problem::Problem;
use crate::cli::receipt_told;
use crate::cli::running::{Running, is_told};
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::diagnostic::render::display;
use crate::journal::Identity;
use crate::journal::chosen;
use crate::journal::lock::{holder_of, is_held};
use crate::journal::postgres::admin;
use crate::journal::postgres::settings::Settings;
use crate::journal::store::Store;
use crate::own_file;

/// How often it is looked whether the run has ended.
const LOOK: Duration = Duration::from_millis(100);

/// Asks a running send to stop, and waits until it has.
pub(crate) fn run(args: &args::Stop, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let shared = stop_shared(args, terminal)?;
    let here = match running(args, terminal) {
        // Whoever was meant has stopped.
        Err(_) if shared => None,
        found => found?,
    };
    let Some(Running { id, state, lock }) = here else {
        terminal.say(if shared { "stop.stopped" } else { "stop.nothing" }, &[]);
        terminal.next("look", path);
        return Ok(Exit::Ok);
    };
    let request = stop_request(&state, &id);
    own_file::replace(&request, b"").map_err(|error| Problem::cannot_write(&request, error))?;
    let holder = holder_of(&lock);
    let pid = holder.as_ref().map_or_else(|| "?".to_owned(), |holder| holder.pid.to_string());
    terminal.say("stop.asked", &[("pid", &pid)]);
    // Whoever waited for the lock and has it now was not asked.
    let still_runs = || is_held(&lock) && holder_of(&lock) == holder;
    while still_runs() {
        std::thread::sleep(LOOK);
        // A run that was just beginning took the request for an old one.
        if !request.exists() && still_runs() {
            let _ = own_file::replace(&request, b"");
        }
    }
    // The run that was asked is over; a later one is not asked.
    let _ = std::fs::remove_file(&request);
    terminal.say("stop.stopped", &[]);
    terminal.next("look", path);
    Ok(Exit::Ok)
}

/// Where the journal is shared, stops the campaign on every computer, this one among them. Gives whether anybody sent it.
fn stop_shared(args: &args::Stop, terminal: &Terminal) -> Result<bool, Problem> {
    match (chosen::database(), whose(&args.campaign.campaign)) {
        (Some(settings), Ok(Whose { identity, .. })) => stop_everywhere(args, settings, &identity, terminal),
        // Which campaign is meant is told by whoever looks for it here.
        (None, _) | (_, Err(_)) => Ok(false),
    }
}

/// Asks whoever sends a campaign to stop, and waits until they have. Gives whether anybody did.
fn stop_everywhere(
    args: &args::Stop,
    settings: &Settings,
    whose: &Identity,
    terminal: &Terminal,
) -> Result<bool, Problem> {
    let destinations: &[_] =
        if args.journal.local { &[Destination::Local] } else { &[Destination::Real, Destination::Local] };
    for destination in destinations {
        let sending = admin::at_work(settings, whose, *destination)?;
        if sending.is_empty() {
            continue;
        }
        admin::ask_to_stop(settings, whose, *destination)?;
        for worker in &sending {
            terminal.say("stop.asked-elsewhere", &[("pid", &worker.pid), ("host", &worker.host)]);
        }
        while admin::at_work(settings, whose, *destination)?.iter().any(|worker| sending.contains(worker)) {
            std::thread::sleep(LOOK);
        }
        return Ok(true);
    }
    Ok(false)
}

/// The run that is meant: of the campaign that the file names, else the one that its folder tells of. A running send must
/// be stoppable while its files are being edited. Where there is none, that is said.
///
/// # Errors
///
/// When the file does not say which campaign it is, and the folder tells of no run.
fn running(args: &args::Stop, terminal: &Terminal) -> Result<Option<Running>, Problem> {
    let path = &args.campaign.campaign;
    let flag = args.journal.dir();
    let beside = || {
        let running = Running::beside(path, flag);
        if let Some(Running { id, .. }) = &running {
            terminal.say("stop.beside", &[("campaign", id)]);
        }
        running
    };
    let Whose { id, identity, .. } = match whose(path) {
        Ok(whose) => whose,
        Err(problem) => {
            if let Some(running) = beside() {
                return Ok(Some(running));
            }
            if let Some(entry) = is_told(path) {
                return Err(problem.and(receipt_told::unstopped(&entry, path)));
            }
            let stop = path.parent().unwrap_or(Path::new("")).join("STOP");
            let unknown = Problem::new(problem.exit(), "no-campaign-id").with("file", display(path));
            return Err(problem.and(unknown.with("stop", display(&stop))));
        }
    };
    let account = AccountFolder::insist(&identity.appid, flag)?;
    let destinations: &[_] =
        if args.journal.local { &[Destination::Local] } else { &[Destination::Real, Destination::Local] };
    let mut folders = destinations.iter().map(|destination| account.of(*destination));
    if let Some(running) = folders.find_map(|state| Running::of(&id, state)).or_else(beside) {
        return Ok(Some(running));
    }
    match receipt_told::find(path, &identity, args.journal.local) {
        Some(entry) if entry.running && !knows(&account, &identity) => {
            Err(receipt_told::unstopped(&entry, path))
        }
        Some(_) | None => Ok(None),
    }
}

/// Whether one of the account's journals here knows a campaign. One that cannot be read may.
fn knows(account: &AccountFolder, whose: &Identity) -> bool {
    [Destination::Real, Destination::Local].into_iter().any(|destination| {
        match Store::read(&account.of(destination)) {
            Ok(Some(store)) => !matches!(store.find_campaign(whose), Ok(None)),
            Ok(None) => false,
            Err(_) => true,
        }
    })
}
