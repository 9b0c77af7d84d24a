//! `wxcast completions SHELL`.

use clap::CommandFactory as _;

use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Args};
use crate::cli::line::help;
use crate::cli::terminal::Terminal;

/// Prints a completion script.
pub(crate) fn run(args: &args::Completions, terminal: &Terminal) -> Exit {
    let mut command = help::translated(Args::command(), &terminal.words);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "wxcast", &mut script);
    terminal.data(&String::from_utf8_lossy(&script));
    Exit::Ok
}
