//! A lock that names its holder.
//!
//! The system's file lock is the lock: it goes with its process, however that ends. A file beside it says who
//! holds it, for people only.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journal::kept::Kept;
use crate::own_file;

/// How often a lock is tried before it counts as held.
const TRIES: u32 = 10;
/// And how long is waited between two of them: much longer than a look takes.
const BETWEEN: Duration = Duration::from_millis(5);

/// What lies beside the lock in a campaign's folder once something was sent.
pub(crate) const RECEIPT: &str = "receipt.json";

/// A name of a holder is some hundred bytes.
const LARGEST: u64 = 64 * 1024;

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What it does: the campaign it sends.
    pub campaign: String,
    /// The process.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when it waits before it does anything, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<Timestamp>,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    holder: PathBuf,
    /// The lock's file, as others find it, where a run may not go on without it.
    pub(crate) kept: Option<Kept>,
}

/// Why a lock is not had.
#[derive(Debug)]
pub enum LockError {
    /// Somebody else has it. Who is unknown for the moment between taking the lock and writing the name.
    Held(Option<Holder>),
    /// The lock's file cannot be used.
    Unreachable(PathBuf, io::Error),
}

impl Lock {
    /// Takes the lock `path`, if nobody has it.
    ///
    /// # Errors
    ///
    /// When somebody has it, or the file cannot be used.
    pub fn take(path: &Path, holder: &Holder) -> Result<Self, LockError> {
        let unreachable = |error| LockError::Unreachable(path.to_owned(), error);
        if let Some(folder) = path.parent() {
            own_file::make_folder(folder).map_err(unreachable)?;
        }
        let file = own_file::open_or_make(path).map_err(unreachable)?;
        match patiently(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder_of(path))),
            Err(TryLockError::Error(error)) => return Err(unreachable(error)),
        }
        let beside = beside(path);
        let text = serde_json::to_vec(holder).map_err(|error| unreachable(error.into()))?;
        own_file::replace(&beside, &text).map_err(unreachable)?;
        Ok(Self { _file: file, holder: beside, kept: Some(Kept::of(path)) })
    }
}

/// A lock that lies where others than its owner work too. Each of them opens it, whoever made it; and whoever deletes it
/// takes nothing away that a run cannot go on without: it is put back.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    name: Holder,
    /// The lock, and its file as others find it.
    held: Mutex<(Lock, Kept)>,
}

impl FolderLock {
    /// Takes the lock `path`, if nobody has it.
    ///
    /// # Errors
    ///
    /// As [`Lock::take`].
    pub(crate) fn take(path: &Path, holder: &Holder) -> Result<Self, LockError> {
        let unreachable = |error| LockError::Unreachable(path.to_owned(), error);
        if let Some(folder) = path.parent() {
            own_file::make_common_folder(folder).map_err(unreachable)?;
        }
        for _ in 0..TRIES {
            let file = open_among_others(path).map_err(unreachable)?;
            match patiently(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder_of(path))),
                Err(TryLockError::Error(error)) => return Err(unreachable(error)),
            }
            // Whoever had it may have taken the file away in between.
            let place = Kept::of(path);
            if !place.is_file(&file) {
                continue;
            }
            open_to_all(&file);
            put_name(path, holder);
            let lock = Lock { _file: file, holder: beside(path), kept: None };
            return Ok(Self { path: path.to_owned(), name: holder.clone(), held: Mutex::new((lock, place)) });
        }
        Err(LockError::Held(holder_of(path)))
    }

    /// Takes it again where its file was deleted, with its folder if need be: the next one would find nothing there that
    /// keeps them out. Where somebody else has it by then, it stays theirs.
    pub(crate) fn put_back(&self) {
        let mut held = self.held.lock().expect("whoever held it did not panic");
        if held.1.is_there() {
            return;
        }
        if let Some(folder) = self.path.parent() {
            // The folder of a campaign that was moved away is not made anew.
            if folder.parent().is_some_and(Path::is_dir) {
                let _ = own_file::make_common_folder(folder);
            }
        }
        if let Ok(file) = open_among_others(&self.path)
            && file.try_lock().is_ok()
        {
            open_to_all(&file);
            put_name(&self.path, &self.name);
            (held.0._file, held.1) = (file, Kept::of(&self.path));
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Where nothing was sent, and so no receipt was left, nothing of the lock stays either.
        let Some(folder) = self.path.parent() else { return };
        if cfg!(unix) && !folder.join(RECEIPT).exists() {
            let _ = fs::remove_file(beside(&self.path));
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_dir(folder);
        }
    }
}

