//! Room on the disk that is kept for answers. When the disk is full nothing more may leave, but what WeChat has answered is
//! known and must not be lost: then this file is let go, and there is room to write it down.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::own_file;

/// The file's name in the state folder.
const FILE: &str = "reserve";
/// Room for the answers to as many messages as can be on their way, and for what SQLite adds.
const SIZE: u64 = 1024 * 1024;

/// The room.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// Takes the room, or finds it as an earlier run left it. Gives nothing where there is none to be had.
    pub(crate) fn take(folder: &Path) -> Option<Self> {
        let path = folder.join(FILE);
        if fs::symlink_metadata(&path).is_ok_and(|there| there.is_file() && there.len() >= SIZE) {
            return Some(Self { path });
        }
        let filled = || {
            let mut file = own_file::open_or_make(&path)?;
            // A file without content takes no room.
            file.write_all(&vec![b'.'; usize::try_from(SIZE).map_err(std::io::Error::other)?])?;
            file.sync_all()
        };
        let filled = filled();
        // Half of it is of no use to anybody.
        filled.inspect_err(|_| drop(fs::remove_file(&path))).ok().map(|()| Self { path })
    }

    /// Gives the room back to the disk.
    pub(crate) fn let_go(self) {
        // Should it not be possible, the answers wait for room as they would without it.
        let _ = fs::remove_file(self.path);
    }
}
