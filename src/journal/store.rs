//! The journal's file: SQLite and its format.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Transaction, params};

use crate::delivery::attempt::{Attempt, Cause, Incident};
use crate::delivery::outcome::Outcome;
use crate::journal::record::{Recorded, State};
use crate::journal::{Identity, JournalError};

/// Marks the file as ours: `wxcs` in ASCII.
const APPLICATION_ID: i64 = 0x7778_6373;
/// The format this program writes, and the newest it reads.
pub(crate) const FORMAT: i64 = 1;
/// The file's name in the state folder.
pub const FILE: &str = "journal.sqlite3";

/// Another process may be writing for a campaign of the same folder.
const BUSY: Duration = Duration::from_secs(30);

const SCHEMA: &str = "
CREATE TABLE campaign(
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, campaign TEXT NOT NULL, wave INTEGER NOT NULL,
  UNIQUE(appid, campaign, wave)) STRICT;
CREATE TABLE message(
  id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, openid TEXT NOT NULL, nth INTEGER NOT NULL,
  state INTEGER NOT NULL, attempts INTEGER NOT NULL, errcode INTEGER, reason INTEGER, hint TEXT, rid TEXT,
  at INTEGER NOT NULL, latency INTEGER, payload INTEGER NOT NULL) STRICT;
CREATE TABLE attempt(
  id INTEGER PRIMARY KEY, message INTEGER NOT NULL, number INTEGER NOT NULL, errcode INTEGER, reason INTEGER,
  rid TEXT, at INTEGER NOT NULL, latency INTEGER) STRICT;
