//! The receipt: what lies beside a campaign and tells whoever finds the folder elsewhere by which journal, on which
//! computer, it was sent. Evidence, never the truth: whoever has that journal asks the journal. Only what is ahead of the
//! journal says something that the journal cannot: that it was lost, damaged or restored.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::delivery::outcome::Counts;
use crate::journal::identity::Identity;
use crate::journal::lineage::{Lineage, Mark, MessageSet};
use crate::journal::lock::{FolderLock, RECEIPT};
use crate::own_file;
use crate::own_reason::OwnReason;

/// The folder beside a campaign, and the file in it.
const FOLDER: &str = ".wxcast";
const FILE: &str = RECEIPT;
/// An entry is below a kilobyte: this is more than a campaign folder ever has.
const LARGEST: u64 = 16 << 20;

/// What a receipt says of one campaign, wave, channel and destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The account.
    pub(crate) appid: String,
    /// The campaign's id.
    pub(crate) campaign: String,
    /// Which time it was sent.
    pub(crate) wave: u32,
    /// What for.
    pub(crate) channel: String,
    /// Where to.
    pub(crate) destination: String,
    /// What tells the journal from every other.
    pub(crate) journal: String,
    /// The computer.
    pub(crate) computer: String,
    /// Who sent it there.
    pub(crate) user: String,
    /// The process that sent it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pid: Option<u32>,
    /// How many intents the journal had ever been given.
    pub(crate) intents: i64,
    /// How often the campaign had been claimed, and how many of its messages the journal knew. Both only ever grow,
    /// whatever other campaigns the journal is given.
    pub(crate) epoch: i64,
    /// See there.
    pub(crate) messages: u64,
    /// Under which mark the journal stood, and which messages it knew: see [`Lineage`]. Nothing in a receipt of an
    /// earlier version, of which only the counts can be held against a journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mark: Option<Mark>,
    /// See there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) set: Option<MessageSet>,
    /// Which of them were, or may have been, delivered: whom those must name who know all that the journal did. Nothing
    /// while a run is going on, and in a receipt of an earlier version, which only counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reached_set: Option<MessageSet>,
    /// Whether the run was still going on: then more may have been sent than is told here.
    pub(crate) running: bool,
    /// The statuses of the audience.
    pub(crate) counts: Counts,
    /// The digest of the last plan.
    pub(crate) digest: String,
    /// What an approver approved.
    pub(crate) plan: String,
    /// When it was written.
    pub(crate) at: Timestamp,
    /// Where the results are, below the campaign's folder or in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) results: Option<String>,
}

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Receipt {
    entries: Vec<Entry>,
}

impl Receipt {
    /// Reads it; one that says nothing where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read or understood.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        match read(path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                if is_away(path) {
                    Err(OwnReason::LeadsNowhere.into())
                } else {
                    Ok(Self::default())
                }
            }
            read => read,
        }
    }

    /// What it says of a campaign at a destination.
    pub(crate) fn of(&self, whose: &Identity, destination: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is_of(whose, destination))
    }
}

impl Entry {
    /// Whether it is about these messages.
    fn is_of(&self, whose: &Identity, destination: &str) -> bool {
        let Identity { appid, campaign, wave, channel } = whose;
        self.about() == (appid, campaign, *wave, channel.name(), destination)
    }

    fn is_about_the_same(&self, other: &Self) -> bool {
        self.about() == other.about()
    }

    /// Which messages it is about.
    fn about(&self) -> (&str, &str, u32, &str, &str) {
        let Self { appid, campaign, wave, channel, destination, .. } = self;
        (appid, campaign, *wave, channel, destination)
    }

    /// The file of the results, going by the receipt in which this stands.
    pub(crate) fn results_file(&self, receipt: &Path) -> Option<PathBuf> {
        Some(own_file::followed(&campaign_folder(receipt).join(self.results.as_deref()?)))
    }

    /// Whether the same run of the same journal wrote it.
    pub(crate) fn is_of_run(&self, other: &Self) -> bool {
        self.journal == other.journal && self.mark == other.mark && self.epoch == other.epoch
    }

    /// Whether a journal knows all that this tells, because it wrote it, on this computer and no later than now: of two
    /// processes that write one journal the journal itself stops one.
    pub(crate) fn is_earlier_than(&self, other: &Self) -> bool {
        self.journal == other.journal && self.computer == other.computer && self.epoch <= other.epoch
    }

    /// Whether a journal with this lineage once was what the receipt tells of, as far as can be told.
    pub(crate) fn is_of_lineage(&self, lineage: &Lineage) -> bool {
        self.mark.as_ref().is_none_or(|mark| lineage.was_at(&mark.name, self.messages, self.set))
    }

    /// How many of the messages that a journal with this lineage knew first stood in the journal that wrote this too, as
    /// far as that is certain.
    pub(crate) fn shared_with(&self, lineage: &Lineage) -> u64 {
        self.mark.as_ref().map_or(0, |mark| lineage.shared_with(mark, self.messages))
    }

    /// How many were, or may have been, sent the message.
    pub(crate) fn reached(&self) -> u64 {
        self.counts.reached()
    }
}

/// Where the receipt of a campaign lies: in the folder in which the campaign file really is.
pub(crate) fn beside(campaign: &Path) -> PathBuf {
    let real = fs::canonicalize(campaign).unwrap_or_else(|_| campaign.to_owned());
    real.parent().unwrap_or(Path::new("")).join(FOLDER).join(FILE)
}

/// Where results lie, as a receipt says it: a folder that is moved takes them along.
pub(crate) fn named(receipt: &Path, results: &Path) -> String {
    let results = own_file::followed(results);
    let folder = campaign_folder(receipt);
    results.strip_prefix(folder).unwrap_or(&results).to_string_lossy().into_owned()
}

