//! Whether a results file is still, byte for byte, what was written from a journal, and would be written again now. Then it
//! tells of nobody whom the journal does not know, and need neither be read nor written.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::delivery::tally::Tally;
use crate::journal::identity::CampaignKey;

/// What a journal notes of the results of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrittenResults {
    /// At most how many messages it had then. One that has fewer now has lost them since, and proves nothing.
    pub(crate) messages: usize,
    /// Its [`version`](crate::journal::backend::Notes::version) of the campaign then.
    pub(crate) version: String,
    /// What beside the journal went into them: campaign, audience, program.
    pub(crate) made_of: String,
    /// The files among that, by their stamps; nothing where an earlier version noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<Vec<String>>,
    /// The file.
    pub(crate) stamp: String,
    /// What they came to.
    pub(crate) tally: Tally,
}

/// What results are made of beside the journal.
pub(crate) struct MadeOf {
    /// All of it in one word.
    pub(crate) all: String,
    /// The files among it.
    pub(crate) files: Vec<String>,
}

/// What tells a file that was written from the same file after anybody touched it: name, device, number, size, and the
/// times of its last change, of which nobody can set the second. Nothing where there is no such file.
#[cfg(unix)]
pub(crate) fn stamp(file: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let name = std::fs::canonicalize(file).ok()?;
    let there = std::fs::metadata(&name).ok()?;
    let times = [there.mtime(), there.mtime_nsec(), there.ctime(), there.ctime_nsec()];
    let times = times.map(|time| time.to_string()).join(":");
    Some(format!("{}:{}:{}:{times}:{}", there.dev(), there.ino(), there.size(), name.display()))
}

/// Other systems keep no time that a copy cannot bring along: there a file is always read.
#[cfg(not(unix))]
pub(crate) fn stamp(_: &Path) -> Option<String> {
    None
}

/// The key of the note about a campaign's results.
pub(crate) fn key(campaign: CampaignKey) -> String {
    format!("results:{}", campaign.0)
}
