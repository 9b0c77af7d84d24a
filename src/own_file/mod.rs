//! Files that are their owner's alone. They say who is sent what, or open an account, and they lie where others may
//! have put something in their place: so they are made for one user, opened without following a link, and replaced
//! whole.

pub(crate) mod exposed;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::own_reason::OwnReason;

/// How the name of a temporary file begins and ends, and how many letters stand between: `.gitignore` and the hooks for
/// git know it.
const BEFORE: &str = ".wxcast-";
const AFTER: &str = ".tmp";
const LETTERS: usize = 6;
/// A temporary file that nobody has written to for so long was left by a process that died.
const ABANDONED: Duration = Duration::from_secs(60);
/// More links than this lead nowhere.
const LINKS: usize = 16;

/// Makes a folder that only its owner can look into, where it is not there. On Windows that is what a user's profile
/// is for.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // Of a link that leads nowhere the system says that it is there already.
    builder.create(folder).map_err(|error| leads_nowhere(folder).unwrap_or(error))
}

/// Makes a folder that colleagues may work in too, as far as the user's umask lets them, and strangers only look into: what
/// lies in it is to be found by whoever else sends the same campaign, and to be taken away by nobody.
pub(crate) fn make_common_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o775);
    builder.create(folder)
}

/// That a folder, or one above it, is a link to what is not there, where it is.
pub(crate) fn leads_nowhere(folder: &Path) -> Option<io::Error> {
    let lost = |path: &Path| path.is_symlink() && matches!(path.try_exists(), Ok(false));
    folder.ancestors().any(lost).then(|| OwnReason::LeadsNowhere.into())
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
    put(path, content, None)
}

/// The same for a file of people's own, which others may read and change as much as before.
pub(crate) fn rewrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let rights = open(path)?.metadata()?.permissions();
    put(path, content, Some(rights))
}

fn put(path: &Path, content: &[u8], rights: Option<fs::Permissions>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    // Such a file is its owner's alone from the first byte on.
    let mut file = temporary_in(folder)?;
    file.write_all(content)?;
    if let Some(rights) = rights {
        file.as_file().set_permissions(rights)?;
    }
    file.as_file().sync_all()?;
    let (file, finished) = file.keep().map_err(|error| error.error)?;
    drop(file);
    // The standard library's way replaces on Windows also what another process just reads.
    fs::rename(&finished, path).inspect_err(|_| drop(fs::remove_file(&finished)))
}

/// Makes a temporary file. Whoever sweeps sees by its lock that somebody writes to it.
pub(crate) fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let file = builder.prefix(BEFORE).suffix(AFTER).rand_bytes(LETTERS).tempfile_in(folder)?;
    // Where there are no locks its age protects it.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// Deletes the temporary files that processes which were killed have left in a folder.
pub(crate) fn sweep(folder: &Path) {
    // What cannot be seen or deleted stays: it harms nobody.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(is_temporary);
        if is_ours && is_abandoned(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary(name: &str) -> bool {
    let letters = name.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER));
    letters.is_some_and(|letters| {
        letters.len() == LETTERS && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Whether nobody writes it any more. Where its age cannot be told it is left alone.
fn is_abandoned(path: &Path) -> bool {
    let Ok(file) = open(path) else { return false };
    let written = file.metadata().and_then(|file| file.modified());
    let age = written.ok().and_then(|written| written.elapsed().ok());
    age.is_some_and(|age| age > ABANDONED) && file.try_lock().is_ok()
}

/// The file that a name leads to, over links and whether it is there or not.
pub(crate) fn followed(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    match (fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        (Ok(_) | Err(_), _) => std::path::absolute(&path).unwrap_or(path),
    }
}

/// The bytes of a file of ours. What is there in its place is not waited for, and not read without end: a link, a pipe, a
/// device, a file that is larger than any of ours.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    whole(open(path)?, most)
}

/// The same for a file that somebody else names, and that a link may stand for.
pub(crate) fn read_through(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    whole(open_through(path)?, most)
}

/// Opens what a name leads to, over links, where that is a file.
pub(crate) fn open_through(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    file(options.open(path)?)
}

fn whole(file: File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// A pipe in the place of a file would be waited for, and a device may never end.
fn file(opened: File) -> io::Result<File> {
    if opened.metadata()?.is_file() { Ok(opened) } else { Err(OwnReason::NoRegularFile.into()) }
}

#[cfg(unix)]
fn opened(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // Nor does it wait for somebody to write into a pipe.
    file(options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?)
}

#[cfg(not(unix))]
fn opened(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    // Windows lets only administrators make links; one that is there is no file of ours either.
    if fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink()) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    file(options.open(path)?)
}
