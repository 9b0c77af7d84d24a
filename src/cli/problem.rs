//! Sentences for what goes wrong below the command line, and the exits that go with them.

use crate::cli::exit_code::Exit;
use crate::cli::terminal::Terminal;
use crate::journal::JournalError;
use crate::report::model::JoinError;

/// Says what is wrong with the journal.
pub fn journal_problem(error: &JournalError, terminal: &Terminal) -> Exit {
    let key = match error {
        JournalError::Unreachable { .. } => "journal.unreachable",
        JournalError::Foreign { .. } => "journal.foreign",
        JournalError::Newer { .. } => "journal.newer",
        JournalError::Corrupt { .. } => "journal.corrupt",
        JournalError::Unwritable { .. } => "journal.unwritable",
    };
    terminal.complain(key, &[("reason", error)]);
    Exit::Storage
}

/// Says why plan and journal cannot be joined.
pub fn join_problem(error: &JoinError, terminal: &Terminal) -> Exit {
    match error {
        JoinError::Journal(error) => journal_problem(error, terminal),
        JoinError::Changed => {
            terminal.complain("changed", &[]);
            Exit::Gate
        }
        JoinError::Audience(faults) => {
            for fault in faults {
                terminal.complain_text(&fault.message(&terminal.words));
            }
            Exit::Invalid
        }
    }
}
