//! `wxcast send`: plans, asks, sends; run again it goes on where the journal ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, Zoned};

use crate::api_base::Destination;
use crate::campaign::file::{Duplicates, OnUnknown};
use crate::campaign::validate::Overrides;
use crate::campaign::{Campaign, CampaignId, duration};
use crate::cli::context::{environment, load_sound};
use crate::cli::ending::{What, exit_noted, report};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Expect, MaskOpenid, SendArgs};
use crate::cli::machine::{self, Machine};
use crate::cli::platform::{Platform, hosts};
use crate::cli::problem::{join_problem, journal_problem};
use crate::cli::quota;
use crate::cli::results_file::ResultsFile;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::{AccountFolder, account_lock};
use crate::cli::watching::Watching;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Counts;
use crate::delivery::tally::Tally;
use crate::diagnostic::render::display;
use crate::journal::JournalError;
use crate::journal::lock::{Holder, LockError};
use crate::journal::store::{self, Store};
use crate::plan::id::PlanId;
use crate::plan::{Plan, forecast_seconds, text_digest};
use crate::report::join::{identity, tally};
use crate::report::plan::text as plan_text;
use crate::report::results;
use crate::send::execution::locks::Locks;
use crate::send::execution::quota::ask as ask_quota;
use crate::send::execution::{Execution, Finished};
use crate::send::feed::{Policy, RetryRefused};
use crate::send::shutdown::{Signals, StopFiles};

/// Sends a campaign.
pub(crate) fn run(args: &args::Send, terminal: &Terminal) -> Exit {
    prepare_and_send(args, terminal).unwrap_or_else(|exit| exit)
}

fn prepare_and_send(args: &args::Send, terminal: &Terminal) -> Result<Exit, Exit> {
    let retry_refused = retry(args.retry.as_deref(), terminal)?;
    let wait = wait_lock(args.wait_lock.as_deref(), terminal)?;
    let path = &args.campaign.campaign;
    let (campaign, plan) = load_sound(path, &overrides(&args.how), terminal)?;
    // An address that is none is told before anything is done.
    let hosts = hosts(&campaign, terminal)?;
    let destination = hosts.destination();
    let id = PlanId::of(&campaign, &hosts, &plan);
    if !expected(&args.expect, &plan, Some(id), terminal) {
        return Err(Exit::Gate);
    }
    let account = AccountFolder::insist(&campaign.account.appid, args.state_dir.as_ref(), terminal)?;
    let state = account.prepare(destination, path, &identity(&campaign), terminal)?;
    let locks = lock(&campaign, &state, destination, wait, terminal)?;
    let stop_files = stop_files(&campaign, &state, terminal)?;
    belongs_here(&campaign, &account, destination, args.take_over, terminal)?;
    let policy = Policy { on_unknown: campaign.send.on_unknown, retry_refused };
    let before = before(&campaign, &plan, &state, terminal)?;
    let left = left(&before.tally, &policy);
    let (campaign, plan) = (Arc::new(campaign), Arc::new(plan));
    let results = ResultsFile {
        campaign: Arc::clone(&campaign),
        plan: Arc::clone(&plan),
        masked: results_masked(&args.how),
    };
    let (finished, origin) = if left > 0 {
        let total = args.how.limit.map_or(left, |limit| left.min(limit));
        tell(&campaign, &plan, &before, left, terminal);
        let agreed = agreed(args, &campaign, id, &before, terminal)?;
        let platform = Platform::open(&campaign, &state, terminal)?;
        if !agreed {
            // Whoever is asked should know of the quota first.
            let asked = platform.runtime.block_on(ask_quota(&platform.client, &platform.tokens));
            quota::warn(&asked, &campaign, total, terminal);
            ask(left, terminal)?;
        }
        let Platform { runtime, client, tokens, origin } = platform;
        let execution = Execution {
            whose: identity(&campaign),
            campaign: Arc::clone(&campaign),
            plan: Arc::clone(&plan),
            state,
            host: machine::name(),
            locks,
            runtime,
            client,
            tokens,
            asks_quota: agreed,
            policy,
            limit: args.how.limit,
            signals: Signals::listen,
            stop_files,
            results: Arc::new(results),
            exit: exit_noted,
            observer: &mut Watching::new(&campaign, total, terminal, args.how.progress),
        };
        (execution.run().map_err(|error| journal_problem(&error, terminal))?, Some(origin))
    } else {
        (nothing_to_do(&results, &state, terminal)?, None)
    };
    let what = What { campaign: &campaign, plan: &plan, origin: origin.as_ref() };
    let exit = report(&finished, &what, args.how.format, terminal);
    terminal.next(&format!("exit.{}", exit.name()), path);
    Ok(exit)
}

