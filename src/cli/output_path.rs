//! Which files may be written: none that the campaign reads, none that belongs to a journal, and of those that are there
//! only what wxcast wrote for the same campaign.
//!
//! A results file is known by its eight columns, and whose it is by the receipts beside the campaign and beside the file.
//! A report is known by how it begins. An empty file, and what is no file, as a pipe or a device, is written to: there is
//! nothing in it to lose.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::campaign::results_name::{LOCAL, REHEARSAL, is_marked, is_stream};
use crate::cli::exit_code::Exit;
use crate::cli::problem::Problem;
use crate::cli::report_kind::{Kind, is_report};
use crate::cli::sidecar::{self, Made};
use crate::cli::user_state;
use crate::diagnostic::render::display;
use crate::journal::receipt::{self, Entry};
use crate::own_file::followed;
use crate::report::results::{self, Likeness};

/// So much of a file is looked at to know it.
const HEAD: u64 = 256 * 1024;

/// What is never written over.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    id: Option<String>,
    reads: Vec<PathBuf>,
    state: Vec<PathBuf>,
}

/// Why a file is not written.
#[derive(Debug)]
pub(crate) enum Why {
    /// The campaign reads it.
    Read,
    /// A journal or a receipt lies there.
    State,
    /// Somebody else's, as far as anybody can see.
    Foreign,
    /// A report of the same campaign that is of another kind.
    OtherKind,
    /// Results of another campaign.
    OtherCampaign(Entry),
    /// Results of a campaign of this id, of another account.
    OtherAccount(Entry),
    /// What people were sent.
    Real,
    /// Results of which somebody took these columns out.
    Edited(Vec<&'static str>),
    /// Results that no longer say what became of whom.
    Unsaid,
    /// A name by which results of another kind are known.
    Named,
}

impl Kept {
    /// Of a campaign: the files that are read for it, and the folders of journals.
    pub(crate) fn of(id: Option<String>, reads: Vec<PathBuf>, state_dir: Option<&PathBuf>) -> Self {
        let mut state: Vec<PathBuf> = user_state::folder().into_iter().collect();
        // A state folder around the campaign keeps what is its own in folders named after accounts, and the rest is not.
        let around = |folder: &Path| reads.iter().any(|file| followed(file).starts_with(folder));
        state.extend(state_dir.cloned().filter(|folder| !around(&real(folder))));
        Self { id, reads, state: state.iter().map(|folder| real(folder)).collect() }
    }

    /// Of a sound campaign.
    pub(crate) fn of_campaign(campaign: &Campaign, state_dir: Option<&PathBuf>) -> Self {
        Self::of(Some(campaign.id.to_string()), campaign.reads(), state_dir)
    }

    /// Insists that a report may be written to a file.
    ///
    /// # Errors
    ///
    /// When it may not.
    pub(crate) fn insist(&self, file: Option<&Path>, kind: Kind) -> Result<(), Problem> {
        let Some(file) = file else { return Ok(()) };
        refused(file, self.forbids(file).or_else(|| self.forbids_over(file, kind)))
    }

    /// Why a report may not be written over what is there.
    fn forbids_over(&self, file: &Path, kind: Kind) -> Option<Why> {
        if !is_there(file) {
            return None;
        }
        let head = head(file);
        if !is_report(&head, self.id.as_deref().unwrap_or_default()) {
            return Some(Why::Foreign);
        }
        Kind::of(&head).filter(|there| *there != kind).map(|_| Why::OtherKind)
    }

    /// Insists that a list of rows may be written to a file: over one that is there only where it has the same columns.
    ///
    /// # Errors
    ///
    /// When it may not.
    pub(crate) fn insist_list(&self, file: &Path, list: &[u8]) -> Result<(), Problem> {
        let columns = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let foreign = || is_there(file) && columns(&head(file)) != columns(&String::from_utf8_lossy(list));
        refused(file, self.forbids(file).or_else(|| foreign().then_some(Why::Foreign)))
    }

