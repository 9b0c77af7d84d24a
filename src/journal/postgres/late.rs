//! Outcomes that are known and could not be written, because the database was away when the run ended. They lie in a file in
//! the account's folder, which tells no openids, and are appended at the next contact.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::delivery::attempt::Incident;
use crate::journal::JournalError;
use crate::journal::backend::Notes as _;
use crate::journal::batch::Batch;
use crate::journal::identity::{CampaignKey, Claim};
use crate::journal::postgres::columns::{campaign, epoch, milliseconds, on_disk, told};
use crate::journal::postgres::session::{Failure, Transaction, parameters};
use crate::journal::postgres::store::{Held, PostgresStore};
use crate::journal::record::State;
use crate::own_file;

/// The file's name.
const FILE: &str = "late-outcomes.jsonl";
/// More than any number of messages that can be in flight needs.
const LARGEST: u64 = 64 << 20;

/// An outcome in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Late {
    journal: String,
    campaign: i64,
    epoch: i64,
    person: String,
    nth: i32,
    attempt: u32,
    state: i16,
    errcode: Option<i64>,
    reason: Option<String>,
    hint: Option<String>,
    rid: Option<String>,
    at: i64,
    latency: i32,
}

/// Puts the outcomes of a batch aside. Gives whether that was done.
pub(crate) fn put_aside(folder: &Path, journal: &str, held: &Held, batch: &Batch<'_>) -> bool {
    let mut lines = fs::read(folder.join(FILE)).unwrap_or_else(|_| Vec::new());
    for settled in batch.outcomes {
        let (person, nth) =
            held.in_flight.get(&settled.id).expect("an outcome is of an intent of this process");
        let (errcode, reason, hint, rid) = told(&settled.attempt);
        let late = Late {
            journal: journal.to_owned(),
            campaign: held.claim.campaign.0,
            epoch: held.claim.epoch,
            person: person.to_string(),
            nth: *nth,
            attempt: settled.attempt.number,
            state: on_disk(State::Settled(settled.outcome)),
            errcode,
            reason,
            hint,
            rid,
            at: settled.attempt.finished.as_millisecond(),
            latency: milliseconds(&settled.attempt),
        };
        serde_json::to_writer(&mut lines, &late).expect("texts and numbers are JSON");
        lines.push(b'\n');
    }
    own_file::replace(&folder.join(FILE), &lines).is_ok()
}

/// Appends what lies there to the journal, and takes the file away. A line that cannot be read is of a later version, or
/// was cut off: its message is unknown.
///
/// # Errors
///
/// When the journal cannot be written.
pub(crate) fn append(store: &PostgresStore) -> Result<(), JournalError> {
    let path = store.folder.join(FILE);
    if !path.exists() {
        return Ok(());
    }
    let unreadable = |error: std::io::Error| JournalError::Unreachable {
        place: path.as_path().into(),
        reason: error.to_string(),
    };
    let text = own_file::read(&path, LARGEST).map_err(unreadable)?;
    let lines = text.split(|byte| *byte == b'\n');
    let all: Vec<Late> = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let uuid = store.uuid()?;
    let (mine, others): (Vec<Late>, Vec<Late>) = all.into_iter().partition(|late| late.journal == uuid);
    for late in &mine {
        let written = || -> Result<(), Failure> {
            let reason = late.reason.as_deref().map(|reason| store.text(reason)).transpose()?;
            store.session.transaction(|transaction| write(transaction, late, reason))
        };
        written().map_err(|failure| store.session.unwritable(&failure))?;
    }
    if others.is_empty() {
        return fs::remove_file(&path).map_err(unreadable);
    }
    // Those are for another database.
    let mut lines = Vec::new();
    for late in &others {
        serde_json::to_writer(&mut lines, late).expect("texts and numbers are JSON");
        lines.push(b'\n');
    }
    own_file::replace(&path, &lines).map_err(unreadable)
}

fn write(transaction: &Transaction<'_>, late: &Late, reason: Option<i32>) -> Result<(), Failure> {
    let claim = Claim { campaign: CampaignKey(late.campaign), epoch: late.epoch };
    let person = person(&late.person).ok_or(Failure::Damaged("person"))?;
    let person = person.as_slice();
    let (of, owner, crash) = (campaign(claim.campaign), epoch(claim), Incident::Crash.to_string());
    let attempt = i32::try_from(late.attempt).map_err(|_| Failure::Damaged("attempt"))?;
    let write = "UPDATE wxcast.message SET state = $1, errcode = $2, reason = $3, hint = $4, rid = $5, at = $6, \
                 latency = $7 WHERE campaign = $8 AND person = $9 AND nth = $10 AND owner = $11 AND attempts = $12 \
                 AND (state = 0 OR state = 4 AND reason = (SELECT id FROM wxcast.text WHERE value = $13))";
    let all = parameters![
        late.state,
        late.errcode,
        reason,
        late.hint,
        late.rid,
        late.at,
        late.latency,
        of,
        person,
        late.nth,
        owner,
        attempt,
        crash,
    ];
    transaction.execute(write, all)?;
    let count = "UPDATE wxcast.worker SET changes = changes + 1 WHERE campaign = $1 AND epoch = $2";
    transaction.execute(count, parameters![of, owner]).map(drop)
}

fn person(hex: &str) -> Option<[u8; 16]> {
    let whole = u128::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 32)?;
    Some(whole.to_be_bytes())
}
