//! Words that nobody can guess, for addresses and cookies of servers on this computer.

/// A word of 256 random bits.
///
/// # Errors
///
/// When the system has no randomness to give.
pub(crate) fn word() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
