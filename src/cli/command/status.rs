//! `wxcast status`: counts from the journal, also while another process sends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::api_base::Destination;
use crate::campaign::file::OnUnknown;
use crate::campaign::{Campaign, CampaignId, moment};
use crate::cli::campaign_lock::campaign_lock;
use crate::cli::context::{Whose, environment, load_campaign, load_sound_guarded, whose};
use crate::cli::ending::{next_key, skipped_by_reason};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Format, MaskOpenid};
use crate::cli::problem::Problem;
use crate::cli::receipt_told;
use crate::cli::running::Running;
use crate::cli::stop_file;
use crate::cli::telling::{Asked, Teller};
use crate::cli::terminal::{Terminal, argument};
use crate::delivery::outcome::Counts;
use crate::delivery::stop::StopReason;
use crate::delivery::tally::Tally;
use crate::diagnostic::render::display;
use crate::journal::run::RunRecord;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError, lock};
use crate::plan::skip::Skip;
use crate::report::join::{JoinError, tally, tally_of_counted, tally_of_journal};
use crate::report::progress;
use crate::report::run::stopped::why;
use crate::report::run::summary::{self, StatusReport, by_code};

/// How often a watched status is told anew.
const WATCH: Duration = Duration::from_secs(2);

/// A list of so many bytes is read in the blink of an eye. A greater one is left to `report`: status is asked often.
const QUICK: u64 = 4 << 20;

/// Tells how far a campaign is; with `--watch` again and again until nobody sends it any more.
pub(crate) fn run(args: &args::Status, terminal: &Terminal) -> Result<Exit, Problem> {
    if args.watch {
        return watch(args, terminal);
    }
    let seen = once(args, terminal)?;
    seen.end(args, terminal);
    Ok(Exit::Ok)
}

/// Tells it again and again: on a terminal in the same place, with how long it will still take.
fn watch(args: &args::Status, terminal: &Terminal) -> Result<Exit, Problem> {
    let mut place = terminal.place(args.format == Format::Human);
    let begun = Instant::now();
    let mut first = None;
    loop {
        let (seen, heard) = match &place {
            Some(_) => {
                let listener = terminal.listener();
                let seen = once(args, &listener)?;
                (seen, Some(listener.into_heard()))
            }
            None => (once(args, terminal)?, None),
        };
        let unsent = seen.counts.unsent;
        let left = seen.running.then(|| {
            let (from, since) = *first.get_or_insert((unsent, begun.elapsed()));
            let took = begun.elapsed().checked_sub(since)?;
            time_left(from.checked_sub(unsent)?, unsent, took)
        });
        let left = left.flatten().map(|time| progress::left(time, &terminal.words));
        match (&mut place, heard) {
            (Some(place), Some(heard)) => place.show(&heard, left.as_deref()),
            _ => {
                if let Some(left) = left.filter(|_| args.format == Format::Human) {
                    terminal.tell(&format!("{left}\n"));
                }
            }
        }
        if !seen.running {
            seen.end(args, terminal);
            return Ok(Exit::Ok);
        }
        std::thread::sleep(WATCH);
    }
}

/// How long so many messages still take where so many took so long; nothing before anything was seen to leave.
fn time_left(done: u64, left: u64, took: Duration) -> Option<Duration> {
    let each = took.checked_div(u32::try_from(done).ok()?)?;
    each.checked_mul(u32::try_from(left).ok()?)
}

/// How a campaign stands, as far as that says what is to be done next.
struct Situation {
    /// Whether somebody is sending.
    running: bool,
    /// Whether something speaks against what is told, or only the receipt tells it: what is to be done has been said.
    told: bool,
    counts: Counts,
    /// Where the messages went that are counted.
    destination: Destination,
    /// How many were sent another text than the campaign has now.
    altered: u64,
    /// Whether a run began, and stopped before everybody had been tried.
    begun: bool,
}

