//! `wxcast try`: sends a message to testers only, on a channel of its own. It counts for nobody as sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use crate::audience::openid;
use crate::campaign::Campaign;
use crate::campaign::file::{Duplicates, Order};
use crate::campaign::hours::Hours;
use crate::cli::command::send::{lock, stop_files};
use crate::cli::context::{environment, load_sound};
use crate::cli::ending::{What, report};
use crate::cli::execution::Parts;
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Format, Progress};
use crate::cli::platform::{Platform, hosts};
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, argument, masks};
use crate::cli::tried::{Testers, testers, whose};
use crate::cli::user_state::AccountFolder;
use crate::cli::watching::Watching;
use crate::delivery::outcome::Status;
use crate::delivery::tally::Tally;
use crate::journal::JournalError;
use crate::journal::identity::{Channel, Identity, Person};
use crate::journal::record::{Recorded, RecordedCause};
use crate::journal::store::Store;
use crate::locale::mask::mask;
use crate::plan::batch::{Batch, Entry, PlannedMessage, Verdict};
use crate::plan::id::PlanId;
use crate::plan::inputs::Inputs;
use crate::plan::pass::{Changed, Pass};
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::survey::{Choice, Extent, survey};
use crate::plan::{Plan, RowCounts};
use crate::report::join::openid_in;
use crate::report::preview;
use crate::send::execution::results::{Concluded, Results};
use crate::send::execution::{Execution, Finished};
use crate::send::feed::Jobs;

/// How many messages a tester gets where nobody says: WeChat takes five to a person between two of theirs.
const USUAL: u64 = 1;
/// More testers than this are likely a list of customers.
const UNASKED: usize = 20;
/// What WeChat answers where a person's window is not open, and where it takes no more messages.
const NOT_OPEN: [i64; 2] = [45015, 45047];

/// Sends to testers.
pub(crate) fn run(args: &args::Try, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let (campaign, plan) = load_sound(path, &environment(), args.mask_openid)?;
    let hosts = hosts(&campaign)?;
    let id = PlanId::of(&campaign, &hosts, &plan);
    let to = who(args, &campaign, terminal)?;
    let samples = samples(args, &campaign, &plan)?;
    let destination = hosts.destination();
    let account = AccountFolder::insist(&campaign.account.appid, args.state.dir())?;
    let whose = whose(&campaign);
    let state = account.prepare(destination, &campaign.path, &whose)?;
    let (locks, _) = lock(&campaign, &state, destination, Instant::now(), terminal)?;
    let stop_files = stop_files(&campaign, &state)?;
    let messages = messages(&samples, &to, &whose, next_numbers(Store::read(&state)?.as_ref(), &whose)?);
    tell(&samples, to.len(), &campaign, terminal);
    warn_of_named(args, &samples, &campaign, &plan, terminal)?;
    let total = u64::try_from(messages.len()).expect("a few messages are counted in 64 bits");
    agree(args, to.len(), total, terminal)?;
    // It is tried at any hour, whatever is known of a tester's window, and each one's messages go one after another.
    let mut campaign = campaign;
    campaign.send.hours = Hours::always(campaign.send.hours.zone.clone());
    campaign.send.order = Order::File;
    campaign.audience.duplicates = Duplicates::Each;
    let plan = Plan { counts: RowCounts { planned: total, ..RowCounts::default() }, windows: None, ..plan };
    let platform = Platform::open(&campaign, &state, terminal)?;
    let (campaign, plan) = (Arc::new(campaign), Arc::new(plan));
    let person = |message: &PlannedMessage| Person::of(&whose.appid, message.openid());
    let tried = messages.iter().map(|message| (person(message), message.nth)).collect();
    let parts = Parts {
        campaign: Arc::clone(&campaign),
        plan: Arc::clone(&plan),
        whose: whose.clone(),
        state: state.clone(),
        results: Arc::new(Tries { whose: whose.clone(), tried }),
    };
    let mut watching = Watching::new(&campaign, total, terminal, Progress::None);
    let (execution, origin) = parts.execution(platform, &mut watching);
    let given = Some(Jobs::given(messages));
    let execution = Execution { id: Some(id.to_string()), given, locks, stop_files, ..execution };
    let finished = execution.run()?;
    if args.format == Format::Human {
        each(&finished, &state, (&whose, to), args, terminal)?;
    }
    let what = What {
        campaign: &campaign,
        plan: &plan,
        id,
        channel: Channel::Try,
        destination,
        origin: Some(&origin),
    };
    let reported = report(&finished, &what, args.format, terminal);
    let well = matches!(reported, Ok(Exit::Ok));
    let next = if well { "tried" } else { "try-again" };
    let exit = reported.map_err(|problem| problem.next(next, path))?;
    terminal.next(next, path);
    Ok(exit)
}

