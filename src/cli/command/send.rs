//! `wxcast send`: plans, asks, sends; run again it goes on where the journal ends.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::api_base::{Destination, Hosts};
use crate::campaign::validate::Overrides;
use crate::campaign::{Campaign, CampaignId, duration};
use crate::cli::agreement::{Proposal, token_command};
use crate::cli::before::before;
use crate::cli::campaign_lock::{campaign_lock, folder_lock, hold_campaign, holder, take, take_beside};
use crate::cli::context::{environment, load_counted};
use crate::cli::ending::{What, exit as ended, next_after, report};
use crate::cli::execution::Parts;
use crate::cli::exit_code::Exit;
use crate::cli::gate::{self, Passed};
use crate::cli::line::args::{self, Expect, MaskOpenid, SendArgs};
use crate::cli::notice;
use crate::cli::output_path::Kept;
use crate::cli::platform::{Caller, Platform, hosts};
use crate::cli::platform_time;
use crate::cli::problem::Problem;
use crate::cli::quota;
use crate::cli::ramp;
use crate::cli::results_file::{ResultsFile, held, leave_receipt};
use crate::cli::schedule;
use crate::cli::staying::{Stay, Turn, Waiting, waits_until};
use crate::cli::stop_file;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state::{AccountFolder, account_lock};
use crate::cli::watching::Watching;
use crate::delivery::stop::Stop;
use crate::diagnostic::render::display;
use crate::journal::chosen;
use crate::journal::identity::Channel;
use crate::journal::receipt;
use crate::journal::store::Store;
use crate::own_file;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::plan::ramp::Upward;
use crate::plan::schedule::outlook::Lookout;
use crate::report::earlier::Earlier;
use crate::report::join::identity;
use crate::send::execution::locks::Locks;
use crate::send::execution::quota::ask as ask_quota;
use crate::send::execution::{Execution, Finished};
use crate::send::feed::{Policy, RetryRefused};
use crate::send::ramp::state::RampState;
use crate::send::shutdown::StopFiles;

/// Sends a campaign, and where its hours are over and it is to stay, waits for them and goes on.
pub(crate) fn run(args: &args::Send, terminal: &Terminal) -> Result<Exit, Problem> {
    let mut stay = Stay::default();
    loop {
        match turn(args, &mut stay, terminal)? {
            Turn::Over(exit) => return Ok(exit),
            Turn::Wait(waiting, until) => stay.stopped = waiting.until(until, terminal)?,
        }
    }
}

