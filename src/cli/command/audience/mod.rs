//! `wxcast audience`: files of people, from the account itself, from its log of pushes, or from a program. Each is
//! written whole or not at all, with a file beside it that says where it comes from. Nobody is sent anything, and nothing
//! else of wxcast fetches people: `plan` reads files.

mod check;
mod fetch;
mod followers;
mod halted;
mod listing;
mod session;
mod tagged;
mod wrote;

use crate::cli::exit_code::Exit;
use crate::cli::line::audience_args::{Audience, AudienceCommand};
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;

/// Makes a file of people.
pub(crate) fn run(args: &Audience, terminal: &Terminal) -> Result<Exit, Problem> {
    match &args.command {
        AudienceCommand::Followers(args) => followers::run(args, terminal),
        AudienceCommand::Tagged(args) => tagged::run(args, terminal),
        AudienceCommand::Wrote(args) => wrote::run(args, terminal),
        AudienceCommand::Check(args) => check::run(args, terminal),
        AudienceCommand::Fetch(args) => fetch::run(args, terminal),
    }
}
