//! The one writer of files that reports end in.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::campaign::results_name::is_stream;
use crate::own_file;

/// Writes a file whole or not at all: beside it first, synced, then renamed over it. It has people in it, so only its
/// owner can read it; one that was there keeps its rights, which somebody gave it. Links are followed. What is no file,
/// as a pipe or a device, is written to and stays what it is.
///
/// # Errors
///
/// When the folder or the disk does not allow it. The file is then as it was.
pub(crate) fn write_file<T, E: From<io::Error>>(
    path: &Path,
    content: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
) -> Result<T, E> {
    if is_stream(path) {
        return filled(stream(path)?, content);
    }
    let path = &own_file::followed(path);
    // Links that lead round in a circle are left where they are, for whoever made them.
    if let (true, Err(circle)) = (path.is_symlink(), fs::metadata(path)) {
        return Err(circle.into());
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut file = own_file::temporary_in(folder).map_err(of_the_system)?;
    let written = filled(file.as_file_mut(), content)?;
    keep_rights(path, file.as_file());
    file.as_file().sync_all()?;
    let (file, finished) = file.keep().map_err(|error| error.error)?;
    drop(file);
    // On Windows the standard library's rename would also replace a file that another program has open.
    fs::rename(&finished, path).map_err(|error| {
        let _ = fs::remove_file(&finished);
        why_not_replaced(path, error)
    })?;
    Ok(written)
}

/// Opens what is no file for writing.
#[cfg(unix)]
fn stream(path: &Path) -> io::Result<Box<dyn Write + Send>> {
    use crate::report::form::pipe::{Pipe, is_pipe};
    if is_pipe(path) {
        return Ok(Box::new(Pipe::open(path)?));
    }
    Ok(Box::new(fs::OpenOptions::new().write(true).open(path)?))
}

#[cfg(not(unix))]
fn stream(path: &Path) -> io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(fs::OpenOptions::new().write(true).open(path)?))
}

fn filled<T, E: From<io::Error>>(
    file: impl Write + Send,
    content: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
) -> Result<T, E> {
    let mut writer = io::BufWriter::with_capacity(256 * 1024, file);
    let written = content(&mut writer)?;
    writer.flush()?;
    Ok(written)
}

/// Gives a new file the rights of the one whose place it takes.
#[cfg(unix)]
fn keep_rights(before: &Path, file: &File) {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(before) = fs::metadata(before) else { return };
    // Only root may give a file away, and to whom it belongs matters less than that it is written.
    let _ = std::os::unix::fs::fchown(file, Some(before.uid()), Some(before.gid()));
    let _ = file.set_permissions(before.permissions());
}

/// On Windows a file has the rights of its folder.
#[cfg(not(unix))]
fn keep_rights(_: &Path, _: &File) {}

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