impl Situation {
    /// Names the command that goes on from here, to people.
    fn end(&self, args: &args::Status, terminal: &Terminal) {
        if args.format == Format::Human {
            self.next(&args.campaign.campaign, terminal);
        }
    }

    /// Names the command that goes on from here.
    fn next(&self, campaign: &Path, terminal: &Terminal) {
        let Counts { sent, refused, failed, unknown, skipped: _, unsent: _ } = self.counts;
        if self.told {
            return;
        }
        if self.running {
            terminal.next("running", campaign);
        } else if sent + refused + failed + unknown == 0 && !self.begun {
            terminal.next("init", campaign);
        } else {
            let exit = Exit::of_counts(&self.counts);
            // There `send` would stop: the text that everybody has is not the one in the files.
            if exit == Exit::Ok && self.altered > 0 {
                return terminal.next("altered", campaign);
            }
            // What becomes of unknown ones is in the campaign file, which may be faulty just now.
            let on_unknown = load_campaign(campaign, &environment())
                .map_or(OnUnknown::Hold, |campaign| campaign.send.on_unknown);
            terminal.next(&next_key(exit, &self.counts, on_unknown, self.destination), campaign);
        }
    }
}

/// The figures of a campaign, and what they are of.
struct Figures {
    tally: Tally,
    /// The skipped ones by reason.
    skipped: BTreeMap<String, u64>,
    /// Of what was sent last, or would be sent now; nothing where that was never noted.
    digest: Option<String>,
    /// Whether it is of the list as it is now.
    is_of_now: bool,
    /// What has become of the list, where that can be told.
    list: Option<List>,
    /// Why the last run stopped before everybody had been tried, where it did.
    stopped: Option<StopReason>,
}

/// What has become of the list since the last send.
#[derive(Debug, Clone, Copy)]
struct List {
    /// How many people have come to it.
    more: u64,
    /// How many are gone.
    fewer: u64,
}

impl List {
    /// Holds what the last run was of against the list as it is now. Who was never tried is known by number alone.
    fn since(last: &RunRecord, journal: &Counts, now: &Tally) -> Self {
        let tried = |counts: &Counts| counts.sent + counts.refused + counts.failed + counts.unknown;
        // Whom earlier runs tried and the last one no longer had.
        let gone_before = last.counts.map_or(0, |then| tried(journal).saturating_sub(tried(&then)));
        let gone = now.gone.saturating_sub(gone_before);
        let decided: u64 = now.skipped.values().sum();
        let left_out: u64 = now.left_out.values().sum();
        let planned = now.counts.total() - now.counts.skipped - left_out + decided;
        let more = (planned + gone).saturating_sub(last.planned);
        let fewer = gone + last.planned.saturating_sub(planned + gone);
        Self { more, fewer }
    }

    /// Says it, where there is something to say.
    fn tell(self, terminal: &Terminal) {
        let Self { more, fewer } = self;
        match (more, fewer) {
            (0, 0) => {}
            (_, 0) => terminal.say("status.list-more", &[("more", &more)]),
            (0, _) => terminal.say("status.list-fewer", &[("fewer", &fewer)]),
            (_, _) => terminal.say("status.list-changed", &[("more", &more), ("fewer", &fewer)]),
        }
    }
}

/// What became of the people of the list, and the skipped ones by reason.
type OfNow = (Tally, BTreeMap<String, u64>);

/// What became of the people of the list as it is now, where it can be read at once.
fn as_it_is_now(path: &Path, store: &Store) -> Result<Option<OfNow>, JournalError> {
    // What the files lack is told by `plan`; here it only keeps the list from being read.
    let quick = load_campaign(path, &environment()).is_ok_and(|campaign| is_quick(&campaign));
    if !quick {
        return Ok(None);
    }
    let Ok((campaign, plan)) = load_sound_guarded(path, &environment(), MaskOpenid::Auto) else {
        return Ok(None);
    };
    match tally(&campaign, &plan, Some(store)) {
        Ok(tally) => {
            let skipped = skipped_by_reason(&plan, &tally).into_iter().filter(|(_, count)| *count > 0);
            Ok(Some((tally, skipped.collect())))
        }
        Err(JoinError::Audience(_) | JoinError::Changed) => Ok(None),
        Err(JoinError::Journal(error)) => Err(error),
    }
}

