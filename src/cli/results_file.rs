//! The results file of a campaign, as a run keeps it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::campaign::results_name::{is_stream, names};
use crate::cli::gate;
use crate::cli::output_path::forbids_results;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::delivery::additions::Additions;
use crate::delivery::tally::Tally;
use crate::journal::JournalError;
use crate::journal::identity::{CampaignKey, Claim};
use crate::journal::receipt::Entry;
use crate::journal::store::Store;
use crate::journal::written::MadeOf;
use crate::plan::Plan;
use crate::plan::digest::Digest;
use crate::plan::id::PlanId;
use crate::report::earlier::stamps;
use crate::report::join::{self, JoinError};
use crate::report::results::{self, ResultsError};
use crate::send::execution::receipts::Receipts;
use crate::send::execution::results::{Concluded, Results};

/// Where results go and what they are made of.
pub(crate) struct ResultsFile {
    /// The campaign.
    pub(crate) campaign: Arc<Campaign>,
    /// Its plan.
    pub(crate) plan: Arc<Plan>,
    /// Whether openids are masked in them.
    pub(crate) masked: bool,
    /// Where its messages go; nothing in a rehearsal.
    pub(crate) destination: Option<Destination>,
    /// The file as it was written last: what is still so holds nothing that somebody else wrote.
    last: Mutex<Option<Written>>,
}

/// A file with its size and the time of its last change.
type Written = (PathBuf, u64, SystemTime);

fn as_it_is(path: &Path) -> Option<Written> {
    let about = fs::metadata(path).ok()?;
    Some((path.to_owned(), about.len(), about.modified().ok()?))
}

impl ResultsFile {
    /// Those of a campaign and its plan.
    pub(crate) fn new(
        campaign: Arc<Campaign>,
        plan: Arc<Plan>,
        masked: bool,
        destination: Option<Destination>,
    ) -> Self {
        Self { campaign, plan, masked, destination, last: Mutex::default() }
    }

    /// Writes them to a file, and remembers how it is then.
    fn write_to(&self, store: Option<&Store>, path: &Path) -> Result<Tally, ResultsError> {
        let tally = results::write(&self.campaign, &self.plan, store, path, self.masked)?;
        *self.last.lock().expect("whoever held it did not panic") = as_it_is(path);
        Ok(tally)
    }

    /// What somebody wrote in a file since.
    fn added(&self, store: Option<&Store>, path: &Path) -> Result<Additions, JoinError> {
        let is_as_it_was = {
            let last = self.last.lock().expect("whoever held it did not panic");
            last.is_some() && *last == as_it_is(path)
        };
        let is_ours = |store: &Store| -> Result<bool, JournalError> {
            let Some(campaign) = store.find_campaign(&join::identity(&self.campaign))? else {
                return Ok(false);
            };
            store.wrote_results(campaign, path)
        };
        if is_as_it_was || store.map(is_ours).transpose().map_err(JoinError::Journal)? == Some(true) {
            return Ok(Additions::default());
        }
        results::additions(&self.campaign, &self.plan, store, path)
    }

    /// Writes the results, beside the usual file where that one cannot be written, and counts what they say.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read, or the audience is no longer what was planned.
    pub(crate) fn write(&self, store: Option<&Store>) -> Result<Concluded, JoinError> {
        let (campaign, plan, masked) = (&self.campaign, &self.plan, self.masked);
        let usual = &campaign.results.path;
        let made_of = self.made_of();
        let (mut not_there, mut kept) = (None, None);
        let free = |path: &PathBuf| forbids_results(campaign, self.destination, path).is_none();
        for path in names(usual).filter(free) {
            let added = self.added(store, &path)?;
            if added.is_any() {
                kept = kept.or(Some((path, added)));
                continue;
            }
            let written = self.write_to(store, &path).and_then(|tally| {
                results::write_parts(campaign, plan, store, &path, masked, &tally).map(|()| tally)
            });
            match written {
                Ok(tally) => {
                    if let (Some(store), Some(made_of)) = (store, made_of.filter(|_| path == *usual)) {
                        // Without the note the next run reads the file, and finds the same.
                        let _ = self.note(store, made_of, &tally);
                    }
                    return Ok(Concluded { tally, file: Some(path), not_there, kept, changed: false });
                }
                Err(ResultsError::File(error)) => not_there = not_there.or(Some(error)),
                Err(ResultsError::Join(error)) => return Err(error),
            }
        }
        let tally = join::tally(campaign, plan, store)?;
        Ok(Concluded { tally, file: None, not_there, kept, changed: false })
    }

