//! What the receipt and the journal know of a campaign, each asked once.

use std::path::{Path, PathBuf};

use crate::api_base::Destination;
use crate::cli::user_state::AccountFolder;
use crate::delivery::outcome::Counts;
use crate::journal::identity::{CampaignKey, Claim, Naming};
use crate::journal::receipt::{self, Entry, Receipt};
use crate::journal::record::MessageCounts;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::report::results::opened::Tables;

/// What receipt and journal know of a campaign. Whatever is wrong with its files, both can be asked.
pub(crate) struct Witnesses {
    pub(super) whose: Identity,
    pub(super) state: PathBuf,
    pub(super) destination: Destination,
    /// Where the receipt lies.
    pub(super) file: PathBuf,
    /// What it says of this campaign at each destination, or why it cannot be read.
    pub(super) receipt: Result<Receipt, String>,
    pub(super) damaged: bool,
    pub(super) store: Option<Store>,
    /// Results under other names that tell of this campaign's people; none before they were looked for.
    pub(super) strays: Vec<PathBuf>,
    pub(super) journal: Option<Known>,
    /// What was parsed of files of results.
    pub(super) tables: Tables,
}

/// What the journal knows.
pub(super) struct Known {
    pub(super) uuid: String,
    pub(super) intents: i64,
    /// Nothing where it does not know the campaign.
    pub(super) campaign: Option<(CampaignKey, Counts)>,
    /// The same counts with what is behind them.
    pub(super) counted: Option<MessageCounts>,
}

impl Witnesses {
    /// Asks both. The receipt first: a run that goes on meanwhile writes it after the journal.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn ask(
        campaign: &Path,
        whose: Identity,
        account: &AccountFolder,
        destination: Destination,
    ) -> Result<Self, JournalError> {
        let (state, file) = (account.of(destination), receipt::beside(campaign));
        let receipt = Receipt::read(&file).map_err(|error| error.to_string());
        let damaged = Store::is_damaged(&state)?;
        let store = Store::read(&state)?;
        let journal = store.as_ref().map(|store| known(store, &whose)).transpose()?;
        let strays = Vec::new();
        Ok(Self {
            whose,
            state,
            destination,
            file,
            receipt,
            damaged,
            store,
            strays,
            journal,
            tables: Tables::default(),
        })
    }

    /// The journal and the campaign in it, where it knows it.
    pub(crate) fn known(&self) -> Option<(&Store, CampaignKey)> {
        let campaign = self.journal.as_ref().and_then(|journal| journal.campaign.as_ref());
        self.store.as_ref().zip(campaign.map(|(key, _)| *key))
    }

    /// By what the journal finds its messages in memory.
    pub(super) fn naming(&self) -> Naming {
        self.store.as_ref().map_or(Naming::Openids, |store| store.naming(&self.whose.appid))
    }

    /// Whether a file is one of results under another name.
    pub(super) fn is_stray(&self, file: &Path) -> bool {
        self.strays.iter().any(|stray| stray == file)
    }

    /// What the journal counts of the campaign; nothing where it does not know it.
    pub(super) fn counts(&self) -> Counts {
        match self.journal.as_ref().and_then(|journal| journal.campaign.as_ref()) {
            Some((_, counts)) => *counts,
            None => Counts::default(),
        }
    }

    /// What the receipt says of the destination.
    pub(super) fn entry(&self) -> Option<&Entry> {
        self.entry_of(self.destination)
    }

    /// What it says of one of them.
    pub(super) fn entry_of(&self, destination: Destination) -> Option<&Entry> {
        self.receipt.as_ref().ok().and_then(|receipt| receipt.of(&self.whose, destination.name()))
    }

    /// Whether what another journal knew when it wrote the receipt has been imported since.
    pub(super) fn is_imported(&self, entry: &Entry) -> Result<bool, JournalError> {
        match self.known() {
            Some((store, campaign)) if !entry.running => store.has_imported(campaign, entry),
            Some(_) | None => Ok(false),
        }
    }

    /// Whether a journal knows less than it did when it wrote the receipt.
    pub(super) fn is_behind(&self, store: &Store, entry: &Entry) -> Result<bool, JournalError> {
        let Some(Known { intents, campaign: Some((campaign, counts)), .. }) = &self.journal else {
            return Ok(true);
        };
        let claim = Claim { campaign: *campaign, epoch: entry.epoch };
        let epoch = store.epoch(*campaign)?;
        let lost = entry.running && epoch == entry.epoch && !store.has_begun(claim)?;
        let less = entry.intents > *intents || entry.epoch > epoch || entry.messages > counts.total();
        Ok(less || lost || !entry.is_of_lineage(&store.lineage(*campaign)?))
    }

    /// Whether the journal knows all that the receipt tells of.
    pub(super) fn accounts_for(&self, entry: &Entry) -> Result<bool, JournalError> {
        let Some(store) = &self.store else { return Ok(false) };
        if self.is_imported(entry)? {
            return Ok(true);
        }
        let same = self.journal.as_ref().is_some_and(|journal| journal.uuid == entry.journal);
        Ok(same && !self.damaged && !self.is_behind(store, entry)?)
    }
}

fn known(store: &Store, whose: &Identity) -> Result<Known, JournalError> {
    let campaign = store.find_campaign(whose)?;
    let counted = campaign.map(|campaign| store.count(campaign)).transpose()?;
    let campaign = campaign.zip(counted.as_ref().map(MessageCounts::statuses));
    Ok(Known { uuid: store.uuid()?, intents: store.intents()?, campaign, counted })
}