CREATE TABLE text(id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE run(
  id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER, ending TEXT,
  exit INTEGER, pid INTEGER NOT NULL, host TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
  text TEXT NOT NULL, planned INTEGER NOT NULL, requests INTEGER, reason TEXT, counts TEXT) STRICT;
CREATE TABLE resolution(
  id INTEGER PRIMARY KEY, message INTEGER NOT NULL, outcome INTEGER NOT NULL, who TEXT NOT NULL,
  at INTEGER NOT NULL) STRICT;
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

const SELECT: &str = "SELECT m.id, m.openid, m.nth, m.state, m.attempts, m.errcode, t.value, m.hint, m.rid, m.at, \
                      m.latency, m.payload FROM message m LEFT JOIN text t ON t.id = m.reason";

/// An open journal.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the journal of a state folder for writing, and makes both where they are not there.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, is foreign, newer or damaged. Nothing is ever started anew over such a file.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        std::fs::create_dir_all(folder).map_err(|error| JournalError::Unreachable {
            path: folder.to_owned(),
            reason: error.to_string(),
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let store = Self::open_with(folder, flags)?;
        store.make_room_for_notices()?;
        Ok(store)
    }

    /// Opens the journal of a state folder for reading; gives nothing where there is none.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn read(folder: &Path) -> Result<Option<Self>, JournalError> {
        let path = folder.join(FILE);
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(JournalError::Unreachable { path, reason: error.to_string() }),
        }
        // Reading needs the shared memory of WAL, which a strictly read-only connection could not set up.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::open_with(folder, flags).map(Some)
    }

    /// Looks through the whole file for damage.
    ///
    /// # Errors
    ///
    /// When there is some.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        let path = &self.path;
        let found: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| refusal(path, &error))?;
        if found == "ok" {
            return Ok(());
        }
        Err(JournalError::Corrupt { path: path.clone(), reason: found })
    }

    fn open_with(folder: &Path, flags: OpenFlags) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        let connection = Connection::open_with_flags(&path, flags).map_err(|error| refusal(&path, &error))?;
        let mut store = Self { connection, path };
        store.set_up().map_err(|error| refusal(&store.path, &error))?;
        let application: i64 = store.pragma("application_id")?;
        let format: i64 = store.pragma("user_version")?;
        if application != APPLICATION_ID {
            return Err(JournalError::Foreign { path: store.path });
        }
        if format > FORMAT {
            return Err(JournalError::Newer { path: store.path, found: format, known: FORMAT });
        }
        Ok(store)
    }

    fn set_up(&mut self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY)?;
        let blank: i64 =
            self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if blank == 0 {
            let create =
                self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            // Another process may have been faster.
            let blank: i64 = create.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if blank == 0 {
                create.execute_batch(SCHEMA)?;
                create.pragma_update(None, "application_id", APPLICATION_ID)?;
                create.pragma_update(None, "user_version", FORMAT)?;
            }
            create.commit()?;
        }
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        // On macOS a sync leaves what it wrote in the cache of the disk, unless it is told otherwise. Elsewhere this means nothing.
        self.connection.pragma_update(None, "fullfsync", true)?;
        self.connection.set_prepared_statement_cache_capacity(32);
        Ok(())
    }

    fn pragma(&self, name: &str) -> Result<i64, JournalError> {
        self.connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| self.refusal(&error))
    }

    pub(crate) fn refusal(&self, error: &rusqlite::Error) -> JournalError {
        refusal(&self.path, error)
    }

    /// The number of a campaign, made where it has none.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written.
    pub fn campaign(&self, identity: &Identity) -> Result<i64, JournalError> {
        self.connection
            .execute(
                "INSERT INTO campaign(appid, campaign, wave) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![identity.appid, identity.campaign, identity.wave],
            )
            .map_err(|error| self.refusal(&error))?;
        self.find_campaign(identity)?.ok_or_else(|| self.refusal(&rusqlite::Error::QueryReturnedNoRows))
    }

    /// The number of a campaign, where it has one.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub fn find_campaign(&self, identity: &Identity) -> Result<Option<i64>, JournalError> {
        self.connection
            .query_row(
                "SELECT id FROM campaign WHERE appid = ?1 AND campaign = ?2 AND wave = ?3",
                params![identity.appid, identity.campaign, identity.wave],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| self.refusal(&error))
    }

    /// Turns every intent without an outcome into `unknown`, because of `incident`. Gives how many there were.
    /// Only whoever holds the campaign's lock may call it.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub fn recover(&mut self, campaign: i64, incident: Incident) -> Result<usize, JournalError> {
        let recovered = (|| {
            let transaction = self.transaction()?;
            let reason = text_id(&transaction, &incident.to_string())?;
            let changed = transaction.execute(
                "UPDATE message SET state = ?1, reason = ?2 WHERE campaign = ?3 AND state = ?4",
                params![
                    State::Settled(Outcome::Unknown).to_disk(),
                    reason,
                    campaign,
                    State::InFlight.to_disk()
                ],
            )?;
            transaction.commit()?;
            Ok(changed)
        })();
        recovered.map_err(|error: rusqlite::Error| self.refusal(&error))
    }

    /// Calls `each` with every message of a campaign in the order of their first intents, only what an index
    /// needs: number, openid, nth.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn identities(
        &self,
        campaign: i64,
        mut each: impl FnMut(i64, &str, u32),
    ) -> Result<(), JournalError> {
        (|| {
            let mut statement = self
                .connection
                .prepare_cached("SELECT id, openid, nth FROM message WHERE campaign = ?1 ORDER BY id")?;
            let mut rows = statement.query([campaign])?;
            while let Some(row) = rows.next()? {
                let openid = row.get_ref(1)?;
                each(row.get(0)?, openid.as_str()?, row.get(2)?);
            }
            Ok(())
        })()
        .map_err(|error: rusqlite::Error| self.refusal(&error))
    }

    /// A message by its number.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn message(&self, id: i64) -> Result<Option<Recorded>, JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(&format!("{SELECT} WHERE m.id = ?1"))?;
            statement.query_row([id], recorded).optional()
        })()
        .map_err(|error| self.refusal(&error))
    }

    /// Calls `each` with every message of a campaign.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub fn messages(&self, campaign: i64, each: impl FnMut(Recorded)) -> Result<(), JournalError> {
        self.messages_after(campaign, 0, usize::MAX, each)
    }

    /// Calls `each` with the messages of a campaign after a number, at most so many, in the order of their first
    /// intents.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn messages_after(
        &self,
        campaign: i64,
        after: i64,
        most: usize,
        mut each: impl FnMut(Recorded),
    ) -> Result<(), JournalError> {
        (|| {
            let mut statement = self.connection.prepare_cached(&format!(
                "{SELECT} WHERE m.id > ?2 AND m.campaign = ?1 ORDER BY m.id LIMIT ?3"
            ))?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let mut rows = statement.query([campaign, after, most])?;
            while let Some(row) = rows.next()? {
                each(recorded(row)?);
            }
            Ok(())
        })()
        .map_err(|error: rusqlite::Error| self.refusal(&error))
    }

    /// Settles unknown messages by hand and notes who did. Messages that are not unknown are left alone. Gives
    /// how many were settled. Only whoever holds the campaign's lock may call it.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written; then nothing is settled.
    pub(crate) fn resolve(
        &mut self,
        ids: &[i64],
        outcome: Outcome,
        who: &str,
        at: Timestamp,
    ) -> Result<usize, JournalError> {
        let resolved = (|| {
            let transaction = self.transaction()?;
            let reason = text_id(&transaction, &Incident::Resolved.to_string())?;
            let (state, unknown) =
                (State::Settled(outcome).to_disk(), State::Settled(Outcome::Unknown).to_disk());
            let mut count = 0;
            for id in ids {
                let changed = transaction
                    .prepare_cached(
                        "UPDATE message SET state = ?1, reason = ?2, errcode = NULL, at = ?3 WHERE id = ?4 AND state = ?5",
                    )?
                    .execute(params![state, reason, at.as_millisecond(), id, unknown])?;
                if changed > 0 {
                    transaction
                        .prepare_cached(
                            "INSERT INTO resolution(message, outcome, who, at) VALUES(?1,?2,?3,?4)",
                        )?
                        .execute(params![id, state, who, at.as_millisecond()])?;
                }
                count += changed;
            }
            transaction.commit()?;
            Ok(count)
        })();
        resolved.map_err(|error: rusqlite::Error| self.refusal(&error))
    }

    /// Whether it knows no message of any campaign.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn is_blank(&self) -> Result<bool, JournalError> {
        self.connection
            .query_row("SELECT NOT EXISTS (SELECT 1 FROM message)", [], |row| row.get(0))
            .map_err(|error| self.refusal(&error))
    }

    /// A note about the journal itself.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn note(&self, key: &str) -> Result<Option<String>, JournalError> {
        self.connection
            .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(|error| self.refusal(&error))
    }

    /// Makes a note about the journal itself, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn set_note(&self, key: &str, value: &str) -> Result<(), JournalError> {
        self.connection
            .execute(
                "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
                [key, value],
            )
            .map(drop)
            .map_err(|error| self.refusal(&error))
    }

    pub(crate) fn transaction(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
    }
}

