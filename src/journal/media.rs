//! The ids that the platform gave for media files, so that a file is not uploaded again while its id lives.
//!
//! A file of its own beside the journal: losing it costs an upload and nothing else, so its commits need not be
//! synced, and they never hold up an intent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::journal::JournalError;
use crate::journal::sqlite::file::{connect, private_file, private_folder, real};
use crate::journal::sqlite::store::{timestamp, unreadable, unwritable};

/// The file's name in the state folder.
pub(crate) const FILE: &str = "media.sqlite3";
/// Marks the file as ours: `wxcm` in ASCII.
const APPLICATION_ID: i64 = 0x7778_636d;
/// The format this program writes, and the newest it reads.
const FORMAT: i64 = 1;
/// Another process may be writing for a campaign of the same folder.
const BUSY: Duration = Duration::from_secs(30);

const SCHEMA: &str = "
CREATE TABLE media(
  appid TEXT NOT NULL, upload TEXT NOT NULL, sha256 BLOB NOT NULL, id TEXT NOT NULL, uploaded INTEGER NOT NULL,
  expires INTEGER NOT NULL, PRIMARY KEY(appid, upload, sha256)) STRICT, WITHOUT ROWID;
";

/// An id that was given for a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMedia {
    /// What the content was uploaded as, by the upload's name.
    pub upload: String,
    /// The content's SHA-256.
    pub sha256: [u8; 32],
    /// The media id, or the address of an article's picture.
    pub id: String,
    /// When it was uploaded.
    pub uploaded: Timestamp,
    /// When it dies.
    pub expires: Timestamp,
}

/// An id is used as long as this much of its life is left.
const MARGIN: Duration = Duration::from_secs(60 * 60);

impl KeptMedia {
    /// Until when it is given to messages.
    pub(crate) fn usable_until(&self) -> Timestamp {
        self.expires.checked_sub(MARGIN).unwrap_or(Timestamp::MIN)
    }

    /// Whether it may be given to a message: at least an hour of its life is left.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        self.usable_until() >= now
    }
}

/// The kept ids of a state folder.
#[derive(Debug)]
pub struct MediaStore {
    connection: Connection,
    path: PathBuf,
}

impl MediaStore {
    /// Opens the kept ids of a state folder, and makes the file where it is not there.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, is foreign, newer or damaged.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        private_folder(folder)?;
        private_file(&folder.join(FILE))?;
        Self::open_there(folder)
    }

    /// Opens the kept ids of a state folder for reading; gives nothing where there are none.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, JournalError> {
        let path = folder.join(FILE);
        match path.try_exists() {
            Ok(true) => Self::open_there(folder).map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(JournalError::Unreachable { place: (&path).into(), reason: error.to_string() }),
        }
    }

    fn open_there(folder: &Path) -> Result<Self, JournalError> {
        let path = real(folder)?.join(FILE);
        let mut connection = connect(&path).map_err(|error| unreadable(&path, &error))?;
        let (application, format) = set_up(&mut connection).map_err(|error| unreadable(&path, &error))?;
        if application != APPLICATION_ID {
            return Err(JournalError::Foreign { place: (&path).into() });
        }
        if format > FORMAT {
            return Err(JournalError::Newer { place: (&path).into(), found: format, known: FORMAT });
        }
        Ok(Self { connection, path })
    }

    /// The id that an account has for a content, dead or alive.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(crate) fn find(
        &self,
        appid: &str,
        upload: &str,
        sha256: &[u8; 32],
    ) -> Result<Option<KeptMedia>, JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT upload, sha256, id, uploaded, expires FROM media \
                 WHERE appid = ?1 AND upload = ?2 AND sha256 = ?3",
            )?;
            statement.query_row(params![appid, upload, sha256], kept).optional()
        })()
        .map_err(|error| unreadable(&self.path, &error))
    }

    /// Every id of an account, dead or alive.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(crate) fn all(&self, appid: &str) -> Result<Vec<KeptMedia>, JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT upload, sha256, id, uploaded, expires FROM media WHERE appid = ?1 ORDER BY upload, sha256",
            )?;
            statement.query_map([appid], kept)?.collect::<rusqlite::Result<Vec<KeptMedia>>>()
        })()
        .map_err(|error: rusqlite::Error| unreadable(&self.path, &error))
    }

    /// Keeps an id, in place of an earlier one for this content.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn keep(&self, appid: &str, media: &KeptMedia) -> Result<(), JournalError> {
        (|| {
            self.connection
                .prepare_cached(
                    "INSERT INTO media(appid, upload, sha256, id, uploaded, expires) VALUES(?1,?2,?3,?4,?5,?6) \
                     ON CONFLICT DO UPDATE SET id = ?4, uploaded = ?5, expires = ?6",
                )?
                .execute(params![
                    appid,
                    media.upload,
                    media.sha256,
                    media.id,
                    media.uploaded.as_millisecond(),
                    media.expires.as_millisecond()
                ])
        })()
        .map(drop)
        .map_err(|error: rusqlite::Error| unwritable(&self.path, &error))
    }

    /// Forgets an id that the platform no longer knows.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(crate) fn forget(&self, appid: &str, id: &str) -> Result<(), JournalError> {
        self.connection
            .execute("DELETE FROM media WHERE appid = ?1 AND id = ?2", [appid, id])
            .map(drop)
            .map_err(|error| unwritable(&self.path, &error))
    }
}

