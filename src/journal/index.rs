//! Finds a message in the journal by its identity, with twelve bytes a message in memory.

use std::hash::BuildHasher as _;

use foldhash::quality::FixedState;

use crate::journal::JournalError;
use crate::journal::record::Recorded;
use crate::journal::store::Store;

/// The messages of one campaign, by hash. A hit is settled by looking the message up, not by trusting the hash.
#[derive(Debug, Default)]
pub struct Index {
    hashes: Vec<u64>,
    ids: Vec<i64>,
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
        Ok(Self { hashes, ids })
    }

    /// How many messages the journal knows.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// What the journal knows of a message.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub fn find(&self, store: &Store, openid: &str, nth: u32) -> Result<Option<Recorded>, JournalError> {
        let wanted = hash(openid, nth);
        let start = self.hashes.partition_point(|hash| *hash < wanted);
        for (hash, id) in self.hashes[start..].iter().zip(&self.ids[start..]) {
            if *hash != wanted {
                break;
            }
            if let Some(found) = store.message(*id)?
                && found.openid == openid
                && found.nth == nth
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

fn hash(openid: &str, nth: u32) -> u64 {
    FixedState::with_seed(1).hash_one((openid, nth))
}
