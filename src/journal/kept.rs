//! Whether a file that a run holds open is still the one that others find under its name.

use std::path::{Path, PathBuf};

/// A file as it was when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    path: PathBuf,
    file: Option<(u64, u64)>,
}

impl Kept {
    /// The file that is there now.
    pub(crate) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), file: number(path) }
    }

    /// Whether it still is.
    pub(crate) fn is_there(&self) -> bool {
        number(&self.path) == self.file
    }
}

/// Device and number of a file; nothing where there is none.
#[cfg(unix)]
fn number(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Whether there is a file: Windows lets nobody delete or replace one that is open.
#[cfg(not(unix))]
fn number(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}