    /// What results would say now, where nothing they are made of has changed since they were written last: neither
    /// the journal nor the files.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn unchanged(&self, store: &Store) -> Result<Option<Tally>, JournalError> {
        Ok(self.noted(store)?.map(|(_, tally)| tally))
    }

    /// The same, with the campaign's place in the journal.
    fn noted(&self, store: &Store) -> Result<Option<(CampaignKey, Tally)>, JournalError> {
        let Some(made_of) = self.made_of() else { return Ok(None) };
        let Some(campaign) = store.find_campaign(&join::identity(&self.campaign))? else { return Ok(None) };
        let noted = store.noted_results(campaign)?.filter(|noted| noted.made_of == made_of.all);
        match noted {
            Some(noted) if noted.version == store.version(campaign)? => Ok(Some((campaign, noted.tally))),
            Some(_) | None => Ok(None),
        }
    }

    /// Writes the results as [`write`](Self::write) does, unless the file is as it would be then.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn write_changed(&self, store: Option<&Store>) -> Result<Concluded, JoinError> {
        let stands = store.map(|store| self.standing(store)).transpose().map_err(JoinError::Journal)?;
        match stands.flatten() {
            Some(tally) => {
                let file = Some(self.campaign.results.path.clone());
                Ok(Concluded { tally, file, ..Concluded::default() })
            }
            None => self.write(store),
        }
    }

    /// What the results say, where the file is as it would be written now.
    fn standing(&self, store: &Store) -> Result<Option<Tally>, JournalError> {
        let Some((campaign, tally)) = self.noted(store)? else { return Ok(None) };
        let stands = store.wrote_results(campaign, &self.campaign.results.path)?;
        Ok(stands.then_some(tally))
    }

    fn note(&self, store: &Store, made_of: MadeOf, tally: &Tally) -> Result<(), JournalError> {
        match store.find_campaign(&join::identity(&self.campaign))? {
            Some(campaign) => store.note_results(campaign, &self.campaign.results.path, made_of, tally),
            None => Ok(()),
        }
    }

    /// What beside the journal goes into the results, as one word: the program, what the plan comes to, and every file
    /// whose content may stand in them though it is in no message. Nothing where a file cannot be told from its earlier
    /// self, and where results have parts of their own.
    fn made_of(&self) -> Option<MadeOf> {
        let Self { campaign, plan, masked, destination: _, last: _ } = self;
        if campaign.results.split {
            return None;
        }
        let files = stamps(campaign)?;
        let (program, results) = (env!("CARGO_PKG_VERSION"), campaign.results.path.display());
        let (digest, counts, barred) = (&plan.digest, &plan.counts, &plan.barred);
        let all = format!("{program} {masked} {digest} {counts:?} {barred:?} {results} {files:?}");
        Some(MadeOf { all: Digest::of(all.as_bytes()).to_string(), files })
    }
}

/// Holds a pipe that the results go to: that nobody reads it is said before anything is sent, and whoever reads it waits
/// for the end.
///
/// # Errors
///
/// When nobody reads it.
#[cfg(unix)]
pub(crate) fn held(path: &Path) -> Result<impl Sized + use<>, Problem> {
    crate::report::form::pipe::held(path).map_err(|reason| Problem::cannot_write(path, reason))
}

/// There are no such pipes here.
#[cfg(not(unix))]
pub(crate) fn held(_: &Path) -> Result<impl Sized + use<>, Problem> {
    Ok(())
}

/// Leaves a receipt beside results that no run wrote: whoever finds them with nothing else is told whose they are. `sent` is
/// what it said of the last run, where that may have been of another plan.
pub(crate) fn leave_receipt(
    (campaign, plan, id): (&Campaign, &Plan, PlanId),
    destination: Destination,
    store: &Store,
    sent: Option<&Entry>,
    terminal: &Terminal,
) -> Result<(), JournalError> {
    let whose = join::identity(campaign);
    let Some(key) = store.find_campaign(&whose)? else { return Ok(()) };
    let claim = Claim { campaign: key, epoch: store.epoch(key)? };
    let receipts =
        Receipts::new(gate::receipt(campaign, destination, None), &whose, claim, plan, &id.to_string());
    let receipts = match sent {
        Some(sent) => receipts.of_plan(sent),
        None => receipts,
    };
    if let Err(reason) = receipts.write_changed(store) {
        terminal.say("no-receipt", &[("reason", &reason)]);
    }
    Ok(())
}

impl Results for ResultsFile {
    fn refresh(&self, journal: &Store) -> bool {
        let path = &self.campaign.results.path;
        // Who reads a pipe reads the end.
        if is_stream(path) {
            return true;
        }
        let untouched = |path: &PathBuf| self.added(Some(journal), path).is_ok_and(|added| !added.is_any());
        let path = names(path).find(untouched);
        path.is_some_and(|path| self.write_to(Some(journal), &path).is_ok())
    }

    fn conclude(&self, journal: &Store) -> Result<Concluded, JournalError> {
        match self.write(Some(journal)) {
            Ok(concluded) => Ok(concluded),
            Err(JoinError::Journal(error)) => Err(error),
            Err(JoinError::Audience(_) | JoinError::Changed) => {
                let tally = match journal.find_campaign(&join::identity(&self.campaign))? {
                    Some(number) => join::tally_of_journal(journal, number)?,
                    None => Tally::default(),
                };
                Ok(Concluded { tally, changed: true, ..Concluded::default() })
            }
        }
    }
}
