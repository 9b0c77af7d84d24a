//! What receipt, results and journal say of a campaign, held against each other.

use crate::campaign::Campaign;
use crate::cli::exit_code::Exit;
use crate::cli::gate::doubt::Doubt;
use crate::cli::gate::strangers;
use crate::cli::gate::told;
use crate::cli::gate::witnesses::{Known, Witnesses};
use crate::cli::problem::Problem;
use crate::cli::terminal::argument;
use crate::cli::user_state::AccountFolder;
use crate::journal::JournalError;
use crate::journal::identity::Claim;
use crate::journal::receipt::Entry;
use crate::journal::store::Store;

/// What each of the three knows of a campaign.
pub(crate) struct Evidence<'a> {
    pub(super) campaign: &'a Campaign,
    pub(super) witnesses: Witnesses,
    doubt: Option<Doubt>,
}

impl<'a> Evidence<'a> {
    /// Holds the results against what the others know.
    ///
    /// # Errors
    ///
    /// When a journal cannot be read.
    pub(crate) fn of(
        campaign: &'a Campaign,
        witnesses: Witnesses,
        account: &AccountFolder,
    ) -> Result<Self, JournalError> {
        let mut evidence = Self { campaign, witnesses, doubt: None };
        evidence.doubt = match &evidence.witnesses.receipt {
            Err(reason) => Some(Doubt::Receipt(reason.clone())),
            Ok(_) if evidence.witnesses.damaged => Some(Doubt::Damaged),
            Ok(_) => evidence.find_doubt(account)?,
        };
        Ok(evidence)
    }

    fn find_doubt(&self, account: &AccountFolder) -> Result<Option<Doubt>, JournalError> {
        let Witnesses { store, journal, .. } = &self.witnesses;
        if let Some((store, campaign)) = self.witnesses.known()
            && let Some(pruned) = store.pruned(campaign)?
        {
            return Ok(Some(Doubt::Pruned(pruned)));
        }
        if let Some(entry) = self.witnesses.entry()
            && !self.is_imported(entry)?
        {
            let same = journal.as_ref().is_some_and(|journal| journal.uuid == entry.journal);
            // Whoever was sent nothing by another journal is not sent it twice by this one.
            if !same && (entry.running || entry.reached() > 0) {
                return Ok(Some(Doubt::OtherJournal));
            }
            if let Some(store) = store.as_ref().filter(|_| same)
                && self.is_behind(store, entry)?
            {
                return Ok(Some(Doubt::Behind));
            }
        }
        if let Some((store, campaign)) = self.witnesses.known()
            && let Some(computer) = store.origin(campaign)?
        {
            return Ok(Some(Doubt::OtherComputer(computer)));
        }
        let strangers = strangers::count(self.campaign, &self.witnesses, account)?;
        Ok((strangers > 0).then_some(Doubt::Results(strangers)))
    }

    /// Whether what another journal knew when it wrote the receipt has been imported since.
    fn is_imported(&self, entry: &Entry) -> Result<bool, JournalError> {
        match self.witnesses.known() {
            Some((store, campaign)) if !entry.running => {
                store.has_imported(campaign, &entry.journal, entry.epoch, entry.messages)
            }
            Some(_) | None => Ok(false),
        }
    }

    /// Whether a journal knows less than it did when it wrote the receipt.
    fn is_behind(&self, store: &Store, entry: &Entry) -> Result<bool, JournalError> {
        let Some(Known { intents, campaign: Some((campaign, counts)), .. }) = &self.witnesses.journal else {
            return Ok(true);
        };
        let claim = Claim { campaign: *campaign, epoch: entry.epoch };
        let epoch = store.epoch(*campaign)?;
        let lost = entry.running && epoch == entry.epoch && !store.has_begun(claim)?;
        Ok(entry.intents > *intents || entry.epoch > epoch || entry.messages > counts.total() || lost)
    }

    /// Whether something speaks against the journal.
    pub(super) fn has_doubt(&self) -> bool {
        self.doubt.is_some()
    }

    /// Insists that nothing speaks against the journal.
    ///
    /// # Errors
    ///
    /// What each of the three knows, and the ways out.
    pub(crate) fn insist(self) -> Result<Witnesses, Problem> {
        let Some(doubt) = &self.doubt else { return Ok(self.witnesses) };
        let why = doubt.told(&self.witnesses.file);
        Err(Problem::new(Exit::Gate, "gate")
            .with("why", why)
            .with("receipt", told::receipt(&self.witnesses))
            .with("results", told::results(self.campaign, &self.witnesses))
            .with("journal", told::journal(&self.witnesses))
            .with("campaign", argument(&self.campaign.path)))
    }
}