/// Prepares and sends, as long as the campaign's hours allow it.
fn turn(args: &args::Send, stay: &mut Stay, terminal: &Terminal) -> Result<Turn, Problem> {
    let retry_refused = retry(args.retry.as_deref())?;
    let wait = wait_lock(args.wait_lock.as_deref())?;
    let path = &args.campaign.campaign;
    let (ready, place) = ready(args, wait, terminal)?;
    let Ready { mut campaign, plan, earlier, hosts, id } = ready;
    stay.insist_on(id)?;
    let destination = hosts.destination();
    let clock = stay.set_clock(destination)?;
    stay.put_at(args.at.as_deref(), &mut campaign.send.hours)?;
    let Place { account, state, locks } = place;
    let stop_files = stop_files(&campaign, &state)?;
    sweep(&campaign, &state);
    let Passed { receipt, store } = gate::pass(&campaign, &account, destination, args, id, terminal)?;
    let _reader = held(&campaign.results.path)?;
    let policy = Policy { on_unknown: campaign.send.on_unknown, retry_refused };
    let (campaign, plan) = (Arc::new(campaign), Arc::new(plan));
    let masked = results_masked(&args.how);
    let results = ResultsFile::new(Arc::clone(&campaign), Arc::clone(&plan), masked, Some(destination));
    let thought = clock.now();
    let is_asked = !args.yes && terminal.is_interactive();
    let mut before = before(&results, earlier, (&account, &state), store, &policy, thought, is_asked)?;
    let left = before.left(&policy);
    if left == 0 {
        before.insist_on_text(&campaign.send.hours.zone)?;
        before.tell_gone(terminal);
    } else {
        before.tried.insist(&campaign)?;
    }
    // Nobody is asked for the time where nothing will be sent.
    if left > 0 && (args.yes || terminal.is_interactive()) {
        platform_time::ask(&campaign, &plan, &hosts, &clock, terminal);
        if clock.now().duration_since(thought).abs() >= platform_time::WRONG {
            before.hold_at(&campaign, &plan, &policy, clock.now())?;
        }
    }
    let holds = Arc::new(std::mem::take(&mut before.held.holds));
    let ramp = if left > 0 { find_ramp(args, &campaign, &plan, &state)? } else { RampFound::default() };
    let hours = campaign.send.hours.clone();
    let closed = stay.closed(&hours);
    let until = closed.as_ref().and_then(|stop| waits_until(stop, &hours));
    let waiting = Waiting {
        campaign: Arc::clone(&campaign),
        state: state.clone(),
        stop_files: stop_files.clone(),
        clock: clock.clone(),
    };
    let (finished, origin) = if left == 0 {
        (nothing_to_do(&results, before.store.as_ref(), id, terminal)?, None)
    } else {
        let total = args.how.limit.map_or(left, |limit| left.min(limit));
        let proposal = Proposal {
            campaign: &campaign,
            plan: &plan,
            id,
            hosts: &hosts,
            before: &before,
            settled: before.settled(&policy),
            outlook: before.held.outlook(&lookout(&campaign, &plan, ramp.state.as_ref()), clock.now()),
            upward: ramp.state.as_ref().map_or_else(|| Upward::level(left), RampState::upward),
            left,
            total,
            now: clock.now(),
        };
        if stay.agreed.is_none() {
            notice::look(&campaign, terminal);
            proposal.tell(terminal);
        }
        if args.yes {
            gate::insist_on_traces(&campaign)?;
        }
        if let Some(stop) = closed.filter(|_| until.is_none()) {
            let nothing = nothing_to_do(&results, before.store.as_ref(), id, terminal)?;
            (Finished { stop: Some(stop), ..nothing }, None)
        } else {
            let agreed = stay.agreed.is_some() || proposal.agreed(args, terminal)?;
            let caller = Caller { clock: Some(&clock), ..Caller::of(&campaign) };
            let platform = Platform::open_for(&caller, &state, terminal)?;
            // Whoever is asked should know of the quota first. But a program that prints tokens runs for nobody who has
            // not agreed yet.
            let asks_first = !agreed && token_command(&campaign).is_none();
            if asks_first {
                let asked = platform.runtime.block_on(ask_quota(&platform.client, &platform.tokens));
                quota::warn(&asked, &campaign, proposal.to_send(), terminal);
            }
            if !agreed {
                proposal.ask(terminal)?;
                insist_as_asked(args, stay, &campaign, id)?;
            }
            stay.agreed = Some(id);
            gate::insist_unchanged(&campaign, destination, &state, receipt.as_ref())?;
            if ramp.goes_on {
                ramp::agree(&campaign, &state, clock.now())?;
            }
            let announced = proposal.announced();
            let limit = args.how.limit.map(|limit| limit.saturating_sub(stay.requests));
            // Nobody agreed to anything, so nobody gets anything, whom ever a policy sets free meanwhile.
            let unasked = proposal.to_send() == 0 && !args.yes && ramp.state.is_none();
            if let Some(until) = until {
                return Ok(Turn::Wait(waiting, until));
            }
            let parts = Parts {
                campaign: Arc::clone(&campaign),
                plan: Arc::clone(&plan),
                whose: identity(&campaign),
                state,
                results: Arc::new(results),
            };
            let mut watching = Watching::new(&campaign, total, terminal, args.how.progress);
            let (execution, origin) = parts.execution(platform, &mut watching);
            let execution = Execution {
                id: Some(id.to_string()),
                receipt: Some(gate::receipt(&campaign, destination, receipt)),
                index: before.index.take(),
                locks,
                asks_quota: !asks_first,
                policy,
                holds,
                ramp: ramp.state.map(Arc::new),
                limit: if unasked { Some(0) } else { limit },
                stop_files,
                announced,
                ..execution
            };
            let finished = execution.run()?;
            ramp::note_end(&campaign, &waiting.state, matches!(finished.stop, Some(Stop::Ramp(_))))?;
            (finished, Some(origin))
        }
    };
    let pauses = ended(&finished) == Exit::Paused;
    if let Some(until) = finished.stop.as_ref().and_then(|stop| waits_until(stop, &hours)).filter(|_| pauses)
    {
        stay.add(&finished);
        return Ok(Turn::Wait(waiting, until));
    }
    let finished = stay.sum(finished);
    let what = What {
        campaign: &campaign,
        plan: &plan,
        id,
        channel: Channel::Send,
        destination,
        origin: origin.as_ref(),
    };
    let next = next_after(&finished, &campaign, destination);
    if let Some(Stop::Hours { resume_at: Some(at) }) = finished.stop {
        schedule::tell(at, path, id, terminal);
    }
    let reported = report(&finished, &what, args.how.format, terminal);
    if left > 0 {
        notice::tell((&campaign, &plan), &finished, ended(&finished), &next, terminal);
    }
    // A command with a path that is not there any more leads nowhere.
    let led = |problem: Problem| if path.exists() { problem.next(next.clone(), path) } else { problem };
    let exit = reported.map_err(led)?;
    terminal.next(&next, path);
    Ok(Turn::Over(exit))
}

