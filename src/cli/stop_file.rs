//! The file beside a campaign by which anybody can stop it: named STOP, or what editors and file managers make of that.

use std::path::{Path, PathBuf};

/// Its names. Notepad adds an ending, and Explorer does not show it.
const NAMES: [&str; 6] = ["STOP", "STOP.txt", "Stop", "Stop.txt", "stop", "stop.txt"];

/// Where it may lie: beside the campaign, and beside the file that the campaign is a link to.
pub(crate) fn beside(campaign: &Path) -> Vec<PathBuf> {
    let folder = |campaign: &Path| campaign.parent().unwrap_or(Path::new("")).to_owned();
    let here = folder(campaign);
    let mut folders = vec![here.clone()];
    if let Ok(real) = std::fs::canonicalize(campaign) {
        let same = std::fs::canonicalize(if here.as_os_str().is_empty() { Path::new(".") } else { &here });
        if same.ok().as_deref() != real.parent() {
            folders.push(folder(&real));
        }
    }
    folders.iter().flat_map(|folder| NAMES.map(|name| folder.join(name))).collect()
}

/// The one that is there.
pub(crate) fn find(campaign: &Path) -> Option<PathBuf> {
    beside(campaign).into_iter().find(|file| file.exists())
}
