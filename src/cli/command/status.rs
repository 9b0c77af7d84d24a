//! `wxcast status`: counts from the journal, also while another process sends.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::cli::campaign_lock::campaign_lock;
use crate::cli::context::{Whose, environment, load_sound_guarded, whose};
use crate::cli::elsewhere;
use crate::cli::ending::next_key;
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Format, MaskOpenid};
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::telling;
use crate::delivery::outcome::Counts;
use crate::delivery::tally::Tally;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError, lock};
use crate::plan::skip::Skip;
use crate::report::join::{tally, tally_of_journal};
use crate::report::run::summary::{self, StatusReport, by_code};

/// How often a watched status is told anew.
const WATCH: Duration = Duration::from_secs(2);

/// Tells how far a campaign is; with `--watch` again and again until nobody sends it any more.
pub(crate) fn run(args: &args::Status, terminal: &Terminal) -> Result<Exit, Problem> {
    loop {
        let seen = once(args, terminal)?;
        if args.watch && seen.running {
            std::thread::sleep(WATCH);
            continue;
        }
        if args.format == Format::Human {
            seen.next(&args.campaign.campaign, terminal);
        }
        return Ok(Exit::Ok);
    }
}

/// What a look at a campaign shows.
struct Seen {
    /// Whether somebody is sending.
    running: bool,
    /// Whether only the receipt tells of it: what is to be done is then for those who have the journal.
    elsewhere: bool,
    counts: Counts,
}

impl Seen {
    /// Names the command that goes on from here.
    fn next(&self, campaign: &Path, terminal: &Terminal) {
        let Counts { sent, refused, failed, unknown, skipped: _, unsent: _ } = self.counts;
        if self.elsewhere {
            return;
        }
        if self.running {
            terminal.next("running", campaign);
        } else if sent + refused + failed + unknown == 0 {
            terminal.next("init", campaign);
        } else {
            terminal.next(&next_key(Exit::of_counts(&self.counts), &self.counts), campaign);
        }
    }
}

/// What is known of a campaign.
struct Known {
    tally: Tally,
    /// The skipped ones by reason.
    skipped: BTreeMap<String, u64>,
    /// Of what was sent last, or would be sent now.
    digest: String,
}

/// What the journal says of a campaign; nothing where no run has begun.
fn sent(state: &Path, identity: &Identity) -> Result<Option<Known>, JournalError> {
    let Some(store) = Store::read(state)? else { return Ok(None) };
    let Some(number) = store.find_campaign(identity)? else { return Ok(None) };
    let Some(last) = store.runs(number)?.pop() else { return Ok(None) };
    let tally = match (store.pruned(number)?, last.counts) {
        // Who they were is not known any more, how many is.
        (Some(_), Some(counts)) => Tally { counts, ..Tally::default() },
        (Some(_), None) | (None, _) => tally_of_journal(&store, number)?,
    };
    let decided = tally.skipped.iter().map(|(reason, count)| (reason.name().to_owned(), *count));
    // An older version noted how many its files skipped, and not why.
    let skipped = last.skipped.into_iter().flatten().chain(decided).collect();
    Ok(Some(Known { tally, skipped, digest: last.digest }))
}

/// Tells once.
fn once(args: &args::Status, terminal: &Terminal) -> Result<Seen, Problem> {
    let path = &args.campaign.campaign;
    let Whose { identity, id, .. } = whose(path)?;
    let (state, _) = telling(path, &identity, args.state_dir.as_ref(), args.local, terminal)?;
    let sent = sent(&state, &identity)?;
    let receipt = if sent.is_none() { elsewhere::find(path, &identity, args.local) } else { None };
    let Known { tally, skipped, digest } = match (sent, &receipt) {
        (Some(sent), _) => sent,
        (None, Some(entry)) => Known {
            tally: Tally { counts: entry.counts, ..Tally::default() },
            skipped: BTreeMap::new(),
            digest: entry.digest.clone(),
        },
        // Nothing was sent yet: everybody is still to be sent.
        (None, None) => {
            let (campaign, plan) = load_sound_guarded(path, &environment(), MaskOpenid::Auto)?;
            let tally = tally(&campaign, &plan, None)?;
            let by_files = Skip::ALL.into_iter().map(|why| (why.name().to_owned(), plan.counts.of(why)));
            let skipped = by_files.filter(|(_, count)| *count > 0).collect();
            Known { tally, skipped, digest: plan.digest.to_string() }
        }
    };
    let lock = campaign_lock(&state, &id);
    let running = lock::is_held(&lock);
    match args.format {
        Format::Json => terminal.json(&StatusReport {
            campaign: identity.campaign,
            wave: identity.wave,
            digest,
            counts: tally.counts,
            skipped_by_reason: skipped,
            refused_by_code: by_code(&tally.refused_by_code),
            running,
            in_flight: if running { tally.in_flight } else { 0 },
        }),
        Format::Human => {
            terminal.data(&summary::counts(&tally, &terminal.words));
            if let Some(holder) = lock::holder_of(&lock).filter(|_| running) {
                terminal.say(
                    "status.running",
                    &[("pid", &holder.pid), ("host", &holder.host), ("since", &holder.since)],
                );
            }
        }
    }
    if let Some(entry) = &receipt {
        elsewhere::tell(entry, path, terminal);
    }
    Ok(Seen { running, elsewhere: receipt.is_some(), counts: tally.counts })
}
