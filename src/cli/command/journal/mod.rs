//! `wxcast journal`: the journal itself, one command a file.

mod database;
mod export;
mod import;
mod prune;
mod status;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::context::variable;
use crate::cli::exit_code::Exit;
use crate::cli::line::journal_args::{Journal, JournalCommand};
use crate::cli::machine::Machine;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::diagnostic::render::display;
use crate::journal::JournalError;
use crate::journal::portable::{Exported, ImportError};
use crate::journal::store::Store;
use crate::report::write_file;

/// Does one of them.
pub(crate) fn run(args: &Journal, terminal: &Terminal) -> Result<Exit, Problem> {
    match &args.command {
        JournalCommand::Status(args) => status::run(args, terminal),
        JournalCommand::Export(args) => export::run(args, terminal),
        JournalCommand::Import(args) => import::run(args, terminal),
        JournalCommand::Prune(args) => prune::run(args, terminal),
        JournalCommand::Init(args) => database::init(args, terminal),
        JournalCommand::Migrate(_) => database::migrate(terminal),
        JournalCommand::Accept(args) => database::accept(args, terminal),
    }
}

/// The accounts that are meant: the one that is named, else the one of the environment, else all whose folders are here.
pub(crate) fn accounts(
    appid: Option<&String>,
    state_dir: Option<&PathBuf>,
) -> Result<Vec<AccountFolder>, Problem> {
    match appid.cloned().or_else(|| variable("WXCAST_APPID")) {
        Some(appid) => Ok(vec![AccountFolder::insist(&appid, state_dir)?]),
        None => AccountFolder::all(state_dir),
    }
}

/// What an export of a campaign says of itself.
fn exported<'a>(appid: &'a str, campaign: &'a str, destination: &'a str) -> Exported<'a> {
    let (computer, now) = (Machine::here().to_string(), Timestamp::now());
    let at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    Exported { appid, campaign, destination, computer, at, names: HashMap::new() }
}

/// Why an export is not written.
pub(crate) enum Unwritten {
    /// The journal cannot be read.
    Journal(JournalError),
    /// The file cannot be written.
    File(io::Error),
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl Unwritten {
    /// What it says of a file.
    fn of(self, file: &Path) -> Problem {
        match self {
            Self::Journal(error) => error.into(),
            Self::File(error) => Problem::cannot_write(file, error),
        }
    }
}

/// Writes an export into a file. Gives how many messages it has.
fn write(store: &Store, what: &Exported<'_>, file: &Path) -> Result<u64, Problem> {
    write_file(file, |out| {
        let written = store.export(what, out).map_err(Unwritten::Journal)?;
        written.map_err(Unwritten::File)
    })
    .map_err(|unwritten| unwritten.of(file))
}

/// Why an export is not taken in.
pub(crate) fn import_problem(error: ImportError, file: &Path) -> Problem {
    let of = |exit, key| Problem::new(exit, key).with("file", display(file));
    match error {
        ImportError::File(reason) => of(Exit::Usage, "cannot-read").because(reason),
        ImportError::Foreign => of(Exit::Invalid, "import-foreign"),
        ImportError::Newer(found) => of(Exit::Invalid, "import-newer").with("found", found),
        ImportError::Damaged(line) => of(Exit::Invalid, "import-damaged").with("line", line),
        ImportError::Nameless(line) => of(Exit::Invalid, "import-nameless").with("line", line),
        ImportError::Journal(error) => error.into(),
    }
}
