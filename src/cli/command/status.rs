//! `wxcast status`: counts from the journal, also while another process sends.

use std::path::Path;
use std::time::Duration;

use crate::cli::command::send::campaign_lock;
use crate::cli::context::{environment, load_sound, state_dir};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Format};
use crate::cli::problem::{join_problem, journal_problem};
use crate::cli::terminal::Terminal;
use crate::delivery::outcome::Counts;
use crate::journal::lock;
use crate::journal::store::Store;
use crate::report::join::tally;
use crate::report::run::summary::{self, StatusReport, by_code};

/// How often a watched status is told anew.
const WATCH: Duration = Duration::from_secs(2);

/// Tells how far a campaign is; with `--watch` again and again until nobody sends it any more.
pub(crate) fn run(args: &args::Status, terminal: &Terminal) -> Exit {
    loop {
        match once(args, terminal) {
            Ok(Seen { running: true, .. }) if args.watch => std::thread::sleep(WATCH),
            Ok(seen) => {
                if args.format == Format::Human {
                    seen.next(&args.campaign.campaign, terminal);
                }
                return Exit::Ok;
            }
            Err(exit) => return exit,
        }
    }
}

/// What a look at a campaign shows.
struct Seen {
    /// Whether somebody is sending.
    running: bool,
    counts: Counts,
}

impl Seen {
    /// Names the command that goes on from here.
    fn next(&self, campaign: &Path, terminal: &Terminal) {
        let Counts { sent, refused, failed, unknown, skipped: _, unsent: _ } = self.counts;
        if self.running {
            terminal.next("running", campaign);
        } else if sent + refused + failed + unknown == 0 {
            terminal.next("init", campaign);
        } else {
            terminal.next(&format!("exit.{}", Exit::of_counts(&self.counts).name()), campaign);
        }
    }
}

/// Tells once.
fn once(args: &args::Status, terminal: &Terminal) -> Result<Seen, Exit> {
    let path = &args.campaign.campaign;
    let (campaign, plan) = load_sound(path, &environment(), terminal)?;
    let state = state_dir(path, args.state_dir.as_ref());
    let store = Store::read(&state).map_err(|error| journal_problem(&error, terminal))?;
    let tally = tally(&campaign, &plan, store.as_ref()).map_err(|error| join_problem(&error, terminal))?;
    let lock = campaign_lock(&state, &campaign.id);
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
    Ok(Seen { running, counts: tally.counts })
}