/// An intent, as it is written.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The message's number, where the journal knows it.
    pub id: Option<i64>,
    /// The openid.
    pub openid: String,
    /// Which message to this openid it is, from 1.
    pub nth: u32,
    /// Which attempt it is, from 1, over all runs.
    pub attempt: u32,
    /// When it was decided.
    pub at: Timestamp,
    /// The payload's mark.
    pub payload: i64,
}

pub(crate) fn write_intent(
    transaction: &Transaction<'_>,
    campaign: i64,
    intent: &Intent,
) -> rusqlite::Result<i64> {
    let at = intent.at.as_millisecond();
    match intent.id {
        None => {
            transaction
                .prepare_cached(
                    "INSERT INTO message(campaign, openid, nth, state, attempts, at, payload) VALUES(?1,?2,?3,0,?4,?5,?6)",
                )?
                .execute(params![campaign, intent.openid, intent.nth, intent.attempt, at, intent.payload])?;
            Ok(transaction.last_insert_rowid())
        }
        Some(id) => {
            transaction
                .prepare_cached(
                    "UPDATE message SET state = 0, attempts = ?1, at = ?2, payload = ?3, errcode = NULL, \
                     reason = NULL, hint = NULL, rid = NULL, latency = NULL WHERE id = ?4",
                )?
                .execute(params![intent.attempt, at, intent.payload, id])?;
            Ok(id)
        }
    }
}

pub(crate) fn write_outcome(
    transaction: &Transaction<'_>,
    id: i64,
    outcome: Outcome,
    attempt: &Attempt,
) -> rusqlite::Result<()> {
    let (errcode, reason, hint, rid) = match &attempt.cause {
        // The usual answer says nothing that the errcode does not.
        Cause::Answer { code: 0, .. } => (Some(0), None, None, None),
        Cause::Answer { code, errmsg } => {
            (Some(*code), Some(errmsg.text().to_owned()), errmsg.hint(), errmsg.rid())
        }
        Cause::Event(incident) => (None, Some(incident.to_string()), None, None),
    };
    let reason = reason.map(|reason| text_id(transaction, &reason)).transpose()?;
    let at = attempt.finished.as_millisecond();
    let latency = i64::try_from(attempt.latency.as_millis()).unwrap_or(i64::MAX);
    let state = State::Settled(outcome).to_disk();
    transaction
        .prepare_cached(
            "UPDATE message SET state = ?1, errcode = ?2, reason = ?3, hint = ?4, rid = ?5, at = ?6, latency = ?7 \
             WHERE id = ?8",
        )?
        .execute(params![state, errcode, reason, hint, rid, at, latency, id])?;
    if outcome == Outcome::Postponed {
        transaction
            .prepare_cached(
                "INSERT INTO attempt(message, number, errcode, reason, rid, at, latency) VALUES(?1,?2,?3,?4,?5,?6,?7)",
            )?
            .execute(params![id, attempt.number, errcode, reason, rid, at, latency])?;
    }
    Ok(())
}

/// The number of a text that comes again and again, such as an errmsg.
fn text_id(transaction: &Transaction<'_>, text: &str) -> rusqlite::Result<i64> {
    let mut find = transaction.prepare_cached("SELECT id FROM text WHERE value = ?1")?;
    if let Some(id) = find.query_row([text], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    transaction.prepare_cached("INSERT INTO text(value) VALUES(?1)")?.execute([text])?;
    Ok(transaction.last_insert_rowid())
}

fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let state: i64 = row.get(3)?;
    Ok(Recorded {
        id: row.get(0)?,
        openid: row.get(1)?,
        nth: row.get(2)?,
        state: State::from_disk(state).ok_or(rusqlite::Error::IntegralValueOutOfRange(3, state))?,
        attempts: row.get(4)?,
        errcode: row.get(5)?,
        reason: row.get(6)?,
        hint: row.get(7)?,
        rid: row.get(8)?,
        at: timestamp(row.get(9)?),
        latency_ms: row.get(10)?,
        payload: row.get(11)?,
    })
}

pub(crate) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

pub(crate) fn refusal(path: &Path, error: &rusqlite::Error) -> JournalError {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalError::Foreign { path: path.to_owned() },
        Some(ErrorCode::DatabaseCorrupt) => JournalError::Corrupt { path: path.to_owned(), reason },
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            JournalError::Unreachable { path: path.to_owned(), reason }
        }
        Some(_) => JournalError::Unwritable { reason },
        None => JournalError::Corrupt { path: path.to_owned(), reason },
    }
}