/// Whether everything that makes up the list is read at once. A workbook holds about eight times its size.
fn is_quick(campaign: &Campaign) -> bool {
    let size = |file: &PathBuf| {
        let workbook = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
        let size = std::fs::metadata(file).map_or(0, |about| about.len());
        if workbook { size.saturating_mul(8) } else { size }
    };
    campaign.reads().iter().map(size).sum::<u64>() <= QUICK
}

/// What the journal says of a campaign; nothing where it has no message of it.
fn sent(teller: &Teller, identity: &Identity, looks: Option<&Path>) -> Result<Option<Figures>, JournalError> {
    let Some(store) = Store::read(&teller.state)? else { return Ok(None) };
    let Some(number) = store.find_campaign(identity)? else { return Ok(None) };
    let last = store.runs(number)?.pop();
    let pruned = store.pruned(number)?.is_some();
    let by_journal = match (last.as_ref().and_then(|last| last.counts).filter(|_| pruned), &teller.counted) {
        // Who they were is not known any more, how many is.
        (Some(counts), _) => Tally { counts, ..Tally::default() },
        (None, Some(counted)) => tally_of_counted(&store, number, counted.clone())?,
        (None, None) => tally_of_journal(&store, number)?,
    };
    // What was taken over or imported may have no run.
    if last.is_none() && by_journal.counts.total() == 0 {
        return Ok(None);
    }
    let digest = last.as_ref().map(|last| last.digest.clone());
    let stopped = last.as_ref().and_then(|last| last.reason.clone());
    if let Some(path) = looks.filter(|_| !pruned)
        && let Some((of_list, skipped)) = as_it_is_now(path, &store)?
    {
        let list = last.as_ref().map(|last| List::since(last, &by_journal.counts, &of_list));
        // Why requests failed is on the disk alone; the list is held against what is in memory.
        let Tally { failed_by_cause, unknown_by_cause, .. } = by_journal;
        let tally = Tally { failed_by_cause, unknown_by_cause, ..of_list };
        return Ok(Some(Figures { tally, skipped, digest, is_of_now: true, list, stopped }));
    }
    let decided = by_journal.skipped.iter().map(|(reason, count)| (reason.name().to_owned(), *count));
    // An older version noted how many its files skipped, and not why.
    let skipped = last.and_then(|last| last.skipped).into_iter().flatten().chain(decided).collect();
    Ok(Some(Figures { tally: by_journal, skipped, digest, is_of_now: false, list: None, stopped }))
}

