//! What must agree before anything leaves: the receipt beside the campaign, its results, and the journal of this user.
//! Where they do not, somebody may have been sent what the journal knows nothing of.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::cli::command::journal::import_problem;
use crate::cli::elsewhere::entry_told;
use crate::cli::exit_code::Exit;
use crate::cli::machine::{self, Machine};
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::AccountFolder;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Counts;
use crate::diagnostic::render::display;
use crate::journal::history::Pruned;
use crate::journal::identity::{CampaignKey, Claim};
use crate::journal::people::{People, Stranger, first_message};
use crate::journal::portable::{Export, ImportError};
use crate::journal::receipt::{self, Entry};
use crate::journal::store::{self, Store};
use crate::journal::{Identity, JournalError};
use crate::locale::sentence::Sentence;
use crate::own_file;
use crate::report::join::identity;
use crate::report::results::told::EarlierResults;
use crate::send::execution::receipts::Place;

/// Where the receipt of a campaign lies, and who writes it.
pub(crate) fn receipt(campaign: &Campaign, destination: Destination) -> Place {
    Place {
        path: receipt::beside(&campaign.path),
        computer: Machine::here().to_string(),
        user: machine::user(),
        destination: destination.name(),
        results: campaign.results.path.clone(),
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
    /// So many messages of this campaign were taken out of it when it was pruned.
    Pruned(Pruned),
}

/// What receipt and journal know of a campaign. Whatever is wrong with its files, both can be asked.
pub(crate) struct Witnesses {
    whose: Identity,
    state: PathBuf,
    destination: Destination,
    receipt: PathBuf,
    /// What the receipt says, or why it cannot be read.
    entry: Result<Option<Entry>, String>,
    damaged: bool,
    store: Option<Store>,
    journal: Option<Known>,
}

/// What each of the three knows of a campaign.
pub(crate) struct Evidence<'a> {
    campaign: &'a Campaign,
    witnesses: Witnesses,
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
    take_over: Option<&Option<PathBuf>>,
    yes: bool,
    terminal: &Terminal,
) -> Result<(), Problem> {
    if let Some(Some(file)) = take_over {
        import(campaign, account, destination, file)?;
    }
    let witnesses = Witnesses::ask(&campaign.path, identity(campaign), account, destination)?;
    let evidence = Evidence::of(campaign, witnesses, account)?;
    if take_over.is_some() && evidence.doubt.is_some() {
        evidence.agreed(yes, terminal)?;
        return Ok(evidence.take_over(terminal)?);
    }
    evidence.insist().map(drop)
}

