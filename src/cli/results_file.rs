//! The results file of a campaign, as a run keeps it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::campaign::Campaign;
use crate::delivery::tally::Tally;
use crate::journal::JournalError;
use crate::journal::store::Store;
use crate::plan::Plan;
use crate::report::join::{self, JoinError};
use crate::report::results::{self, ResultsError};
use crate::send::execution::results::{Concluded, Results};

/// Where results go and what they are made of.
pub(crate) struct ResultsFile {
    /// The campaign.
    pub(crate) campaign: Arc<Campaign>,
    /// Its plan.
    pub(crate) plan: Arc<Plan>,
    /// Whether openids are masked in them.
    pub(crate) masked: bool,
}

impl ResultsFile {
    /// Writes the results, beside the usual file where that one cannot be written, and counts what they say.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read, or the audience is no longer what was planned.
    pub(crate) fn write(&self, store: Option<&Store>) -> Result<Concluded, JoinError> {
        let (campaign, plan, masked) = (&self.campaign, &self.plan, self.masked);
        let usual = &campaign.results.path;
        let mut not_there = None;
        for path in std::iter::once(usual.clone()).chain(seconds(usual)) {
            let written = results::write(campaign, plan, store, &path, masked).and_then(|tally| {
                results::write_parts(campaign, plan, store, &path, masked, &tally).map(|()| tally)
            });
            match written {
                Ok(tally) => return Ok(Concluded { tally, file: Some(path), not_there, changed: false }),
                Err(ResultsError::File(error)) => not_there = not_there.or(Some(error)),
                Err(ResultsError::Join(error)) => return Err(error),
            }
        }
        let tally = join::tally(campaign, plan, store)?;
        Ok(Concluded { tally, file: None, not_there, changed: false })
    }
}

impl Results for ResultsFile {
    fn refresh(&self, journal: &Store) -> bool {
        let path = &self.campaign.results.path;
        results::write(&self.campaign, &self.plan, Some(journal), path, self.masked).is_ok()
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
                Ok(Concluded { tally, file: None, not_there: None, changed: true })
            }
        }
    }
}

/// Other names for a file that is open in another program.
fn seconds(usual: &Path) -> impl Iterator<Item = PathBuf> {
    let extension = usual.extension().map(|extension| extension.to_string_lossy().into_owned());
    (2..10).map(move |number| {
        usual.with_extension(match &extension {
            Some(extension) => format!("{number}.{extension}"),
            None => number.to_string(),
        })
    })
}
