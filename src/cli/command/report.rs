//! `wxcast report`: the runs of a campaign, from its journal, also while another process sends.

use crate::campaign::Campaign;
use crate::cli::command::send::campaign_lock;
use crate::cli::context::{Loaded, environment, load, load_campaign, state_dir};
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::output::{masks, print};
use crate::cli::problem::{join_problem, journal_problem};
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::journal::lock::is_held;
use crate::journal::store::Store;
use crate::plan::Plan;
use crate::report;
use crate::report::run::history::History;

/// Writes the report.
pub(crate) fn run(args: &args::Report, terminal: &Terminal) -> Exit {
    write(args, terminal).unwrap_or_else(|exit| exit)
}

fn write(args: &args::Report, terminal: &Terminal) -> Result<Exit, Exit> {
    let path = &args.campaign.campaign;
    let Some(format) = report::format(report::RUN, &args.format) else { return Err(Exit::Usage) };
    let (campaign, plan) = campaign(args, terminal)?;
    let state = state_dir(path, args.state_dir.as_ref());
    let store = Store::read(&state).map_err(|error| journal_problem(&error, terminal))?;
    let history = History {
        campaign: &campaign,
        plan: plan.as_ref(),
        store: store.as_ref(),
        running: is_held(&campaign_lock(&state, &campaign.id)),
        masked: masks(args.mask_openid, format.travels),
    };
    let told = history.read(&terminal.words).map_err(|error| join_problem(&error, terminal))?;
    print(args.output.as_deref(), terminal, |out| (format.write)(&told, &terminal.words, out))?;
    if let Some(file) = &args.output {
        terminal.say("report.written", &[("file", &display(file))]);
        terminal.next("look", path);
    }
    Ok(Exit::Ok)
}

/// The campaign, and its plan unless its audience has faults now: what was sent is told all the same.
fn campaign(args: &args::Report, terminal: &Terminal) -> Result<(Campaign, Option<Plan>), Exit> {
    let path = &args.campaign.campaign;
    let Loaded { campaign, plan, .. } = load(path, &environment());
    match campaign {
        Some(campaign) => Ok((campaign, Some(plan))),
        None => {
            let campaign = load_campaign(path, &environment(), terminal)?;
            terminal.say("report.faulty-files", &[]);
            Ok((campaign, None))
        }
    }
}
