//! The one writer of files that reports end in.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file whole or not at all: beside it first, synced, then renamed over it. It has people in it, so only its
/// owner can read it.
///
/// # Errors
///
/// When the folder or the disk does not allow it. The file is then as it was.
pub(crate) fn write_file<T, E: From<io::Error>>(
    path: &Path,
    content: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
) -> Result<T, E> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut file = tempfile::Builder::new().prefix(".wxcast-").tempfile_in(folder).map_err(of_the_system)?;
    let written;
    {
        let mut writer = io::BufWriter::with_capacity(256 * 1024, file.as_file_mut());
        written = content(&mut writer)?;
        writer.flush()?;
    }
    file.as_file().sync_all()?;
    let (file, finished) = file.keep().map_err(|error| error.error)?;
    drop(file);
    // The standard library's way replaces on Windows also what somebody just reads.
    fs::rename(&finished, path).map_err(|error| {
        let _ = fs::remove_file(&finished);
        why_not_replaced(path, error)
    })?;
    Ok(written)
}

/// Windows says of a file that another program holds open only that it may not be replaced; asked to open it, it says
/// why.
fn why_not_replaced(path: &Path, error: io::Error) -> io::Error {
    if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied {
        return fs::OpenOptions::new().write(true).open(path).err().unwrap_or(error);
    }
    error
}

/// The system's own words: the name of a temporary file means nothing to anybody.
fn of_the_system(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    }
}
