//! Words that nobody can guess, for addresses and cookies of servers on this computer.

use crate::cli::exit_code::Exit;
use crate::cli::problem::Problem;

/// A word of 256 random bits.
///
/// # Errors
///
/// When the system has no randomness to give.
pub(crate) fn word() -> Result<String, Problem> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Problem::new(Exit::Internal, "no-runtime").because(error))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