/// Who is sent a try, and a word of those who are not.
fn who(args: &args::Try, campaign: &Campaign, terminal: &Terminal) -> Result<Vec<String>, Problem> {
    let Testers { to, ruled_out } = testers(&args.to, campaign)?;
    let lists: BTreeSet<&str> = ruled_out.values().map(String::as_str).collect();
    let lists = lists.into_iter().collect::<Vec<_>>().join(", ");
    if to.is_empty() && ruled_out.is_empty() {
        return Err(Problem::new(Exit::Usage, "no-testers"));
    }
    if to.is_empty() {
        return Err(Problem::new(Exit::Usage, "testers-ruled-out").with("lists", lists));
    }
    if !ruled_out.is_empty() {
        terminal.warn("try.ruled-out", &[("count", &ruled_out.len()), ("lists", &lists)]);
    }
    Ok(to)
}

/// Says what is odd about whom the command line names: what is no openid at a glance, and people of the list, who read
/// what was written for somebody else and will be sent their own message all the same.
fn warn_of_named(
    args: &args::Try,
    samples: &[Sample],
    campaign: &Campaign,
    plan: &Plan,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let shown = |openid: &str| if masks(args.mask_openid) { mask(openid) } else { openid.to_owned() };
    for to in args.to.iter().filter(|to| openid::contact(to).is_some()) {
        terminal.warn("try.contact", &[("openid", &shown(to))]);
    }
    let named: BTreeSet<&str> = args.to.iter().map(String::as_str).collect();
    let changed = |_: Changed| Problem::changed(Exit::Invalid);
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let (mut pass, mut batch) = (Pass::open(&inputs, plan).map_err(changed)?, Batch::default());
    while !named.is_empty() && pass.next(&mut batch).map_err(changed)? {
        for Entry { row, verdict, .. } in batch.entries() {
            let Verdict::Message { openid, payload, .. } = verdict else { continue };
            let openid = openid_in(&batch, payload, *openid);
            let others = samples.iter().find(|sample| sample.message.row != *row);
            if let Some(other) = others.filter(|_| named.contains(openid)) {
                let places: [(&str, &dyn std::fmt::Display); 3] =
                    [("openid", &shown(openid)), ("row", row), ("other", &other.message.row)];
                terminal.warn("try.listed", &places);
            }
        }
    }
    Ok(())
}

/// Asks before a try goes to so many people that it may be no try.
fn agree(args: &args::Try, testers: usize, messages: u64, terminal: &Terminal) -> Result<(), Problem> {
    if testers <= UNASKED || args.yes {
        return Ok(());
    }
    if !terminal.is_interactive() {
        let problem = Problem::new(Exit::Gate, "try-needs-yes").with("testers", testers);
        return Err(problem.with("campaign", argument(&args.campaign.campaign)));
    }
    let agrees = terminal.ask("send.ask", &[("left", &messages)]);
    if agrees { Ok(()) } else { Err(Problem::note(Exit::Gate, "send.no")) }
}

/// The messages that are tried.
fn samples(args: &args::Try, campaign: &Campaign, plan: &Plan) -> Result<Vec<Sample>, Problem> {
    let choice = match (args.row, args.pick) {
        (Some(row), _) => Choice::Row(row),
        (None, Some(pick)) => Choice::Pick(pick),
        (None, None) => Choice::Pick(USUAL),
    };
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let found = survey(&inputs, plan, &choice, Extent::Samples);
    let samples = found.map_err(|_| Problem::changed(Exit::Invalid))?.samples;
    if samples.is_empty() { Err(Problem::new(Exit::Usage, "no-such-recipient")) } else { Ok(samples) }
}

