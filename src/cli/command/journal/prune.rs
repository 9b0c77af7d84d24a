//! `wxcast journal prune`: takes campaigns that are over out of a journal. That they were sent stays, and so nobody sends
//! one again without being told; who got them does not.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::api_base::Destination;
use crate::campaign::{CampaignId, duration, moment};
use crate::cli::campaign_lock::{holder, lock_id, take};
use crate::cli::command::journal::{accounts, exported, write};
use crate::cli::exit_code::Exit;
use crate::cli::line::journal_args;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::{AccountFolder, account_lock};
use crate::diagnostic::render::display;
use crate::journal::history::Prunable;
use crate::journal::store::Store;
use crate::own_file;
use crate::send::execution::locks::Locks;

pub(crate) fn run(args: &journal_args::Prune, terminal: &Terminal) -> Result<Exit, Problem> {
    let older =
        older(&args.older).ok_or_else(|| Problem::new(Exit::Usage, "bad-older").with("text", &args.older))?;
    let before = Timestamp::now().checked_sub(older).unwrap_or(Timestamp::MIN);
    let destination = if args.journal.local { Destination::Local } else { Destination::Real };
    let mut pruned = 0;
    for account in accounts(args.appid.as_ref(), args.journal.dir())? {
        pruned += prune(args, &account, destination, before, terminal)?;
    }
    if pruned == 0 {
        terminal.say("journal.nothing-to-prune", &[]);
    }
    Ok(Exit::Ok)
}

/// `180d`, or a length as flags take it.
fn older(text: &str) -> Option<SignedDuration> {
    let days = text.trim().strip_suffix('d').and_then(|days| days.trim().parse::<u32>().ok());
    let day = |days: u32| Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    SignedDuration::try_from(days.map(day).or_else(|| duration::parse(text))?).ok()
}

/// Prunes one account's journal. Gives how many campaigns.
fn prune(
    args: &journal_args::Prune,
    folder: &AccountFolder,
    destination: Destination,
    before: Timestamp,
    terminal: &Terminal,
) -> Result<usize, Problem> {
    let state = folder.of(destination);
    let there = match Store::read(&state)? {
        Some(store) => store.prunable(before)?,
        None => return Ok(0),
    };
    // The journal only ever takes ids that are such; one that is not is nobody's campaign.
    let ids: BTreeSet<&str> = there.iter().map(|campaign| campaign.whose.campaign.as_str()).collect();
    let ids: Vec<CampaignId> = ids.into_iter().filter_map(CampaignId::parse).collect();
    let (Some(first), Some(id)) = (there.first(), ids.first()) else { return Ok(0) };
    let (mut account, mut locks) = (Locks::default(), Vec::new());
    let path = account_lock(&first.whose.appid, &state, destination);
    take(&mut account, &path, &holder(id), None, terminal)?;
    for id in &ids {
        locks.push(lock_id(id, &state, terminal)?);
    }
    let mut store = Store::open(&state)?;
    // Somebody may have sent one of them until the locks were had.
    let mut campaigns = store.prunable(before)?;
    campaigns.retain(|campaign| there.contains(campaign));
    tell(&campaigns, terminal);
    agreed(args, &campaigns, terminal)?;
    if let Some(folder) = &args.export {
        export(&store, &campaigns, destination, folder)?;
    }
    store.prune(&campaigns, Timestamp::now())?;
    let messages: u64 = campaigns.iter().map(|campaign| campaign.messages).sum();
    terminal.say("journal.pruned-now", &[("campaigns", &campaigns.len()), ("count", &messages)]);
    Ok(campaigns.len())
}

fn tell(campaigns: &[Prunable], terminal: &Terminal) {
    for campaign in campaigns {
        terminal.say(
            "journal.campaign",
            &[
                ("campaign", &campaign.whose.campaign),
                ("wave", &campaign.whose.wave),
                ("count", &campaign.messages),
                ("last", &moment::here(campaign.last)),
            ],
        );
    }
    terminal.say("journal.prune-means", &[]);
}

fn agreed(args: &journal_args::Prune, campaigns: &[Prunable], terminal: &Terminal) -> Result<(), Problem> {
    let messages: u64 = campaigns.iter().map(|campaign| campaign.messages).sum();
    if args.yes {
        return Ok(());
    }
    if !terminal.is_interactive() {
        let unasked = Problem::new(Exit::Gate, "prune-needs-yes");
        return Err(unasked.with("campaigns", campaigns.len()).with("count", messages));
    }
    if terminal.ask("journal.prune-ask", &[("campaigns", &campaigns.len()), ("count", &messages)]) {
        return Ok(());
    }
    Err(Problem::note(Exit::Gate, "journal.prune-no"))
}

/// Writes each campaign into a file of its own first. Nothing is pruned unless all of them are there.
fn export(
    store: &Store,
    campaigns: &[Prunable],
    destination: Destination,
    folder: &Path,
) -> Result<(), Problem> {
    own_file::make_folder(folder).map_err(|reason| Problem::cannot_write(folder, reason))?;
    let mut done = BTreeSet::new();
    for Prunable { whose, .. } in campaigns {
        if !done.insert((&whose.appid, &whose.campaign)) {
            continue;
        }
        let file = folder.join(format!("{}.{}.journal.jsonl", whose.campaign, whose.appid));
        if file.exists() {
            return Err(Problem::new(Exit::Usage, "prune-exported").with("file", display(&file)));
        }
        write(store, &exported(&whose.appid, &whose.campaign, destination.name()), &file)?;
    }
    Ok(())
}
