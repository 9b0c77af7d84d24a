//! What must agree before anything leaves: the receipt beside the campaign, its results, and the journal of this user.
//! Where they do not, somebody may have been sent what the journal knows nothing of.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::cli::exit_code::Exit;
use crate::cli::machine::{self, Machine};
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::AccountFolder;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::{Counts, Status};
use crate::diagnostic::render::display;
use crate::journal::identity::{CampaignKey, Claim};
use crate::journal::index::Index;
use crate::journal::receipt::{self, Entry};
use crate::journal::sqlite::log;
use crate::journal::store::{self, Store};
use crate::journal::told::Told;
use crate::journal::{Identity, JournalError};
use crate::locale::sentence::Sentence;
use crate::report::join::identity;
use crate::report::results::told::told;
use crate::send::execution::receipts::Place;

/// Where the receipt of a campaign lies, and who writes it.
pub(crate) fn receipt(campaign: &Path, destination: Destination) -> Place {
    Place {
        path: receipt::beside(campaign),
        computer: Machine::here().to_string(),
        user: machine::user(),
        destination: destination.name(),
    }
}

/// Why the journal here cannot be taken at its word.
#[derive(Debug, PartialEq, Eq)]
enum Doubt {
    /// The receipt cannot be read.
    Receipt(String),
    /// Another journal sent this campaign.
    OtherJournal,
    /// It was imported from another computer, which may still be sending.
    OtherComputer(String),
    /// The journal once knew more.
    Behind,
    /// What was written last is lost.
    Damaged,
    /// Results tell of so many people whom it does not know.
    Results(u64),
}

/// What each of the three knows of a campaign.
pub(crate) struct Evidence<'a> {
    campaign: &'a Campaign,
    whose: Identity,
    state: PathBuf,
    destination: Destination,
    receipt: PathBuf,
    entry: Option<Entry>,
    told: Option<Vec<Told>>,
    journal: Option<Known>,
    doubt: Option<Doubt>,
}

/// What the journal knows.
struct Known {
    uuid: String,
    intents: i64,
    /// Nothing where it does not know the campaign.
    campaign: Option<(CampaignKey, Counts)>,
}

/// Insists that nothing speaks against the journal; with `take_over` it is told instead what the others know.
///
/// # Errors
///
/// When something does, or a journal cannot be read or written.
pub(crate) fn pass(
    campaign: &Campaign,
    account: &AccountFolder,
    destination: Destination,
    take_over: bool,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let evidence = Evidence::of(campaign, account, destination)?;
    if take_over && evidence.doubt.is_some() {
        return Ok(evidence.take_over(terminal)?);
    }
    evidence.insist()
}

impl<'a> Evidence<'a> {
    /// Looks at all three. The receipt first: a run that goes on meanwhile writes it after the journal.
    ///
    /// # Errors
    ///
    /// When a journal cannot be read.
    pub(crate) fn of(
        campaign: &'a Campaign,
        account: &AccountFolder,
        destination: Destination,
    ) -> Result<Self, JournalError> {
        let (whose, state) = (identity(campaign), account.of(destination));
        let receipt = receipt::beside(&campaign.path);
        let found = receipt::find(&receipt, &whose, destination.name());
        let told = told(&campaign.results.path, &campaign.audience.openid_column);
        let damaged = log::is_damaged(&state)
            .map_err(|error| JournalError::Unreachable { path: state.clone(), reason: error.to_string() })?;
        let store = Store::read(&state)?;
        let journal = store.as_ref().map(|store| known(store, &whose)).transpose()?;
        let unreadable = found.as_ref().err().map(ToString::to_string);
        let mut evidence = Self {
            campaign,
            whose,
            state,
            destination,
            receipt,
            entry: found.ok().flatten(),
            told,
            journal,
            doubt: None,
        };
        evidence.doubt = match unreadable {
            Some(reason) => Some(Doubt::Receipt(reason)),
            None if damaged => Some(Doubt::Damaged),
            None => evidence.doubt(store.as_ref(), account)?,
        };
        Ok(evidence)
    }

    fn doubt(&self, store: Option<&Store>, account: &AccountFolder) -> Result<Option<Doubt>, JournalError> {
        if let Some(entry) = &self.entry {
            let same = self.journal.as_ref().is_some_and(|journal| journal.uuid == entry.journal);
            // Whoever was sent nothing by another journal is not sent it twice by this one.
            if !same && (entry.running || entry.reached() > 0) {
                return Ok(Some(Doubt::OtherJournal));
            }
            if let Some(store) = store.filter(|_| same)
                && self.is_behind(store, entry)?
            {
                return Ok(Some(Doubt::Behind));
            }
        }
        if let (Some(store), Some(Known { campaign: Some((campaign, _)), .. })) = (store, &self.journal)
            && let Some(computer) = store.origin(*campaign)?
        {
            return Ok(Some(Doubt::OtherComputer(computer)));
        }
        let strangers = self.strangers(account)?;
        Ok((strangers > 0).then_some(Doubt::Results(strangers)))
    }

    /// Whether a journal knows less than it did when it wrote the receipt.
    fn is_behind(&self, store: &Store, entry: &Entry) -> Result<bool, JournalError> {
        let Some(Known { intents, campaign: Some((campaign, counts)), .. }) = &self.journal else {
            return Ok(true);
        };
        let claim = Claim { campaign: *campaign, epoch: entry.epoch };
        let epoch = store.epoch(*campaign)?;
        let lost = entry.running && epoch == entry.epoch && !store.has_begun(claim)?;
        Ok(entry.intents > *intents || entry.epoch > epoch || entry.messages > counts.total() || lost)
    }

