//! Why a file cannot be read.

use std::io;
use std::path::Path;

/// What Windows has for a folder in a file's place, and does not say: ERROR_DIRECTORY_NOT_SUPPORTED.
const A_FOLDER: i32 = 336;

/// What kept a file from being read. Windows says of a folder that its opening is not permitted.
pub(crate) fn reason(path: &Path, error: io::Error) -> io::Error {
    let hidden = cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied && path.is_dir();
    if hidden { io::Error::from_raw_os_error(A_FOLDER) } else { error }
}
