//! A journal that PostgreSQL keeps.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::journal::JournalError;
use crate::journal::backend::{Backend, Files};
use crate::journal::identity::{Claim, MessageKey, Person};
use crate::journal::kept::Kept;
use crate::journal::postgres::lease::Lease;
use crate::journal::postgres::session::{Failure, Session, Transaction, get, parameters};
use crate::journal::whereabouts::Whereabouts;

/// How often what collided with others is tried again.
const TRIES: u32 = 5;

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
    pub(super) kept: Vec<Kept>,
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
    /// Reads, and tells what goes wrong as what it is for a reader.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce() -> Result<T, Failure>) -> Result<T, JournalError> {
        ask().map_err(|failure| self.session.unreadable(&failure))
    }

    /// Writes in one transaction, and tells what goes wrong as what it is for a writer.
    pub(crate) fn write<T>(
        &self,
        mut write: impl FnMut(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, JournalError> {
        let mut tries = 0;
        loop {
            match self.session.transaction(&mut write) {
                Err(failure) if failure.is_collision() && tries < TRIES => tries += 1,
                written => return written.map_err(|failure| self.session.unwritable(&failure)),
            }
        }
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