/// Where the ramp stands, and whether somebody agrees to go on with one that had halted.
#[derive(Default)]
struct RampFound {
    state: Option<RampState>,
    goes_on: bool,
}

/// Finds out where the ramp stands, and insists on a word where it has halted.
fn find_ramp(
    args: &args::Send,
    campaign: &Campaign,
    plan: &Plan,
    state: &Path,
) -> Result<RampFound, Problem> {
    let store = Store::read(state)?;
    let by_another = ramp::halted_by_another(campaign, store.as_ref())?;
    let found = ramp::find(campaign, plan, store.as_ref(), false)?;
    let halted = by_another || found.as_ref().is_some_and(|state| state.halted.is_some());
    let goes_on = args.continue_ramp && halted;
    if goes_on {
        return Ok(RampFound { state: ramp::find(campaign, plan, store.as_ref(), true)?, goes_on });
    }
    if by_another {
        let problem = Problem::new(Exit::Gate, "ramp-halted-before");
        return Err(problem.with("campaign", argument(&campaign.path)));
    }
    ramp::insist(found.as_ref(), campaign)?;
    Ok(RampFound { state: found, goes_on })
}

/// Insists that campaign and policies say what they said when the question was put: it may have stood on a screen for hours.
/// The list is held against the plan while it is sent.
///
/// # Errors
///
/// When they say something else.
fn insist_as_asked(args: &args::Send, stay: &mut Stay, asked: &Campaign, id: PlanId) -> Result<(), Problem> {
    let mut again = read(args)?;
    stay.put_at(args.at.as_deref(), &mut again.campaign.send.hours)?;
    let rules = |campaign: &Campaign| {
        let Campaign { policies, send, testers, .. } = campaign.clone();
        (policies, send.hours, testers.required)
    };
    if again.id == id && rules(&again.campaign) == rules(asked) {
        return Ok(());
    }
    let problem = Problem::new(Exit::Gate, "changed-while-asking");
    Err(problem.with("campaign", argument(&asked.path)))
}

/// Looks ahead from where the ramp stands.
fn lookout<'a>(campaign: &'a Campaign, plan: &'a Plan, ramp: Option<&RampState>) -> Lookout<'a> {
    let steps = ramp.filter(|_| plan.windows.is_some()).map(RampState::steps);
    Lookout::from_here(campaign, plan, steps, ramp.and_then(|ramp| ramp.rests_until))
}

