//! `wxcast man`: the manual page, with a section for each command.

use clap::CommandFactory as _;

use crate::cli::exit_code::Exit;
use crate::cli::line::args::Args;
use crate::cli::line::help;
use crate::cli::terminal::Terminal;

/// Prints the manual pages, one after another.
pub(crate) fn run(terminal: &Terminal) -> Exit {
    let mut command = help::translated(Args::command(), &terminal.words);
    command.build();
    let mut pages = Vec::new();
    let commands = std::iter::once(&command).chain(command.get_subcommands());
    for command in commands {
        clap_mangen::Man::new(command.clone()).render(&mut pages).expect("memory takes everything");
    }
    terminal.data(&String::from_utf8_lossy(&pages));
    Exit::Ok
}
