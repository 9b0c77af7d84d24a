//! `wxcast rehearse`: the whole of `send` against the simulator in this process, with a journal of its own.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;

use crate::campaign::Campaign;
use crate::campaign::file::OnUnknown;
use crate::cli::args::{self, MaskOpenid};
use crate::cli::context::load_sound;
use crate::cli::execute::{Execution, Finished, execute, report, runtime};
use crate::cli::exit_code::Exit;
use crate::cli::problem::journal_problem;
use crate::cli::send::{overrides, results_masked};
use crate::cli::simulator::scenario;
use crate::cli::terminal::{Terminal, masks};
use crate::delivery::outcome::Status;
use crate::journal::JournalError;
use crate::journal::store::Store;
use crate::report::model::identity;
use crate::report::results_csv::mask;
use crate::send::feed::{Policy, RetryRefused};
use crate::send::shutdown::StopFiles;
use crate::simulator::ledger::Ledger;
use crate::simulator::{Account, Simulator};
use crate::wechat::client::ApiBase;
use crate::wechat::token::TokenSource;

/// The simulated account's secret. It opens nothing but the simulator in this process.
const SECRET: &str = "rehearsal";
/// How many differences a person is shown.
const SHOWN: usize = 20;

/// Rehearses a campaign.
pub fn run(args: &args::Rehearse, terminal: &Terminal) -> Exit {
    rehearse(args, terminal).unwrap_or_else(|exit| exit)
}

fn rehearse(args: &args::Rehearse, terminal: &Terminal) -> Result<Exit, Exit> {
    let scenario = scenario(args.scenario.as_deref(), terminal)?;
    let path = &args.campaign.campaign;
    let (campaign, plan) = load_sound(path, &overrides(&args.how), terminal)?;
    let campaign = elsewhere(campaign, args.how.results.as_deref());
    let state = tempfile::tempdir().map_err(|error| {
        terminal.complain("cannot-write", &[("file", &std::env::temp_dir().display()), ("reason", &error)]);
        Exit::Storage
    })?;
    let runtime = runtime(terminal)?;
    let account = Account {
        appid: campaign.account.appid.clone(),
        secret: SECRET.to_owned(),
        kind: campaign.account.kind,
    };
    let simulator = runtime.block_on(Simulator::start(scenario, Some(account), 0)).map_err(|error| {
        terminal.complain("simulator", &[("port", &0), ("reason", &error)]);
        Exit::Internal
    })?;
    let Ok(base) = ApiBase::parse(&simulator.base_url()) else { return Err(Exit::Internal) };
    let total = args.how.limit.map_or(plan.counts.planned, |limit| limit.min(plan.counts.planned));
    let appid = campaign.account.appid.clone();
    let execution = Execution {
        campaign: Arc::new(campaign),
        plan: Arc::new(plan),
        state: state.path().to_owned(),
        base,
        tokens: TokenSource::Secret { appid, secret: SecretString::from(SECRET) },
        policy: Policy { on_unknown: OnUnknown::Hold, retry_refused: RetryRefused::None },
        limit: args.how.limit,
        total,
        progress: terminal.progress(args.how.progress),
        masked: results_masked(&args.how),
        stop_files: StopFiles::default(),
    };
    let finished = execute(execution, terminal)?;
    let differences = compare(&finished, state.path(), simulator.ledger())
        .map_err(|error| journal_problem(&error, terminal))?;
    runtime.block_on(simulator.stop());
    if !differences.is_empty() {
        let list = differences.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
        terminal.complain("rehearse-differs", &[("count", &differences.len()), ("list", &list)]);
        return Err(Exit::Internal);
    }
    let exit = report(&finished, args.how.format, terminal);
    let sent = finished.tally.counts.sent;
    terminal.say("rehearse.equal", &[("sent", &sent)]);
    terminal.say("next.rehearse", &[("campaign", &path.display())]);
    Ok(exit)
}

/// A rehearsal's results never take the place of real ones.
fn elsewhere(mut campaign: Campaign, results: Option<&Path>) -> Campaign {
    if results.is_none() {
        campaign.results.path = campaign.audience.source.path.with_extension("rehearsal.csv");
    }
    campaign
}

/// Holds the journal against what the simulator received, message by message: what is `sent` was accepted as
/// often as it was sent, what is `unknown` at most once more, and nothing else was accepted at all.
fn compare(finished: &Finished, state: &Path, ledger: &Ledger) -> Result<Vec<String>, JournalError> {
    let mut expected: HashMap<String, (u32, u32)> = HashMap::new();
    if let Some(store) = Store::read(state)?
        && let Some(number) = store.find_campaign(&identity(&finished.campaign))?
    {
        store.messages(number, |message| {
            let (sent, unknown) = expected.entry(message.openid).or_default();
            match message.state.status() {
                Status::Sent => *sent += 1,
                Status::Unknown => *unknown += 1,
                Status::Refused | Status::Failed | Status::Skipped | Status::Unsent => {}
            }
        })?;
    }
    let shown = |openid: &str| if masks(MaskOpenid::Auto) { mask(openid) } else { openid.to_owned() };
    let mut differences = Vec::new();
    for openid in ledger.openids() {
        let accepted = ledger.accepted(&openid);
        let (sent, unknown) = expected.remove(&openid).unwrap_or_default();
        if accepted < sent || accepted > sent + unknown {
            differences.push(format!("{}: {accepted} / {sent} (+{unknown})", shown(&openid)));
        }
    }
    for (openid, (sent, unknown)) in expected {
        if sent > 0 {
            differences.push(format!("{}: 0 / {sent} (+{unknown})", shown(&openid)));
        }
    }
    differences.sort_unstable();
    Ok(differences)
}