/// Makes the table where the file is new, and gives the file's marks.
fn set_up(connection: &mut Connection) -> rusqlite::Result<(i64, i64)> {
    connection.busy_timeout(BUSY)?;
    let mark =
        |connection: &Connection, name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
    let there: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application = mark(connection, "application_id")?;
    if there > 0 && application != APPLICATION_ID {
        // Not ours: not even its mode is changed.
        return Ok((application, mark(connection, "user_version")?));
    }
    let create = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let blank: i64 = create.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if blank == 0 {
        create.execute_batch(SCHEMA)?;
        create.pragma_update(None, "application_id", APPLICATION_ID)?;
        create.pragma_update(None, "user_version", FORMAT)?;
    }
    create.commit()?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok((mark(connection, "application_id")?, mark(connection, "user_version")?))
}

fn kept(row: &Row<'_>) -> rusqlite::Result<KeptMedia> {
    Ok(KeptMedia {
        upload: row.get(0)?,
        sha256: row.get(1)?,
        id: row.get(2)?,
        uploaded: timestamp(row.get(3)?)?,
        expires: timestamp(row.get(4)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_by_account_type_and_content() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        assert!(matches!(MediaStore::read(folder.path()), Ok(None)));
        let media = |id: &str| KeptMedia {
            upload: "image".into(),
            sha256: [7; 32],
            id: id.into(),
            uploaded: Timestamp::UNIX_EPOCH,
            expires: Timestamp::UNIX_EPOCH,
        };
        let keep = |store: &MediaStore, id| store.keep("a", &media(id)).unwrap_or_else(|e| panic!("{e}"));
        let store = MediaStore::open(folder.path()).unwrap_or_else(|error| panic!("{error}"));
        keep(&store, "old");
        keep(&store, "new");
        drop(store);
        let store = MediaStore::open(folder.path()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(store.find("a", "image", &[7; 32]), Ok(Some(media("new"))));
        assert_eq!(store.find("b", "image", &[7; 32]), Ok(None));
        assert_eq!(store.find("a", "thumb", &[7; 32]), Ok(None));
        assert_eq!(store.find("a", "image", &[8; 32]), Ok(None));
        assert_eq!(store.all("a"), Ok(vec![media("new")]));
        assert_eq!(store.forget("a", "new"), Ok(()));
        assert_eq!(store.all("a"), Ok(Vec::new()));
    }
}
