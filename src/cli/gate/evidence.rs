//! What receipt, results and journal say of a campaign, held against each other.

use crate::campaign::Campaign;
use crate::cli::exit_code::Exit;
use crate::cli::gate::cost::Cost;
use crate::cli::gate::doubt::Doubt;
use crate::cli::gate::doubted::Doubted;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::gate::{gaps, results, strangers, strays};
use crate::cli::machine::Machine;
use crate::cli::problem::Problem;
use crate::cli::user_state::AccountFolder;
use crate::journal::JournalError;
use crate::journal::store::Store;

/// What each of the three knows of a campaign.
pub(crate) struct Evidence<'a> {
    pub(super) campaign: &'a Campaign,
    pub(super) witnesses: Witnesses,
    pub(super) account: &'a AccountFolder,
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
        mut witnesses: Witnesses,
        account: &'a AccountFolder,
    ) -> Result<Self, JournalError> {
        witnesses.strays = strays::find(campaign, &witnesses, account)?;
        let mut doubt = witnesses.doubt()?;
        if doubt.is_none() {
            doubt = by_results(campaign, &witnesses, account)?;
        }
        Ok(Self { campaign, witnesses, account, doubt })
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
        self.insist_or("error.gate")
    }

    /// The same for whoever sends nothing and only writes a file.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn insist_for_file(self) -> Result<Witnesses, Problem> {
        self.insist_or("error.gate-file")
    }

    fn insist_or(self, key: &'static str) -> Result<Witnesses, Problem> {
        match self.doubted()? {
            None => Ok(self.witnesses),
            Some(doubted) => Err(Problem::said(Exit::Gate, doubted.told(key))),
        }
    }

    /// What speaks against the journal, in sentences.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(super) fn doubted(&self) -> Result<Option<Doubted>, JournalError> {
        let Self { campaign, witnesses, account, doubt } = self;
        let doubted = |doubt| Doubted::of(doubt, witnesses, &campaign.path, Some(campaign), account);
        doubt.as_ref().map(doubted).transpose()
    }

    /// What taking over would cost.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(super) fn cost(&self) -> Result<Cost, JournalError> {
        Cost::of(self.campaign, &self.witnesses, self.doubt.as_ref().and_then(Doubt::taken_out))
    }
}

/// What the results have against the journal.
fn by_results(
    campaign: &Campaign,
    witnesses: &Witnesses,
    account: &AccountFolder,
) -> Result<Option<Doubt>, JournalError> {
    let files = results::of_others(campaign, witnesses)?;
    if let Some((file, why)) = results::first_unread(campaign, witnesses, &files) {
        return Ok(Some(Doubt::Unread(file, why)));
    }
    let own = files.iter().filter(|file| !witnesses.is_stray(file)).cloned().collect();
    match strangers::count(campaign, witnesses, account, own)? {
        0 => {}
        count => return Ok(Some(Doubt::Results(count))),
    }
    if let Some(deleted) = gaps::deleted(campaign, witnesses, &files) {
        return Ok(Some(Doubt::Deleted(deleted)));
    }
    if let Some(stray) = witnesses.strays.first() {
        let count = strangers::count(campaign, witnesses, account, witnesses.strays.clone())?;
        return Ok(Some(Doubt::Stray(stray.clone(), count)));
    }
    Ok(match gaps::left_out(campaign, witnesses, &files)? {
        0 => None,
        count => Some(Doubt::LeftOut(count)),
    })
}

impl Witnesses {
    /// What receipt and journal have against each other.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(super) fn doubt(&self) -> Result<Option<Doubt>, JournalError> {
        match &self.receipt {
            Err(reason) => return Ok(Some(Doubt::Receipt(reason.clone()))),
            Ok(_) if self.damaged => return Ok(Some(Doubt::Damaged)),
            Ok(_) => {}
        }
        let Witnesses { store, journal, .. } = self;
        if let Some((store, campaign)) = self.known()
            && let Some(pruned) = store.pruned(campaign)?
        {
            return Ok(Some(Doubt::Pruned(pruned, self.counts().total())));
        }
        if let Some(entry) = self.entry()
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
        if let Some((store, campaign)) = self.known()
            && let Some(computer) = store.origin(campaign)?
        {
            return Ok(Some(Doubt::OtherComputer(computer)));
        }
        if let Some((store, campaign)) = self.known()
            && let Some(there) = store.computer(campaign)?
            && Machine::noted(&there).is_another_than(&Machine::here())
        {
            return Ok(Some(Doubt::Copied(there)));
        }
        // A journal as a whole is asked about, not each of its campaigns: whoever moved it is asked once.
        match store.as_ref().map(Store::came_from).transpose()? {
            Some(Some(there)) => Ok(Some(Doubt::Moved(there))),
            Some(None) | None => Ok(None),
        }
    }
}
