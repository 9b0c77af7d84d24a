//! Files that are their owner's alone. They say who is sent what, or open an account, and they lie where others may
//! have put something in their place: so they are made for one user, opened without following a link, and replaced
//! whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a folder that only its owner can look into, where it is not there. On Windows that is what a user's profile
/// is for.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file for reading. A link in its place is an error.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    opened(OpenOptions::new().read(true), path)
}

/// Opens a file for writing as it is, made where it is not there. A link in its place is an error: where it leads, a file
/// would be made or locked that is none of ours.
pub(crate) fn open_or_make(path: &Path) -> io::Result<File> {
    opened(OpenOptions::new().create(true).truncate(false).write(true), path)
}

/// Makes an empty file where there is none. Gives whether it did.
pub(crate) fn make(path: &Path) -> io::Result<bool> {
    match opened(OpenOptions::new().create_new(true).write(true), path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Puts a file with this content in the place of whatever is there; where that is a link, of the link.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    // Such a file is its owner's alone from the first byte on.
    let mut file = tempfile::Builder::new().prefix(".wxcast-").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    let (file, finished) = file.keep().map_err(|error| error.error)?;
    drop(file);
    // The standard library's way replaces on Windows also what another process just reads.
    fs::rename(&finished, path).inspect_err(|_| drop(fs::remove_file(&finished)))
}

#[cfg(unix)]
fn opened(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // Nor does it wait for somebody to write into a pipe.
    options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn opened(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    // Windows lets only administrators make links; one that is there is no file of ours either.
    if fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink()) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    options.open(path)
}