/// Tells once.
fn once(args: &args::Status, terminal: &Terminal) -> Result<Situation, Problem> {
    let path = &args.campaign.campaign;
    let flag = args.journal.dir();
    let Whose { identity, id, zone, .. } =
        whose(path).inspect_err(|_| tell_running(path, None, flag, terminal))?;
    let asked = Asked { path, whose: &identity, id: &id, flag, local: args.journal.local };
    let teller = Teller::find(&asked, terminal)?;
    let doubted = teller.is_doubted();
    // Whoever sends has the list as it was when the run began.
    let looks = (!teller.running && !doubted).then_some(path.as_path());
    let sent = sent(&teller, &identity, looks)?;
    let by_journal = sent.is_some();
    let receipt = if by_journal { None } else { receipt_told::find(path, &identity, args.journal.local) };
    let of_folder = |counts, digest| Figures {
        tally: Tally { counts, ..Tally::default() },
        skipped: BTreeMap::new(),
        digest,
        is_of_now: false,
        list: None,
        stopped: None,
    };
    let known = match (sent, teller.folder, &receipt) {
        (Some(sent), ..) => sent,
        (None, Some(counts), _) => of_folder(counts, receipt.as_ref().map(|entry| entry.digest.clone())),
        (None, None, Some(entry)) => of_folder(entry.counts, Some(entry.digest.clone())),
        // Nothing was sent yet: everybody is still to be sent.
        (None, None, None) => planned(path)?,
    };
    let Figures { tally, skipped, digest, is_of_now, list, stopped } = known;
    let stopped = stopped.filter(|_| !teller.running && tally.counts.unsent > 0);
    let running = teller.running;
    match args.format {
        Format::Json => terminal.json(&StatusReport {
            campaign: identity.campaign,
            wave: identity.wave,
            digest,
            counts: tally.counts,
            list_read: is_of_now,
            doubt: teller.why(terminal),
            skipped_by_reason: skipped,
            refused_by_code: by_code(&tally.refused_by_code),
            running,
            in_flight: if running { tally.in_flight } else { 0 },
        }),
        Format::Human => {
            terminal.colorful(&summary::counts(&tally, &terminal.words, terminal.colors_data()));
            let lock = campaign_lock(&teller.state, &id);
            if let Some(holder) = lock::holder_of(&lock).filter(|_| running) {
                let (pid, host) = (&holder.pid, &holder.host);
                match holder.waits_until {
                    Some(until) => terminal.say(
                        "status.waiting",
                        &[("pid", pid), ("host", host), ("until", &moment::happened(until, &zone))],
                    ),
                    None => terminal.say(
                        "status.running",
                        &[("pid", pid), ("host", host), ("since", &moment::happened(holder.since, &zone))],
                    ),
                }
            }
            if let Some(reason) = &stopped {
                terminal.say("status.stopped", &[("reason", &why(reason, &terminal.words))]);
            }
            if by_journal && looks.is_some() && !is_of_now {
                terminal.say("status.list-unread", &[("campaign", &argument(path))]);
            }
            if tally.altered > 0 {
                terminal.say("status.altered", &[("count", &tally.altered)]);
            }
        }
    }
    if let Some(list) = list {
        list.tell(terminal);
    }
    if let Some(file) = stop_file::find(path) {
        terminal.say("status.stop", &[("file", &display(&file))]);
    }
    teller.warn(terminal);
    match &receipt {
        Some(entry) if doubted && entry.running => receipt_told::tell_stop(entry, path, terminal),
        Some(entry) if !doubted => receipt_told::tell(entry, path, terminal),
        Some(_) | None => {}
    }
    if args.format == Format::Human && !running {
        tell_running(path, Some(&id), flag, terminal);
    }
    let told = doubted || receipt.is_some();
    let destination = teller.destination;
    Ok(Situation {
        running,
        told,
        counts: tally.counts,
        destination,
        altered: tally.altered,
        begun: stopped.is_some(),
    })
}

/// Says what is being sent from this folder although the campaign file names no campaign, or by now another one.
fn tell_running(path: &Path, id: Option<&CampaignId>, flag: Option<&PathBuf>, terminal: &Terminal) {
    if let Some(running) = Running::beside(path, flag).filter(|running| Some(&running.id) != id) {
        terminal.warn("status.beside", &[("campaign", &running.id), ("path", &argument(path))]);
    }
}

/// What the files say, where nobody was sent anything yet.
fn planned(path: &Path) -> Result<Figures, Problem> {
    let (campaign, plan) = load_sound_guarded(path, &environment(), MaskOpenid::Auto)?;
    let tally = tally(&campaign, &plan, None)?;
    let by_files = Skip::ALL.into_iter().map(|why| (why.name().to_owned(), plan.counts.of(why)));
    let skipped = by_files.filter(|(_, count)| *count > 0).collect();
    Ok(Figures {
        tally,
        skipped,
        digest: Some(plan.digest.to_string()),
        is_of_now: true,
        list: None,
        stopped: None,
    })
}
