//! How the database is asked: statements with the types of their parameters, so that nothing is prepared and any pooler
//! may stand between, and transactions whose commits are on disk where the database says so.

use std::cell::RefCell;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, ToSql, Type};

use crate::journal::JournalError;
use crate::journal::postgres::connect::{Connection, Fault};
use crate::journal::postgres::settings::Settings;

/// A parameter with its type.
pub(crate) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// What has one type in the database.
pub(crate) trait Typed: ToSql + Sync {
    fn of() -> Type;
}

macro_rules! typed {
    ($($of:ty => $as:ident, $all:ident;)*) => { $(
        impl Typed for $of { fn of() -> Type { Type::$as } }
        impl Typed for Option<$of> { fn of() -> Type { Type::$as } }
        impl Typed for Vec<$of> { fn of() -> Type { Type::$all } }
        impl Typed for Vec<Option<$of>> { fn of() -> Type { Type::$all } }
    )* };
}

typed! {
    bool => BOOL, BOOL_ARRAY;
    i16 => INT2, INT2_ARRAY;
    i32 => INT4, INT4_ARRAY;
    i64 => INT8, INT8_ARRAY;
    &str => TEXT, TEXT_ARRAY;
    String => TEXT, TEXT_ARRAY;
    &[u8] => BYTEA, BYTEA_ARRAY;
}

/// A value as a parameter.
pub(crate) fn parameter<T: Typed>(value: &T) -> Parameter<'_> {
    (value, T::of())
}

/// Values as parameters.
macro_rules! parameters {
    ($($value:expr),* $(,)?) => { &[$($crate::journal::postgres::session::parameter(&$value)),*] };
}
pub(crate) use parameters;

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database says why, or is away.
    Fault(Fault),
    /// Another process has taken over what this one had.
    Fenced,
    /// What was read cannot be.
    Damaged(&'static str),
    /// It was committed, and is not sure to be there after a failure.
    Undurable(String),
    /// Something else is wrong with the journal.
    Journal(JournalError),
}

