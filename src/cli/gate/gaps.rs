//! What files of results do not tell, though they once did: rows that somebody deleted, and people who may have been sent
//! the message after a file was written.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use crate::campaign::Campaign;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::gate::{listed, results};
use crate::journal::JournalError;
use crate::journal::identity::Naming;
use crate::journal::people::{People, Stranger};
use crate::report::results::summary::Summary;
use crate::report::results::told::EarlierResults;

/// A file whose rows tell of fewer people than its summary counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deleted {
    pub(super) file: PathBuf,
    /// How many were, or may have been, sent the message by the summary.
    pub(super) counted: u64,
    /// How many are by the rows.
    pub(super) rows: u64,
}

impl Deleted {
    /// How many people of the summary stand nowhere.
    pub(super) fn missing(&self, witnesses: &Witnesses) -> u64 {
        self.counted.saturating_sub(self.rows.max(witnesses.counts().reached()))
    }
}

/// The first of these files of which rows of people who were sent the message are gone, where the journal does not know
/// as many.
pub(super) fn deleted(campaign: &Campaign, witnesses: &Witnesses, files: &[PathBuf]) -> Option<Deleted> {
    let deleted = |file: &PathBuf| {
        let counted = Summary::of(file)?.counts.reached();
        let rows = results::open(campaign, witnesses, file)?.statuses().reached();
        Some(Deleted { file: file.clone(), counted, rows }).filter(|found| found.missing(witnesses) > 0)
    };
    // Those who are left have files of their own, whose summary is that of all.
    files.iter().filter(|file| !witnesses.is_stray(file)).find_map(deleted)
}

/// How many people of the list these files leave out, although they tell of others on it: a file of results has a row for
/// each row of the list. Nobody where journal or receipt tell what was sent.
///
/// # Errors
///
/// When the journal cannot be read.
pub(super) fn left_out(
    campaign: &Campaign,
    witnesses: &Witnesses,
    files: &[PathBuf],
) -> Result<u64, JournalError> {
    if witnesses.entry().is_some() || witnesses.known().is_some() {
        return Ok(0);
    }
    Ok(ToldPeople::by(campaign, witnesses, files)?.left_out(campaign, None))
}

/// How many people may have been sent the message after these files were written, where no receipt says that they tell
/// of the end: whoever was not sent it by them, and whoever of the list they leave out.
///
/// # Errors
///
/// When the journal cannot be read.
pub(super) fn untold(
    campaign: &Campaign,
    witnesses: &Witnesses,
    files: &[PathBuf],
) -> Result<u64, JournalError> {
    if files.is_empty() {
        return Ok(0);
    }
    let known = witnesses.known().map(|(store, campaign)| People::load(&**store, campaign)).transpose()?;
    let told = ToldPeople::by(campaign, witnesses, files)?;
    let is_known = |stranger: &&Stranger| known.as_ref().is_some_and(|people| people.knows_one(stranger));
    let waiting = told.waiting.difference(&told.reached).filter(|stranger| !is_known(stranger)).count();
    let waiting = u64::try_from(waiting).expect("a count of what is in memory");
    Ok(waiting + told.left_out(campaign, known.as_ref()))
}

/// What files of results tell together.
#[derive(Default)]
struct ToldPeople {
    naming: Naming,
    /// Everybody who has a row.
    people: HashSet<[u64; 2]>,
    /// Whose message was, or may have been, delivered.
    reached: BTreeSet<Stranger>,
    /// Whose message was not, by the file.
    waiting: BTreeSet<Stranger>,
    /// Whether openids are masked, so that nobody can be found in it.
    masked: bool,
}

impl ToldPeople {
    fn by(campaign: &Campaign, witnesses: &Witnesses, files: &[PathBuf]) -> Result<Self, JournalError> {
        let mut told = Self { naming: witnesses.naming(), ..Self::default() };
        let open = |file: &Path| results::open(campaign, witnesses, file);
        for file in files {
            if let Some(results) = open(file) {
                results.each_openid(|openid| {
                    told.masked |= openid.contains('*');
                    told.people.insert(told.naming.message(openid, 1));
                });
            }
            if let Some(results) = open(file) {
                told.take(results);
            }
        }
        Ok(told)
    }

    fn take(&mut self, results: EarlierResults) {
        results.each_message(|openid, nth, reached| {
            let message = Stranger::of(&self.naming, openid, nth);
            if reached {
                self.reached.insert(message)
            } else {
                self.waiting.insert(message)
            };
        });
    }

    fn left_out(&self, campaign: &Campaign, known: Option<&People>) -> u64 {
        let listed = if self.masked || self.people.is_empty() {
            HashSet::new()
        } else {
            listed::people(campaign, &self.naming)
        };
        // A file that tells of nobody on the list is of another list.
        if listed.is_disjoint(&self.people) {
            return 0;
        }
        let is_known = |person: &&[u64; 2]| known.is_some_and(|known| known.has(**person));
        let left_out = listed.difference(&self.people).filter(|person| !is_known(person)).count();
        u64::try_from(left_out).expect("a count of what is in memory")
    }
}
