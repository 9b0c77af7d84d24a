//! The program: parse, run, give the exit code back.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Planning and sending hand memory from thread to thread all the time, where the allocators of most systems wait for
/// each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    wxcast::cli::main()
}
