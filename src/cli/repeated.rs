//! Flags that a command named in a hint has to repeat: without them it would be about another journal than the one that
//! was just told of.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};

use crate::cli::terminal::{Repeated, argument};

/// The commands that need more, as a hint names them with the campaign, and the flags of the command line that was given.
pub(crate) fn repeated(matches: &ArgMatches, tree: &Command) -> Vec<Repeated> {
    let Some((name, mut given)) = matches.subcommand() else { return Vec::new() };
    while let Some((_, below)) = given.subcommand() {
        given = below;
    }
    let path = |id: &str| given.try_get_one::<PathBuf>(id).ok().flatten();
    let Some(campaign) = path("campaign").map(|campaign| argument(campaign)) else {
        return Vec::new();
    };
    let takes = |command: &Command, id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    let local = given.try_get_one::<bool>("local").ok().flatten().is_some_and(|local| *local);
    let journal = given.try_get_one::<String>("journal").ok().flatten();
    let commands = tree.get_subcommands().filter_map(|command| {
        let mut flags = Vec::new();
        if let Some(folder) = path("state_dir").filter(|_| takes(command, "state_dir")) {
            flags.push(format!(" --state-dir {}", argument(folder)));
        }
        if let Some(journal) = journal.filter(|_| takes(command, "journal")) {
            flags.push(format!(" --journal {}", argument(Path::new(journal))));
        }
        if local && takes(command, "local") {
            flags.push(" --local".to_owned());
        }
        // Where results go is for the same command to say again.
        if let Some(results) = path("results").filter(|_| command.get_name() == name) {
            flags.push(format!(" --results {}", argument(results)));
        }
        let named = format!("wxcast {} {campaign}", command.get_name());
        (!flags.is_empty()).then_some(Repeated { named, flags })
    });
    commands.collect()
}
