//! Who is known of a campaign, in sixteen bytes a message: enough to tell strangers apart, and nothing of what became of
//! anybody.

use crate::journal::JournalError;
use crate::journal::backend::Backend;
use crate::journal::identity::CampaignKey;
use crate::journal::index::hash;

/// The messages of a campaign, by hash.
#[derive(Debug, Default)]
pub(crate) struct People {
    hashes: Vec<[u64; 2]>,
}

/// Somebody of whom results tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stranger {
    /// The first message to the person, and the one in question.
    messages: [[u64; 2]; 2],
}

/// What stands for a person: the hash of the first message to them.
pub(crate) fn first_message(openid: &str) -> [u64; 2] {
    hash(openid, 1)
}

impl Stranger {
    /// Whoever was sent their message of this number.
    pub(crate) fn of(openid: &str, nth: u32) -> Self {
        Self { messages: [first_message(openid), hash(openid, nth)] }
    }
}

impl People {
    /// Reads a campaign's messages.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn load(store: &dyn Backend, campaign: CampaignKey) -> Result<Self, JournalError> {
        let mut hashes = Vec::with_capacity(store.most(campaign)?);
        store.identities(campaign, &mut |openid, nth| hashes.push(hash(openid, nth)))?;
        hashes.sort_unstable();
        Ok(Self { hashes })
    }

    /// How many messages there are.
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether a person is known by what stands for them.
    pub(crate) fn has(&self, first_message: [u64; 2]) -> bool {
        self.hashes.binary_search(&first_message).is_ok()
    }

    /// Whether a person is known by their first message.
    pub(crate) fn knows(&self, openid: &str) -> bool {
        self.hashes.binary_search(&first_message(openid)).is_ok()
    }

    /// Whether somebody is known, by their first message or by the one in question.
    pub(crate) fn knows_one(&self, stranger: &Stranger) -> bool {
        stranger.messages.iter().any(|message| self.hashes.binary_search(message).is_ok())
    }
}