/// What the flags say over the campaign.
pub(crate) fn overrides(how: &SendArgs) -> Overrides {
    Overrides {
        rate: how.rate,
        concurrency: how.concurrency.map(usize::from),
        results: how.results.clone(),
        ..environment()
    }
}

/// In results openids are masked only when somebody says so: they are the next audience.
pub(crate) fn results_masked(how: &SendArgs) -> bool {
    how.mask_openid == MaskOpenid::On
}

/// Whether a plan is what was expected; if not, says so.
pub(crate) fn expected(expect: &Expect, plan: &Plan, id: Option<PlanId>, terminal: &Terminal) -> bool {
    let digest = expect.expect_digest.is_none_or(|digest| digest == plan.digest);
    let count = expect.expect_count.is_none_or(|count| count == plan.counts.planned);
    let same = expect.expect_plan.is_none_or(|expected| Some(expected) == id);
    if let (Some(expected), Some(found)) = (expect.expect_plan.filter(|_| !same), id) {
        terminal.complain("other-plan", &[("expected", &expected), ("found", &found)]);
    }
    if let Some(expected) = expect.expect_digest.filter(|_| !digest) {
        terminal.complain("other-digest", &[("expected", &expected), ("found", &plan.digest)]);
    }
    if let Some(expected) = expect.expect_count.filter(|_| !count) {
        terminal.complain("other-count", &[("expected", &expected), ("found", &plan.counts.planned)]);
    }
    same && digest && count
}

fn retry(given: Option<&str>, terminal: &Terminal) -> Result<RetryRefused, Exit> {
    let Some(text) = given else { return Ok(RetryRefused::None) };
    let codes = match text.split_once(':') {
        None if text == "refused" => return Ok(RetryRefused::All),
        Some(("refused", codes)) => codes.split(',').map(|code| code.trim().parse().ok()).collect(),
        None | Some(_) => None,
    };
    codes.map(RetryRefused::Codes).ok_or_else(|| {
        terminal.complain("bad-retry", &[("text", &text)]);
        Exit::Usage
    })
}

fn wait_lock(given: Option<&str>, terminal: &Terminal) -> Result<Duration, Exit> {
    let Some(text) = given else { return Ok(Duration::ZERO) };
    duration::parse(text).ok_or_else(|| {
        terminal.complain("bad-duration", &[("text", &text)]);
        Exit::Usage
    })
}

/// Takes the locks of a campaign and of its account, or says who has them.
fn lock(
    campaign: &Campaign,
    state: &Path,
    destination: Destination,
    wait: Duration,
    terminal: &Terminal,
) -> Result<Locks, Exit> {
    let until = Instant::now() + wait;
    let mut locks = lock_campaign(campaign, state, until, terminal)?;
    take(&mut locks, &account_lock(campaign, state, destination), &holder(campaign), until, terminal)?;
    Ok(locks)
}

/// Takes the lock of a campaign, or says who has it.
///
/// # Errors
///
/// The exit, already told.
pub(crate) fn lock_campaign(
    campaign: &Campaign,
    state: &Path,
    until: Instant,
    terminal: &Terminal,
) -> Result<Locks, Exit> {
    let mut locks = Locks::default();
    take(&mut locks, &campaign_lock(state, &campaign.id), &holder(campaign), until, terminal)?;
    Ok(locks)
}

fn holder(campaign: &Campaign) -> Holder {
    Holder {
        campaign: campaign.id.to_string(),
        pid: std::process::id(),
        host: machine::name(),
        since: Timestamp::now(),
    }
}

/// The lock of a campaign.
pub(crate) fn campaign_lock(state: &Path, id: &CampaignId) -> PathBuf {
    state.join(format!("{id}.lock"))
}

fn take(
    locks: &mut Locks,
    path: &Path,
    holder: &Holder,
    until: Instant,
    terminal: &Terminal,
) -> Result<(), Exit> {
    locks.take(path, holder, until).map_err(|error| match error {
        LockError::Held(Some(other)) => {
            terminal.complain(
                "locked",
                &[
                    ("campaign", &other.campaign),
                    ("pid", &other.pid),
                    ("host", &other.host),
                    ("since", &other.since),
                ],
            );
            Exit::Gate
        }
        LockError::Held(None) => {
            terminal.complain("locked-by-somebody", &[("file", &display(path))]);
            Exit::Gate
        }
        LockError::Unreachable(file, error) => {
            terminal.complain("cannot-write", &[("file", &display(&file)), ("reason", &error)]);
            Exit::Storage
        }
    })
}

