//! `wxcast rehearse`: the whole of `send` against the simulator in this process, with a journal of its own.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::api_base::{ApiBase, Destination};
use crate::campaign::hours::Hours;
use crate::campaign::ramp::Rest;
use crate::campaign::results_name::{REHEARSAL, marked};
use crate::campaign::{Campaign, moment};
use crate::cli::command::send::{overrides, results_masked};
use crate::cli::command::simulator::{not_started, scenario};
use crate::cli::context::load_sound_guarded;
use crate::cli::ending::{What, report};
use crate::cli::execution::Parts;
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, MaskOpenid};
use crate::cli::origin::Origin;
use crate::cli::output_path::Kept;
use crate::cli::platform::{Platform, hosts, runtime};
use crate::cli::problem::Problem;
use crate::cli::ramp;
use crate::cli::random;
use crate::cli::results_file::ResultsFile;
use crate::cli::staying::{Stay, moment_of};
use crate::cli::terminal::{Terminal, masks};
use crate::cli::watching::Watching;
use crate::clock::Clock;
use crate::delivery::outcome::Status;
use crate::delivery::stop::Stop;
use crate::journal::JournalError;
use crate::journal::identity::Channel;
use crate::journal::payload::{exact, exact_of};
use crate::journal::store::Store;
use crate::locale::mask::mask;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::plan::inputs::Inputs;
use crate::plan::pass::Pass;
use crate::plan::ramp::Upward;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::schedule::outlook::Lookout;
use crate::report::breakdown::{Ahead, Breakdown, told};
use crate::report::join::identity;
use crate::report::plan::text::length;
use crate::send::execution::results::Results;
use crate::send::execution::{Execution, Finished};
use crate::simulator::ledger::Ledger;
use crate::simulator::{Account, Simulator};

/// The simulated account's secret. It opens nothing but the simulator in this process.
const SECRET: &str = "rehearsal";
/// So many messages a second are sent on any computer; beyond that a clock may go faster than the sender.
const FAST: f64 = 2_000.0;
/// How many differences a person is shown.
const SHOWN: usize = 20;

/// Rehearses a campaign.
pub(crate) fn run(args: &args::Rehearse, terminal: &Terminal) -> Result<Exit, Problem> {
    let scenario = scenario(args.scenario.as_deref())?;
    let path = &args.campaign.campaign;
    let (campaign, plan) = load_sound_guarded(path, &overrides(&args.how), args.how.mask_openid)?;
    // What is rehearsed is the plan that would be sent, to where it would be sent.
    let id = PlanId::of(&campaign, &hosts(&campaign)?, &plan);
    let at =
        args.at.as_deref().map(|at| moment_of(at, &campaign.send.hours, Timestamp::now())).transpose()?;
    let scenario = scenario.with_clock(at, args.speed);
    let campaign = elsewhere(campaign, args.how.results.as_deref(), scenario.has_clock());
    Kept::of_campaign(&campaign, None).insist_results(&campaign, None)?;
    let state = tempfile::tempdir().map_err(|error| Problem::cannot_write(&std::env::temp_dir(), error))?;
    let runtime = runtime()?;
    let account = Account {
        appid: campaign.account.appid.clone(),
        secret: SECRET.to_owned(),
        kind: campaign.account.kind,
    };
    // The ledger is read by this process alone.
    let word = random::word()?;
    let scenario = match &plan.windows {
        Some(_) => scenario.with_windows(windows(&campaign, &plan)?),
        None => scenario,
    };
    let started = Simulator::start_guarded(scenario, Some(account), 0, &word);
    let simulator = runtime.block_on(started).map_err(|error| not_started(Exit::Internal, 0, error))?;
    let total = args.how.limit.map_or(plan.counts.planned, |limit| limit.min(plan.counts.planned));
    let seconds =
        Upward::whole(&campaign, plan.counts.planned).at_most(total).seconds(campaign.send.ceiling());
    terminal.say("rehearse.about", &[("total", &total), ("forecast", &length(seconds, &terminal.words))]);
    let masked = results_masked(&args.how);
    let results = ResultsFile::new(Arc::new(campaign), Arc::new(plan), masked, None);
    let rehearsal = Rehearsal {
        results: Arc::new(results),
        base: ApiBase::parse(&simulator.base_url()).expect("the simulator's address is one"),
        clock: simulator.clock(),
        state: state.path(),
        how: &args.how,
        total,
        terminal,
    };
    let (finished, origin) = rehearsal.run()?;
    let (campaign, plan) = (&*rehearsal.results.campaign, &*rehearsal.results.plan);
    let differences = compare(campaign, finished.uploads, state.path(), simulator.ledger())?;
    runtime.block_on(simulator.stop());
    if !differences.is_empty() {
        let list = differences.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
        return Err(Problem::new(Exit::Internal, "rehearse-differs")
            .with("count", differences.len())
            .with("list", list));
    }
    let what = What {
        campaign,
        plan,
        id,
        channel: Channel::Send,
        destination: Destination::Local,
        origin: Some(&origin),
    };
    let ended = report(&finished, &what, args.how.format, terminal);
    let counts = finished.concluded.tally.counts;
    let next = if finished.stop.is_some() {
        // What was not reached was not rehearsed.
        terminal.say("rehearse.cut-short", &[("sent", &counts.sent), ("unsent", &counts.unsent)]);
        "again"
    } else {
        terminal.say("rehearse.equal", &[("sent", &counts.sent)]);
        "rehearse"
    };
    let exit = ended.map_err(|problem| problem.next(next, path))?;
    terminal.next(next, path);
    Ok(exit)
}

