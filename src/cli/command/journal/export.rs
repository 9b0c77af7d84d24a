//! `wxcast journal export`: one campaign as a file, for a colleague or another computer.

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;

use crate::audience::reader::Reader;
use crate::audience::row::Row;
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
use crate::journal::identity::{Naming, Person};
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};

pub(crate) fn run(args: &journal_args::Export, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign;
    let Whose { identity, id, .. } = whose(path)?;
    let (state, destination) = telling(path, &identity, args.journal.dir(), args.journal.local, terminal)?;
    let output = file(Some(&args.output));
    let campaign = load(path, &environment()).campaign;
    let reads = campaign.as_ref().map_or_else(|| vec![path.clone()], Campaign::reads);
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
    let mut what = exported(&identity.appid, &identity.campaign, destination.name());
    if let (Naming::Persons(_), Some(campaign)) = (store.naming(&identity.appid), &campaign) {
        what.names = names(campaign, &identity.appid);
    }
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

/// The openids of those on a campaign's list, by what stands for them in a journal that keeps none; nobody where the list
/// cannot be read, which whoever imports the file is told.
fn names(campaign: &Campaign, appid: &str) -> HashMap<Person, String> {
    let audience = &campaign.audience;
    let mut names = HashMap::new();
    let Ok((mut reader, _)) = Reader::begin(&audience.source) else { return names };
    let Some(openid) = reader.header().position(&audience.openid_column) else { return names };
    let mut row = Row::default();
    while let Ok(Some(_)) = reader.read(&mut row) {
        let cell = row.record().get(openid).map_or("".into(), String::from_utf8_lossy);
        names.insert(Person::of(appid, &cell), cell.into_owned());
    }
    names
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
