//! The format of the journal's file.
//!
//! A campaign's messages and attempts are numbered in a range of their own, `campaign << 32` and up. So they lie
//! together, one campaign is read as fast as if the others were not there, and no index is needed for it. New messages
//! are appended to their range; nothing in the way of an intent touches a page at random.
//!
//! `person` is the index by person, a part a campaign: so it grows at one place at a time, whatever the account sent
//! before, and who was contacted of late is asked of the campaigns of late alone. It is brought up to date after a run, in
//! sorted order: kept up with each intent it would dirty a page an intent, where a commit of many needs two or three.
//!
//! A message that is skipped for a reason that files alone do not decide has a state that says which, and the moment
//! that belongs to it in `hint`.

use rusqlite::Connection;

use crate::journal::identity::CampaignKey;

/// Marks the file as ours: `wxcs` in ASCII.
pub(super) const APPLICATION_ID: i64 = 0x7778_6373;
/// The format this program writes, and the newest it reads.
pub(crate) const FORMAT: i64 = 2;

/// How many bits of a number tell the message within its campaign.
const BITS: u32 = 32;

const SCHEMA: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE campaign(
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, campaign TEXT NOT NULL, wave INTEGER NOT NULL, channel TEXT NOT NULL,
  epoch INTEGER NOT NULL, indexed INTEGER NOT NULL, origin TEXT, UNIQUE(appid, campaign, wave, channel)) STRICT;
CREATE TABLE message(
  id INTEGER PRIMARY KEY, openid TEXT NOT NULL, nth INTEGER NOT NULL, state INTEGER NOT NULL,
  attempts INTEGER NOT NULL, errcode INTEGER, reason INTEGER, hint TEXT, rid TEXT, at INTEGER NOT NULL,
  latency INTEGER, payload INTEGER NOT NULL) STRICT;
CREATE TABLE attempt(
  id INTEGER PRIMARY KEY, message INTEGER NOT NULL, number INTEGER NOT NULL, errcode INTEGER, reason INTEGER,
  rid TEXT, at INTEGER NOT NULL, latency INTEGER) STRICT;
CREATE TABLE person(
  campaign INTEGER NOT NULL, person BLOB NOT NULL, message INTEGER NOT NULL,
  PRIMARY KEY(campaign, person, message)) STRICT, WITHOUT ROWID;
CREATE TABLE text(id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE run(
  id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER, ending TEXT,
  exit INTEGER, pid INTEGER NOT NULL, host TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
  text TEXT NOT NULL, planned INTEGER NOT NULL, requests INTEGER, reason TEXT, counts TEXT, plan TEXT,
  skipped TEXT, hosts TEXT) STRICT;
CREATE INDEX run_of_campaign ON run(campaign);
CREATE TABLE notice(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL) STRICT;
CREATE INDEX notice_of_run ON notice(run);
CREATE TABLE resolution(
  id INTEGER PRIMARY KEY, message INTEGER NOT NULL, outcome INTEGER NOT NULL, who TEXT NOT NULL,
  at INTEGER NOT NULL) STRICT;
INSERT INTO meta(key, value) VALUES('uuid', lower(hex(randomblob(16)))), ('intents', 0);
";

/// Makes the tables, in a transaction of the caller's.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORMAT)
}

/// Whether the tables are those that this program makes, and nothing else is there: no view in the place of a table,
/// no trigger that does something of its own.
pub(super) fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let made = Connection::open_in_memory()?;
    create(&made)?;
    Ok(objects(connection)? == objects(&made)?)
}

fn objects(connection: &Connection) -> rusqlite::Result<Vec<(String, String, String)>> {
    // What SQLite keeps for itself has a name of its own and no text.
    let mut statement = connection.prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' \
         ORDER BY name",
    )?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// The numbers that a campaign's messages have: from the first on, and up to the second without it.
pub(super) fn range(campaign: CampaignKey) -> (i64, i64) {
    (campaign.0 << BITS, (campaign.0 + 1) << BITS)
}

/// The campaign of a message's number.
pub(super) fn campaign_of(message: i64) -> CampaignKey {
    CampaignKey(message >> BITS)
}
