//! A journal that SQLite keeps.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Row, Transaction, TransactionBehavior};
use tempfile::TempDir;

use crate::journal::JournalError;
use crate::journal::backend::{Backend, Files};
use crate::journal::identity::CampaignKey;
use crate::journal::kept::Kept;
use crate::journal::record::MessageCounts;
use crate::journal::reserve::Reserve;
use crate::journal::sqlite::file::{self, There};
use crate::journal::sqlite::schema::{self, FORMAT};
use crate::journal::whereabouts::Whereabouts;

/// The file's name in an account's folder.
pub(crate) const FILE: &str = "journal.sqlite3";

/// Another process may be writing for another campaign of the account.
const BUSY: Duration = Duration::from_secs(30);

/// A journal in one file.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    pub(crate) connection: Connection,
    path: PathBuf,
    shared: bool,
    /// What must stay where it is while intents are written.
    kept: Vec<Kept>,
    /// Room on the disk for answers.
    reserve: Option<Reserve>,
    /// The messages of a campaign, as they were counted last.
    pub(crate) counted: RefCell<Option<Counted>>,
    /// A copy that is read in the place of a file that cannot be.
    _copy: Option<TempDir>,
}

/// The messages of a campaign, counted at a moment.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) campaign: CampaignKey,
    pub(crate) moment: Moment,
    pub(crate) counts: MessageCounts,
}

/// What is another one once something was committed: by others, and by this connection.
pub(crate) type Moment = (i64, i64);

impl Counted {
    /// Whether it is of this campaign, and nothing was committed since.
    pub(crate) fn is_of(&self, campaign: CampaignKey, moment: Moment) -> bool {
        (self.campaign, self.moment) == (campaign, moment)
    }
}

impl SqliteStore {
    /// Opens the journal of a folder for writing, and makes both where they are not there.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, is foreign, newer or damaged. Nothing is ever started anew over such a file.
    pub(crate) fn open(folder: &Path) -> Result<Self, JournalError> {
        file::private_folder(folder)?;
        let folder = file::real(folder)?;
        let path = folder.join(FILE);
        // A file that is not ours is not written to, not even its mode.
        of_this_format(file::look(&path)?, &path)?;
        let made = file::private_file(&path)?;
        let mut store = Self {
            connection: file::connect(&path).map_err(|error| unreadable(&path, &error))?,
            kept: vec![Kept::of(&path)],
            reserve: None,
            counted: RefCell::default(),
            path,
            shared: true,
            _copy: None,
        };
        store.set_up().map_err(|error| store.unwritable(&error))?;
        store.insist_on_schema()?;
        store.shared = settle_mode(&store.connection).map_err(|error| store.unwritable(&error))?;
        if made {
            file::sync_folder(&folder).map_err(|error| JournalError::Unreachable {
                place: (&folder).into(),
                reason: error.to_string(),
            })?;
        }
        Ok(store)
    }

    /// Opens the journal of a folder for reading; gives nothing where there is none. It needs no right to write.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, JournalError> {
        let path = folder.join(FILE);
        match file::look(&path)? {
            There::Nothing => return Ok(None),
            there @ There::Journal(_) => of_this_format(there, &path)?,
        }
        let path = file::real(folder)?.join(FILE);
        match Self::read_at(file::connect(&path), &path, None) {
            Err(JournalError::Unreachable { .. } | JournalError::Unreadable { .. }) => {}
            read => return read,
        }
        let (connection, copy) = file::connect_unwritable(&path).map_err(|error| {
            JournalError::Unreachable { place: (&path).into(), reason: error.to_string() }
        })?;
        Self::read_at(Ok(connection), &path, copy)
    }

    fn read_at(
        connection: rusqlite::Result<Connection>,
        path: &Path,
        copy: Option<TempDir>,
    ) -> Result<Option<Self>, JournalError> {
        let connection = connection.map_err(|error| unreadable(path, &error))?;
        let mut store = Self {
            connection,
            path: path.to_owned(),
            shared: true,
            kept: Vec::new(),
            reserve: None,
            counted: RefCell::default(),
            _copy: copy,
        };
        store.leave_log().and_then(|()| store.prepare()).map_err(|error| store.unreadable(&error))?;
        // A process that was killed while it made the journal leaves one whose making SQLite takes back when it is
        // opened next: nothing was ever written to it.
        if is_blank(&store.connection).map_err(|error| store.unreadable(&error))? {
            return Ok(None);
        }
        store.insist_on_schema()?;
        Ok(Some(store))
    }

    /// Whoever reads leaves the log as it is: what is wrong with it is seen by whoever means to send.
    fn leave_log(&self) -> rusqlite::Result<()> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)
    }

    fn prepare(&mut self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY)?;
        self.connection.set_prepared_statement_cache_capacity(32);
        // A file may come from a stranger: functions that its schema calls are not run.
        self.connection.pragma_update(None, "trusted_schema", false)
    }

    fn set_up(&mut self) -> rusqlite::Result<()> {
        self.prepare()?;
        if is_blank(&self.connection)? {
            let create = self.transaction()?;
            // Another process may have been faster.
            if is_blank(&create)? {
                schema::create(&create)?;
            }
            create.commit()?;
        }
        Ok(())
    }

    fn insist_on_schema(&self) -> Result<(), JournalError> {
        match schema::is_ours(&self.connection).map_err(|error| self.unreadable(&error))? {
            true => Ok(()),
            false => Err(JournalError::Foreign { place: (&self.path).into() }),
        }
    }

    pub(crate) fn moment(&self) -> rusqlite::Result<Moment> {
        let others = self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        let own = self.connection.query_row("SELECT total_changes()", [], |row| row.get(0))?;
        Ok((others, own))
    }

    /// What an error says that came of reading.
    pub(crate) fn unreadable(&self, error: &rusqlite::Error) -> JournalError {
        unreadable(&self.path, error)
    }

    /// What an error says that came of writing.
    pub(crate) fn unwritable(&self, error: &rusqlite::Error) -> JournalError {
        unwritable(&self.path, error)
    }

    pub(crate) fn transaction(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }
}

