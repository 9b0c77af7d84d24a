//! `wxcast send`: plans, asks, sends; run again it goes on where the journal ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::api_base::{Destination, Hosts};
use crate::campaign::file::OnUnknown;
use crate::campaign::validate::Overrides;
use crate::campaign::{Campaign, CampaignId, duration};
use crate::cli::agreement::{Proposal, before, token_command};
use crate::cli::context::{environment, load_sound};
use crate::cli::ending::{What, exit_noted, next_key, report};
use crate::cli::exit_code::Exit;
use crate::cli::gate;
use crate::cli::line::args::{self, Expect, MaskOpenid, SendArgs};
use crate::cli::machine;
use crate::cli::platform::{Platform, hosts};
use crate::cli::problem::{join_problem, journal_problem};
use crate::cli::quota;
use crate::cli::results_file::ResultsFile;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::{AccountFolder, account_lock};
use crate::cli::watching::Watching;
use crate::delivery::outcome::Counts;
use crate::delivery::tally::Tally;
use crate::diagnostic::render::display;
use crate::journal::lock::{Holder, LockError};
use crate::journal::store::Store;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::report::join::identity;
use crate::report::plan::text::length;
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
    let (ready, place) = ready(args, wait, terminal)?;
    let Ready { campaign, plan, hosts, id } = ready;
    let Place { account, state, locks } = place;
    let destination = hosts.destination();
    let stop_files = stop_files(&campaign, &state, terminal)?;
    gate::pass(&campaign, &account, destination, args.take_over, terminal)?;
    let policy = Policy { on_unknown: campaign.send.on_unknown, retry_refused };
    let before = before(&campaign, &plan, &state, terminal)?;
    let left = left(&before.tally, &policy);
    if left == 0 {
        before.insist_on_text(terminal)?;
    }
    let (campaign, plan) = (Arc::new(campaign), Arc::new(plan));
    let results = ResultsFile {
        campaign: Arc::clone(&campaign),
        plan: Arc::clone(&plan),
        masked: results_masked(&args.how),
    };
    let (finished, origin) = if left > 0 {
        let total = args.how.limit.map_or(left, |limit| left.min(limit));
        let proposal =
            Proposal { campaign: &campaign, plan: &plan, id, hosts: &hosts, before: &before, left };
        proposal.tell(terminal)?;
        let agreed = proposal.agreed(args, terminal)?;
        let platform = Platform::open(&campaign, &state, terminal)?;
        // Whoever is asked should know of the quota first. But a program that prints tokens runs for nobody who has
        // not agreed yet.
        let asks_first = !agreed && token_command(&campaign).is_none();
        if asks_first {
            let asked = platform.runtime.block_on(ask_quota(&platform.client, &platform.tokens));
            quota::warn(&asked, &campaign, total, terminal);
        }
        if !agreed {
            proposal.ask(terminal)?;
        }
        let Platform { runtime, client, tokens, origin } = platform;
        let execution = Execution {
            id: Some(id.to_string()),
            receipt: Some(gate::receipt(path, destination)),
            whose: identity(&campaign),
            campaign: Arc::clone(&campaign),
            plan: Arc::clone(&plan),
            state,
            host: machine::name(),
            locks,
            runtime,
            client,
            tokens,
            asks_quota: !asks_first,
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
    let what = What { campaign: &campaign, plan: &plan, id, destination, origin: origin.as_ref() };
    let exit = report(&finished, &what, args.how.format, terminal);
    terminal.next(&next_key(exit, &finished.concluded.tally.counts), path);
    Ok(exit)
}

/// The files as they were read, and what follows from them.
struct Ready {
    campaign: Campaign,
    plan: Plan,
    hosts: Hosts,
    id: PlanId,
}

/// Where a campaign is sent from, and what keeps others from doing the same.
struct Place {
    account: AccountFolder,
    state: PathBuf,
    locks: Locks,
}

/// Reads the files and takes the locks. Whoever had to wait for a lock reads the files again: what was planned before
/// may not be what they say now.
fn ready(args: &args::Send, wait: Duration, terminal: &Terminal) -> Result<(Ready, Place), Exit> {
    let until = Instant::now() + wait;
    let mut ready = read(args, terminal)?;
    loop {
        let destination = ready.hosts.destination();
        let campaign = &ready.campaign;
        let account = AccountFolder::insist(&campaign.account.appid, args.state_dir.as_ref(), terminal)?;
        let state = account.prepare(destination, &campaign.path, &identity(campaign), terminal)?;
        let (locks, waited) = lock(campaign, &state, destination, until, terminal)?;
        if !waited {
            return Ok((ready, Place { account, state, locks }));
        }
        terminal.say("send.reread", &[]);
        let again = read(args, terminal)?;
        let same =
            identity(campaign) == identity(&again.campaign) && destination == again.hosts.destination();
        ready = again;
        if same {
            return Ok((ready, Place { account, state, locks }));
        }
        // The file is of another campaign now, and these are not its locks.
    }
}

fn read(args: &args::Send, terminal: &Terminal) -> Result<Ready, Exit> {
    let (campaign, plan) =
        load_sound(&args.campaign.campaign, &overrides(&args.how), args.how.mask_openid, terminal)?;
    // An address that is none is told before anything is done.
    let hosts = hosts(&campaign, terminal)?;
    let id = PlanId::of(&campaign, &hosts, &plan);
    if !expected(&args.expect, &plan, Some(id), terminal) {
        return Err(Exit::Gate);
    }
    Ok(Ready { campaign, plan, hosts, id })
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

/// Takes the locks of a campaign and of its account, or says who has them. Tells whether somebody else had one first.
fn lock(
    campaign: &Campaign,
    state: &Path,
    destination: Destination,
    until: Instant,
    terminal: &Terminal,
) -> Result<(Locks, bool), Exit> {
    let mut locks = Locks::default();
    let mut waited = false;
    for path in [campaign_lock(state, &campaign.id), account_lock(campaign, state, destination)] {
        waited |= take(&mut locks, &path, &holder(campaign), until, terminal)?;
    }
    Ok((locks, waited))
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

/// Takes a lock, and tells whether it had to be waited for.
fn take(
    locks: &mut Locks,
    path: &Path,
    holder: &Holder,
    until: Instant,
    terminal: &Terminal,
) -> Result<bool, Exit> {
    let taken = match locks.take(path, holder, Instant::now()) {
        Ok(()) => return Ok(false),
        Err(LockError::Held(_)) if Instant::now() < until => {
            let wait = until.saturating_duration_since(Instant::now()).as_secs();
            terminal.say("send.waited", &[("wait", &length(wait, &terminal.words))]);
            locks.take(path, holder, until)
        }
        Err(error) => Err(error),
    };
    taken.map(|()| true).map_err(|error| match error {
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
    // What a run decided not to send is decided again.
    let skipped: u64 = tally.skipped.values().sum();
    unsent + failed + unknown + refused + skipped
}

/// A run in which nothing is left: the results are written all the same.
fn nothing_to_do(results: &ResultsFile, state: &Path, terminal: &Terminal) -> Result<Finished, Exit> {
    let store = Store::read(state).map_err(|error| journal_problem(&error, terminal))?;
    let concluded = results.write(store.as_ref()).map_err(|error| join_problem(&error, terminal))?;
    Ok(Finished { concluded, ..Finished::default() })
}
