//! Taking over: what others know is taken into the journal here, which answers for the campaign from then on.

use std::path::Path;

use jiff::Timestamp;

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::cli::command::journal::import_problem;
use crate::cli::exit_code::Exit;
use crate::cli::gate::evidence::Evidence;
use crate::cli::gate::{results, told};
use crate::cli::machine::{self, Machine};
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::AccountFolder;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Counts;
use crate::journal::JournalError;
use crate::journal::identity::Claim;
use crate::journal::portable::{Export, ImportError};
use crate::journal::receipt::{self, Entry};
use crate::journal::store::Store;
use crate::report::join::identity;

/// Takes in what an export of this campaign's journal knows.
pub(super) fn import(
    campaign: &Campaign,
    account: &AccountFolder,
    destination: Destination,
    file: &Path,
) -> Result<(), Problem> {
    let problem = |error: ImportError| import_problem(error, file);
    let mut export = Export::open(file).map_err(problem)?;
    let (header, whose) = (export.header(), identity(campaign));
    let found = format!("{}, {}, {}", header.appid, header.campaign, header.destination);
    let expected = format!("{}, {}, {destination}", whose.appid, whose.campaign);
    if found != expected {
        return Err(Problem::new(Exit::Gate, "import-account")
            .with("found", found)
            .with("expected", expected));
    }
    let mut store = Store::open(&account.of(destination))?;
    store.take_export(&mut export).map(drop).map_err(problem)
}

impl Evidence<'_> {
    /// Asks before anything is taken over: from then on nothing stops the next `send`, whatever is answered to the
    /// question about the messages.
    ///
    /// # Errors
    ///
    /// Where somebody says no, or nobody is there to be asked.
    pub(super) fn agreed(&self, yes: bool, terminal: &Terminal) -> Result<(), Problem> {
        if yes {
            return Ok(());
        }
        let path = argument(&self.campaign.path);
        if !terminal.is_interactive() {
            return Err(Problem::new(Exit::Gate, "take-over-needs-yes").with("campaign", path));
        }
        let Self { campaign, witnesses, .. } = self;
        for known in [told::receipt(witnesses), told::results(campaign, witnesses), told::journal(witnesses)]
        {
            terminal.tell(&format!("{}\n", known.say(&terminal.words)));
        }
        if terminal.ask("gate.take-over", &[]) {
            Ok(())
        } else {
            Err(Problem::new(Exit::Gate, "take-over-declined").with("campaign", path))
        }
    }

    /// Takes what the results know into the journal, which goes on from there.
    pub(super) fn take_over(&self, terminal: &Terminal) -> Result<(), JournalError> {
        let mut store = Store::open(&self.witnesses.state)?;
        let claim = store.claim(&self.witnesses.whose, Incident::Crash)?;
        let mut taken = 0;
        for file in results::files(self.campaign, &self.witnesses) {
            if let Some(results) = results::open(self.campaign, &file) {
                taken += store.take_in(claim, &mut results.told())?;
            }
        }
        store.forget_origin(claim.campaign())?;
        store.forget_pruned(claim.campaign())?;
        let now = store.count(claim.campaign())?.statuses();
        let lost = match self.witnesses.entry() {
            Some(entry) => entry.reached().saturating_sub(now.sent + now.unknown),
            None => 0,
        };
        let running = self.witnesses.entry().is_some_and(|entry| entry.running);
        self.answer_for(&store, claim, now);
        terminal.say("gate.taken", &[("count", &taken), ("sent", &now.sent), ("unknown", &now.unknown)]);
        if lost > 0 {
            terminal.say("gate.lost", &[("count", &lost)]);
        }
        if running {
            terminal.say("gate.maybe-more", &[]);
        }
        Ok(())
    }

    /// From now on this journal answers for the campaign. A run that follows says so again, and tells what is wrong
    /// should it not be possible.
    fn answer_for(&self, store: &Store, claim: Claim, counts: Counts) {
        let Some(entry) = self.witnesses.entry() else { return };
        let answer = || -> Result<Entry, JournalError> {
            Ok(Entry {
                journal: store.uuid()?,
                computer: Machine::here().to_string(),
                user: machine::user(),
                intents: store.intents()?,
                epoch: claim.epoch(),
                messages: counts.total(),
                running: false,
                counts,
                at: Timestamp::now(),
                ..entry.clone()
            })
        };
        if let Ok(entry) = answer() {
            let _ = receipt::write(&self.witnesses.file, entry);
        }
    }
}