/// The files that stop this run. One that asked an earlier run to stop has done its work; a file named STOP
/// beside the campaign stands until somebody takes it away.
fn stop_files(campaign: &Campaign, state: &Path, terminal: &Terminal) -> Result<StopFiles, Exit> {
    let asked = stop_request(state, &campaign.id);
    // It is usually not there.
    let _ = std::fs::remove_file(&asked);
    let stop = campaign.path.parent().unwrap_or(Path::new("")).join("STOP");
    let files = StopFiles::new([asked, stop]);
    match files.found() {
        None => Ok(files),
        Some(file) => {
            terminal.complain("stop-file", &[("file", &display(file))]);
            Err(Exit::Paused)
        }
    }
}

/// The file by which `wxcast stop` asks a run to stop.
pub(crate) fn stop_request(state: &Path, id: &CampaignId) -> PathBuf {
    state.join(format!("{id}.stop"))
}

/// A journal that is gone, or that came from another machine, is never taken for a fresh start: somebody may
/// already have been sent the message by what it no longer says, or by the machine it came from.
fn belongs_here(
    campaign: &Campaign,
    account: &AccountFolder,
    destination: Destination,
    take_over: bool,
    terminal: &Terminal,
) -> Result<(), Exit> {
    let problem = |error: JournalError| journal_problem(&error, terminal);
    let (state, whose) = (account.of(destination), identity(campaign));
    let file = &campaign.results.path;
    if !account.knows(&whose).map_err(problem)?
        && results::tells_of_sent(file, &campaign.audience.openid_column)
    {
        let journal = state.join(store::FILE);
        terminal.complain("journal-gone", &[("journal", &display(&journal)), ("results", &display(file))]);
        return Err(Exit::Gate);
    }
    let here = Machine::here();
    let elsewhere = |there: &Machine| {
        terminal.complain("journal-elsewhere", &[("there", there), ("here", &here)]);
        Err(Exit::Gate)
    };
    let Some(store) = Store::read(&state).map_err(problem)? else {
        let store = Store::open(&state).map_err(problem)?;
        return store.set_note(MACHINE, &here.to_string()).map_err(problem);
    };
    let number = store.find_campaign(&whose).map_err(problem)?;
    let origin = number.map(|number| store.origin(number)).transpose().map_err(problem)?.flatten();
    if let (Some(origin), Some(number)) = (origin, number) {
        if !take_over {
            return elsewhere(&Machine::noted(&origin));
        }
        Store::open(&state).and_then(|store| store.forget_origin(number)).map_err(problem)?;
    }
    match store.note(MACHINE).map_err(problem)?.map(|note| Machine::noted(&note)) {
        Some(there) if !there.is(&here) && !take_over => elsewhere(&there),
        Some(there) if there == here => Ok(()),
        Some(_) | None => {
            Store::open(&state).and_then(|store| store.set_note(MACHINE, &here.to_string())).map_err(problem)
        }
    }
}

/// The key of the journal's note of its machine.
const MACHINE: &str = "machine";

/// What was there before this run.
struct Before {
    tally: Tally,
    /// The digest of the last run that sent another text than the campaign has now.
    other_text: Option<String>,
}

fn before(campaign: &Campaign, plan: &Plan, state: &Path, terminal: &Terminal) -> Result<Before, Exit> {
    let store = settle_crash(campaign, state).map_err(|error| journal_problem(&error, terminal))?;
    let tally = tally(campaign, plan, store.as_ref()).map_err(|error| join_problem(&error, terminal))?;
    let mut other_text = None;
    if let Some(store) = &store
        && let Ok(Some(number)) = store.find_campaign(&identity(campaign))
    {
        let runs = store.runs(number).map_err(|error| journal_problem(&error, terminal))?;
        let now = text_digest(campaign, plan).to_string();
        let reached = tally.counts.sent + tally.counts.unknown;
        let last = runs.last().filter(|last| last.text != now && reached > 0);
        other_text = last.map(|last| last.digest.clone());
    }
    Ok(Before { tally, other_text })
}