/// Whether the folder of a receipt is a link to somewhere that is not there: a disk or a share that is not mounted now. What
/// it says nobody knows.
fn is_away(receipt: &Path) -> bool {
    let folder = receipt.parent().unwrap_or(Path::new(""));
    fs::symlink_metadata(folder).is_ok_and(|link| link.is_symlink()) && fs::metadata(folder).is_err()
}

fn campaign_folder(receipt: &Path) -> &Path {
    receipt.parent().and_then(Path::parent).unwrap_or(Path::new(""))
}

/// Everything a receipt says; nothing where it is not there or cannot be read.
pub(crate) fn entries(path: &Path) -> Vec<Entry> {
    read(path).map_or_else(|_| Vec::new(), |receipt| receipt.entries)
}

/// Writes an entry in the place of an earlier one about the same messages, whole or not at all, for its owner alone. Gives
/// whether it did: an entry that may not be replaced stays.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(path: &Path, entry: Entry, may_replace: impl Fn(&Entry) -> bool) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new(""));
    // A campaign's folder that was moved away in a run is not made anew for its receipt.
    folder.parent().map_or(Ok(()), |campaign| fs::metadata(campaign).map(drop))?;
    own_file::make_folder(folder)?;
    // A receipt that cannot be read is of no use, so it is replaced by what is known now.
    let mut receipt = read(path).unwrap_or_default();
    if receipt.entries.iter().any(|other| other.is_about_the_same(&entry) && !may_replace(other)) {
        return Ok(false);
    }
    receipt.entries.retain(|other| !other.is_about_the_same(&entry));
    // A file holds the results of whoever wrote it last.
    for other in receipt.entries.iter_mut().filter(|other| other.results == entry.results) {
        other.results = None;
    }
    receipt.entries.push(entry);
    let mut text = serde_json::to_vec_pretty(&receipt)?;
    text.push(b'\n');
    own_file::replace(path, &text)?;
    Ok(true)
}

/// Looks whether a receipt is still that of a run, or somebody else has taken the campaign over. It is read only where the
/// file is another one than at the last look.
#[derive(Debug)]
pub struct Watch {
    path: PathBuf,
    entry: Entry,
    lock: Option<Arc<FolderLock>>,
    looked_at: Mutex<Option<(SystemTime, u64)>>,
}

impl Watch {
    /// Watches for the run that wrote this entry and holds this lock beside it.
    pub(crate) fn new(path: PathBuf, entry: Entry, lock: Option<Arc<FolderLock>>) -> Self {
        Self { path, entry, lock, looked_at: Mutex::new(None) }
    }

    /// Puts receipt and lock back where somebody deleted them: whoever comes next with another journal would find nothing
    /// by which they are told. What the receipt said when the run began is enough for that, and the run soon says more.
    pub(crate) fn put_back(&self) {
        if matches!(fs::metadata(&self.path), Err(error) if error.kind() == io::ErrorKind::NotFound) {
            // Where it cannot be written now, it is tried again at the next look.
            let _ = write(&self.path, self.entry.clone(), |other| other.is_of_run(&self.entry));
        }
        if let Some(lock) = &self.lock {
            lock.put_back();
        }
    }

    /// Whether somebody else's entry stands in the place of the run's. One that was deleted, or cannot be read, is nobody's.
    pub(crate) fn is_taken_over(&self) -> bool {
        let stamp = fs::metadata(&self.path).and_then(|file| Ok((file.modified()?, file.len()))).ok();
        let mut looked_at = self.looked_at.lock().expect("whoever held it did not panic");
        if stamp.is_none() || *looked_at == stamp {
            return false;
        }
        let other = |other: &Entry| other.is_about_the_same(&self.entry) && !other.is_of_run(&self.entry);
        let taken = read(&self.path).is_ok_and(|receipt| receipt.entries.iter().any(other));
        *looked_at = stamp.filter(|_| !taken);
        taken
    }
}

fn read(path: &Path) -> io::Result<Receipt> {
    let receipt: Receipt = serde_json::from_slice(&own_file::read(path, LARGEST)?)?;
    // Counts that nobody can have written: whoever believed them would believe that nothing was sent.
    if receipt.entries.iter().any(|entry| entry.intents < 0 || entry.epoch < 0) {
        return Err(OwnReason::NegativeCount.into());
    }
    Ok(receipt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(campaign: &str, intents: i64) -> Entry {
        Entry {
            appid: "wx".into(),
            campaign: campaign.into(),
            wave: 1,
            channel: "send".into(),
            destination: "real".into(),
            journal: "j".into(),
            computer: "c".into(),
            user: "u".into(),
            pid: None,
            intents,
            epoch: 1,
            messages: 1,
            mark: None,
            set: None,
            reached_set: None,
            running: false,
            counts: Counts::default(),
            digest: "sha256:0".into(),
            plan: "plan:0".into(),
            at: Timestamp::UNIX_EPOCH,
            results: None,
        }
    }

    #[test]
    fn an_entry_takes_the_place_of_the_one_before_and_leaves_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = beside(&folder.path().join("campaign.toml"));
        for entry in [entry("spring", 1), entry("summer", 2), entry("spring", 3)] {
            assert!(write(&path, entry, |_| true).expect("a receipt"));
        }
        let receipt = read(&path).expect("a receipt");
        assert_eq!(receipt.entries, [entry("summer", 2), entry("spring", 3)]);
        assert!(!write(&path, entry("spring", 4), |_| false).expect("somebody else's"));
        assert_eq!(read(&path).expect("a receipt").entries, receipt.entries);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
