//! Where an account's journal and whatever else belongs to an account lies: in the user's own state folder, never in a
//! campaign's. What is sent to this computer, where a simulator stands, has a folder of its own within it.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::api_base::Destination;
use crate::cli::exit_code::Exit;
use crate::cli::machine::Machine;
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, argument};
use crate::journal::JournalError;
use crate::journal::identity::Identity;
use crate::journal::store::Store;
use crate::plan::digest::Digest;

/// The folder, `~/.local/state/wxcast` on Linux and macOS; nothing where the system has none for this user. On
/// Windows, which knows no state, it is where a profile keeps what stays on this computer.
pub(crate) fn folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.state_dir().unwrap_or_else(|| base.cache_dir()).join("wxcast"))
}

/// The folder of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountFolder {
    root: PathBuf,
    /// What `--state-dir` said.
    flag: Option<PathBuf>,
}

impl AccountFolder {
    /// The one in the folder of `--state-dir`, or in the user's; nothing where there is neither.
    pub(crate) fn find(appid: &str, flag: Option<&PathBuf>) -> Option<Self> {
        let base = flag.cloned().or_else(folder)?;
        Some(Self { root: base.join(word(appid)), flag: flag.cloned() })
    }

    /// The flag that names this folder, as the end of a command for people; nothing where it is the user's.
    pub(crate) fn flag(&self) -> String {
        self.flag.as_deref().map_or_else(String::new, |folder| format!(" --state-dir {}", argument(folder)))
    }

    /// The same.
    ///
    /// # Errors
    ///
    /// Where there is neither, with how to name one.
    pub(crate) fn insist(appid: &str, flag: Option<&PathBuf>) -> Result<Self, Problem> {
        Self::find(appid, flag).ok_or_else(|| Problem::new(Exit::Storage, "no-state-folder"))
    }

    /// Every account that has a folder there, by name.
    ///
    /// # Errors
    ///
    /// When there is no such place.
    pub(crate) fn all(flag: Option<&PathBuf>) -> Result<Vec<Self>, Problem> {
        let base = flag.cloned().or_else(folder);
        let base = base.ok_or_else(|| Problem::new(Exit::Storage, "no-state-folder"))?;
        // What cannot be looked into has no journal for this user.
        let there = std::fs::read_dir(&base).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> =
            there.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        Ok(folders.into_iter().map(|root| Self { root, flag: flag.cloned() }).collect())
    }

    /// Where what is sent to a destination is kept.
    pub(crate) fn of(&self, destination: Destination) -> PathBuf {
        match destination {
            Destination::Real => self.root.clone(),
            Destination::Local => self.root.join("local"),
        }
    }

    /// The folder from which a campaign is sent, made where it is not there, with what a journal of format 1 beside the
    /// campaign knows.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or a journal not be read or written.
    pub(crate) fn prepare(
        &self,
        destination: Destination,
        campaign: &Path,
        whose: &Identity,
    ) -> Result<PathBuf, Problem> {
        let state = self.make(destination)?;
        self.contact(destination, campaign, whose)?;
        Ok(state)
    }

    /// The same folder, made where it is not there.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn make(&self, destination: Destination) -> Result<PathBuf, Problem> {
        let state = self.of(destination);
        Store::make_folder(&state).map_err(|error| match error {
            JournalError::Unreachable { place, reason } => {
                let unwritable = Problem::new(Exit::Storage, "state-folder-unwritable");
                unwritable.with("folder", place).because(reason)
            }
            other => other.into(),
        })?;
        Ok(state)
    }

    /// The folder whose journal tells of a campaign: the real one where that knows it, else the local one.
    ///
    /// # Errors
    ///
    /// When a journal cannot be read, or one of format 1 not be imported.
    pub(crate) fn telling(
        &self,
        campaign: &Path,
        whose: &Identity,
        local: bool,
    ) -> Result<Destination, JournalError> {
        if local {
            self.contact(Destination::Local, campaign, whose)?;
            return Ok(Destination::Local);
        }
        self.contact(Destination::Real, campaign, whose)?;
        let knows = |destination| match Store::read(&self.of(destination))? {
            Some(store) => store.find_campaign(whose).map(|known| known.is_some()),
            None => Ok(false),
        };
        let only_local = !knows(Destination::Real)? && knows(Destination::Local)?;
        Ok(if only_local { Destination::Local } else { Destination::Real })
    }

    /// Imports what a journal of format 1 beside the campaign knows. It does not tell where its messages went, so it
    /// counts for people's phones; and for this computer too, where that is asked for, since a simulator forgives.
    fn contact(
        &self,
        destination: Destination,
        campaign: &Path,
        whose: &Identity,
    ) -> Result<(), JournalError> {
        let Some(beside) = format1_beside(campaign) else { return Ok(()) };
        let here = Machine::here();
        let here = |note: &str| Machine::noted(note).is(&here);
        let mut destinations = vec![Destination::Real];
        destinations.extend((destination == Destination::Local).then_some(Destination::Local));
        for destination in destinations {
            Store::import_earlier(&self.of(destination), &beside, whose, here)?;
        }
        Ok(())
    }
}

/// The folder beside a campaign in which a journal of format 1 lies, or lay. A campaign file that is not there any more
/// leads nowhere else, so its own folder is all there is to look in.
fn format1_beside(campaign: &Path) -> Option<PathBuf> {
    let beside = |campaign: &Path| campaign.parent().unwrap_or(Path::new("")).join(".wxcast");
    let real = std::fs::canonicalize(campaign).ok();
    std::iter::once(beside(campaign)).chain(real.as_deref().map(beside)).find(|folder| folder.is_dir())
}

/// The folder that tells of a campaign, and where its journal's messages went. That it is the local one although nobody
/// asked for it is said.
///
/// # Errors
///
/// When there is no folder, or a journal cannot be read or imported.
pub(crate) fn telling(
    campaign: &Path,
    whose: &Identity,
    flag: Option<&PathBuf>,
    local: bool,
    terminal: &Terminal,
) -> Result<(PathBuf, Destination), Problem> {
    let account = AccountFolder::insist(&whose.appid, flag)?;
    let destination = account.telling(campaign, whose, local)?;
    if destination == Destination::Local && !local {
        terminal.say("told-local", &[]);
    }
    Ok((account.of(destination), destination))
}

/// The lock of an account, whichever folder its journal is in: the ceiling holds for all of them together.
pub(crate) fn account_lock(appid: &str, state: &Path, destination: Destination) -> PathBuf {
    let users = AccountFolder::find(appid, None)
        .map(|account| account.of(destination))
        .filter(|folder| Store::make_folder(folder).is_ok());
    users.unwrap_or_else(|| state.to_owned()).join("account.lock")
}

/// An appid is a word; should it not be, its digest is.
pub(crate) fn word(appid: &str) -> String {
    let word = !appid.is_empty() && appid.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if word { appid.to_owned() } else { Digest::of(appid.as_bytes()).to_string().replace(':', "-") }
}
