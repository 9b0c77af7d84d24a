//! `wxcast results`: writes the results again from the journal.

use std::path::Path;

use crate::campaign::validate::Overrides;
use crate::cli::context::{environment, load_sound};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, MaskOpenid};
use crate::cli::problem::{join_problem, journal_problem};
use crate::cli::terminal::Terminal;
use crate::cli::user_state::telling;
use crate::diagnostic::render::display;
use crate::journal::store::Store;
use crate::report::join::identity;
use crate::report::results::{self, ResultsError};

/// Writes the results.
pub(crate) fn run(args: &args::Results, terminal: &Terminal) -> Exit {
    let path = &args.campaign.campaign;
    let overrides = Overrides { results: args.output.clone(), ..environment() };
    let (campaign, plan) = match load_sound(path, &overrides, terminal) {
        Ok(sound) => sound,
        Err(exit) => return exit,
    };
    let folder = telling(path, &identity(&campaign), args.state_dir.as_ref(), args.local, terminal);
    let store =
        folder.and_then(|(state, _)| Store::read(&state).map_err(|error| journal_problem(&error, terminal)));
    let store = match store {
        Ok(store) => store,
        Err(exit) => return exit,
    };
    let file = &campaign.results.path;
    let masked = args.mask_openid == MaskOpenid::On;
    let store = store.as_ref();
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
