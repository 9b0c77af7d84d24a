//! The index by person: what an account ever sent to somebody, over all its campaigns.

#[cfg(test)]
use rusqlite::Row;
use rusqlite::{Transaction, params};

use crate::journal::JournalError;
use crate::journal::identity::{CampaignKey, Claim, Person};
#[cfg(test)]
use crate::journal::record::{PersonMessage, State};
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::Store;
#[cfg(test)]
use crate::journal::sqlite::store::timestamp;
use crate::journal::sqlite::writing::{Failure, insist};

/// So many messages are sorted and written at a time.
const CHUNK: usize = 200_000;

#[cfg(test)]
const INDEXED: &str = "SELECT c.campaign, c.wave, c.channel, m.nth, m.state, m.errcode, m.at FROM person p \
                       JOIN message m ON m.id = p.message JOIN campaign c ON c.id = m.id >> 32 WHERE p.person = ?1";
#[cfg(test)]
const TAIL: &str = "SELECT c.campaign, c.wave, c.channel, m.nth, m.state, m.errcode, m.at FROM message m \
                    JOIN campaign c ON c.id = m.id >> 32 WHERE m.id > ?1 AND m.id < ?2 AND m.openid = ?3";

impl Store {
    /// Brings the index by person up to date with a campaign's messages. Gives how many identities stand in the
    /// journal twice, which no run of wxcast brings about.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written, or somebody else has claimed the campaign.
    pub(crate) fn index_persons(&mut self, claim: Claim, appid: &str) -> Result<u64, JournalError> {
        let mut twice = 0;
        loop {
            let chunk = (|| {
                let transaction = self.transaction()?;
                insist(&transaction, claim)?;
                let chunk = index_chunk(&transaction, claim.campaign, appid)?;
                transaction.commit()?;
                Ok(chunk)
            })();
            let (indexed, doubled) = chunk.map_err(|failure: Failure| failure.told(self))?;
            twice += doubled;
            if indexed < CHUNK {
                return Ok(twice);
            }
        }
    }

    /// Everything this account ever sent to a person, the first message first.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    #[cfg(test)]
    pub(crate) fn of_person(&self, appid: &str, openid: &str) -> Result<Vec<PersonMessage>, JournalError> {
        (|| {
            let person = Person::of(appid, openid);
            let mut found = Vec::new();
            let mut indexed = self.connection.prepare_cached(INDEXED)?;
            for message in indexed.query_map([person.0], person_message)? {
                found.push(message?);
            }
            // What a run that goes on, or was killed, has not indexed yet.
            let mut tails =
                self.connection.prepare_cached("SELECT id, indexed FROM campaign WHERE appid = ?1")?;
            let tails = tails
                .query_map([appid], |row| Ok((CampaignKey(row.get(0)?), row.get::<_, i64>(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let mut tail = self.connection.prepare_cached(TAIL)?;
            for (campaign, indexed) in tails {
                let (first, end) = range(campaign);
                for message in tail.query_map(params![first.max(indexed), end, openid], person_message)? {
                    found.push(message?);
                }
            }
            found.sort_by_key(|message| message.at);
            Ok(found)
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }
}

#[cfg(test)]
fn person_message(row: &Row<'_>) -> rusqlite::Result<PersonMessage> {
    let state: i64 = row.get(4)?;
    Ok(PersonMessage {
        campaign: row.get(0)?,
        wave: row.get(1)?,
        channel: row.get(2)?,
        nth: row.get(3)?,
        state: State::from_disk(state).ok_or(rusqlite::Error::IntegralValueOutOfRange(4, state))?,
        errcode: row.get(5)?,
        at: timestamp(row.get(6)?)?,
    })
}

/// Indexes the next messages of a campaign, in the order of the index. Gives how many, and how many of them stand there
/// a second time.
fn index_chunk(
    transaction: &Transaction<'_>,
    campaign: CampaignKey,
    appid: &str,
) -> rusqlite::Result<(usize, u64)> {
    let (first, end) = range(campaign);
    let indexed: i64 =
        transaction
            .query_row("SELECT indexed FROM campaign WHERE id = ?1", [campaign.0], |row| row.get(0))?;
    let mut persons: Vec<(Person, i64, u32)> = Vec::new();
    let mut next = transaction.prepare_cached(
        "SELECT id, openid, nth FROM message WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut rows =
        next.query(params![first.max(indexed), end, i64::try_from(CHUNK).expect("a small number")])?;
    let mut last = indexed;
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        persons.push((Person::of(appid, row.get_ref(1)?.as_str()?), last, row.get(2)?));
    }
    persons.sort_unstable();
    let mut twice = 0;
    let mut insert =
        transaction.prepare_cached("INSERT OR IGNORE INTO person(person, message) VALUES(?1, ?2)")?;
    let mut same = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM person p JOIN message m ON m.id = p.message \
         WHERE p.person = ?1 AND p.message > ?2 AND p.message < ?3 AND m.nth = ?4)",
    )?;
    for (person, message, nth) in &persons {
        twice += u64::from(same.query_row(params![person.0, first, end, nth], |row| row.get::<_, bool>(0))?);
        insert.execute(params![person.0, message])?;
    }
    transaction.execute("UPDATE campaign SET indexed = ?1 WHERE id = ?2", [last, campaign.0])?;
    Ok((persons.len(), twice))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::delivery::attempt::Incident;
    use crate::journal::Identity;
    use crate::journal::identity::Channel;
    use crate::journal::sqlite::writing::{Intent, write_intent};

    fn write(store: &mut Store, claim: Claim, openids: &[&str]) {
        let transaction = store.transaction().expect("a transaction");
        for openid in openids {
            let at = Timestamp::UNIX_EPOCH;
            let intent = Intent { id: None, openid: (*openid).into(), nth: 1, attempt: 1, at, payload: 0 };
            write_intent(&transaction, claim.campaign(), &intent).expect("an intent");
        }
        transaction.commit().expect("a commit");
    }

    #[test]
    fn a_person_is_found_over_all_campaigns_indexed_or_not_and_an_identity_that_stands_twice_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("a journal");
        let identity = |campaign: &str| Identity {
            appid: "a".into(),
            campaign: campaign.into(),
            wave: 1,
            channel: Channel::Send,
        };
        let [spring, summer] =
            ["spring", "summer"].map(|name| store.claim(&identity(name), Incident::Crash).expect("a claim"));
        write(&mut store, spring, &["o1", "o2", "o3"]);
        write(&mut store, summer, &["o2"]);
        assert_eq!(store.index_persons(spring, "a"), Ok(0));
        write(&mut store, spring, &["o4"]);
        let campaigns = |store: &Store, openid: &str| -> Vec<String> {
            let found = store.of_person("a", openid).expect("a history");
            found.into_iter().map(|message| message.campaign).collect()
        };
        assert_eq!(campaigns(&store, "o2"), ["spring", "summer"]);
        assert_eq!(campaigns(&store, "o4"), ["spring"]);
        assert_eq!(campaigns(&store, "o5"), [""; 0]);
        write(&mut store, spring, &["o1"]);
        assert_eq!(store.index_persons(spring, "a"), Ok(1), "o1 stands there twice");
        assert_eq!(store.index_persons(spring, "a"), Ok(0), "and is told once");
        assert_eq!(campaigns(&store, "o1"), ["spring", "spring"]);
    }
}
