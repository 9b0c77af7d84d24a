//! Where a journal stood each time somebody began to write a campaign's messages. It lies among the notes: a row a run,
//! and one a campaign that goes along with each commit.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::journal::JournalError;
use crate::journal::backend::{Lineages, Notes};
use crate::journal::batch::Intent;
use crate::journal::identity::{CampaignKey, Claim};
use crate::journal::lineage::{Lineage, Mark, MessageSet};
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::SqliteStore;

/// The notes of a campaign's marks begin so, and end with the number of the claim under which each was left.
fn before(campaign: CampaignKey) -> String {
    format!("mark:{}:", campaign.0)
}

fn key(claim: Claim) -> String {
    // As many digits as any number has: so they stand in order.
    format!("{}{:020}", before(claim.campaign), claim.epoch)
}

fn set_key(campaign: CampaignKey) -> String {
    format!("messages:{}", campaign.0)
}

/// How many messages a campaign has: they are numbered without gaps.
fn messages(connection: &Connection, campaign: CampaignKey) -> rusqlite::Result<u64> {
    let (first, end) = range(campaign);
    let count: i64 = connection
        .prepare_cached("SELECT ifnull(max(id), ?1) - ?1 FROM message WHERE id > ?1 AND id < ?2")?
        .query_row([first, end], |row| row.get(0))?;
    u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, count))
}

fn set(connection: &Connection, campaign: CampaignKey) -> rusqlite::Result<Option<MessageSet>> {
    let noted: Option<String> = connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([set_key(campaign)], |row| row.get(0))
        .optional()?;
    Ok(noted.and_then(|noted| MessageSet::try_from(noted).ok()))
}

fn put(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
        .execute([key, value])
        .map(drop)
}

/// Leaves a mark, in the caller's transaction, before a campaign's messages are written under a claim. A claim has one.
pub(super) fn leave(connection: &Connection, claim: Claim) -> rusqlite::Result<()> {
    let messages = messages(connection, claim.campaign)?;
    if messages == 0 {
        put(connection, &set_key(claim.campaign), &MessageSet::default().to_string())?;
    }
    let name = connection.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
    let mark = Mark { name, messages, set: set(connection, claim.campaign)? };
    let mark = serde_json::to_string(&mark).expect("texts and numbers are JSON");
    connection
        .prepare_cached("INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![key(claim), mark])
        .map(drop)
}

/// Notes, in the caller's transaction, which of these messages come to a campaign's. In a journal of which it is not
/// known which it has, it stays so.
pub(super) fn note_new<'a>(
    connection: &Connection,
    campaign: CampaignKey,
    written: impl Iterator<Item = &'a Intent>,
) -> rusqlite::Result<()> {
    let mut new = written.filter(|intent| intent.id.is_none()).peekable();
    if new.peek().is_none() {
        return Ok(());
    }
    let Some(mut set) = set(connection, campaign)? else { return Ok(()) };
    new.for_each(|intent| set.add(&intent.openid, intent.nth));
    put(connection, &set_key(campaign), &set.to_string())
}

/// Reads, in the caller's transaction, which messages a campaign has, and notes it.
pub(super) fn count_anew(connection: &Connection, campaign: CampaignKey) -> rusqlite::Result<()> {
    let (first, end) = range(campaign);
    let mut set = MessageSet::default();
    let mut there = connection.prepare_cached("SELECT openid, nth FROM message WHERE id > ?1 AND id < ?2")?;
    let mut rows = there.query([first, end])?;
    while let Some(row) = rows.next()? {
        set.add(row.get_ref(0)?.as_str()?, row.get(1)?);
    }
    put(connection, &set_key(campaign), &set.to_string())
}

/// Forgets, in the caller's transaction, which messages a campaign has, and gives it: they are taken out.
pub(super) fn forget(connection: &Connection, campaign: CampaignKey) -> rusqlite::Result<Option<MessageSet>> {
    let set = set(connection, campaign)?;
    connection.execute("DELETE FROM meta WHERE key = ?1", [set_key(campaign)])?;
    Ok(set)
}

/// What a campaign's lineage is at this moment.
pub(super) fn lineage(connection: &Connection, campaign: CampaignKey) -> rusqlite::Result<Lineage> {
    let begin = before(campaign);
    let mut noted = connection
        .prepare_cached("SELECT value FROM meta WHERE key > ?1 AND key < ?1 || ':' ORDER BY key")?;
    let marks = noted.query_map([&begin], |row| row.get::<_, String>(0))?;
    let marks: Vec<String> = marks.collect::<rusqlite::Result<_>>()?;
    // What a later version noted in another way is a mark that no receipt of this one names.
    let marks = marks.iter().filter_map(|mark| serde_json::from_str(mark).ok()).collect();
    // In this order: what comes meanwhile is in the set only.
    let messages = messages(connection, campaign)?;
    Ok(Lineage { marks, messages, set: set(connection, campaign)? })
}

impl Lineages for SqliteStore {
    fn lineage(&self, campaign: CampaignKey) -> Result<Lineage, JournalError> {
        lineage(&self.connection, campaign).map_err(|error| self.unreadable(&error))
    }

    fn message_set(&self, campaign: CampaignKey) -> Result<Option<MessageSet>, JournalError> {
        set(&self.connection, campaign).map_err(|error| self.unreadable(&error))
    }

    fn mark(&self, claim: Claim) -> Result<Option<Mark>, JournalError> {
        let noted = self.note(&key(claim))?;
        Ok(noted.and_then(|noted| serde_json::from_str(&noted).ok()))
    }
}