/// For each tester the number of their next message: every try is a message of its own.
fn next_numbers(store: Option<&Store>, whose: &Identity) -> Result<BTreeMap<Person, u32>, JournalError> {
    let mut numbers: BTreeMap<Person, u32> = BTreeMap::new();
    if let Some(store) = store
        && let Some(number) = store.find_campaign(whose)?
    {
        store.messages(number, |message| {
            let next = numbers.entry(message.recipient.person(&whose.appid)).or_insert(1);
            *next = (*next).max(message.nth + 1);
        })?;
    }
    Ok(numbers)
}

fn messages(
    samples: &[Sample],
    to: &[String],
    whose: &Identity,
    mut next: BTreeMap<Person, u32>,
) -> Vec<PlannedMessage> {
    let mut messages = Vec::new();
    for openid in to {
        let next = next.entry(Person::of(&whose.appid, openid)).or_insert(1);
        for sample in samples {
            messages.push(sample.message.to_tester(openid, *next));
            *next += 1;
        }
    }
    messages
}

/// Shows what they are about to get.
fn tell(samples: &[Sample], testers: usize, campaign: &Campaign, terminal: &Terminal) {
    for sample in samples {
        terminal.tell(&preview::text(sample, &[], campaign.body.kind(), true, &terminal.words));
    }
    terminal.say("try.about", &[("messages", &samples.len()), ("testers", &testers)]);
}

/// Says of each message what became of it.
fn each(
    finished: &Finished,
    state: &std::path::Path,
    (whose, mut to): (&Identity, Vec<String>),
    args: &args::Try,
    terminal: &Terminal,
) -> Result<(), Problem> {
    if finished.requests == 0 {
        return Ok(());
    }
    let Some(store) = Store::read(state)? else { return Ok(()) };
    let Some(number) = store.find_campaign(whose)? else { return Ok(()) };
    let mut last: BTreeMap<Person, Recorded> = BTreeMap::new();
    store.messages(number, |message| {
        last.insert(message.recipient.person(&whose.appid), message);
    })?;
    to.sort_unstable();
    let code = |openid: &String| last.get(&Person::of(&whose.appid, openid)).and_then(errcode);
    for openid in to.iter().filter(|openid| code(openid).is_some_and(|code| NOT_OPEN.contains(&code))) {
        let openid = if masks(args.mask_openid) { mask(openid) } else { openid.clone() };
        terminal.warn("try.window", &[("openid", &openid)]);
    }
    Ok(())
}

/// The errcode of a message, where the platform answered.
fn errcode(message: &Recorded) -> Option<i64> {
    message.cause.as_ref().and_then(RecordedCause::errcode)
}

/// What became of the messages of one try. There is no file of it: results are of the audience.
struct Tries {
    whose: Identity,
    /// The messages of this try: the tester, and the number.
    tried: Vec<(Person, u32)>,
}

impl Results for Tries {
    fn refresh(&self, _: &Store) -> bool {
        true
    }

    fn conclude(&self, journal: &Store) -> Result<Concluded, JournalError> {
        let mut tally = Tally::default();
        let number = journal.find_campaign(&self.whose)?;
        let mut found = BTreeMap::new();
        if let Some(number) = number {
            journal.messages(number, |message| {
                found.insert((message.recipient.person(&self.whose.appid), message.nth), message);
            })?;
        }
        for tried in &self.tried {
            let message = found.get(tried);
            let status = message.map_or(Status::Unsent, |message| message.state.status());
            tally.counts.add(status, 1);
            if let Some(code) = message.and_then(errcode)
                && status == Status::Refused
            {
                *tally.refused_by_code.entry(code).or_insert(0) += 1;
            }
        }
        Ok(Concluded { tally, ..Concluded::default() })
    }
}
