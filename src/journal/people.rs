//! Who is known of a campaign, in sixteen bytes a message: enough to tell strangers apart, and nothing of what became of
//! anybody.

use crate::journal::JournalError;
use crate::journal::backend::Backend;
use crate::journal::identity::{CampaignKey, Naming};

/// The messages of a campaign, by hash.
#[derive(Debug, Default)]
pub(crate) struct People {
    naming: Naming,
    hashes: Vec<[u64; 2]>,
}

/// Somebody of whom results tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stranger {
    /// The first message to the person, and the one in question.
    messages: [[u64; 2]; 2],
}

impl Stranger {
    /// Whoever was sent their message of this number.
    pub(crate) fn of(naming: &Naming, openid: &str, nth: u32) -> Self {
        Self { messages: [naming.message(openid, 1), naming.message(openid, nth)] }
    }
}

impl People {
    /// Nobody, in a journal that finds its messages so.
    pub(crate) fn none(naming: Naming) -> Self {
        Self { naming, hashes: Vec::new() }
    }

    /// Reads a campaign's messages.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn load(store: &dyn Backend, campaign: CampaignKey) -> Result<Self, JournalError> {
        let mut hashes = Vec::with_capacity(store.most(campaign)?);
        let naming = store.naming_of(campaign)?;
        store.identities(campaign, &mut |recipient, nth| hashes.push(naming.of(recipient, nth)))?;
        hashes.sort_unstable();
        Ok(Self { naming, hashes })
    }

    /// How many messages there are.
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether a person is known by what stands for them: the first message to them.
    pub(crate) fn has(&self, first_message: [u64; 2]) -> bool {
        self.hashes.binary_search(&first_message).is_ok()
    }

    /// Whether a person is known by their first message.
    pub(crate) fn knows(&self, openid: &str) -> bool {
        self.has(self.naming.message(openid, 1))
    }

    /// Whether somebody is known, by their first message or by the one in question.
    pub(crate) fn knows_one(&self, stranger: &Stranger) -> bool {
        stranger.messages.iter().any(|message| self.hashes.binary_search(message).is_ok())
    }
}
