//! Why a file cannot be read.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::own_reason::OwnReason;

/// What Windows has for a folder in a file's place, and does not say: ERROR_DIRECTORY_NOT_SUPPORTED.
const A_FOLDER: i32 = 336;

/// What kept a file from being read. Windows says of a folder that its opening is not permitted.
pub(crate) fn reason(path: &Path, error: io::Error) -> io::Error {
    let hidden = cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied && path.is_dir();
    if hidden { io::Error::from_raw_os_error(A_FOLDER) } else { error }
}

/// Opens a file that can be read to its end: what is none is refused at once.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if is_special(path) {
        return Err(OwnReason::NoRegularFile.into());
    }
    File::open(path).map_err(|error| reason(path, error))
}

/// The bytes of such a file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes).map_err(|error| reason(path, error))?;
    Ok(bytes)
}

/// Whether a path leads to something that is no file of people: a pipe, a socket, a device, or what the system shows of
/// itself under names of files. Opening one could wait for ever, never end, or show what is nobody's business.
pub(crate) fn is_special(path: &Path) -> bool {
    let Ok(about) = path.metadata() else { return false };
    if !about.is_file() && !about.is_dir() {
        return true;
    }
    // Links are followed, so that another name makes no difference.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    // Files in memory are files.
    if place.starts_with("/dev/shm") {
        return false;
    }
    cfg!(unix) && ["/proc", "/sys", "/dev"].iter().any(|folder| place.starts_with(folder))
}
