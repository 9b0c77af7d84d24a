//! Where a journal stood each time somebody began to write a campaign's messages. It lies among the notes. How many messages
//! there are, and which, each process counts for itself, so that no two wait for each other to do it.

use tokio_postgres::Row;

use crate::journal::JournalError;
use crate::journal::backend::{Beginnings, Lineages, Notes};
use crate::journal::identity::{CampaignKey, Claim};
use crate::journal::lineage::{Lineage, Mark, MessageSet};
use crate::journal::postgres::claim::insist;
use crate::journal::postgres::columns::{campaign, epoch, whole};
use crate::journal::postgres::notes::PUT;
use crate::journal::postgres::session::{Failure, Transaction, get, parameters};
use crate::journal::postgres::store::PostgresStore;

/// The notes of a campaign's marks begin so, and end with the number of the claim under which each was left.
fn before(key: CampaignKey) -> String {
    format!("mark:{}:", key.0)
}

fn key(claim: Claim) -> String {
    // As many digits as any number has: so they stand in order.
    format!("{}{:020}", before(claim.campaign), claim.epoch)
}

fn sending(claim: Claim) -> String {
    format!("sending:{}", claim.campaign.0)
}

const SHARES: &str = "SELECT messages, members FROM wxcast.worker WHERE campaign = $1";
const MARKS: &str =
    "SELECT value FROM wxcast.meta WHERE key > $1 AND key < $1 || ':' ORDER BY key COLLATE \"C\"";

/// How many messages a campaign has, and which, of the rows that count each process' share.
fn sum(rows: &[Row]) -> Result<(u64, MessageSet), Failure> {
    let (mut messages, mut set) = (0, MessageSet::default());
    for row in rows {
        messages += whole::<u64>(row, 0)?;
        let members: String = get(row, 1)?;
        set.add_all(MessageSet::try_from(members).map_err(|_| Failure::Damaged("members"))?);
    }
    Ok((messages, set))
}

/// The same, within a transaction.
pub(crate) fn messages(
    transaction: &Transaction<'_>,
    key: CampaignKey,
) -> Result<(u64, MessageSet), Failure> {
    sum(&transaction.rows(SHARES, parameters![campaign(key)])?)
}

/// Leaves a mark, within a transaction, before a campaign's messages are written under a claim. A claim has one.
pub(crate) fn leave(transaction: &Transaction<'_>, claim: Claim) -> Result<(), Failure> {
    let (messages, set) = messages(transaction, claim.campaign)?;
    let name = transaction.row("SELECT substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)", &[])?;
    let name = get(&name.ok_or(Failure::Damaged("mark"))?, 0)?;
    let mark = serde_json::to_string(&Mark { name, messages, set: Some(set) });
    let mark = mark.expect("texts and numbers are JSON");
    let put = "INSERT INTO wxcast.meta (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    transaction.execute(put, parameters![key(claim), mark]).map(drop)
}

/// What a campaign's lineage is, within a transaction.
pub(crate) fn lineage(transaction: &Transaction<'_>, key: CampaignKey) -> Result<Lineage, Failure> {
    of_rows(
        &transaction.rows(MARKS, parameters![before(key)])?,
        &transaction.rows(SHARES, parameters![campaign(key)])?,
    )
}

fn of_rows(marks: &[Row], shares: &[Row]) -> Result<Lineage, Failure> {
    let noted = marks.iter().map(|row| get::<String>(row, 0)).collect::<Result<Vec<String>, Failure>>()?;
    // What a later version noted in another way is a mark that no receipt of this one names.
    let marks = noted.iter().filter_map(|mark| serde_json::from_str(mark).ok()).collect();
    let (messages, set) = sum(shares)?;
    Ok(Lineage { marks, messages, set: Some(set) })
}

impl Lineages for PostgresStore {
    fn lineage(&self, key: CampaignKey) -> Result<Lineage, JournalError> {
        self.ask(|| {
            let marks = self.session.rows(MARKS, parameters![before(key)])?;
            // In this order: what comes meanwhile is in the set only.
            of_rows(&marks, &self.session.rows(SHARES, parameters![campaign(key)])?)
        })
    }

    fn message_set(&self, key: CampaignKey) -> Result<Option<MessageSet>, JournalError> {
        self.ask(|| Ok(Some(sum(&self.session.rows(SHARES, parameters![campaign(key)])?)?.1)))
    }

    fn mark(&self, claim: Claim) -> Result<Option<Mark>, JournalError> {
        // Whoever joins others leaves none: theirs stands for all who send together.
        let last = "SELECT value FROM wxcast.meta WHERE key > $1 AND key <= $2 ORDER BY key COLLATE \"C\" DESC LIMIT 1";
        let noted: Option<String> = self.ask(|| {
            let found = self.session.row(last, parameters![before(claim.campaign), key(claim)])?;
            found.map(|row| get(&row, 0)).transpose()
        })?;
        Ok(noted.and_then(|noted| serde_json::from_str(&noted).ok()))
    }
}

impl Beginnings for PostgresStore {
    fn begin_sending(&self, claim: Claim) -> Result<(), JournalError> {
        self.write(|transaction| {
            insist(transaction, claim)?;
            transaction.execute(PUT, parameters![sending(claim), claim.epoch.to_string()])?;
            let others = "SELECT EXISTS (SELECT 1 FROM wxcast.worker WHERE campaign = $1 AND ended IS NULL AND epoch <> $2)";
            let row = transaction.row(others, parameters![campaign(claim.campaign), epoch(claim)])?;
            if get(&row.ok_or(Failure::Damaged("worker"))?, 0)? { Ok(()) } else { leave(transaction, claim) }
        })
    }

    fn has_begun(&self, claim: Claim) -> Result<bool, JournalError> {
        Ok(self.note(&sending(claim))? == Some(claim.epoch.to_string()))
    }
}