/// The runs of a rehearsal: one, or with a clock of its own one an opening of the campaign's hours.
struct Rehearsal<'a> {
    results: Arc<ResultsFile>,
    base: ApiBase,
    /// The clock that sender and simulator share.
    clock: Clock,
    state: &'a Path,
    how: &'a args::SendArgs,
    total: u64,
    terminal: &'a Terminal,
}

impl Rehearsal<'_> {
    /// Sends, and goes on at each opening.
    fn run(&self) -> Result<(Finished, Origin), Problem> {
        let announced = self.tell_of_clock()?;
        let mut all = Stay::default();
        loop {
            let (finished, origin) = self.send(announced, all.requests)?;
            let resume_at = match &finished.stop {
                Some(Stop::Hours { resume_at }) => *resume_at,
                Some(_) | None => None,
            };
            if let Some(until) = resume_at {
                all.add(&finished);
                // Nobody waits for an opening in a rehearsal: the clock is put forward.
                let at = moment::shown(until, &self.results.campaign.send.hours.zone);
                self.terminal.say("rehearse.opens", &[("at", &at)]);
                self.clock.skip_to(until);
                continue;
            }
            return Ok((all.sum(finished), origin));
        }
    }

    /// Says when a clock of its own begins, and who is reached and who is not from then on. Gives how many are too late.
    fn tell_of_clock(&self) -> Result<u64, Problem> {
        let (campaign, plan) = (&*self.results.campaign, &*self.results.plan);
        let Self { clock, terminal, .. } = self;
        if !clock.is_scaled() {
            return Ok(u64::MAX);
        }
        let (now, zone) = (clock.now(), &campaign.send.hours.zone);
        let at = moment::shown(now, zone);
        terminal.say("rehearse.clock", &[("at", &at), ("speed", &clock.speed())]);
        let outlook = Lookout::of(campaign, plan).map_err(|_| Problem::changed(Exit::Gate))?.outlook(now);
        let (at, limit) = (Some(now), Some(self.total));
        let ahead = Ahead { at, outlook: outlook.as_ref(), limit, ..Ahead::default() };
        terminal.tell(&told::text(&Breakdown::of_plan(Some(campaign), plan, &ahead), &terminal.words));
        let real = campaign.send.ceiling() * f64::from(clock.speed());
        if real > FAST {
            let most = (FAST / campaign.send.ceiling()).floor().max(1.0);
            terminal.warn("rehearse.too-fast", &[("rate", &real.round()), ("speed", &most)]);
        }
        Ok(outlook.map_or(0, |outlook| outlook.lost()))
    }

    fn send(&self, announced: u64, requests: u64) -> Result<(Finished, Origin), Problem> {
        let (campaign, plan) = (&self.results.campaign, &self.results.plan);
        let secret = SecretString::from(SECRET);
        // What the runs before an opening came to.
        let earlier = Store::read(self.state)?;
        let platform = Platform::simulated(campaign, self.base.clone(), secret, &self.clock)?;
        let parts = Parts {
            campaign: Arc::clone(campaign),
            plan: Arc::clone(plan),
            whose: identity(campaign),
            state: self.state.to_owned(),
            results: Arc::clone(&self.results) as Arc<dyn Results>,
        };
        let mut watching = Watching::new(campaign, self.total, self.terminal, self.how.progress);
        let (execution, origin) = parts.execution(platform, &mut watching);
        let execution = Execution {
            asks_quota: true,
            ramp: ramp::find(campaign, plan, earlier.as_ref(), false)?.map(Arc::new),
            limit: self.how.limit.map(|limit| limit.saturating_sub(requests)),
            announced,
            ..execution
        };
        Ok((execution.run()?, origin))
    }
}