/// Takes in what an export of this campaign's journal knows.
fn import(
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
        let (state, receipt) = (account.of(destination), receipt::beside(campaign));
        let entry = receipt::find(&receipt, &whose, destination.name()).map_err(|error| error.to_string());
        let damaged = Store::is_damaged(&state)?;
        let store = Store::read(&state)?;
        let journal = store.as_ref().map(|store| known(store, &whose)).transpose()?;
        Ok(Self { whose, state, destination, receipt, entry, damaged, store, journal })
    }

    /// The journal and the campaign in it, where it knows it.
    pub(crate) fn known(&self) -> Option<(&Store, CampaignKey)> {
        let campaign = self.journal.as_ref().and_then(|journal| journal.campaign.as_ref());
        self.store.as_ref().zip(campaign.map(|(key, _)| *key))
    }

    fn entry(&self) -> Option<&Entry> {
        self.entry.as_ref().ok().and_then(Option::as_ref)
    }
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
        evidence.doubt = match &evidence.witnesses.entry {
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
        let strangers = self.strangers(account)?;
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

    /// How many people of whom the results tell no journal of the account knows. A file that was written from this
    /// journal and not touched since is not read; of any other, those whom the journal does not know by this campaign
    /// are looked for in its other waves, and at the other destination.
    fn strangers(&self, account: &AccountFolder) -> Result<u64, JournalError> {
        let Witnesses { whose, destination: here, journal, .. } = &self.witnesses;
        let mut people = People::default();
        if let Some((store, campaign)) = self.witnesses.known() {
            let messages = journal.as_ref().and_then(|journal| journal.campaign.as_ref());
            let messages = messages.map_or(0, |(_, counts)| counts.total());
            if store.wrote_results(campaign, messages, &self.campaign.results.path)? {
                return Ok(0);
            }
            people = People::load(&**store, campaign)?;
        }
        if !self.results().is_some_and(|results| tells_of_others(results, &people)) {
            return Ok(0);
        }
        let Some((mut strangers, masked)) = self.results().map(|results| strangers(results, &people)) else {
            return Ok(0);
        };
        let mut known = people.len();
        drop(people);
        let own = self.witnesses.known().map(|(_, campaign)| campaign);
        for destination in [*here, here.other()] {
            // What the other destination knows says something of this file only where it wrote it: who was sent it by a
            // simulator may have been sent it for real by another computer.
            if destination != *here && !self.wrote(destination) {
                continue;
            }
            let Some(store) = Store::read(&account.of(destination))? else { continue };
            let other = |wave: &CampaignKey| destination != *here || Some(*wave) != own;
            for wave in store.waves(whose)?.into_iter().filter(other) {
                let people = People::load(&*store, wave)?;
                strangers.retain(|stranger| !people.knows_one(stranger));
                known += people.len();
            }
        }
        let count = |length| u64::try_from(length).expect("a count of what is in memory");
        Ok(count(strangers.len()) + u64::saturating_sub(masked, count(known)))
    }

    /// Whether the results were written by runs to a destination, going by the receipt.
    fn wrote(&self, destination: Destination) -> bool {
        let Witnesses { whose, receipt, .. } = &self.witnesses;
        let entry = receipt::find(receipt, whose, destination.name()).ok().flatten();
        let file = entry.and_then(|entry| entry.results_file(receipt));
        file.is_some_and(|file| file == own_file::followed(&self.campaign.results.path))
    }

    /// The results of the campaign, where there are any.
    fn results(&self) -> Option<EarlierResults> {
        EarlierResults::open(&self.campaign.results.path, &self.campaign.audience.openid_column)
    }

    /// Insists that nothing speaks against the journal.
    ///
    /// # Errors
    ///
    /// What each of the three knows, and the ways out.
    pub(crate) fn insist(self) -> Result<Witnesses, Problem> {
        let why = match &self.doubt {
            None => return Ok(self.witnesses),
            Some(Doubt::Receipt(reason)) => {
                let file = display(&self.witnesses.receipt);
                Sentence::new("gate.receipt-unreadable").with("file", file).because(reason)
            }
            Some(Doubt::OtherJournal) => Sentence::new("gate.other-journal"),
            Some(Doubt::OtherComputer(computer)) => {
                Sentence::new("gate.other-computer").with("there", computer).with("here", Machine::here())
            }
            Some(Doubt::Behind) => Sentence::new("gate.behind"),
            Some(Doubt::Damaged) => Sentence::new("gate.damaged"),
            Some(Doubt::Results(count)) => Sentence::new("gate.results").with("count", count),
            Some(Doubt::Pruned(Pruned { messages, last, at })) => {
                let last = last.map_or_else(|| "?".to_owned(), |last| last.to_string());
                Sentence::new("gate.pruned").with("count", messages).with("last", last).with("at", at)
            }
        };
        Err(Problem::new(Exit::Gate, "gate")
            .with("why", why)
            .with("receipt", self.by_receipt())
            .with("results", self.by_results())
            .with("journal", self.by_journal())
            .with("campaign", argument(&self.campaign.path)))
    }

    /// Asks before anything is taken over: from then on nothing stops the next `send`, whatever is answered to the
    /// question about the messages.
    ///
    /// # Errors
    ///
    /// Where somebody says no, or nobody is there to be asked.
    fn agreed(&self, yes: bool, terminal: &Terminal) -> Result<(), Problem> {
        if yes {
            return Ok(());
        }
        let campaign = argument(&self.campaign.path);
        if !terminal.is_interactive() {
            return Err(Problem::new(Exit::Gate, "take-over-needs-yes").with("campaign", campaign));
        }
        for known in [self.by_receipt(), self.by_results(), self.by_journal()] {
            terminal.tell(&format!("{}\n", known.say(&terminal.words)));
        }
        if terminal.ask("gate.take-over", &[]) {
            Ok(())
        } else {
            Err(Problem::new(Exit::Gate, "take-over-declined").with("campaign", campaign))
        }
    }

    /// What the receipt says, and from whom.
    fn by_receipt(&self) -> Sentence {
        let file = &self.witnesses.receipt;
        match self.witnesses.entry() {
            Some(entry) => entry_told(entry, file),
            None => Sentence::new("gate.knows.no-receipt").with("file", display(file)),
        }
    }

    fn by_results(&self) -> Sentence {
        let file = display(&self.campaign.results.path);
        let Some((counts, last)) = self.results().map(EarlierResults::count) else {
            return Sentence::new("gate.knows.no-results").with("file", file);
        };
        let at = last.map_or_else(|| "?".to_owned(), |at| at.to_string());
        Sentence::new("gate.knows.results")
            .with("file", file)
            .with("sent", counts.sent)
            .with("unknown", counts.unknown)
            .with("at", at)
    }

    fn by_journal(&self) -> Sentence {
        let file = display(&self.witnesses.state.join(store::FILE));
        match &self.witnesses.journal {
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
        let mut store = Store::open(&self.witnesses.state)?;
        let claim = store.claim(&self.witnesses.whose, Incident::Crash)?;
        let taken = match self.results() {
            Some(results) => store.take_in(claim, &mut results.told())?,
            None => 0,
        };
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
            let _ = receipt::write(&self.witnesses.receipt, entry);
        }
    }
}

/// Whether results tell of somebody whom people are not known to hold by the first message to them.
fn tells_of_others(mut results: EarlierResults, people: &People) -> bool {
    while let Some(line) = results.next_line() {
        if line.reached() && (line.is_masked() || !people.knows(&line.openid)) {
            return true;
        }
    }
    false
}

/// Those of whom results tell and whom people do not hold, and how many openids are masked.
fn strangers(mut results: EarlierResults, people: &People) -> (Vec<Stranger>, u64) {
    let (mut strangers, mut masked) = (Vec::new(), 0);
    // Which message to somebody a row is, of those who are not known by their first.
    let mut numbers: HashMap<[u64; 2], u32> = HashMap::new();
    while let Some(line) = results.next_line() {
        if line.is_masked() {
            masked += u64::from(line.reached());
        } else if !people.knows(&line.openid) {
            let nth = numbers.entry(first_message(&line.openid)).or_default();
            *nth += 1;
            let stranger = Stranger::of(&line.openid, *nth);
            if line.reached() && !people.knows_one(&stranger) {
                strangers.push(stranger);
            }
        }
    }
    (strangers, masked)
}

fn known(store: &Store, whose: &Identity) -> Result<Known, JournalError> {
    let campaign = match store.find_campaign(whose)? {
        Some(campaign) => Some((campaign, store.count(campaign)?.statuses())),
        None => None,
    };
    Ok(Known { uuid: store.uuid()?, intents: store.intents()?, campaign })
}
