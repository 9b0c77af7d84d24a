//! Where the journals are that a command reads or writes.

use std::path::PathBuf;

use clap::ValueHint;

/// The folder of all accounts' journals, where it is not the user's own.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct StateArgs {
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    state_dir: Option<PathBuf>,
    /// Where the journals are, where they are in a database. Which one it is is found out before the command begins.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    journal: Option<String>,
}

impl StateArgs {
    /// As if this folder had been named, or none.
    pub(crate) fn of(state_dir: Option<PathBuf>) -> Self {
        Self { state_dir, journal: None }
    }

    /// The folder that was named.
    pub(crate) fn dir(&self) -> Option<&PathBuf> {
        self.state_dir.as_ref()
    }
}

/// The journal of which of a campaign's destinations, and in what folder.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct JournalArgs {
    #[command(flatten)]
    state: StateArgs,
    /// What was sent to this computer, although something was sent to WeChat.
    #[arg(long)]
    pub(crate) local: bool,
}

impl JournalArgs {
    /// As if this folder had been named, or none.
    pub(crate) fn of(state_dir: Option<PathBuf>) -> Self {
        Self { state: StateArgs::of(state_dir), local: false }
    }

    /// The folder of all accounts' journals that was named.
    pub(crate) fn dir(&self) -> Option<&PathBuf> {
        self.state.dir()
    }
}
