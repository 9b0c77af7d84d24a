//! `wxcast resolve`: settles unknown outcomes by hand.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::audience::Source;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::campaign::Campaign;
use crate::cli::campaign_lock::lock_campaign;
use crate::cli::context::{environment, load_campaign};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, MaskOpenid};
use crate::cli::machine;
use crate::cli::problem::Problem;
use crate::cli::telling::{Asked, Teller};
use crate::cli::terminal::{Terminal, masks};
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::{Outcome, Status};
use crate::diagnostic::render::display;
use crate::journal::identity::Person;
use crate::journal::record::RecordedCause;
use crate::journal::store::Store;
use crate::locale::mask::mask;
use crate::report::join::identity;
use crate::report::results::told::EarlierResults;

/// The shortest time that the journal tells apart.
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);
/// So many openids are named where something is wrong with them.
const LISTED: usize = 10;

/// Settles unknown outcomes.
pub(crate) fn run(args: &args::Resolve, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let campaign = load_campaign(path, &environment())?;
    let wanted = wanted(args, &campaign)?;
    let nothing = || {
        terminal.say("resolve.nothing", &[]);
        terminal.next("look", path);
        Ok(Exit::Ok)
    };
    let whose = identity(&campaign);
    let asked =
        Asked { path, whose: &whose, id: &campaign.id, flag: args.journal.dir(), local: args.journal.local };
    let teller = Teller::find(&asked, terminal)?;
    // What is settled in a journal that others know more than is settled for nobody.
    teller.insist()?;
    let state = teller.state;
    let known = match Store::read(&state)? {
        Some(store) => store.find_campaign(&whose)?.is_some(),
        None => false,
    };
    if !known {
        return nothing();
    }
    let _lock = lock_campaign(&campaign, &state, terminal)?;
    // Whatever a crashed process left in flight is unknown, and may be settled too.
    let mut store = Store::open(&state)?;
    let claim = store.claim(&whose, Incident::Crash)?;
    // What was settled by hand may be settled anew until a run has gone by it.
    let last = store.runs(claim.campaign())?.last().map(|run| run.started);
    let person = |openid: &String| Person::of(&whose.appid, openid);
    let persons: Option<BTreeSet<Person>> = wanted.as_ref().map(|wanted| wanted.iter().map(person).collect());
    let (mut unknown, mut settled) = (Vec::new(), Vec::new());
    let mut found = BTreeSet::new();
    store.messages(claim.campaign(), |message| {
        let person = message.recipient.person(&whose.appid);
        if persons.as_ref().is_some_and(|wanted| !wanted.contains(&person)) {
            return;
        }
        if message.state.status() == Status::Unknown {
            unknown.push(message.id);
            found.insert(person);
        } else if message.cause == Some(RecordedCause::Incident(Incident::Resolved))
            && last.is_some_and(|last| message.at > last)
        {
            settled.push(message.id);
            found.insert(person);
        }
    })?;
    let missing: Vec<&str> = wanted
        .iter()
        .flatten()
        .filter(|openid| !found.contains(&person(openid)))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        let count = missing.len();
        let mut list = missing.iter().take(LISTED).map(|openid| shown(openid)).collect::<Vec<_>>().join(", ");
        if count > LISTED {
            list.push_str(", …");
        }
        return Err(Problem::new(Exit::Usage, "not-unknown").with("count", count).with("openids", list));
    }
    let outcome = if args.sent { Outcome::Sent } else { Outcome::Postponed };
    // `--all` means whatever waits to be settled, and only where nothing does, what was settled before.
    let anew = unknown.is_empty();
    let ids = match wanted {
        None if anew => settled,
        None => unknown,
        Some(_) => [unknown, settled].concat(),
    };
    agreed(args, ids.len(), anew, outcome, terminal)?;
    // Runs go by WeChat's clock, and this computer's may be behind it.
    let now = last.map_or_else(Timestamp::now, |last| Timestamp::now().max(last + MILLISECOND));
    let settled = store.resolve(claim, &ids, outcome, &machine::who(), now)?;
    let word = terminal.words.say(&format!("status.{}", Status::from(outcome).name()), &[]);
    terminal.say("resolve.done", &[("count", &settled), ("status", &word)]);
    terminal.next("resolve", path);
    Ok(Exit::Ok)
}

/// Asks whether so many messages are to be settled, unless the flags have said so.
fn agreed(
    args: &args::Resolve,
    count: usize,
    anew: bool,
    outcome: Outcome,
    terminal: &Terminal,
) -> Result<(), Problem> {
    if args.yes || count == 0 {
        return Ok(());
    }
    if !terminal.is_interactive() {
        return Err(Problem::new(Exit::Gate, "resolve-needs-yes").with("count", count));
    }
    let status = terminal.words.say(&format!("status.{}", Status::from(outcome).name()), &[]);
    let key = if anew { "resolve.ask-again" } else { "resolve.ask" };
    if terminal.ask(key, &[("count", &count), ("status", &status)]) {
        return Ok(());
    }
    Err(Problem::note(Exit::Gate, "resolve.no"))
}

/// The openids that were named; nothing where all are meant.
fn wanted(args: &args::Resolve, campaign: &Campaign) -> Result<Option<BTreeSet<String>>, Problem> {
    if args.all {
        return Ok(None);
    }
    let Some(file) = &args.from else { return Ok(Some(args.openid.iter().cloned().collect())) };
    let openid = campaign.audience.openid_column.clone();
    // Results tell of everybody; those whom it is about are the unknown ones among them.
    if let Ok(Some(mut results)) = EarlierResults::open(file, &openid) {
        let mut unknown = BTreeSet::new();
        while let Some(line) = results.next_line() {
            if line.outcome == Some(Outcome::Unknown) {
                unknown.insert(line.openid.into_owned());
            }
        }
        return Ok(Some(unknown));
    }
    let source = Source { path: file.clone(), openid, ..Source::default() };
    let faulty = |fault| Problem::fault(file, fault);
    let mut reader = Reader::open(&source).map_err(|unreadable| {
        let faults = unreadable.faults.into_iter().map(faulty);
        faults.reduce(Problem::and).expect("a file that cannot be read has a fault")
    })?;
    let name = &campaign.audience.openid_column;
    let Some(column) = reader.header().position(name) else {
        return Err(Problem::new(Exit::Invalid, "no-openid-column")
            .with("file", display(file))
            .with("name", name));
    };
    let mut openids = BTreeSet::new();
    let mut row = Row::default();
    while reader.read(&mut row).map_err(faulty)?.is_some() {
        let cells = row.cells().map_err(faulty)?;
        openids.insert(cells.or_blank(column).to_owned());
    }
    Ok(Some(openids))
}

/// An openid as people may see it here: CI logs are read by many.
fn shown(openid: &str) -> String {
    if masks(MaskOpenid::Auto) { mask(openid) } else { openid.to_owned() }
}
