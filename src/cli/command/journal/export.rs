//! `wxcast journal export`: one campaign as a file, for a colleague or another computer.

use std::path::Path;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::cli::campaign_lock::lock_id;
use crate::cli::command::journal::{Unwritten, exported, write};
use crate::cli::context::{Whose, environment, load, whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::journal_args;
use crate::cli::output::file;
use crate::cli::output_path::Kept;
use crate::cli::problem::Problem;
use crate::cli::report_kind::Kind;
use crate::cli::terminal::{Form, Terminal, argument};
use crate::cli::user_state::telling;
use crate::diagnostic::render::display;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};

pub(crate) fn run(args: &journal_args::Export, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign;
    let Whose { identity, id, .. } = whose(path)?;
    let (state, destination) = telling(path, &identity, args.journal.dir(), args.journal.local, terminal)?;
    let output = file(Some(&args.output));
    let reads =
        load(path, &environment()).campaign.as_ref().map_or_else(|| vec![path.clone()], Campaign::reads);
    Kept::of(Some(identity.campaign.clone()), reads, args.journal.dir()).insist(output, Kind::Export)?;
    let store = Store::read(&state)?;
    let known = match &store {
        Some(store) => !store.waves(&identity)?.is_empty(),
        None => false,
    };
    let Some(store) = store.filter(|_| known) else {
        return Err(Problem::new(Exit::Gate, "no-run").with("campaign", argument(path)));
    };
    // Whoever sends meanwhile knows more than the file would, and whoever imports it knew nothing of that.
    let _lock = lock_id(&id, &state, terminal)?;
    let what = exported(&identity.appid, &identity.campaign, destination.name());
    let messages = match output {
        Some(output) => write(&store, &what, output)?,
        None => {
            let mut text = Vec::new();
            let messages = store.export(&what, &mut text)?;
            let messages = messages.map_err(|error| Unwritten::File(error).of(&args.output))?;
            terminal.document(&String::from_utf8_lossy(&text), Form::Json);
            messages
        }
    };
    note(&state, &identity);
    terminal.say("journal.exported", &[("count", &messages), ("file", &display(&args.output))]);
    let mut gone = 0;
    for wave in store.waves(&identity)? {
        if let Some(pruned) = store.pruned(wave)? {
            // As many as were taken out may be back, and be others.
            let back = store.count(wave)?.statuses().total();
            gone += pruned.messages.saturating_sub(back).max(1);
        }
    }
    if gone > 0 {
        terminal.say("journal.export-pruned", &[("count", &gone)]);
    }
    Ok(Exit::Ok)
}

/// Notes it in the journal, so that its next `send` says so: whoever imports the file goes on with the campaign.
fn note(state: &Path, whose: &Identity) {
    let note = || -> Result<(), JournalError> {
        let store = Store::open(state)?;
        store.waves(whose)?.into_iter().try_for_each(|wave| store.note_exported(wave, Timestamp::now()))
    };
    // Whoever may read a journal and not write it sends nothing with it either.
    let _ = note();
}
