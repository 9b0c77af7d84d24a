//! What is done with a journal in a database beside writing and reading it: it is made, looked after, and asked who works.

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql, Type};

use crate::api_base::Destination;
use crate::journal::JournalError;
use crate::journal::identity::Identity;
use crate::journal::postgres::connect::{Connection, Fault, Wanted};
use crate::journal::postgres::schema;
use crate::journal::postgres::settings::Settings;

/// What a role needs that sends. It can take nothing out of what was sent.
const GRANTS: &str = include_str!("grants.sql");
/// The roles themselves, which somebody makes who may.
const ROLES: &str = include_str!("roles.sql");

/// What came of making a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// It was made.
    New,
    /// It was there, in this format.
    Already(i64),
}

/// How a database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Health {
    /// The server's version.
    pub(crate) version: String,
    /// The version of TLS, where the connection is private.
    pub(crate) tls: Option<String>,
    /// Whether it is a standby, which takes no writes.
    pub(crate) is_standby: bool,
    /// The format of the journal, where there is one.
    pub(crate) format: Option<i64>,
    /// The tables that this role may not write or read.
    pub(crate) forbidden: Vec<String>,
    /// Whether a commit waits until a standby has it.
    pub(crate) is_synchronous: bool,
    /// How far the database's clock is ahead of this computer's, in milliseconds.
    pub(crate) ahead: i64,
}

/// A process that sends, somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AtWork {
    pub(crate) host: String,
    pub(crate) pid: i64,
}

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// The SQL that makes roles and journal, for whoever looks after the database.
pub(crate) fn script(database: &str) -> String {
    let name = format!("\"{}\"", database.replace('"', "\"\""));
    let roles = ROLES.replace("DATABASE_NAME", &name);
    format!("{roles}BEGIN;\nSET LOCAL ROLE wxcast_owner;\n{}{GRANTS}COMMIT;\n", schema::SQL)
}

/// Makes a journal where there is none.
///
/// # Errors
///
/// When the database cannot be reached, or this role may not.
pub(crate) fn init(settings: &Settings) -> Result<Made, JournalError> {
    let connection = Connection::open(settings)?;
    if let Some(format) = format(&connection)? {
        return Ok(Made::Already(format));
    }
    let has_role = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wxcast_worker')";
    let has_role: bool = one(&connection, has_role, &[])?;
    let grants = if has_role { GRANTS } else { "" };
    let all = format!("BEGIN;\n{}{grants}COMMIT;\n", schema::SQL);
    let made = connection.wait(connection.client().batch_execute(&all));
    made.map_err(|fault| connection.unwritable(&fault))?;
    Ok(Made::New)
}

/// The format of the journal; nothing where there is none.
///
/// # Errors
///
/// When the database cannot be reached or read.
pub(crate) fn found_format(settings: &Settings) -> Result<Option<i64>, JournalError> {
    format(&Connection::open(settings)?)
}

fn format(connection: &Connection) -> Result<Option<i64>, JournalError> {
    // Unlike to_regclass it needs no right on the schema.
    let there = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'wxcast' AND tablename = 'meta')";
    if !one::<bool>(connection, there, &[])? {
        return Ok(None);
    }
    one(connection, "SELECT value::bigint FROM wxcast.meta WHERE key = 'format'", &[]).map(Some)
}

/// How many bytes it takes.
///
/// # Errors
///
/// When the database cannot be reached or read.
pub(crate) fn size(settings: &Settings) -> Result<u64, JournalError> {
    let connection = Connection::open_to(settings, Wanted::Any)?;
    let size = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c \
                JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'wxcast' AND c.relkind = 'r'";
    let bytes: i64 = one(&connection, size, &[])?;
    Ok(u64::try_from(bytes).expect("a size is not below zero"))
}

