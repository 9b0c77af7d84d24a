//! A journal that PostgreSQL keeps.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::api_base::Destination;
use crate::journal::JournalError;
use crate::journal::backend::{Backend, Files, Notes as _};
use crate::journal::identity::{CampaignKey, Claim, MessageKey, Person};
use crate::journal::kept::Kept;
use crate::journal::postgres::late;
use crate::journal::postgres::lease::Lease;
use crate::journal::postgres::schema::FORMAT;
use crate::journal::postgres::seen;
use crate::journal::postgres::session::{Failure, Session, Transaction, get, parameters};
use crate::journal::postgres::settings::Settings;
use crate::journal::record::State;
use crate::journal::whereabouts::Whereabouts;

/// How many bits of a number tell the message within its campaign.
const BITS: u32 = 32;

/// A journal in a database.
#[derive(Debug)]
pub(crate) struct PostgresStore {
    pub(crate) session: Session,
    /// The account's folder on this computer.
    pub(crate) folder: PathBuf,
    /// The word for where messages go: what goes to this computer is counted apart.
    pub(crate) destination: &'static str,
    /// The numbers of texts that come again and again.
    pub(crate) texts: RefCell<HashMap<String, i32>>,
    /// The campaign that this writes.
    pub(crate) held: Option<Held>,
    /// What tells this journal from every other, for when it cannot be asked.
    pub(crate) uuid: Option<String>,
    kept: Vec<Kept>,
}

/// What belongs to the claim of a campaign.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) claim: Claim,
    pub(crate) appid: Arc<str>,
    /// Numbers for new messages.
    pub(crate) numbers: Range<i32>,
    /// Messages with an intent and without an outcome.
    pub(crate) in_flight: HashMap<MessageKey, (Person, i32)>,
    /// How often this has committed.
    pub(crate) commits: i64,
    /// Whether it was waited in vain for the database: it is not waited for again.
    pub(crate) gave_up: bool,
    /// Renews the lease until this is dropped.
    pub(crate) _lease: Lease,
}

impl PostgresStore {
    /// Opens a journal for writing.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, there is none, it is newer, or it is not what this computer has seen last.
    pub(crate) fn open(
        settings: &Settings,
        folder: &Path,
        destination: Destination,
    ) -> Result<Self, JournalError> {
        let mut store = Self::connect(settings, folder, destination)?;
        if !store.is_prepared()? {
            return Err(JournalError::Unprepared { place: settings.place() });
        }
        seen::insist(&store)?;
        late::append(&store)?;
        store.uuid = Some(store.uuid()?);
        Ok(store)
    }

    /// Opens a journal for reading; gives nothing where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, or is newer.
    pub(crate) fn read(
        settings: &Settings,
        folder: &Path,
        destination: Destination,
    ) -> Result<Option<Self>, JournalError> {
        let store = Self::connect(settings, folder, destination)?;
        Ok(store.is_prepared()?.then_some(store))
    }

    fn connect(settings: &Settings, folder: &Path, destination: Destination) -> Result<Self, JournalError> {
        Ok(Self {
            session: Session::open(settings)?,
            folder: folder.to_owned(),
            destination: destination.name(),
            texts: RefCell::default(),
            held: None,
            uuid: None,
            kept: Vec::new(),
        })
    }

    /// Whether there is a journal, in a format that this program can use.
    fn is_prepared(&self) -> Result<bool, JournalError> {
        let there = "SELECT to_regclass('wxcast.meta') IS NOT NULL";
        let there =
            self.ask(|| self.session.row(there, &[])?.map_or(Ok(false), |row| get::<bool>(&row, 0)))?;
        if !there {
            return Ok(false);
        }
        let reader = "SELECT value::bigint FROM wxcast.meta WHERE key = 'least_reader'";
        let found = self.ask(|| match self.session.row(reader, &[])? {
            Some(row) => get::<i64>(&row, 0),
            None => Err(Failure::Damaged("least_reader")),
        })?;
        if found > FORMAT {
            let place = self.session.settings().place();
            return Err(JournalError::Newer { place, found, known: FORMAT });
        }
        Ok(true)
    }