    /// How many people of whom the results tell no journal of the account knows.
    fn strangers(&self, account: &AccountFolder) -> Result<u64, JournalError> {
        let Some(told) = self.told.as_deref().filter(|told| told.iter().any(Told::reached)) else {
            return Ok(0);
        };
        let mut known = Vec::new();
        for destination in [self.destination, self.destination.other()] {
            let Some(store) = Store::read(&account.of(destination))? else { continue };
            for wave in store.waves(&self.whose)? {
                let index = Index::load(&store, wave)?;
                known.push(index);
            }
        }
        let all = known.iter().map(Index::known).sum::<usize>();
        let (mut strangers, mut masked) = (0, 0);
        for told in told.iter().filter(|told| told.reached()) {
            if told.is_masked() {
                masked += 1;
            } else if !known.iter().any(|index| index.knows(&told.openid, told.nth)) {
                strangers += 1;
            }
        }
        let all = u64::try_from(all).expect("a count of what is in memory");
        Ok(strangers + u64::saturating_sub(masked, all))
    }

    /// Insists that nothing speaks against the journal.
    ///
    /// # Errors
    ///
    /// What each of the three knows, and the ways out.
    pub(crate) fn insist(&self) -> Result<(), Problem> {
        let why = match &self.doubt {
            None => return Ok(()),
            Some(Doubt::Receipt(reason)) => {
                Sentence::new("gate.receipt-unreadable").with("file", display(&self.receipt)).because(reason)
            }
            Some(Doubt::OtherJournal) => Sentence::new("gate.other-journal"),
            Some(Doubt::OtherComputer(computer)) => {
                Sentence::new("gate.other-computer").with("there", computer).with("here", Machine::here())
            }
            Some(Doubt::Behind) => Sentence::new("gate.behind"),
            Some(Doubt::Damaged) => Sentence::new("gate.damaged"),
            Some(Doubt::Results(count)) => Sentence::new("gate.results").with("count", count),
        };
        Err(Problem::new(Exit::Gate, "gate")
            .with("why", why)
            .with("receipt", self.by_receipt())
            .with("results", self.by_results())
            .with("journal", self.by_journal())
            .with("campaign", argument(&self.campaign.path)))
    }

    /// What the receipt says, and from whom.
    fn by_receipt(&self) -> Sentence {
        let file = display(&self.receipt);
        match &self.entry {
            Some(entry) => entry_told(entry).with("file", file),
            None => Sentence::new("gate.knows.no-receipt").with("file", file),
        }
    }

    fn by_results(&self) -> Sentence {
        let file = display(&self.campaign.results.path);
        let Some(told) = &self.told else {
            return Sentence::new("gate.knows.no-results").with("file", file);
        };
        let mut counts = Counts::default();
        for told in told {
            counts.add(Status::from(told.outcome), 1);
        }
        let last = told.iter().map(|told| told.at).max().filter(|at| *at > Timestamp::UNIX_EPOCH);
        let at = last.map_or_else(|| "?".to_owned(), |at| at.to_string());
        Sentence::new("gate.knows.results")
            .with("file", file)
            .with("sent", counts.sent)
            .with("unknown", counts.unknown)
            .with("at", at)
    }

    fn by_journal(&self) -> Sentence {
        let file = display(&self.state.join(store::FILE));
        match &self.journal {
            Some(Known { uuid, campaign: Some((_, counts)), .. }) => Sentence::new("gate.knows.journal")
                .with("file", file)
                .with("sent", counts.sent)
                .with("unknown", counts.unknown)
                .with("journal", uuid),
            Some(Known { campaign: None, .. }) | None => {
                Sentence::new("gate.knows.no-campaign").with("file", file)
            }
        }
    }

    /// Takes what the results know into the journal, which goes on from there.
    fn take_over(&self, terminal: &Terminal) -> Result<(), JournalError> {
        let mut store = Store::open(&self.state)?;
        let claim = store.claim(&self.whose, Incident::Crash)?;
        let taken = match &self.told {
            Some(told) => store.take_in(claim, told)?,
            None => 0,
        };
        store.forget_origin(claim.campaign())?;
        let now = store.count(claim.campaign())?.statuses();
        let lost = match &self.entry {
            Some(entry) => entry.reached().saturating_sub(now.sent + now.unknown),
            None => 0,
        };
        let running = self.entry.as_ref().is_some_and(|entry| entry.running);
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
        let Some(entry) = &self.entry else { return };
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
            let _ = receipt::write(&self.receipt, entry);
        }
    }
}

/// What a receipt says, and from whom.
fn entry_told(entry: &Entry) -> Sentence {
    let key = if entry.running { "gate.knows.receipt-running" } else { "gate.knows.receipt" };
    Sentence::new(key)
        .with("sent", entry.counts.sent)
        .with("unknown", entry.counts.unknown)
        .with("at", entry.at)
        .with("computer", &entry.computer)
        .with("user", &entry.user)
        .with("journal", &entry.journal)
}

fn known(store: &Store, whose: &Identity) -> Result<Known, JournalError> {
    let campaign = match store.find_campaign(whose)? {
        Some(campaign) => Some((campaign, store.count(campaign)?.statuses())),
        None => None,
    };
    Ok(Known { uuid: store.uuid()?, intents: store.intents()?, campaign })
}