/// Whoever holds the lock may settle what a crashed process left in flight.
fn settle_crash(campaign: &Campaign, state: &Path) -> Result<Option<Store>, JournalError> {
    let Some(store) = Store::read(state)? else { return Ok(None) };
    let whose = identity(campaign);
    if store.find_campaign(&whose)?.is_none() {
        return Ok(Some(store));
    }
    let mut store = Store::open(state)?;
    store.claim(&whose, Incident::Crash)?;
    Ok(Some(store))
}

/// How many messages this run would send.
fn left(tally: &Tally, policy: &Policy) -> u64 {
    let Counts { sent: _, refused, failed, unknown, skipped: _, unsent } = tally.counts;
    let unknown = match policy.on_unknown {
        OnUnknown::Hold => 0,
        OnUnknown::Resend => unknown,
    };
    let refused = match &policy.retry_refused {
        RetryRefused::None => 0,
        RetryRefused::All => refused,
        RetryRefused::Codes(codes) => codes.iter().filter_map(|code| tally.refused_by_code.get(code)).sum(),
    };
    unsent + failed + unknown + refused
}

/// Says what is about to be sent, and what an operator should know before they agree.
fn tell(campaign: &Campaign, plan: &Plan, before: &Before, left: u64, terminal: &Terminal) {
    let words = &terminal.words;
    let seconds = forecast_seconds(left, campaign.send.ceiling());
    let (forecast, until) = (plan_text::length(seconds, words), until(seconds));
    let counts = before.tally.counts;
    terminal.say(
        "send.about",
        &[
            ("campaign", &campaign.id),
            ("wave", &campaign.wave),
            ("appid", &campaign.account.appid),
            ("kind", &campaign.body.kind()),
            ("left", &left),
            ("rows", &plan.counts.rows()),
            ("forecast", &forecast),
            ("until", &until),
            ("digest", &plan.digest),
        ],
    );
    if counts.sent + counts.refused + counts.unknown > 0 {
        terminal.say(
            "send.earlier",
            &[("sent", &counts.sent), ("refused", &counts.refused), ("unknown", &counts.unknown)],
        );
    }
    if before.tally.gone > 0 {
        terminal.say("send.gone", &[("count", &before.tally.gone)]);
    }
    if let Some(other) = &before.other_text {
        terminal.say(
            "send.other-text",
            &[("sent", &counts.sent), ("left", &left), ("then", other), ("now", &plan.digest)],
        );
    } else if before.tally.altered > 0 {
        terminal.say("send.altered", &[("count", &before.tally.altered)]);
    }
}

/// The time of day at which it is over, if it begins now.
fn until(seconds: u64) -> String {
    let length = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    // Beyond the calendar there is no time to tell.
    Zoned::now()
        .checked_add(length)
        .map_or_else(|_| "?".to_owned(), |end| end.strftime("%Y-%m-%d %H:%M").to_string())
}

/// Whether the flags have agreed already; otherwise somebody is there to be asked.
///
/// # Errors
///
/// The exit, already told, when nobody agrees.
fn agreed(
    args: &args::Send,
    campaign: &Campaign,
    id: PlanId,
    before: &Before,
    terminal: &Terminal,
) -> Result<bool, Exit> {
    // One person's rows are told apart by their order. If a text that went out is not the one the row has now,
    // rows were moved or removed, and who got which is for a person to judge.
    let moved = campaign.audience.duplicates == Duplicates::Each && before.tally.altered > 0;
    let delicate = before.other_text.is_some() || moved;
    if args.yes && (!delicate || args.expect.expect_plan.is_some()) {
        return Ok(true);
    }
    if terminal.is_interactive() {
        return Ok(false);
    }
    let key = if args.yes { "needs-plan" } else { "needs-yes" };
    terminal.complain(key, &[("plan", &id), ("campaign", &argument(&campaign.path))]);
    Err(Exit::Gate)
}

/// Asks.
///
/// # Errors
///
/// The exit, already told, when the answer is no.
fn ask(left: u64, terminal: &Terminal) -> Result<(), Exit> {
    if terminal.ask("send.ask", &[("left", &left)]) {
        return Ok(());
    }
    terminal.say("send.no", &[]);
    Err(Exit::Gate)
}

/// A run in which nothing is left: the results are written all the same.
fn nothing_to_do(results: &ResultsFile, state: &Path, terminal: &Terminal) -> Result<Finished, Exit> {
    let store = Store::read(state).map_err(|error| journal_problem(&error, terminal))?;
    let concluded = results.write(store.as_ref()).map_err(|error| join_problem(&error, terminal))?;
    Ok(Finished { concluded, ..Finished::default() })
}
