//! What the journal knows of a plan's messages, counted while the plan is made: who goes on with a campaign would otherwise
//! read the audience once more only to be told how much of it is left.

use std::path::Path;

use crate::campaign::Campaign;
use crate::delivery::tally::Tally;
use crate::journal::JournalError;
use crate::journal::identity::CampaignKey;
use crate::journal::store::Store;
use crate::journal::written::stamp;
use crate::plan::batch::Batch;
use crate::plan::onlooker::Onlooker;
use crate::report::join::{Count, identity};

/// Counts a campaign's messages as it looks on.
///
/// No lock is held meanwhile, since whoever has to wait for one should learn first what is wrong with the files. So somebody
/// may send after the journal was read, and the counts are given out only if nothing changed in it.
pub(crate) struct Earlier {
    store: Store,
    campaign: CampaignKey,
    version: String,
    count: Count,
    failed: Option<JournalError>,
}

impl Earlier {
    /// Of the journal in a folder; nothing where there is none, where it knows nobody of this campaign, or where results that
    /// were written since anything changed say it all.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn of(campaign: &Campaign, folder: &Path) -> Result<Option<Self>, JournalError> {
        let Some(store) = Store::read(folder)? else { return Ok(None) };
        let whose = identity(campaign);
        let Some(key) = store.find_campaign(&whose)? else { return Ok(None) };
        let version = store.version(key)?;
        let noted = store.noted_results(key)?.filter(|noted| noted.version == version);
        if noted.is_some_and(|noted| noted.files.is_some() && noted.files == stamps(campaign)) {
            return Ok(None);
        }
        let count = Count::load(Some(&store), &whose)?;
        Ok((!count.is_of_nobody()).then_some(Self { store, campaign: key, version, count, failed: None }))
    }

    /// The counts, and by what they were counted; nothing where the journal has changed since, so that they have to be made
    /// anew.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn finish(self) -> Result<Option<(Tally, Count)>, JournalError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let is_current = self.store.version(self.campaign)? == self.version;
        Ok(is_current.then(|| (self.count.tally(), self.count)))
    }
}

impl Onlooker for Earlier {
    fn begins(&mut self) {
        self.count.reset();
    }

    fn sees(&mut self, batch: &Batch) {
        for entry in batch.entries() {
            if self.failed.is_none() {
                self.failed = self.count.add(Some(&self.store), &entry.verdict, batch).err();
            }
        }
    }
}

/// What tells the files of a campaign from their earlier selves; nothing where one of them cannot be told.
pub(crate) fn stamps(campaign: &Campaign) -> Option<Vec<String>> {
    let beside = campaign.audience.beside().map(|file| &file.source.path);
    let files = [&campaign.path, &campaign.audience.source.path].into_iter().chain(beside);
    files.map(|file| stamp(file)).collect()
}