    /// Insists that people may be written to a file: over one that is there only where it is as wxcast has made it, even
    /// if the campaign reads it. Such a list can be made anew at any time, and being made anew is what it is for.
    ///
    /// # Errors
    ///
    /// When they may not.
    pub(crate) fn insist_people(&self, file: &Path) -> Result<(), Problem> {
        let forbids = self.forbids(file);
        if let Some(Why::State) = forbids {
            return refused(file, forbids);
        }
        let made = sidecar::made(file, None);
        match made {
            _ if !is_there(file) => {}
            Made::Unchanged(_) => {}
            Made::Changed(_) => {
                return Err(Problem::new(Exit::Usage, "output-people-edited").with("file", display(file)));
            }
            Made::Unknown if forbids.is_some() => return refused(file, forbids),
            Made::Unknown => {
                return Err(Problem::new(Exit::Usage, "output-people-foreign").with("file", display(file)));
            }
        }
        // Beside it goes a file of its own, in the place of nobody else's.
        let beside = sidecar::beside(file);
        let is_foreign = made == Made::Unknown && is_there(&beside);
        refused(&beside, is_foreign.then_some(Why::Foreign))
    }

    /// Insists that results may be written to their files. Those of a rehearsal have no destination.
    ///
    /// # Errors
    ///
    /// When they may not.
    pub(crate) fn insist_results(
        &self,
        campaign: &Campaign,
        destination: Option<Destination>,
    ) -> Result<(), Problem> {
        let results = &campaign.results;
        // Whoever names a wrong file is told so, also where the results would lie beside it.
        for file in results.named.iter().cloned().chain(results.files()) {
            refused_to(campaign, &file, self.forbids(&file))?;
        }
        if let Some(named) = results.named.as_ref().filter(|named| **named != results.path) {
            let why = occupied(campaign, destination, named);
            refused_to(
                campaign,
                named,
                why.filter(|why| destination.is_none() || matches!(why, Why::Foreign)),
            )?;
        }
        // Whether there will be parts beside it is known when they are written.
        refused_to(campaign, &results.path, forbids_results(campaign, destination, &results.path))
    }

