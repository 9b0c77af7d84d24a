//! `wxcast history`: what an account sent, over all its campaigns, and what one person got.

use jiff::Timestamp;
use serde::Serialize;

use crate::api_base::Destination;
use crate::campaign::moment;
use crate::cli::command::journal::accounts;
use crate::cli::context::{Whose, whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{Format, MaskOpenid};
use crate::cli::line::journal_args;
use crate::cli::problem::Problem;
use crate::cli::telling::{self, Teller};
use crate::cli::terminal::{Terminal, masks};
use crate::cli::user_state::{self, AccountFolder};
use crate::delivery::outcome::{Counts, Status};
use crate::diagnostic::render::display;
use crate::journal::history::{CampaignRecord, PersonMessage};
use crate::journal::identity::Channel;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::locale::mask::mask;
use crate::locale::visible::one_line;

/// A campaign and wave, for machines.
#[derive(Debug, Serialize)]
struct CampaignHistory {
    appid: String,
    campaign: String,
    wave: u32,
    channel: &'static str,
    destination: &'static str,
    counts: Counts,
    runs: u64,
    first: Option<String>,
    last: Option<String>,
    computers: Vec<String>,
    hosts: Vec<String>,
    /// How many messages it had when it was pruned.
    pruned: Option<u64>,
}

/// A message to the person who was asked for, for machines.
#[derive(Debug, Serialize)]
struct MessageReport {
    appid: String,
    campaign: String,
    wave: u32,
    channel: &'static str,
    destination: &'static str,
    number: u32,
    status: &'static str,
    errcode: Option<i64>,
    attempts: u32,
    at: String,
}

/// Tells the history.
pub(crate) fn run(args: &journal_args::History, terminal: &Terminal) -> Result<Exit, Problem> {
    let (mut campaigns, mut messages) = (Vec::new(), Vec::new());
    let journals = journals(args, terminal)?;
    let asked = !journals.is_empty();
    for (store, destination, only) in journals {
        for appid in store.appids()? {
            if let Some(openid) = &args.openid {
                let found = store.of_person(&appid, openid)?;
                messages.extend(found.into_iter().map(|message| of_person(message, destination)));
                continue;
            }
            for record in store.campaigns(&appid)? {
                if only.as_ref().is_none_or(|only| is_of(only, &record.whose)) {
                    campaigns.push(of_campaign(record, &store, destination)?);
                }
            }
        }
    }
    match args.format {
        Format::Json if args.openid.is_some() => terminal.json(&messages),
        Format::Json => terminal.json(&campaigns),
        Format::Human if campaigns.is_empty() && messages.is_empty() => nothing(args, asked, terminal),
        Format::Human => {
            let lines = campaigns.iter().map(|campaign| campaign_line(campaign, terminal));
            let lines = lines.chain(messages.iter().map(|message| message_line(message, terminal)));
            terminal.data(&lines.map(|line| line + "\n").collect::<String>());
        }
    }
    Ok(Exit::Ok)
}

/// Says what was looked for and not found, and where.
fn nothing(args: &journal_args::History, asked: bool, terminal: &Terminal) {
    let folder = args.journal.dir().cloned().or_else(user_state::folder);
    match (&args.openid, folder) {
        // Most likely the folder is misspelt.
        (_, Some(folder)) if !asked => {
            terminal.say("history.no-journal", &[("folder", &display(&folder))]);
        }
        (Some(openid), _) => {
            let openid = if masks(MaskOpenid::Auto) { mask(openid) } else { openid.clone() };
            terminal.say("history.nobody", &[("openid", &openid)]);
        }
        (None, _) => terminal.say("history.none", &[]),
    }
}

/// A journal, where its messages went, and the campaign that alone is meant, where one is.
type Asked = (Store, Destination, Option<Identity>);

fn journals(args: &journal_args::History, terminal: &Terminal) -> Result<Vec<Asked>, Problem> {
    if let Some(campaign) = &args.campaign {
        let Whose { identity, id, .. } = whose(campaign)?;
        let asked = telling::Asked {
            path: campaign,
            whose: &identity,
            id: &id,
            flag: args.journal.dir(),
            local: args.journal.local,
        };
        let teller = Teller::find(&asked, terminal)?;
        teller.warn(terminal);
        let store = Store::read(&teller.state)?;
        return Ok(store.map(|store| (store, teller.destination, Some(identity))).into_iter().collect());
    }
    let mut found = Vec::new();
    for account in accounts(args.appid.as_ref(), args.journal.dir())? {
        found.extend(journal(&account, args.journal.local, terminal)?);
    }
    Ok(found)
}

/// The journal of an account that tells: the real one where there is one, else the local one, and then that is said.
fn journal(account: &AccountFolder, local: bool, terminal: &Terminal) -> Result<Option<Asked>, Problem> {
    let read = |destination| -> Result<Option<Asked>, Problem> {
        let store = Store::read(&account.of(destination))?;
        Ok(store.map(|store| (store, destination, None)))
    };
    if !local && let Some(real) = read(Destination::Real)? {
        return Ok(Some(real));
    }
    let found = read(Destination::Local)?;
    if found.is_some() && !local {
        terminal.say("history.local", &[]);
    }
    Ok(found)
}

/// Whether it is the same campaign, in whatever wave and channel.
fn is_of(only: &Identity, whose: &Identity) -> bool {
    (&only.appid, &only.campaign) == (&whose.appid, &whose.campaign)
}

fn of_campaign(
    record: CampaignRecord,
    store: &Store,
    destination: Destination,
) -> Result<CampaignHistory, JournalError> {
    let CampaignRecord { key, whose, counts, runs, first, last, computers, hosts, origin } = record;
    let Identity { appid, campaign, wave, channel } = whose;
    let text = |at: Timestamp| at.to_string();
    Ok(CampaignHistory {
        appid,
        campaign,
        wave,
        channel: channel.name(),
        destination: destination.name(),
        counts: counts.statuses(),
        runs,
        first: first.map(text),
        // What was taken over or imported may have no run here.
        last: last.max(store.last_activity(key)?).map(text),
        computers: computers.into_iter().chain(origin).collect(),
        hosts,
        pruned: store.pruned(key)?.map(|pruned| pruned.messages),
    })
}

fn of_person(message: PersonMessage, destination: Destination) -> MessageReport {
    let PersonMessage { whose, nth, state, attempts, errcode, at, payload: _ } = message;
    let Identity { appid, campaign, wave, channel } = whose;
    MessageReport {
        appid,
        campaign,
        wave,
        channel: channel.name(),
        destination: destination.name(),
        number: nth,
        status: state.status().name(),
        errcode,
        attempts,
        at: at.to_string(),
    }
}

fn campaign_line(campaign: &CampaignHistory, terminal: &Terminal) -> String {
    let words = &terminal.words;
    let of = words.say("plan.wave", &[("campaign", &campaign.campaign), ("wave", &campaign.wave)]);
    let counts = Status::ALL.into_iter().filter(|status| campaign.counts.of(*status) > 0).map(|status| {
        let word = words.say(&format!("status.{}", status.name()), &[]);
        words.say("history.count", &[("count", &campaign.counts.of(status)), ("status", &word)])
    });
    let counts = match campaign.pruned {
        Some(messages) => words.say("history.pruned", &[("count", &messages)]),
        None => counts.collect::<Vec<_>>().join(", "),
    };
    let minute = |at: &Option<String>| {
        let at = at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
        at.map_or_else(|| "?".to_owned(), moment::here)
    };
    let computers = one_line(&campaign.computers.join(", ")).into_owned();
    // What was only tried counts for nobody as sent.
    let tried = campaign.channel == Channel::Try.name();
    words.say(
        if tried { "history.tried" } else { "history.campaign" },
        &[
            ("campaign", &of),
            ("appid", &campaign.appid),
            ("counts", &counts),
            ("first", &minute(&campaign.first.clone().or_else(|| campaign.last.clone()))),
            ("last", &minute(&campaign.last)),
            ("computers", &computers),
        ],
    )
}

fn message_line(message: &MessageReport, terminal: &Terminal) -> String {
    let words = &terminal.words;
    let of = words.say("plan.wave", &[("campaign", &message.campaign), ("wave", &message.wave)]);
    let status = words.say(&format!("status.{}", message.status), &[]);
    let code = message.errcode.filter(|code| *code != 0).map_or_else(String::new, |code| format!(" {code}"));
    words.say(
        "history.message",
        &[
            ("at", &message.at.parse::<Timestamp>().map_or_else(|_| message.at.clone(), moment::here)),
            ("campaign", &of),
            ("status", &status),
            ("code", &code),
            ("channel", &message.channel),
        ],
    )
}
