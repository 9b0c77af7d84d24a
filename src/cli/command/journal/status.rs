//! `wxcast journal status`: where journals are, how large, what is in them, and whether they are sound.

use std::path::Path;

use serde::Serialize;

use crate::api_base::Destination;
use crate::campaign::moment;
use crate::cli::command::journal::accounts;
use crate::cli::exit_code::Exit;
use crate::cli::line::args::Format;
use crate::cli::line::journal_args;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::diagnostic::render::display;
use crate::journal::JournalError;
use crate::journal::chosen;
use crate::journal::postgres::admin;
use crate::journal::store::{self, Store};

/// A journal, for machines.
#[derive(Debug, Serialize)]
struct JournalReport {
    file: String,
    destination: &'static str,
    bytes: u64,
    journal: String,
    sound: bool,
    campaigns: Vec<CampaignStatus>,
}

/// A campaign in it.
#[derive(Debug, Serialize)]
struct CampaignStatus {
    appid: String,
    campaign: String,
    wave: u32,
    channel: &'static str,
    messages: u64,
    last: Option<String>,
    /// How many messages it had when it was pruned.
    pruned: Option<u64>,
}

pub(crate) fn run(args: &journal_args::Status, terminal: &Terminal) -> Result<Exit, Problem> {
    let mut reports = Vec::new();
    // In a database all accounts are in one journal, whichever folders are here.
    let accounts = match chosen::database() {
        None => accounts(args.appid.as_ref(), args.state.dir())?,
        Some(_) => vec![AccountFolder::insist("any", args.state.dir())?],
    };
    for account in accounts {
        for destination in [Destination::Real, Destination::Local] {
            let folder = account.of(destination);
            let report = report(&folder, destination, args.appid.as_ref())?;
            reports.extend(report);
        }
    }
    match args.format {
        Format::Json => terminal.json(&reports),
        Format::Human if reports.is_empty() => terminal.say("journal.none", &[]),
        Format::Human => reports.iter().for_each(|report| tell(report, terminal)),
    }
    Ok(Exit::Ok)
}

fn report(
    folder: &Path,
    destination: Destination,
    appid: Option<&String>,
) -> Result<Option<JournalReport>, JournalError> {
    let Some(store) = Store::read(folder)? else { return Ok(None) };
    store.check()?;
    let file = folder.join(store::FILE);
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let log = folder.join(format!("{}-wal", store::FILE));
    let (place, bytes) = match chosen::of(folder) {
        None => (display(&file), size(&file) + size(&log)),
        Some((settings, _)) => (settings.to_string(), admin::size(settings)?),
    };
    let mut campaigns = Vec::new();
    for appid in store.appids()?.into_iter().filter(|known| appid.is_none_or(|appid| appid == known)) {
        for campaign in store.campaigns(&appid)? {
            campaigns.push(CampaignStatus {
                appid: appid.clone(),
                channel: campaign.whose.channel.name(),
                campaign: campaign.whose.campaign,
                wave: campaign.whose.wave,
                messages: campaign.counts.statuses().total(),
                last: store.last_activity(campaign.key)?.map(|last| last.to_string()),
                pruned: store.pruned(campaign.key)?.map(|pruned| pruned.messages),
            });
        }
    }
    Ok(Some(JournalReport {
        destination: destination.name(),
        bytes,
        journal: store.uuid()?,
        sound: true,
        campaigns,
        file: place,
    }))
}

fn tell(report: &JournalReport, terminal: &Terminal) {
    let words = &terminal.words;
    let size = crate::message::media::size(report.bytes);
    let mut text = words.say(
        &format!("journal.file.{}", report.destination),
        &[("file", &report.file), ("size", &size), ("journal", &report.journal)],
    );
    text.push('\n');
    for campaign in &report.campaigns {
        let last = campaign.last.as_deref().and_then(|last| last.parse().ok());
        let last = last.map_or_else(|| "?".to_owned(), moment::here);
        let (key, messages) = match campaign.pruned {
            Some(pruned) => ("journal.pruned", pruned),
            None => ("journal.campaign", campaign.messages),
        };
        text.push_str(&words.say(
            key,
            &[
                ("campaign", &campaign.campaign),
                ("wave", &campaign.wave),
                ("count", &messages),
                ("last", &last),
            ],
        ));
        text.push('\n');
    }
    terminal.data(&text);
}
