//! `wxcast status`: counts from the journal, also while another process sends.

use crate::cli::args::{self, Format};
use crate::cli::context::{environment, load_sound, state_dir};
use crate::cli::exit_code::Exit;
use crate::cli::send::{campaign_lock, join_problem, journal_problem};
use crate::cli::terminal::Terminal;
use crate::journal::lock;
use crate::journal::store::Store;
use crate::report::model::tally;
use crate::report::summary::{self, StatusReport, by_code};

/// Tells how far a campaign is.
pub fn run(args: &args::Status, terminal: &Terminal) -> Exit {
    let path = &args.campaign.campaign;
    let (campaign, plan) = match load_sound(path, &environment(), terminal) {
        Ok(sound) => sound,
        Err(exit) => return exit,
    };
    let state = state_dir(path, args.state_dir.as_ref());
    let store = match Store::read(&state) {
        Ok(store) => store,
        Err(error) => return journal_problem(&error, terminal),
    };
    let tally = match tally(&campaign, &plan.repeated, store.as_ref()) {
        Ok(tally) => tally,
        Err(error) => return join_problem(&error, terminal),
    };
    let lock = campaign_lock(&state, &campaign);
    let running = lock::is_held(&lock);
    match args.format {
        Format::Json => terminal.json(&StatusReport {
            campaign: campaign.id.to_string(),
            wave: campaign.wave,
            digest: plan.digest.to_string(),
            counts: tally.counts,
            refused_by_code: by_code(&tally.refused_by_code),
            running,
            in_flight: if running { tally.in_flight } else { 0 },
        }),
        Format::Human => {
            terminal.data(&summary::counts(&tally.counts, &tally.refused_by_code, &terminal.words));
            if let Some(holder) = lock::holder_of(&lock).filter(|_| running) {
                terminal.say(
                    "status.running",
                    &[("pid", &holder.pid), ("host", &holder.host), ("since", &holder.since)],
                );
            }
        }
    }
    Exit::Ok
}
