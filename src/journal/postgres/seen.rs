//! Whether a database is what this computer has seen last, or was restored from a copy, moved, or failed over to a standby
//! that may have lagged behind. Then commits that had been acknowledged may be lost, and people whose messages stood in
//! them would be sent them again: nothing is sent until somebody accepts that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::journal::JournalError;
use crate::journal::backend::Notes;
use crate::journal::error::Moved;
use crate::journal::postgres::notes::PUT;
use crate::journal::postgres::session::{Failure, get, parameters};
use crate::journal::postgres::store::PostgresStore;
use crate::own_file;

/// The file's name in the account's folder.
const FILE: &str = "postgres.json";
const LARGEST: u64 = 1 << 20;

/// Which cluster of databases, and on which of its timelines: a standby that takes over begins another.
const NOW: &str = "SELECT (SELECT system_identifier::text FROM pg_control_system()), \
                   substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

/// What was seen of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    system: String,
    timeline: String,
    /// How many intents it had ever been given.
    intents: i64,
}

/// What was seen, by journal.
type All = BTreeMap<String, Seen>;

/// Insists that a journal is what it was, by what stands in it and by what this computer remembers.
///
/// # Errors
///
/// When it is another, or cannot be read.
pub(crate) fn insist(store: &PostgresStore) -> Result<(), JournalError> {
    let (now, noted) = (now(store)?, (store.note("system")?, store.note("timeline")?));
    let moved = |what| JournalError::Moved { place: store.session.settings().place(), what };
    if noted.0.as_ref() != Some(&now.system) {
        return Err(moved(Moved::System));
    }
    if noted.1.as_ref() != Some(&now.timeline) {
        return Err(moved(Moved::Timeline));
    }
    match remembered(&store.folder).get(&store.uuid()?) {
        Some(seen) if seen.intents > now.intents => {
            Err(moved(Moved::Counter { seen: seen.intents, now: now.intents }))
        }
        Some(_) | None => Ok(()),
    }
}

/// Remembers a journal as it is now.
pub(crate) fn remember(store: &PostgresStore) -> Result<(), JournalError> {
    let now = now(store)?;
    let mut all = remembered(&store.folder);
    all.insert(store.uuid()?, now);
    let text = serde_json::to_vec_pretty(&all).expect("texts and numbers are JSON");
    let file = file(&store.folder);
    own_file::replace(&file, &text).map_err(|error| JournalError::Unreachable {
        place: file.as_path().into(),
        reason: error.to_string(),
    })
}

/// Takes a journal for what it is now. What may have been lost has been told.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn accept(store: &PostgresStore) -> Result<(), JournalError> {
    let now = now(store)?;
    store.write(|transaction| {
        for (key, value) in [("system", &now.system), ("timeline", &now.timeline)] {
            transaction.execute(PUT, parameters![key, *value])?;
        }
        Ok(())
    })?;
    remember(store)
}

fn now(store: &PostgresStore) -> Result<Seen, JournalError> {
    let intents = store.intents()?;
    store.ask(|| {
        let row = store.session.row(NOW, &[])?.ok_or(Failure::Damaged("system"))?;
        Ok(Seen { system: get(&row, 0)?, timeline: get(&row, 1)?, intents })
    })
}

fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Nothing where nothing was seen yet, or the file cannot be read: it is one guard of several.
fn remembered(folder: &Path) -> All {
    let text = own_file::read(&file(folder), LARGEST).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}
