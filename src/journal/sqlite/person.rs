//! The index by person: what an account ever sent to somebody, over all its campaigns.

use rusqlite::{Transaction, params};

use crate::journal::JournalError;
use crate::journal::backend::PersonIndex;
use crate::journal::identity::{CampaignKey, Claim, Person};
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::SqliteStore;
use crate::journal::sqlite::writing::{Failure, insist};

/// So many messages are sorted and written at a time.
const CHUNK: usize = 500_000;

impl PersonIndex for SqliteStore {
    fn index_persons(&mut self, claim: Claim, appid: &str) -> Result<u64, JournalError> {
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
    let mut insert = transaction
        .prepare_cached("INSERT OR IGNORE INTO person(campaign, person, message) VALUES(?1, ?2, ?3)")?;
    let mut same = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM person p JOIN message m ON m.id = p.message \
         WHERE p.campaign = ?1 AND p.person = ?2 AND m.nth = ?3)",
    )?;
    for (person, message, nth) in &persons {
        twice += u64::from(same.query_row(params![campaign.0, person.0, nth], |row| row.get::<_, bool>(0))?);
        insert.execute(params![campaign.0, person.0, message])?;
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
    use crate::journal::backend::{Claims, People};
    use crate::journal::batch::Intent;
    use crate::journal::identity::Channel;
    use crate::journal::sqlite::writing::write_intent;

    fn write(store: &mut SqliteStore, claim: Claim, openids: &[&str]) {
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
        let mut store = SqliteStore::open(folder.path()).expect("a journal");
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
        let campaigns = |store: &SqliteStore, openid: &str| -> Vec<String> {
            let found = store.of_person("a", openid).expect("a history");
            found.into_iter().map(|message| message.whose.campaign).collect()
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