fn open_among_others(path: &Path) -> io::Result<File> {
    match own_file::open_or_make(path) {
        // To look is enough for a lock.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => own_file::open(path),
        opened => opened,
    }
}

/// Without the name the holder stays unknown, but the lock holds all the same.
fn put_name(path: &Path, holder: &Holder) {
    let text = serde_json::to_vec(holder).expect("texts and numbers are JSON");
    let _ = own_file::replace(&beside(path), &text);
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The name is removed while the lock is still held; later it might be the next holder's.
        let _ = fs::remove_file(&self.holder);
    }
}

/// Lets every user look at a lock's file, which says nothing. Only its owner can.
#[cfg(unix)]
fn open_to_all(file: &File) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = file.set_permissions(fs::Permissions::from_mode(0o644));
}

/// On Windows a file can be opened by whoever can open its folder.
#[cfg(not(unix))]
fn open_to_all(_: &File) {}

/// Whoever only looks whether a lock is held, as `status` does, has it for a moment. That must not keep a sender
/// from it.
fn patiently(file: &File) -> Result<(), TryLockError> {
    again_and_again(|| file.try_lock())
}

fn again_and_again(take: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match take() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN),
            done => return done,
        }
    }
    take()
}

/// Holds a file of somebody's own as long as the value lives, together with all who do the same: [`is_in_hands`] tells
/// others. Nothing where it cannot be: then it is not told. On Windows nobody else could read a file that is held.
#[cfg(unix)]
pub(crate) fn hold(path: &Path) -> Option<File> {
    let file = File::open(path).ok()?;
    again_and_again(|| file.try_lock_shared()).ok().map(|()| file)
}

/// See there.
#[cfg(not(unix))]
pub(crate) fn hold(_: &Path) -> Option<File> {
    None
}

/// Whether somebody [holds](hold) a file.
#[cfg(unix)]
pub(crate) fn is_in_hands(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Nobody can.
#[cfg(not(unix))]
pub(crate) fn is_in_hands(_: &Path) -> bool {
    false
}

/// Who holds the lock `path`, going by the name beside it. Nothing where that cannot be read: the lock holds without it.
pub(crate) fn holder_of(path: &Path) -> Option<Holder> {
    let mut text = Vec::new();
    own_file::open(&beside(path)).ok()?.take(LARGEST).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Whether somebody holds the lock `path`.
pub fn is_held(path: &Path) -> bool {
    let Ok(file) = own_file::open(path) else { return false };
    // Shared, so that those who look do not take each other for a holder.
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_names_its_holder_and_goes_when_dropped() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("a.lock");
        let since = Timestamp::UNIX_EPOCH;
        let me = Holder { campaign: "a".into(), pid: 7, host: "h".into(), since, waits_until: None };
        let lock = Lock::take(&path, &me).unwrap_or_else(|error| panic!("{error:?}"));
        assert!(is_held(&path));
        match Lock::take(&path, &me) {
            Err(LockError::Held(holder)) => assert_eq!(holder, Some(me.clone())),
            other => panic!("{other:?}"),
        }
        drop(lock);
        assert!(!is_held(&path));
        assert!(Lock::take(&path, &me).is_ok());
    }
}
