//! `wxcast stop`: drains a running send.

use std::time::Duration;

use crate::cli::args;
use crate::cli::context::{environment, load_sound, state_dir};
use crate::cli::exit_code::Exit;
use crate::cli::send::{campaign_lock, stop_request};
use crate::cli::terminal::Terminal;
use crate::journal::lock::{holder_of, is_held};

/// How often it is looked whether the run has ended.
const LOOK: Duration = Duration::from_millis(100);

/// Asks a running send to stop, and waits until it has.
pub fn run(args: &args::Stop, terminal: &Terminal) -> Exit {
    let path = &args.campaign.campaign;
    let (campaign, _) = match load_sound(path, &environment(), terminal) {
        Ok(sound) => sound,
        Err(exit) => return exit,
    };
    let state = state_dir(path, args.state_dir.as_ref());
    let lock = campaign_lock(&state, &campaign);
    if !is_held(&lock) {
        terminal.say("stop.nothing", &[]);
        return Exit::Ok;
    }
    let request = stop_request(&state, &campaign);
    if let Err(error) = std::fs::write(&request, b"") {
        terminal.complain("cannot-write", &[("file", &request.display()), ("reason", &error)]);
        return Exit::Storage;
    }
    let pid = holder_of(&lock).map_or_else(|| "?".to_owned(), |holder| holder.pid.to_string());
    terminal.say("stop.asked", &[("pid", &pid)]);
    while is_held(&lock) {
        std::thread::sleep(LOOK);
    }
    // The run that was asked is over; a later one is not asked.
    let _ = std::fs::remove_file(&request);
    terminal.say("stop.stopped", &[("campaign", &path.display())]);
    Exit::Ok
}