/// The files as they were read, and what follows from them.
struct Ready {
    campaign: Campaign,
    plan: Plan,
    /// What the journal knew while the plan was made, where it knew something.
    earlier: Option<Earlier>,
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
fn ready(args: &args::Send, wait: Duration, terminal: &Terminal) -> Result<(Ready, Place), Problem> {
    let until = Instant::now() + wait;
    let mut ready = read(args)?;
    loop {
        let destination = ready.hosts.destination();
        let campaign = &ready.campaign;
        let account = AccountFolder::insist(&campaign.account.appid, args.state.dir())?;
        let state = account.prepare(destination, &campaign.path, &identity(campaign))?;
        let (locks, waited) = lock(campaign, &state, destination, until, terminal)?;
        if !waited {
            return Ok((ready, Place { account, state, locks }));
        }
        terminal.say("send.reread", &[]);
        let again = read(args)?;
        let same =
            identity(campaign) == identity(&again.campaign) && destination == again.hosts.destination();
        ready = again;
        if same {
            return Ok((ready, Place { account, state, locks }));
        }
        // The file is of another campaign now, and these are not its locks.
    }
}

fn read(args: &args::Send) -> Result<Ready, Problem> {
    let folder = |campaign: &Campaign| {
        let account = AccountFolder::find(&campaign.account.appid, args.state.dir())?;
        Some(account.of(hosts(campaign).ok()?.destination()))
    };
    let (campaign, plan, earlier) =
        load_counted(&args.campaign.campaign, &overrides(&args.how), args.how.mask_openid, folder)?;
    // A wrong address is reported before anything is done.
    let hosts = hosts(&campaign)?;
    let kept = Kept::of_campaign(&campaign, args.state.dir());
    kept.insist_results(&campaign, Some(hosts.destination()))?;
    let id = PlanId::of(&campaign, &hosts, &plan);
    insist_on_expected(&args.expect, &plan, id)?;
    Ok(Ready { campaign, plan, earlier, hosts, id })
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

/// Insists that a plan is what was expected.
///
/// # Errors
///
/// Everything in which it is not.
pub(crate) fn insist_on_expected(expect: &Expect, plan: &Plan, id: PlanId) -> Result<(), Problem> {
    let count = plan.counts.planned;
    let plan_id = expect.expect_plan.filter(|expected| *expected != id);
    let digest = expect.expect_digest.filter(|expected| *expected != plan.digest);
    let planned = expect.expect_count.filter(|expected| *expected != count);
    let others = [
        plan_id.map(|expected| other("plan", &expected, &id)),
        digest.map(|expected| other("digest", &expected, &plan.digest)),
        planned.map(|expected| other("count", &expected, &count)),
    ];
    others.into_iter().flatten().reduce(Problem::and).map_or(Ok(()), Err)
}

fn other(what: &str, expected: &dyn Display, found: &dyn Display) -> Problem {
    Problem::new(Exit::Gate, &format!("other-{what}")).with("expected", expected).with("found", found)
}

fn retry(given: Option<&str>) -> Result<RetryRefused, Problem> {
    let Some(text) = given else { return Ok(RetryRefused::None) };
    let codes = match text.split_once(':') {
        None if text == "refused" => return Ok(RetryRefused::All),
        Some(("refused", codes)) => codes.split(',').map(|code| code.trim().parse().ok()).collect(),
        None | Some(_) => None,
    };
    codes.map(RetryRefused::Codes).ok_or_else(|| Problem::new(Exit::Usage, "bad-retry").with("text", text))
}

fn wait_lock(given: Option<&str>) -> Result<Duration, Problem> {
    let Some(text) = given else { return Ok(Duration::ZERO) };
    duration::parse(text).ok_or_else(|| Problem::new(Exit::Usage, "bad-duration").with("text", text))
}

/// Takes the locks of a campaign and of its account, or says who has them. Tells whether somebody else had one first.
pub(crate) fn lock(
    campaign: &Campaign,
    state: &Path,
    destination: Destination,
    until: Instant,
    terminal: &Terminal,
) -> Result<(Locks, bool), Problem> {
    let mut locks = Locks::default();
    let mut waited = false;
    // In a database the account's runs share its ceiling; only one of them at a time can keep to it by itself.
    let account = chosen::of(state).is_none();
    let account = account.then(|| account_lock(&campaign.account.appid, state, destination));
    for path in std::iter::once(campaign_lock(state, &campaign.id)).chain(account) {
        waited |= take(&mut locks, &path, &holder(&campaign.id), Some(until), terminal)?;
    }
    let beside = folder_lock(&campaign.path, &campaign.id, &campaign.account.appid, destination);
    waited |= take_beside(&mut locks, &beside, &holder(&campaign.id), until, terminal)?;
    hold_campaign(&mut locks, &campaign.path);
    Ok((locks, waited))
}

/// The files that stop this run. One that asked an earlier run to stop has done its work; a file named STOP
/// beside the campaign stands until somebody takes it away.
pub(crate) fn stop_files(campaign: &Campaign, state: &Path) -> Result<StopFiles, Problem> {
    let asked = stop_request(state, &campaign.id);
    // It is usually not there.
    let _ = std::fs::remove_file(&asked);
    let files = StopFiles::new(std::iter::once(asked).chain(stop_file::beside(&campaign.path)));
    match files.found() {
        None => Ok(files),
        Some(file) => Err(Problem::new(Exit::Paused, "stop-file").with("file", display(file))),
    }
}

/// Takes away what runs that were killed left half written, now that nobody else sends this campaign.
fn sweep(campaign: &Campaign, state: &Path) {
    let folder = |file: &Path| own_file::followed(file).parent().map(Path::to_owned);
    let receipt = receipt::beside(&campaign.path);
    let folders = [folder(&receipt), folder(&campaign.results.path), Some(state.to_owned())];
    folders.iter().flatten().for_each(|folder| own_file::sweep(folder));
}

/// The file by which `wxcast stop` asks a run to stop.
pub(crate) fn stop_request(state: &Path, id: &CampaignId) -> PathBuf {
    state.join(format!("{id}.stop"))
}

/// A run in which nothing is left: the results are written all the same, unless they stand there already.
fn nothing_to_do(
    results: &ResultsFile,
    store: Option<&Store>,
    id: PlanId,
    terminal: &Terminal,
) -> Result<Finished, Problem> {
    let concluded = results.write_changed(store)?;
    let ResultsFile { campaign, plan, destination, .. } = results;
    if let (Some(store), Some(destination)) = (store, destination) {
        leave_receipt((campaign, plan, id), *destination, store, None, terminal)?;
    }
    Ok(Finished { concluded, ..Finished::default() })
}