impl Backend for SqliteStore {}

impl Files for SqliteStore {
    fn place(&self) -> Option<Whereabouts> {
        Some(Whereabouts::of(&self.path))
    }

    fn is_shareable(&self) -> bool {
        self.shared
    }

    fn keep(&mut self, files: Vec<Kept>) {
        self.kept.extend(files);
    }

    fn keep_reserve(&mut self, folder: &Path) {
        self.reserve = Reserve::take(folder);
    }

    fn let_reserve_go(&mut self) -> bool {
        self.reserve.take().map(Reserve::let_go).is_some()
    }

    fn kept(&self) -> Vec<Kept> {
        self.kept.clone()
    }

    fn is_in_place(&self) -> bool {
        self.kept.iter().all(Kept::is_there)
    }

    fn check(&self) -> Result<(), JournalError> {
        let found: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| self.unreadable(&error))?;
        if found == "ok" {
            return Ok(());
        }
        Err(JournalError::Corrupt { place: (&self.path).into(), reason: found })
    }
}

fn of_this_format(there: There, path: &Path) -> Result<(), JournalError> {
    match there {
        There::Nothing | There::Journal(FORMAT) => Ok(()),
        // One of format 1 lies beside its campaign and is imported from there.
        There::Journal(_) => Err(JournalError::Foreign { place: path.into() }),
    }
}

fn is_blank(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

/// Sees to it that a commit is on disk when it returns. Gives whether others can read and write in turn meanwhile: that
/// takes memory that processes share, which folders on a network do not have.
fn settle_mode(connection: &Connection) -> rusqlite::Result<bool> {
    let mode = |mode: &str| -> rusqlite::Result<String> {
        connection.pragma_update_and_check(None, "journal_mode", mode, |row| row.get(0))
    };
    let shared = mode("WAL")? == "wal";
    if shared {
        connection.pragma_update(None, "synchronous", "FULL")?;
    } else {
        mode("DELETE")?;
        connection.pragma_update(None, "synchronous", "EXTRA")?;
    }
    // On macOS a sync leaves what it wrote in the cache of the disk, unless it is told otherwise. Elsewhere this means nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(shared)
}

/// A moment as the journal keeps it.
///
/// # Errors
///
/// When the number is none: the file is damaged then.
pub(crate) fn timestamp(milliseconds: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(milliseconds)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, milliseconds))
}

/// A count as the journal keeps it.
///
/// # Errors
///
/// When the number is none: the file is damaged then.
pub(crate) fn whole(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let count = row.get(index)?;
    u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, count))
}

/// What an error says of a file that was read.
pub(crate) fn unreadable(path: &Path, error: &rusqlite::Error) -> JournalError {
    let (place, reason) = (path.into(), error.to_string());
    refusal(path, error).unwrap_or(JournalError::Unreadable { place, reason })
}

/// What an error says of a file that was written.
pub(crate) fn unwritable(path: &Path, error: &rusqlite::Error) -> JournalError {
    refusal(path, error).unwrap_or(JournalError::Unwritable { reason: error.to_string() })
}

/// What is wrong with the file itself; nothing where it is the moment that is wrong.
fn refusal(path: &Path, error: &rusqlite::Error) -> Option<JournalError> {
    let (place, reason) = (path.into(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Some(JournalError::Foreign { place }),
        Some(ErrorCode::DatabaseCorrupt) | None => Some(JournalError::Corrupt { place, reason }),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            Some(JournalError::Unreachable { place, reason })
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::OpenFlags;

    use super::*;

    #[test]
    fn a_journal_whose_making_was_cut_off_is_none_yet_and_is_made_by_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let connection = Connection::open(folder.path().join(FILE)).expect("a file");
        connection.pragma_update(None, "application_id", schema::APPLICATION_ID).expect("a mark");
        connection.pragma_update(None, "user_version", FORMAT).expect("a format");
        drop(connection);
        assert!(SqliteStore::read(folder.path()).expect("nothing wrong").is_none());
        drop(SqliteStore::open(folder.path()).expect("a journal"));
        assert!(SqliteStore::read(folder.path()).expect("nothing wrong").is_some());
    }

    #[test]
    #[cfg(unix)]
    fn where_processes_share_no_memory_each_commit_is_synced_with_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        // As on a file system of a network: locks, and nothing else to share.
        let connection =
            Connection::open_with_flags_and_vfs(&path, OpenFlags::default(), "unix-dotfile").expect("a file");
        assert_eq!(settle_mode(&connection), Ok(false));
        let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        assert_eq!(pragma("synchronous"), Ok(3));
        let own = SqliteStore::open(&folder.path().join("own")).expect("a journal");
        assert!(own.is_shareable());
    }
}
