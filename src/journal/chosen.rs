//! Whether the journals of this process are in a database. It is told once, when the program begins, and never again.
//!
//! An account's folder is there in any case: locks, tokens and media are this computer's. Which journal belongs to it is
//! asked here, so that whoever has a folder need not know what keeps its journal; what lies anywhere else, as a rehearsal's
//! journal does, is a file.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::api_base::Destination;
use crate::journal::postgres::settings::Settings;

static CHOSEN: OnceLock<Chosen> = OnceLock::new();

#[derive(Debug)]
struct Chosen {
    root: PathBuf,
    settings: Settings,
}

/// Has the journals of all accounts whose folders are in `root` be in a database, for as long as the process lives.
///
/// # Panics
///
/// When it was told that before.
pub(crate) fn choose(root: PathBuf, settings: Settings) {
    CHOSEN.set(Chosen { root, settings }).expect("a process is told once where its journals are");
}

/// The database of this process's journals, where they are in one.
pub(crate) fn database() -> Option<&'static Settings> {
    CHOSEN.get().map(|chosen| &chosen.settings)
}

/// The database that keeps the journal of an account's folder, and where the messages in it went.
pub(crate) fn of(folder: &Path) -> Option<(&'static Settings, Destination)> {
    let chosen = CHOSEN.get()?;
    let inside = folder.strip_prefix(&chosen.root).ok()?;
    let is_local = inside.iter().nth(1).is_some_and(|part| part == "local");
    let destination = if is_local { Destination::Local } else { Destination::Real };
    Some((&chosen.settings, destination))
}
