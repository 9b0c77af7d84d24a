//! `wxcast stop`: drains a running send.

use std::time::Duration;

use crate::api_base::Destination;
use crate::cli::campaign_lock::campaign_lock;
use crate::cli::command::send::stop_request;
use crate::cli::context::{Whose, whose};
use crate::cli::elsewhere;
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::journal::Identity;
use crate::journal::lock::{holder_of, is_held};
use crate::journal::store::Store;
use crate::own_file;

/// How often it is looked whether the run has ended.
const LOOK: Duration = Duration::from_millis(100);

/// Asks a running send to stop, and waits until it has.
pub(crate) fn run(args: &args::Stop, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    // A running send must be stoppable even while its text or audience is being edited.
    let Whose { id, identity, .. } = whose(path)?;
    let account = AccountFolder::insist(&identity.appid, args.journal.dir())?;
    let destinations: &[_] =
        if args.journal.local { &[Destination::Local] } else { &[Destination::Real, Destination::Local] };
    let folders = destinations.iter().map(|destination| account.of(*destination));
    let running = folders.map(|state| (campaign_lock(&state, &id), state)).find(|(lock, _)| is_held(lock));
    let Some((lock, state)) = running else {
        if let Some(entry) = elsewhere::find(path, &identity, args.journal.local)
            .filter(|entry| entry.running && !knows(&account, &identity))
        {
            elsewhere::tell(&entry, path, terminal);
            return Ok(Exit::Ok);
        }
        terminal.say("stop.nothing", &[]);
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
