//! The program: parse, run, give the exit code back.

use std::process::ExitCode;

fn main() -> ExitCode {
    wxcast::cli::main()
}