/// Until when everybody may be written to, by what the audience says: the truth of a rehearsal whose scenario knows no
/// other. Who has no time may be written to; who did nothing that opens a window is unknown to the simulator.
fn windows(campaign: &Campaign, plan: &Plan) -> Result<Vec<(String, u64)>, Problem> {
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let margin = campaign.audience.window.as_ref().map_or(SignedDuration::ZERO, |window| window.margin);
    let changed = |_| Problem::changed(Exit::Gate);
    let mut pass = Pass::open(&inputs, plan).map_err(changed)?;
    let (mut all, mut numbers) = (Vec::new(), 0..);
    while let Some(batch) = pass.next_batch().map_err(changed)? {
        for (message, number) in batch.into_messages().zip(&mut numbers) {
            let deadline = plan.deadline(number);
            let end = deadline.moment().and_then(|at| at.checked_add(margin).ok());
            let until = match end {
                Some(end) => u64::try_from(end.as_second()).ok(),
                None => (deadline == Deadline::NONE).then_some(u64::MAX),
            };
            all.extend(until.map(|until| (message.openid().to_owned(), until)));
        }
    }
    Ok(all)
}

/// A rehearsal's results never take the place of real ones.
fn elsewhere(mut campaign: Campaign, results: Option<&Path>, has_clock: bool) -> Campaign {
    if !has_clock {
        // It is held at any hour: nobody gets anything.
        campaign.send.hours = Hours::always(campaign.send.hours.zone.clone());
    }
    if let Some(ramp) = &mut campaign.send.ramp
        && (!has_clock || ramp.wait == Rest::Ask)
    {
        ramp.wait = Rest::None;
    }
    if let Some(named) = results {
        campaign.results.path = marked(named, REHEARSAL);
        return campaign;
    }
    let folder = campaign.path.parent().unwrap_or(Path::new("")).to_owned();
    let beside = |name: String| folder.join(name);
    let usual = beside(format!("{}.rehearsal.csv", campaign.id));
    // Whoever rehearses with the results of a rehearsal as list keeps the list.
    let taken = usual == campaign.audience.source.path;
    campaign.results.path = if taken { beside(format!("{}.rehearsal.2.csv", campaign.id)) } else { usual };
    campaign.results.named = None;
    campaign
}

/// Holds the journal against what the simulator received, message by message: what is `sent` was accepted, each
/// text and file as often as it was sent; what is `unknown` at most once more; and nothing else was accepted at all.
fn compare(
    campaign: &Campaign,
    uploads: u64,
    state: &Path,
    ledger: &Ledger,
) -> Result<Vec<String>, JournalError> {
    let mut expected: HashMap<String, Expected> = HashMap::new();
    if let Some(store) = Store::read(state)?
        && let Some(number) = store.find_campaign(&identity(campaign))?
    {
        store.messages(number, |message| {
            let openid = message.recipient.openid().expect("a rehearsal's own journal keeps openids");
            let expected = expected.entry(openid.to_owned()).or_default();
            match message.state.status() {
                Status::Sent => expected.sent.push(exact(message.payload)),
                Status::Unknown => expected.unknown += 1,
                Status::Refused | Status::Failed | Status::Skipped | Status::Unsent => {}
            }
        })?;
    }
    let shown = |openid: &str| if masks(MaskOpenid::Auto) { mask(openid) } else { openid.to_owned() };
    let mut openids: BTreeSet<String> = ledger.openids().into_iter().collect();
    openids.extend(expected.keys().cloned());
    let mut differences = Vec::new();
    for openid in openids {
        let accepted: Vec<u32> = ledger.accepted_payloads(&openid).iter().map(exact_of).collect();
        // A person who is not in the plan was expected to get nothing.
        let Expected { sent, unknown } = expected.remove(&openid).unwrap_or_default();
        if !agree(&accepted, &sent, unknown) {
            differences.push(format!("{}: {} / {} (+{unknown})", shown(&openid), accepted.len(), sent.len()));
        }
    }
    let accepted = ledger.totals().uploads;
    if accepted < uploads {
        differences.push(format!("uploads: {accepted} / {uploads}"));
    }
    Ok(differences)
}

/// What the journal says of one person: the marks of the texts sent, and how many may have been.
#[derive(Default)]
struct Expected {
    sent: Vec<u32>,
    unknown: usize,
}

/// Whether every text that was sent was accepted, and at most as many more as are unknown.
fn agree(accepted: &[u32], sent: &[u32], unknown: usize) -> bool {
    let mut rest = accepted.to_vec();
    let all = sent.iter().all(|mark| match rest.iter().position(|other| other == mark) {
        Some(index) => {
            rest.swap_remove(index);
            true
        }
        None => false,
    });
    all && rest.len() <= unknown
}

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn a_text_that_was_not_accepted_or_accepted_twice_is_a_difference() {
        assert!(agree(&[1, 2], &[2, 1], 0));
        assert!(agree(&[1, 2], &[1], 1));
        assert!(!agree(&[1], &[2], 0), "another text");
        assert!(!agree(&[1, 1], &[1], 0), "twice");
        assert!(!agree(&[], &[1], 1), "never");
    }
}
