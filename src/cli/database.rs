//! Whether the journals are in a database, as flag and environment say it.

use std::path::PathBuf;

use clap::ArgMatches;

use crate::cli::context::variable;
use crate::cli::exit_code::Exit;
use crate::cli::machine;
use crate::cli::problem::Problem;
use crate::cli::user_state;
use crate::journal::chosen;
use crate::journal::postgres::host;
use crate::journal::postgres::settings::{Settings, SettingsFault};

/// The variable that says where the journals are.
const VARIABLE: &str = "WXCAST_JOURNAL";
/// What says that they are files, whatever the environment says.
const FILES: &str = "sqlite:";

/// Finds out where the journals of this command are, before it asks any of them.
///
/// # Errors
///
/// When what was said is no address of a database, or a secret where others can read it.
pub(crate) fn choose(matches: &ArgMatches) -> Result<(), Problem> {
    let Some((name, mut given)) = matches.subcommand() else { return Ok(()) };
    while let Some((_, below)) = given.subcommand() {
        given = below;
    }
    // A command without the flag has no journal. A rehearsal has one of its own, and looks into that of the account.
    let flag = match given.try_get_one::<String>("journal") {
        Ok(flag) => flag,
        Err(_) if name == "rehearse" => None,
        Err(_) => return Ok(()),
    };
    if flag.is_some_and(|address| Settings::has_password(address)) {
        return Err(Problem::new(Exit::Usage, "journal-password"));
    }
    let Some(address) = flag.cloned().or_else(|| variable(VARIABLE)).filter(|address| address != FILES)
    else {
        return Ok(());
    };
    let settings = Settings::parse(&address, variable).map_err(problem)?;
    let folder = given.try_get_one::<PathBuf>("state_dir").ok().flatten().cloned();
    let Some(root) = folder.or_else(user_state::folder) else {
        return Err(Problem::new(Exit::Storage, "no-state-folder"));
    };
    host::introduce(machine::name());
    chosen::choose(root, settings);
    Ok(())
}

/// What is wrong with an address. It is not shown itself: there may be a password in it.
fn problem(fault: SettingsFault) -> Problem {
    let of = |key| Problem::new(Exit::Usage, key);
    match fault {
        SettingsFault::NotAnAddress => of("journal-address"),
        SettingsFault::Parameter(name) => of("journal-parameter").with("name", name),
        SettingsFault::Value { name, value } => of("journal-value").with("name", name).with("value", value),
        SettingsFault::NoUser => of("journal-user"),
    }
}
