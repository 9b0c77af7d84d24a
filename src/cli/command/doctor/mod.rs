//! `wxcast doctor`: what could keep a campaign from being sent, found out before it is. It sends nobody anything and
//! changes nothing but the kept token.

mod account;
mod computer;
mod database;
mod notified;
mod online;

use std::path::PathBuf;

use crate::api_base::Hosts;
use crate::campaign::Campaign;
use crate::cli::context::{environment, load_campaign};
use crate::cli::exit_code::Exit;
use crate::cli::gate::Doubted;
use crate::cli::line::args::{self, Format};
use crate::cli::platform::{Platform, hosts};
use crate::cli::problem::Problem;
use crate::cli::telling::{Asked, doubted};
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::report::doctor::{DoctorReport, Finding, State};
use crate::report::join::identity;
use crate::report::run::summary;

/// What the checks look at.
struct Patient<'a> {
    campaign: &'a Campaign,
    hosts: Hosts,
    state: PathBuf,
    /// What `send` would stop for.
    doubted: Option<Doubted>,
    /// What the platform said; nothing where there is no secret to ask with, which has been told.
    told: Option<account::PlatformAnswers>,
    terminal: &'a Terminal,
}

/// A check: it looks at what is known and says how the thing is.
type Check = fn(&Patient<'_>) -> Found;

/// Every check by its name, in the order in which they are told.
const CHECKS: &[(&str, Check)] = &[
    ("token", account::token),
    ("ip", account::ip),
    ("clock", account::clock),
    ("permission", account::permission),
    ("audience", account::audience),
    ("kf-account", account::kf_account),
    ("quota", account::quota),
    ("rate", account::rate),
    ("state-folder", computer::state_folder),
    ("journal", computer::journal),
    ("stop", computer::stop),
    ("media", computer::media),
    ("disk", computer::disk),
    ("proxy", computer::proxy),
];

/// What a check finds: how the thing is, what there is to say, and what to do.
struct Found {
    state: State,
    message: String,
    help: Option<String>,
    /// How `send` would end because of it, where it is a fault.
    send: Exit,
}

impl Found {
    fn ok(message: String) -> Self {
        Self { state: State::Ok, message, help: None, send: Exit::Account }
    }

    fn warning(message: String, help: Option<String>) -> Self {
        Self { state: State::Warning, message, help, send: Exit::Account }
    }

    fn fault(message: String, help: Option<String>) -> Self {
        Self { state: State::Fault, message, help, send: Exit::Account }
    }

    /// A fault for which `send` has another exit.
    fn stops_send(self, send: Exit) -> Self {
        Self { send, ..self }
    }

    /// How the command ends because of it.
    fn exit(&self) -> Exit {
        match self.state {
            State::Ok | State::Warning => Exit::Ok,
            State::Fault => self.send,
        }
    }
}

impl Patient<'_> {
    /// The sentence `doctor.<key>`.
    fn sentence(&self, key: &str, places: &[(&str, &dyn std::fmt::Display)]) -> String {
        self.terminal.words.say(&format!("doctor.{key}"), places)
    }
}

/// Looks at everything and tells it.
///
/// # Errors
///
/// When the campaign is faulty; and, once everything else was looked at, what keeps the platform from being asked.
pub(crate) fn run(args: &args::Doctor, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let campaign = load_campaign(path, &environment())?;
    let hosts = hosts(&campaign)?;
    let account = AccountFolder::insist(&campaign.account.appid, args.state.dir())?;
    let state = account.of(hosts.destination());
    let whose = identity(&campaign);
    let asked = Asked { path, whose: &whose, id: &campaign.id, flag: args.state.dir(), local: false };
    // A journal that cannot be read is found by its own check.
    let doubted = doubted(&asked, &account, hosts.destination()).ok().flatten();
    // Without a secret, or with one that others can read, the rest can still be looked at.
    let (told, unasked) = match Platform::open(&campaign, &state, terminal) {
        Ok(platform) => (Some(account::ask(&platform, campaign.account.kind, terminal)), None),
        Err(problem) => (None, Some(problem)),
    };
    let patient = Patient { campaign: &campaign, hosts, state, doubted, told, terminal };
    let notify = args.notify.then(|| ("notify", notified::notified(&campaign, terminal)));
    let online = args.online.then(|| ("version", online::newer(terminal)));
    let found: Vec<(&str, Found)> = CHECKS
        .iter()
        .map(|(check, look)| (*check, look(&patient)))
        .chain(database::checks(&patient))
        .chain(notify)
        .chain(online)
        .collect();
    let exit = found.iter().map(|(_, found)| found.exit()).max().unwrap_or(Exit::Ok);
    let checks: Vec<Finding> = found
        .into_iter()
        .map(|(check, Found { state, message, help, .. })| Finding { check, state, message, help })
        .collect();
    let report = DoctorReport {
        campaign: campaign.id.to_string(),
        appid: campaign.account.appid.clone(),
        checks,
        exit: summary::ExitReport { code: exit.code(), name: exit.name().to_owned() },
    };
    match args.format {
        Format::Json => terminal.json(&report),
        Format::Human => terminal.data(&report.text(&terminal.words)),
    }
    let next = if exit == Exit::Ok { "doctor.well" } else { "doctor.ill" };
    if let Some(problem) = unasked {
        return Err(problem.exits(exit).next(next, path));
    }
    terminal.next(next, path);
    Ok(exit)
}
