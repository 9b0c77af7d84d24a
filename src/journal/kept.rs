//! Whether a file that a run holds open is still the one that others find under its name.

use std::fs::{File, Metadata};
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

    /// Whether it is this open one.
    pub(crate) fn is_file(&self, file: &File) -> bool {
        file.metadata().is_ok_and(|file| self.file == Some(of(&file)))
    }

    /// Whether it still is.
    pub(crate) fn is_there(&self) -> bool {
        number(&self.path) == self.file
    }
}

/// Device and number of a file; nothing where there is none.
fn number(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| of(&file))
}

#[cfg(unix)]
fn of(file: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

/// That there is one is enough: Windows lets nobody delete or replace a file that is open.
#[cfg(not(unix))]
fn of(_: &Metadata) -> (u64, u64) {
    (0, 0)
}
