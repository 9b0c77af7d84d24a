//! `wxcast journal init`, `migrate` and `accept`: a journal in a database.

use crate::api_base::Destination;
use crate::cli::command::journal::accounts;
use crate::cli::exit_code::Exit;
use crate::cli::line::journal_args;
use crate::cli::problem::{Problem, journal_reason};
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::journal::JournalError;
use crate::journal::chosen;
use crate::journal::postgres::admin::{self, Made};
use crate::journal::postgres::schema::FORMAT;
use crate::journal::postgres::seen;
use crate::journal::postgres::settings::Settings;
use crate::journal::postgres::store::PostgresStore;

/// The database that is meant.
fn database() -> Result<&'static Settings, Problem> {
    chosen::database().ok_or_else(|| Problem::new(Exit::Usage, "journal-database"))
}

pub(crate) fn init(args: &journal_args::Init, terminal: &Terminal) -> Result<Exit, Problem> {
    let settings = database()?;
    if args.print {
        let script = admin::script(&settings.database);
        let told = terminal.words.say("journal.script", &[("database", &settings.database)]);
        let told = told.lines().map(|line| format!("-- {line}\n")).collect::<String>();
        terminal.data(&format!("{told}{script}"));
        return Ok(Exit::Ok);
    }
    let key = match admin::init(settings)? {
        Made::New => "journal.made",
        Made::Already(format) if format > FORMAT => return Err(newer(settings, format).into()),
        Made::Already(_) => "journal.made-before",
    };
    terminal.say(key, &[("place", settings)]);
    Ok(Exit::Ok)
}

/// There is one format until now. What a later one brings comes in two steps, so that programs of both can write meanwhile.
pub(crate) fn migrate(terminal: &Terminal) -> Result<Exit, Problem> {
    let settings = database()?;
    match admin::found_format(settings)? {
        None => Err(JournalError::Unprepared { place: settings.place() }.into()),
        Some(format) if format > FORMAT => Err(newer(settings, format).into()),
        Some(format) => {
            terminal.say("journal.migrated", &[("place", settings), ("format", &format)]);
            Ok(Exit::Ok)
        }
    }
}

fn newer(settings: &Settings, found: i64) -> JournalError {
    JournalError::Newer { place: settings.place(), found, known: FORMAT }
}

/// Takes a database for what it is now, after it was told what may be lost.
pub(crate) fn accept(args: &journal_args::Accept, terminal: &Terminal) -> Result<Exit, Problem> {
    let settings = database()?;
    let mut accounts = accounts(args.appid.as_ref(), args.state.dir())?;
    if accounts.is_empty() {
        // Nobody sent from this computer: what the database says of itself counts all the same.
        accounts.push(AccountFolder::insist("any", args.state.dir())?);
    }
    let mut moved = Vec::new();
    for account in accounts {
        for destination in [Destination::Real, Destination::Local] {
            let folder = account.of(destination);
            let store = PostgresStore::read(settings, &folder, destination)?;
            let store = store.ok_or_else(|| JournalError::Unprepared { place: settings.place() })?;
            if let Err(error) = seen::insist(&store) {
                let JournalError::Moved { .. } = error else { return Err(error.into()) };
                moved.push((store, error));
            }
        }
    }
    let Some((_, first)) = moved.first() else {
        terminal.say("journal.nothing-to-accept", &[("place", settings)]);
        return Ok(Exit::Ok);
    };
    terminal.tell(&format!("{}\n", journal_reason(first).say(&terminal.words)));
    terminal.say("journal.accept-means", &[]);
    agreed(args, terminal)?;
    for (store, _) in &moved {
        seen::accept(store)?;
    }
    terminal.say("journal.accepted", &[("place", settings)]);
    Ok(Exit::Ok)
}

fn agreed(args: &journal_args::Accept, terminal: &Terminal) -> Result<(), Problem> {
    if args.yes {
        return Ok(());
    }
    if !terminal.is_interactive() {
        return Err(Problem::new(Exit::Gate, "accept-needs-yes"));
    }
    if terminal.ask("journal.accept-ask", &[]) {
        return Ok(());
    }
    Err(Problem::note(Exit::Gate, "journal.accept-no"))
}
