//! Taking over: what others know is taken into the journal here, which answers for the campaign from then on.

use std::path::Path;

use jiff::Timestamp;

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::cli::command::journal::import_problem;
use crate::cli::exit_code::Exit;
use crate::cli::gate::cost::Cost;
use crate::cli::gate::evidence::Evidence;
use crate::cli::gate::{results, told};
use crate::cli::line::args;
use crate::cli::machine::{self, Machine};
use crate::cli::problem::Problem;
use crate::cli::receipt_told::entry_told;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::AccountFolder;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Counts;
use crate::diagnostic::render::display;
use crate::journal::JournalError;
use crate::journal::identity::Claim;
use crate::journal::portable::{Export, ImportError};
use crate::journal::receipt::{self, Entry};
use crate::journal::store::Store;
use crate::plan::id::PlanId;
use crate::report::join::identity;

/// Takes in what an export of this campaign's journal knows.
pub(super) fn import(
    campaign: &Campaign,
    account: &AccountFolder,
    destination: Destination,
    file: &Path,
    terminal: &Terminal,
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
    let imported = store.take_export(&mut export).map_err(problem)?;
    if imported.missing > 0 {
        terminal.say("journal.import-missing", &[("count", &imported.missing)]);
    }
    Ok(())
}

impl Evidence<'_> {
    /// Insists that the process by which the receipt was written does not go on sending on this computer, from a copy of the
    /// folder or where nothing can be locked.
    fn insist_nobody_sends(&self) -> Result<(), Problem> {
        let file = &self.witnesses.file;
        let here = Machine::here().to_string();
        match self.witnesses.entry() {
            Some(entry @ Entry { running: true, pid: Some(pid), .. })
                if entry.computer == here && machine::runs(*pid) =>
            {
                let receipt = entry_told(entry, file);
                Err(Problem::new(Exit::Gate, "sender-alive").with("receipt", receipt).with("pid", pid))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Insists that all of the results can be understood: whoever they name and nobody can read would be sent the message
    /// a second time, and the next results would be written over them.
    fn insist_results_are_read(&self) -> Result<(), Problem> {
        let files = results::of_others(self.campaign, &self.witnesses)?;
        match results::first_unread(self.campaign, &self.witnesses, &files) {
            None => Ok(()),
            Some((file, why)) => Err(Problem::new(Exit::Gate, "take-over-unread")
                .with("file", display(&file))
                .with("what", why.told())),
        }
    }

    /// Asks before anything is taken over: from then on nothing stops the next `send`, whatever is answered to the
    /// question about the messages. Where people may get the message a second time by it, a flag that says yes to
    /// everything is not enough: whoever agrees has seen how many, or names the plan. Gives what it costs.
    ///
    /// # Errors
    ///
    /// Where somebody says no, or nobody is there to be asked.
    pub(super) fn agreed(&self, args: &args::Send, id: PlanId, terminal: &Terminal) -> Result<Cost, Problem> {
        self.insist_nobody_sends()?;
        self.insist_results_are_read()?;
        let cost = self.cost()?;
        if args.yes && (!cost.is_any() || args.expect.expect_plan.is_some()) {
            return Ok(cost);
        }
        let Self { campaign, witnesses, account, .. } = self;
        let path = argument(&campaign.path);
        if !terminal.is_interactive() {
            let key = if args.yes { "take-over-needs-plan" } else { "take-over-needs-yes" };
            return Err(Problem::new(Exit::Gate, key)
                .with("cost", cost.told())
                .with("campaign", path)
                .with("state", account.flag())
                .with("plan", id.to_string()));
        }
        for known in [told::receipt(witnesses), told::results(campaign, witnesses), told::journal(witnesses)]
        {
            terminal.tell(&format!("{}\n", known.say(&terminal.words)));
        }
        if terminal.ask(cost.question(), &[("count", &cost.unnamed)]) {
            Ok(cost)
        } else {
            Err(Problem::new(Exit::Gate, "take-over-declined").with("campaign", path))
        }
    }

    /// Takes what the results know into the journal, which goes on from there, and says once more what it costs.
    pub(super) fn take_over(&self, cost: Cost, terminal: &Terminal) -> Result<(), JournalError> {
        let mut store = Store::open(&self.witnesses.state)?;
        let claim = store.claim(&self.witnesses.whose, Incident::Crash)?;
        // An answer to a receipt all the same, where there are no results.
        let mut taken = store.take_in(claim, &mut std::iter::empty())?;
        for file in results::files(self.campaign, &self.witnesses) {
            if let Some(results) = results::open(self.campaign, &self.witnesses, &file) {
                taken += store.take_in(claim, &mut results.told())?;
            }
        }
        store.forget_origin(claim.campaign())?;
        store.forget_pruned(claim.campaign())?;
        store.note_here(claim.campaign(), &Machine::here().to_string())?;
        let now = store.count(claim.campaign())?.statuses();
        self.answer_for(&store, claim, now);
        terminal.say("gate.taken", &[("count", &taken), ("sent", &now.sent), ("unknown", &now.unknown)]);
        if cost.is_any() {
            terminal.tell(&format!("{}\n", cost.told().say(&terminal.words)));
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
                pid: Some(std::process::id()),
                intents: store.intents()?,
                epoch: claim.epoch(),
                messages: counts.total(),
                mark: store.mark(claim)?,
                set: store.message_set(claim.campaign())?,
                reached_set: store.reached_set(claim.campaign(), &counts)?,
                running: false,
                counts,
                at: Timestamp::now(),
                ..entry.clone()
            })
        };
        if let Ok(entry) = answer() {
            let _ = receipt::write(&self.witnesses.file, entry, |_| true);
        }
    }
}