    /// Reads, and tells what goes wrong as what it is for a reader.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce() -> Result<T, Failure>) -> Result<T, JournalError> {
        ask().map_err(|failure| self.session.unreadable(&failure))
    }

    /// Writes in one transaction, and tells what goes wrong as what it is for a writer.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, JournalError> {
        self.session.transaction(write).map_err(|failure| self.session.unwritable(&failure))
    }

    /// The number of a text that comes again and again, such as an errmsg. It is made in a transaction of its own: others
    /// who need the same text do not wait for the one that uses it.
    pub(crate) fn text(&self, text: &str) -> Result<i32, Failure> {
        if let Some(number) = self.texts.borrow().get(text) {
            return Ok(*number);
        }
        let find = "SELECT id FROM wxcast.text WHERE value = $1";
        let make = "INSERT INTO wxcast.text (value) VALUES ($1) ON CONFLICT DO NOTHING";
        let found = match self.session.row(find, parameters![text])? {
            Some(row) => Some(row),
            None => {
                self.session.execute(make, parameters![text])?;
                self.session.row(find, parameters![text])?
            }
        };
        let number = get(&found.ok_or(Failure::Damaged("text"))?, 0)?;
        self.texts.borrow_mut().insert(text.to_owned(), number);
        Ok(number)
    }
}

impl Backend for PostgresStore {}

impl Files for PostgresStore {
    /// The database looks after its own pages: it tells of a damaged one when that is read.
    fn check(&self) -> Result<(), JournalError> {
        self.ask(|| self.session.rows("SELECT key FROM wxcast.meta", &[]).map(drop))
    }

    fn place(&self) -> Option<Whereabouts> {
        None
    }

    fn is_shareable(&self) -> bool {
        true
    }

    fn kept(&self) -> Vec<Kept> {
        self.kept.clone()
    }

    fn is_in_place(&self) -> bool {
        self.kept.iter().all(Kept::is_there)
    }

    fn keep(&mut self, files: Vec<Kept>) {
        self.kept.extend(files);
    }

    /// What cannot be written now is put aside in a file.
    fn keep_reserve(&mut self, _: &Path) {}

    fn let_reserve_go(&mut self) -> bool {
        false
    }
}

/// A campaign's number as the database has it.
pub(crate) fn campaign(key: CampaignKey) -> i32 {
    i32::try_from(key.0).expect("it came from the database")
}

/// A claim's number as the database has it.
pub(crate) fn epoch(claim: Claim) -> i32 {
    i32::try_from(claim.epoch).expect("it came from the database")
}

/// The number of a message among all, of its number within its campaign.
pub(crate) fn message_key(campaign: CampaignKey, number: i32) -> MessageKey {
    MessageKey((campaign.0 << BITS) + i64::from(number))
}

/// The campaign of a message, and its number there.
pub(crate) fn number(key: MessageKey) -> (i32, i32) {
    let number = key.0 & ((1 << BITS) - 1);
    let small = |number: i64| i32::try_from(number).expect("it came from the database");
    (small(key.0 >> BITS), small(number))
}

/// Which message to a person, as the database has it.
pub(crate) fn nth(nth: u32) -> i32 {
    i32::try_from(nth).expect("nobody is sent thousands of millions of messages")
}

/// A moment as the journal keeps it.
pub(crate) fn moment(row: &Row, column: usize) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(get(row, column)?).map_err(|_| Failure::Damaged("at"))
}

/// The same where there may be none.
pub(crate) fn moment_or_none(row: &Row, column: usize) -> Result<Option<Timestamp>, Failure> {
    let at: Option<i64> = get(row, column)?;
    at.map(Timestamp::from_millisecond).transpose().map_err(|_| Failure::Damaged("at"))
}

/// A count, or a number that is never below zero.
pub(crate) fn whole<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Failure> {
    T::try_from(get::<i64>(row, column)?).map_err(|_| Failure::Damaged("count"))
}

/// The same of a smaller number.
pub(crate) fn small<T: TryFrom<i32>>(row: &Row, column: usize) -> Result<T, Failure> {
    T::try_from(get::<i32>(row, column)?).map_err(|_| Failure::Damaged("number"))
}

pub(crate) fn state(row: &Row, column: usize) -> Result<State, Failure> {
    State::from_disk(i64::from(get::<i16>(row, column)?)).ok_or(Failure::Damaged("state"))
}

/// A state as the database has it.
pub(crate) fn on_disk(state: State) -> i16 {
    i16::try_from(state.to_disk()).expect("states are small numbers")
}

pub(crate) fn person(row: &Row, column: usize) -> Result<Person, Failure> {
    let bytes: &[u8] = get(row, column)?;
    bytes.try_into().map(Person).map_err(|_| Failure::Damaged("person"))
}