impl Failure {
    /// Whether two transactions waited for each other, and this one was taken back for that.
    pub(crate) fn is_collision(&self) -> bool {
        match self {
            Self::Fault(Fault::Database(error)) => {
                error.code().is_some_and(|code| *code == SqlState::T_R_DEADLOCK_DETECTED)
            }
            Self::Fault(Fault::TimedOut)
            | Self::Fenced
            | Self::Damaged(_)
            | Self::Undurable(_)
            | Self::Journal(_) => false,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// What speaks to one database, over one connection after another.
#[derive(Debug)]
pub(crate) struct Session {
    settings: Settings,
    connection: RefCell<Connection>,
}

/// A transaction. Whoever holds it asks nothing else meanwhile.
pub(crate) struct Transaction<'a>(&'a Connection);

/// Before the statements of a transaction. On a table that was just made the database knows nothing of how many rows
/// there are, and reads all of them where an index leads to a few.
pub(crate) const BEGIN: &str = "BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL enable_hashjoin = off; \
                                SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off";

impl Session {
    pub(crate) fn open(settings: &Settings) -> Result<Self, JournalError> {
        let connection = RefCell::new(Connection::open(settings)?);
        Ok(Self { settings: settings.clone(), connection })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Connects anew where the connection is lost.
    pub(crate) fn restore(&self) -> Result<(), JournalError> {
        if self.connection.borrow().is_closed() {
            let anew = Connection::open(&self.settings)?;
            *self.connection.borrow_mut() = anew;
        }
        Ok(())
    }

    /// Gives the connection up: nobody knows what became of what it was asked.
    pub(crate) fn renew(&self) -> Result<(), JournalError> {
        let anew = Connection::open(&self.settings)?;
        *self.connection.borrow_mut() = anew;
        Ok(())
    }

    pub(crate) fn unreadable(&self, failure: &Failure) -> JournalError {
        match failure {
            Failure::Fault(fault) => self.connection.borrow().unreadable(fault),
            Failure::Fenced => JournalError::Fenced,
            Failure::Damaged(what) => {
                JournalError::Corrupt { place: self.settings.place(), reason: (*what).to_owned() }
            }
            Failure::Undurable(reason) => JournalError::Unwritable { reason: reason.clone() },
            Failure::Journal(error) => error.clone(),
        }
    }

    pub(crate) fn unwritable(&self, failure: &Failure) -> JournalError {
        match failure {
            Failure::Fault(fault) => self.connection.borrow().unwritable(fault),
            Failure::Fenced | Failure::Damaged(_) | Failure::Undurable(_) | Failure::Journal(_) => {
                self.unreadable(failure)
            }
        }
    }

    /// Runs a statement and gives its rows.
    pub(crate) fn rows(&self, query: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Failure> {
        self.restore()?;
        let connection = self.connection.borrow();
        Ok(connection.wait(connection.client().query_typed(query, parameters))?)
    }

    /// Its first row, where it has one.
    pub(crate) fn row(&self, query: &str, parameters: &[Parameter<'_>]) -> Result<Option<Row>, Failure> {
        Ok(self.rows(query, parameters)?.into_iter().next())
    }

    /// Calls `each` with every row, of which only a few are in memory.
    pub(crate) fn each(
        &self,
        query: &str,
        parameters: &[Parameter<'_>],
        mut each: impl FnMut(&Row) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.restore()?;
        let mut failed = None;
        self.connection.borrow().each_row(query, parameters, |row| {
            if failed.is_none() {
                failed = each(row).err();
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Runs a statement. Gives how many rows it changed.
    pub(crate) fn execute(&self, query: &str, parameters: &[Parameter<'_>]) -> Result<u64, Failure> {
        self.restore()?;
        let connection = self.connection.borrow();
        Ok(connection.wait(connection.client().execute_typed(query, parameters))?)
    }

    /// Does something in one transaction, which is on disk when this returns.
    pub(crate) fn transaction<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.restore()?;
        let connection = self.connection.borrow();
        let transaction = Transaction(&connection);
        transaction.batch(BEGIN)?;
        let done = work(&transaction).and_then(|done| transaction.commit().map(|()| done));
        if done.is_err() && !connection.is_closed() {
            // What is not rolled back ends with the connection.
            let _ = transaction.batch("ROLLBACK");
        }
        done
    }

    /// Uses the connection for statements that are sent together.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        self.restore()?;
        work(&self.connection.borrow())
    }
}

impl<'a> Transaction<'a> {
    pub(crate) fn over(connection: &'a Connection) -> Self {
        Self(connection)
    }

    pub(crate) fn rows(&self, query: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Failure> {
        Ok(self.0.wait(self.0.client().query_typed(query, parameters))?)
    }

    pub(crate) fn row(&self, query: &str, parameters: &[Parameter<'_>]) -> Result<Option<Row>, Failure> {
        Ok(self.rows(query, parameters)?.into_iter().next())
    }

    pub(crate) fn execute(&self, query: &str, parameters: &[Parameter<'_>]) -> Result<u64, Failure> {
        Ok(self.0.wait(self.0.client().execute_typed(query, parameters))?)
    }

    pub(crate) fn each(
        &self,
        query: &str,
        parameters: &[Parameter<'_>],
        mut each: impl FnMut(&Row) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut failed = None;
        self.0.each_row(query, parameters, |row| {
            if failed.is_none() {
                failed = each(row).err();
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    pub(crate) fn batch(&self, statements: &str) -> Result<(), Failure> {
        Ok(self.0.wait(self.0.client().batch_execute(statements))?)
    }

    /// A commit that was cut short while it waited for a standby succeeds with a warning: it is not durable.
    fn commit(&self) -> Result<(), Failure> {
        self.0.forget_warnings();
        self.batch("COMMIT")?;
        durable(self.0)
    }
}

/// Whether the commit that was just acknowledged is on disk wherever it should be.
pub(crate) fn durable(connection: &Connection) -> Result<(), Failure> {
    match connection.warnings().first() {
        None => Ok(()),
        Some(warning) => Err(Failure::Undurable(warning.message().to_owned())),
    }
}

/// A column of a row.
pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Failure> {
    row.try_get(column).map_err(|error| Failure::Fault(Fault::Database(error)))
}

/// How long somebody waits for the database before it counts as away.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
