//! Where the console of a folder leaves word of itself: the lock that one of them has, its port, and the words that let
//! another tab in. All of it lies in the user's state folder and is the user's alone.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::journal::lock::{Holder, Lock, LockError, is_held};
use crate::own_file;
use crate::page_access::are_equal;

/// How the folder of a list that was brought begins; so old it is nobody's any more.
pub(crate) const DRAFT: &str = "draft-";
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A port and a token are some dozen bytes.
const MOST: u64 = 4096;

/// The place of one folder's console.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    base: PathBuf,
    name: String,
}

impl Place {
    /// The place for a folder, within the user's state folder.
    ///
    /// # Errors
    ///
    /// When the folder is none, or the place cannot be made.
    pub(crate) fn of(state: &Path, folder: &Path) -> io::Result<Self> {
        let whole = folder.canonicalize()?;
        if !whole.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let base = state.join("console");
        own_file::make_folder(&base)?;
        own_file::sweep(&base);
        sweep_lists(&base);
        let name = hex(&Sha256::digest(whole.as_os_str().as_encoded_bytes())[..8]);
        Ok(Self { base, name })
    }

    /// Takes the folder, where no other console has it.
    ///
    /// # Errors
    ///
    /// When another one has it.
    pub(crate) fn take(&self, holder: &Holder) -> Result<Lock, LockError> {
        Lock::take(&self.file("lock"), holder)
    }

    /// The port of the console that has the folder now.
    pub(crate) fn port(&self) -> Option<u16> {
        let port = || String::from_utf8(own_file::read(&self.file("port"), MOST).ok()?).ok()?.parse().ok();
        is_held(&self.file("lock")).then(port).flatten()
    }

    /// Says at which port it is.
    pub(crate) fn note_port(&self, port: u16) -> io::Result<()> {
        // A word that was given out for an earlier console is good for nothing.
        let _ = std::fs::remove_file(self.file("token"));
        own_file::replace(&self.file("port"), port.to_string().as_bytes())
    }

    /// Leaves a token for the console to take.
    pub(crate) fn leave_token(&self, token: &str) -> io::Result<()> {
        own_file::replace(&self.file("token"), token.as_bytes())
    }

    /// Takes the token that was left, where it is this one.
    pub(crate) fn take_token(&self, given: &str) -> bool {
        let file = self.file("token");
        let left = own_file::read(&file, MOST).ok().and_then(|left| String::from_utf8(left).ok());
        // It counts only for whoever takes it away.
        left.is_some_and(|left| !left.is_empty() && are_equal(&left, given))
            && std::fs::remove_file(&file).is_ok()
    }

    /// The folder for what processes that were started say.
    pub(crate) fn base(&self) -> &Path {
        &self.base
    }

    fn file(&self, what: &str) -> PathBuf {
        self.base.join(format!("{}.{what}", self.name))
    }
}

/// Deletes the lists that a console which was killed has left of campaigns that were never made.
fn sweep_lists(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let is_list = entry.file_name().to_str().is_some_and(|name| name.starts_with(DRAFT));
        let changed = entry.metadata().and_then(|about| about.modified()).ok();
        let age = changed.and_then(|changed| changed.elapsed().ok());
        if is_list && age.is_some_and(|age| age > ABANDONED) {
            // What cannot be deleted stays its owner's alone.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The address of a console for one visit.
pub(crate) fn url(port: u16, token: &str) -> String {
    format!("http://127.0.0.1:{port}/?token={token}")
}

/// Bytes as digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
