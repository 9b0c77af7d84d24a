//! How a journal in a database is opened.

use std::cell::RefCell;
use std::path::Path;

use crate::api_base::Destination;
use crate::journal::JournalError;
use crate::journal::backend::Notes as _;
use crate::journal::postgres::late;
use crate::journal::postgres::schema::FORMAT;
use crate::journal::postgres::seen;
use crate::journal::postgres::session::{Failure, Session, get};
use crate::journal::postgres::settings::Settings;
use crate::journal::postgres::store::PostgresStore;

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
}