    fn forbids(&self, file: &Path) -> Option<Why> {
        let there = followed(file);
        if self.reads.iter().any(|read| is_same(read, &there)) {
            return Some(Why::Read);
        }
        let beside = there.components().any(|part| part == Component::Normal(".wxcast".as_ref()));
        (beside || self.state.iter().any(|folder| there.starts_with(folder))).then_some(Why::State)
    }
}

fn refused(file: &Path, why: Option<Why>) -> Result<(), Problem> {
    let key = match why {
        None => return Ok(()),
        Some(Why::Read) => "output-read",
        Some(Why::State) => "output-state",
        Some(Why::OtherKind) => "output-other-kind",
        Some(_) => "output-foreign",
    };
    Err(Problem::new(Exit::Usage, key).with("file", display(file)))
}

/// The same for results. They are what tells who was sent the message where a journal is lost, so nobody is told to put
/// them away.
fn refused_to(campaign: &Campaign, file: &Path, why: Option<Why>) -> Result<(), Problem> {
    let Some(why) = why else { return Ok(()) };
    let of = |exit, key| Problem::new(exit, key).with("file", display(file));
    Err(match why {
        Why::Read => of(Exit::Usage, "output-read"),
        Why::State => of(Exit::Usage, "output-state"),
        Why::Foreign | Why::OtherKind => of(Exit::Usage, "output-no-results"),
        Why::OtherCampaign(entry) => {
            of(Exit::Usage, "output-other-campaign").with("campaign", entry.campaign).with("wave", entry.wave)
        }
        Why::OtherAccount(entry) => of(Exit::Usage, "output-other-account")
            .with("theirs", entry.appid)
            .with("ours", &campaign.account.appid),
        Why::Real => of(Exit::Usage, "output-real"),
        Why::Edited(missing) => of(Exit::Gate, "output-edited").with("columns", missing.join(", ")),
        Why::Unsaid => of(Exit::Gate, "output-unsaid"),
        Why::Named => of(Exit::Usage, "output-named"),
    })
}

/// Why the results of a campaign that went to a destination may not be written to a file; nothing where they may. What
/// people got never loses to what a simulator got, nor either of them to a rehearsal.
pub(crate) fn forbids_results(
    campaign: &Campaign,
    destination: Option<Destination>,
    file: &Path,
) -> Option<Why> {
    if is_named_for(destination, file) { occupied(campaign, destination, file) } else { Some(Why::Named) }
}

/// The same, whatever the file is called.
fn occupied(campaign: &Campaign, destination: Option<Destination>, file: &Path) -> Option<Why> {
    let there = followed(file);
    // A folder, or what cannot be read, is a matter of writing.
    if !is_there(&there) || !there.is_file() || File::open(&there).is_err() {
        return None;
    }
    match results::likeness(&there, &campaign.audience.openid_column) {
        Likeness::Whole => {}
        Likeness::Without(missing) => return Some(Why::Edited(missing)),
        Likeness::Unsaid => return Some(Why::Unsaid),
        Likeness::None => return Some(Why::Foreign),
    }
    let of_another_kind = || destination.is_none() && !is_marked(file, REHEARSAL);
    let Some(entry) = writer(campaign, &there) else {
        return of_another_kind().then_some(Why::Named);
    };
    // An AppID that was wrong has reached nobody, and is put right in the same folder.
    let other_account = entry.appid != campaign.account.appid && entry.reached() > 0;
    let is_real = entry.destination == Destination::Real.name();
    if entry.campaign != campaign.id.to_string() {
        Some(Why::OtherCampaign(entry))
    } else if other_account {
        Some(Why::OtherAccount(entry))
    } else if is_real && destination != Some(Destination::Real) {
        Some(Why::Real)
    } else {
        of_another_kind().then_some(Why::Named)
    }
}

/// Who wrote a results file, by the receipts beside the campaign and beside the file.
pub(crate) fn writer(campaign: &Campaign, file: &Path) -> Option<Entry> {
    let beside = file.parent().unwrap_or(Path::new("")).join("campaign.toml");
    let receipts = [receipt::beside(&campaign.path), receipt::beside(&beside)];
    receipts.iter().find_map(|receipt| {
        let entries = receipt::entries(receipt).into_iter();
        // Another wave writes over the results of the one before.
        entries
            .filter(|entry| entry.results_file(receipt).as_deref() == Some(file))
            .max_by_key(|entry| entry.at)
    })
}

/// Whether results of this destination may have this name. Those of a simulator and of a rehearsal are known by theirs.
pub(crate) fn is_named_for(destination: Option<Destination>, file: &Path) -> bool {
    if is_stream(file) {
        return true;
    }
    match destination {
        Some(Destination::Real) => !is_marked(file, LOCAL) && !is_marked(file, REHEARSAL),
        Some(Destination::Local) => is_marked(file, LOCAL) && !is_marked(file, REHEARSAL),
        None => is_marked(file, REHEARSAL),
    }
}

/// Whether there is a file with something in it.
fn is_there(file: &Path) -> bool {
    !is_stream(file) && fs::metadata(file).is_ok_and(|about| !about.is_file() || about.len() > 0)
}

/// Whether both are one file, also by two names.
fn is_same(one: &Path, there: &Path) -> bool {
    let identity = |path: &Path| {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
        }
        #[cfg(not(unix))]
        fs::canonicalize(path).ok()
    };
    followed(one) == there || identity(one).is_some_and(|one| identity(there) == Some(one))
}

/// A folder by its real name, or by the one it will have.
fn real(folder: &Path) -> PathBuf {
    fs::canonicalize(folder).unwrap_or_else(|_| followed(folder))
}

fn head(file: &Path) -> String {
    let mut head = Vec::new();
    let read = File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    // A folder has no beginning; that it cannot be written is said when it is.
    if read.is_err() { String::new() } else { String::from_utf8_lossy(&head).into_owned() }
}
