//! `wxcast stop`: drains a running send.

use std::time::Duration;

use crate::cli::command::send::{campaign_lock, stop_request};
use crate::cli::context::{campaign_id, state_dir};
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::journal::lock::{holder_of, is_held};

/// How often it is looked whether the run has ended.
const LOOK: Duration = Duration::from_millis(100);

/// Asks a running send to stop, and waits until it has.
pub(crate) fn run(args: &args::Stop, terminal: &Terminal) -> Exit {
    let path = &args.campaign.campaign;
    // A running send must be stoppable even while its audience is being edited.
    let Some(id) = campaign_id(path) else {
        terminal.complain("no-campaign-id", &[("file", &display(path))]);
        return Exit::Invalid;
    };
    let state = state_dir(path, args.state_dir.as_ref());
    let lock = campaign_lock(&state, &id);
    if !is_held(&lock) {
        terminal.say("stop.nothing", &[]);
        terminal.next("look", path);
        return Exit::Ok;
    }
    let request = stop_request(&state, &id);
    if let Err(error) = std::fs::write(&request, b"") {
        terminal.complain("cannot-write", &[("file", &display(&request)), ("reason", &error)]);
        return Exit::Storage;
    }
    let pid = holder_of(&lock).map_or_else(|| "?".to_owned(), |holder| holder.pid.to_string());
    terminal.say("stop.asked", &[("pid", &pid)]);
    while is_held(&lock) {
        std::thread::sleep(LOOK);
        // A run that was just beginning took the request for an old one.
        if !request.exists() && is_held(&lock) {
            let _ = std::fs::write(&request, b"");
        }
    }
    // The run that was asked is over; a later one is not asked.
    let _ = std::fs::remove_file(&request);
    terminal.say("stop.stopped", &[]);
    terminal.next("look", path);
    Exit::Ok
}
