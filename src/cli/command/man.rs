//! `wxcast man [COMMAND]`: a manual page for each command.

use clap::{Command, CommandFactory as _};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Args};
use crate::cli::line::help;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;

/// What packagers set, so that the same sources make the same pages on any day.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Prints the page of a command, or that of the program.
///
/// # Errors
///
/// When there is no such command.
pub(crate) fn run(args: &args::Man, terminal: &Terminal) -> Result<Exit, Problem> {
    let mut tree = help::translated(Args::command(), &terminal.words);
    tree.build();
    let mut command = &tree;
    for name in &args.of {
        command = command.find_subcommand(name).ok_or_else(|| no_such_command(&args.of))?;
    }
    let mut page = Vec::new();
    man(command, terminal).render(&mut page).expect("memory takes everything");
    terminal.data(&String::from_utf8_lossy(&page));
    Ok(Exit::Ok)
}

fn no_such_command(of: &[String]) -> Problem {
    Problem::new(Exit::Usage, "no-such-command").with("command", of.join(" "))
}

fn man(command: &Command, terminal: &Terminal) -> clap_mangen::Man {
    clap_mangen::Man::new(command.clone())
        .date(date())
        .source(format!("wxcast {}", env!("CARGO_PKG_VERSION")))
        .manual(terminal.words.say("cli.man.title", &[]))
}

/// The day that packagers name, or else today.
fn date() -> String {
    let named = std::env::var(EPOCH).ok().and_then(|seconds| seconds.trim().parse().ok());
    let at = named.and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or_else(Timestamp::now);
    at.to_zoned(TimeZone::UTC).date().to_string()
}
