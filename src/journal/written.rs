//! Whether a results file is still, byte for byte, what was written from a journal. Then it tells of nobody whom the journal
//! does not know, and need not be read.

use std::path::Path;

use crate::journal::identity::CampaignKey;

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
