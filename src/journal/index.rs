//! Finds a message in the journal by its identity, with twelve bytes a message in memory.

use std::collections::VecDeque;
use std::hash::BuildHasher as _;

use foldhash::quality::FixedState;

use crate::journal::JournalError;
use crate::journal::record::Recorded;
use crate::journal::store::Store;

/// How many messages are read ahead at a time.
const AHEAD: usize = 1024;

/// The messages of one campaign, by hash. A hit is settled by looking the message up, not by trusting the hash.
///
/// An audience is usually asked for in the order it was sent in, so messages are read ahead in that order, and
/// nearly every look-up finds its message waiting.
#[derive(Debug, Default)]
pub struct Index {
    campaign: i64,
    hashes: Vec<u64>,
    ids: Vec<i64>,
    ahead: VecDeque<Recorded>,
    /// The last message that was read ahead; nothing once there are no more.
    read_to: Option<i64>,
}

impl Index {
    /// Reads a campaign's identities.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub fn load(store: &Store, campaign: i64) -> Result<Self, JournalError> {
        let mut pairs = Vec::new();
        store.identities(campaign, |id, openid, nth| pairs.push((hash(openid, nth), id)))?;
        pairs.sort_unstable();
        let (hashes, ids) = pairs.into_iter().unzip();
        Ok(Self { campaign, hashes, ids, ahead: VecDeque::new(), read_to: Some(0) })
    }

    /// How many messages the journal knows.
    pub fn known(&self) -> usize {
        self.ids.len()
    }

    /// What the journal knows of a message.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn find(
        &mut self,
        store: &Store,
        openid: &str,
        nth: u32,
    ) -> Result<Option<Recorded>, JournalError> {
        let wanted = hash(openid, nth);
        let start = self.hashes.partition_point(|hash| *hash < wanted);
        let mut hits =
            self.hashes[start..].iter().zip(&self.ids[start..]).take_while(|(hash, _)| **hash == wanted);
        let first = hits.next().map(|(_, id)| *id);
        let others: Vec<i64> = hits.map(|(_, id)| *id).collect();
        for id in first.into_iter().chain(others) {
            if let Some(found) = self.message(store, id)?
                && found.openid == openid
                && found.nth == nth
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// A message by its number: the next of those read ahead where it is that one, and else from disk.
    fn message(&mut self, store: &Store, id: i64) -> Result<Option<Recorded>, JournalError> {
        if self.ahead.is_empty()
            && let Some(after) = self.read_to
        {
            store.messages_after(self.campaign, after, AHEAD, |message| self.ahead.push_back(message))?;
            self.read_to = self.ahead.back().map(|last| last.id);
        }
        // Those passed over are not asked for in this order; should they be after all, the disk has them.
        while self.ahead.front().is_some_and(|next| next.id < id)
            && self.ahead.back().is_some_and(|last| last.id >= id)
        {
            self.ahead.pop_front();
        }
        if self.ahead.front().is_some_and(|next| next.id == id) {
            return Ok(self.ahead.pop_front());
        }
        store.message(id)
    }
}

fn hash(openid: &str, nth: u32) -> u64 {
    FixedState::with_seed(1).hash_one((openid, nth))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::journal::Identity;
    use crate::journal::store::{Intent, write_intent};

    #[test]
    fn messages_are_found_in_any_order_and_strangers_are_not() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let mut store = Store::open(folder.path()).unwrap_or_else(|error| panic!("{error}"));
        let identity = |campaign: &str| Identity { appid: "a".into(), campaign: campaign.into(), wave: 1 };
        let [mine, other] = ["mine", "other"].map(|name| store.campaign(&identity(name)).unwrap_or_default());
        let transaction = store.transaction().unwrap_or_else(|error| panic!("{error}"));
        for index in 0..3000 {
            let openid = format!("o{index}");
            let intent =
                Intent { id: None, openid, nth: 1, attempt: 1, at: Timestamp::UNIX_EPOCH, payload: index };
            let campaign = if index % 3 == 0 { other } else { mine };
            write_intent(&transaction, campaign, &intent).unwrap_or_else(|error| panic!("{error}"));
        }
        transaction.commit().unwrap_or_else(|error| panic!("{error}"));
        let mut orders: Vec<Vec<i64>> = vec![(0..3000).collect(), (0..3000).rev().collect()];
        orders.push((0..3000).map(|index| index * 7 % 3000).collect());
        for order in orders {
            let mut index = Index::load(&store, mine).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(index.known(), 2000);
            for number in order {
                let found =
                    index.find(&store, &format!("o{number}"), 1).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(found.map(|found| found.payload), (number % 3 != 0).then_some(number));
            }
            assert_eq!(index.find(&store, "o1", 2), Ok(None), "another message to the same person");
        }
    }
}