/// Looks at everything that could keep a run from writing its journal.
///
/// # Errors
///
/// When the database cannot be reached or read.
pub(crate) fn health(settings: &Settings) -> Result<Health, JournalError> {
    let connection = Connection::open_to(settings, Wanted::Any)?;
    let is_there = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'wxcast')";
    let forbidden = "SELECT coalesce(array_agg(c.relname::text ORDER BY c.relname), '{}') FROM pg_class c \
                     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'wxcast' AND c.relkind = 'r' \
                     AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') \
                     AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE'))";
    let forbidden: Vec<String> = one(&connection, forbidden, &[])?;
    let format = match one::<bool>(&connection, is_there, &[])? {
        true if !forbidden.iter().any(|table| table == "meta") => format(&connection)?,
        _ => None,
    };
    let before = jiff::Timestamp::now();
    let now: i64 = one(&connection, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", &[])?;
    let after = jiff::Timestamp::now();
    let here = (before.as_millisecond() + after.as_millisecond()) / 2;
    Ok(Health {
        version: one(&connection, "SELECT current_setting('server_version')", &[])?,
        tls: one(
            &connection,
            "SELECT (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl)",
            &[],
        )?,
        is_standby: one(&connection, "SELECT pg_is_in_recovery()", &[])?,
        format,
        forbidden,
        is_synchronous: one(
            &connection,
            "SELECT current_setting('synchronous_standby_names') <> '' \
             AND current_setting('synchronous_commit') IN ('on', 'remote_apply')",
            &[],
        )?,
        ahead: now - here,
    })
}

const AT_WORK: &str = "SELECT w.host, w.pid FROM wxcast.worker w JOIN wxcast.campaign c ON c.id = w.campaign \
    WHERE c.appid = $1 AND c.campaign = $2 AND c.destination = $3 AND w.ended IS NULL AND w.until > clock_timestamp() \
    ORDER BY w.started";

/// Who sends a campaign just now, on whatever computer; nobody where there is no journal.
///
/// # Errors
///
/// When the database cannot be reached or read.
pub(crate) fn at_work(
    settings: &Settings,
    whose: &Identity,
    destination: Destination,
) -> Result<Vec<AtWork>, JournalError> {
    let connection = Connection::open_to(settings, Wanted::Any)?;
    if format(&connection)?.is_none() {
        return Ok(Vec::new());
    }
    let read = |fault: Fault| connection.unreadable(&fault);
    let rows =
        connection.wait(connection.client().query_typed(AT_WORK, &campaign(whose, &destination.name())));
    let at_work = |row: &Row| Ok(AtWork { host: row.try_get(0)?, pid: row.try_get(1)? });
    let rows = rows.map_err(read)?;
    rows.iter().map(at_work).collect::<Result<_, _>>().map_err(|error| read(Fault::Database(error)))
}

/// Asks whoever sends a campaign to stop, on whatever computer.
///
/// # Errors
///
/// When the database cannot be reached or written.
pub(crate) fn ask_to_stop(
    settings: &Settings,
    whose: &Identity,
    destination: Destination,
) -> Result<(), JournalError> {
    let connection = Connection::open(settings)?;
    let stop = "UPDATE wxcast.campaign SET stopped = clock_timestamp()::text \
                WHERE appid = $1 AND campaign = $2 AND destination = $3";
    let asked =
        connection.wait(connection.client().execute_typed(stop, &campaign(whose, &destination.name())));
    asked.map(drop).map_err(|fault| connection.unwritable(&fault))
}

fn campaign<'a>(whose: &'a Identity, destination: &'a &'static str) -> [Parameter<'a>; 3] {
    [(&whose.appid, Type::TEXT), (&whose.campaign, Type::TEXT), (destination, Type::TEXT)]
}

/// The one value that a query gives.
fn one<T: for<'a> FromSql<'a>>(
    connection: &Connection,
    query: &str,
    parameters: &[Parameter<'_>],
) -> Result<T, JournalError> {
    let row = connection.wait(connection.client().query_typed_one(query, parameters));
    row.and_then(|row| row.try_get(0).map_err(Fault::Database)).map_err(|fault| connection.unreadable(&fault))
}
