//! What is noted of an export that was taken in, and what one may tell.

use serde::{Deserialize, Serialize};

use crate::journal::identity::CampaignKey;
use crate::journal::lineage::Lineage;
use crate::journal::receipt::Entry;

/// The most characters an openid can have.
const LONGEST_OPENID: usize = 128;

/// What another journal had known of a campaign when it was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) epoch: i64,
    pub(crate) messages: u64,
    /// Nothing in what an earlier version exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lineage: Option<Lineage>,
}

/// Under which name it is noted what a journal had known of a campaign.
pub(crate) fn note(campaign: CampaignKey, journal: &str) -> String {
    format!("imported:{}:{journal}", campaign.0)
}

/// Whether such a note tells of all that another journal knew of a campaign when it wrote a receipt. Whatever is not
/// understood is imported once more, which changes nothing that was.
pub(crate) fn covers(note: Option<String>, receipt: &Entry) -> bool {
    let known = note.and_then(|note| serde_json::from_str::<Known>(&note).ok());
    known.is_some_and(|known| {
        let as_many = known.epoch >= receipt.epoch && known.messages >= receipt.messages;
        as_many && known.lineage.is_none_or(|lineage| receipt.is_of_lineage(&lineage))
    })
}

/// Whether a text can be an openid: nothing else was ever sent to.
pub(crate) fn is_openid(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=LONGEST_OPENID).contains(&text.len()) && text.bytes().all(allowed)
}
