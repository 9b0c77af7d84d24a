//! The file of a journal: made for its owner alone, opened without following links, and looked at before SQLite may
//! write a byte to it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::journal::JournalError;
use crate::journal::sqlite::schema::{APPLICATION_ID, FORMAT};
use crate::own_file;
use crate::own_file::exposed::close;

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Where the format stands in its header, and where the mark of whose file it is.
const FORMAT_AT: usize = 60;
const APPLICATION_AT: usize = 68;

/// What is in a journal's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// Nothing, or an empty file.
    Nothing,
    /// A journal of this format.
    Journal(i64),
}

/// Looks at the file without SQLite, which would take whatever is there for its own and change its mode.
///
/// # Errors
///
/// When it cannot be read, is no journal, or one of a newer format.
pub(super) fn look(path: &Path) -> Result<There, JournalError> {
    let unreachable =
        |error: io::Error| JournalError::Unreachable { place: path.into(), reason: error.to_string() };
    let mut header = Vec::with_capacity(100);
    match own_file::open_through(path) {
        Ok(file) => file.take(100).read_to_end(&mut header).map_err(unreachable)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
        Err(error) => return Err(unreachable(error)),
    };
    if header.is_empty() {
        return Ok(There::Nothing);
    }
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?;
        Some(i64::from(u32::from_be_bytes(bytes.try_into().ok()?)))
    };
    match (number(APPLICATION_AT), number(FORMAT_AT)) {
        (Some(APPLICATION_ID), Some(found)) if header.starts_with(MAGIC) => {
            if found > FORMAT {
                return Err(JournalError::Newer { place: path.into(), found, known: FORMAT });
            }
            Ok(There::Journal(found))
        }
        _ => Err(JournalError::Foreign { place: path.into() }),
    }
}

/// Makes a folder that only its owner can look into, where it is not there.
///
/// # Errors
///
/// When it cannot be made.
pub(crate) fn private_folder(folder: &Path) -> Result<(), JournalError> {
    own_file::make_folder(folder)
        .and_then(|()| close(folder))
        .map_err(|error| JournalError::Unreachable { place: folder.into(), reason: error.to_string() })
}

/// Makes an empty file that only its owner can read, where there is none, and takes the rights of others from one that is
/// there, with what SQLite has beside it. Gives whether it made one.
///
/// # Errors
///
/// When it cannot be made.
pub(crate) fn private_file(path: &Path) -> Result<bool, JournalError> {
    let unreachable =
        |error: io::Error| JournalError::Unreachable { place: path.into(), reason: error.to_string() };
    let made = own_file::make(path).map_err(unreachable)?;
    take_rights(path).map(|()| made)
}

/// Takes the rights of others from a file that is there, with what SQLite has beside it.
///
/// # Errors
///
/// When it cannot be done.
pub(crate) fn take_rights(path: &Path) -> Result<(), JournalError> {
    let beside = ["", "-wal", "-shm"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    });
    beside
        .iter()
        .try_for_each(|file| close(file))
        .map_err(|error| JournalError::Unreachable { place: path.into(), reason: error.to_string() })
}

/// Has the system write down that a folder has a new file: a journal whose name a power cut takes away is lost whole.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // On Windows folders are not opened, and names are written with the file.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// A folder by its real name, so that no link stands between it and the file.
pub(crate) fn real(folder: &Path) -> Result<PathBuf, JournalError> {
    fs::canonicalize(folder)
        .map_err(|error| JournalError::Unreachable { place: folder.into(), reason: error.to_string() })
}

/// Opens a file for reading and writing that is there already.
pub(crate) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    Connection::open_with_flags(path, flags)
}

/// Opens a file that may not be written, nor anything beside it: SQLite then cannot keep the shared memory that
/// reading a log asks for. Without a log the file is read as it stands; with one, file and log are copied to where
/// they can be read together.
pub(super) fn connect_unwritable(path: &Path) -> io::Result<(Connection, Option<TempDir>)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let beside = |path: &Path| {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        PathBuf::from(log)
    };
    let log = beside(path);
    if fs::metadata(&log).map_or(0, |log| log.len()) == 0 {
        let mut address = String::from("file:");
        for byte in path.to_string_lossy().replace('\\', "/").bytes() {
            match byte {
                b'?' | b'#' | b'%' => address.push_str(&format!("%{byte:02x}")),
                _ => address.push(char::from(byte)),
            }
        }
        address.push_str("?immutable=1");
        let connection = Connection::open_with_flags(address, flags | OpenFlags::SQLITE_OPEN_URI);
        return connection.map(|connection| (connection, None)).map_err(io::Error::other);
    }
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("journal.sqlite3");
    // The log first: what is moved from it to the file meanwhile is then in both.
    fs::copy(&log, beside(&copy))?;
    fs::copy(path, &copy)?;
    Connection::open(&copy).map(|connection| (connection, Some(folder))).map_err(io::Error::other)
}
