//! `wxcast media`: uploads the campaign's media files and shows their ids and when they die. Nothing is sent.

use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;

use crate::campaign::{Campaign, moment};
use crate::cli::campaign_lock::lock_campaign;
use crate::cli::context::{environment, load_sound};
use crate::cli::ending::stopped;
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Format, MaskOpenid, Progress as Wanted};
use crate::cli::platform::{Platform, hosts};
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, masks};
use crate::cli::user_state::AccountFolder;
use crate::delivery::attempt::Cause;
use crate::delivery::stop::Stop;
use crate::locale::mask::masked_name;
use crate::message::media::size;
use crate::plan::media::NeededFile;
use crate::report::join::identity;
use crate::report::progress::Progress;
use crate::send::media::{Depot, Held, Settings, Unavailable};
use crate::send::shutdown::Signals;

/// How many files are asked for at a time; how many of them are on their way is the depot's business.
const AT_ONCE: usize = 64;

/// A media file of `wxcast media --format json`.
#[derive(Debug, Serialize)]
struct MediaReport {
    /// Its name, relative to the campaign file.
    file: String,
    /// What it is uploaded as.
    r#type: &'static str,
    /// Its format, by its content.
    format: &'static str,
    /// Its size.
    bytes: u64,
    /// The SHA-256 of its content.
    sha256: String,
    /// The media id, or the address of an article's picture; nothing where WeChat does not take it.
    id: Option<String>,
    /// When the id dies.
    expires: Option<Timestamp>,
    /// Whether it was uploaded just now.
    uploaded: bool,
    /// WeChat's errcode, where it refused the file.
    errcode: Option<i64>,
    /// Why there is no id, where there is none.
    reason: Option<String>,
    /// The fields of the campaign that name it.
    fields: Vec<String>,
    /// How many messages need it.
    messages: u64,
}

/// Uploads media files.
pub(crate) fn run(args: &args::Media, terminal: &Terminal) -> Result<Exit, Problem> {
    let exit = upload(args, terminal)?;
    if exit == Exit::Ok && args.format == Format::Human {
        terminal.next("preview", &args.campaign.campaign);
    }
    Ok(exit)
}

fn upload(args: &args::Media, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let (campaign, plan) = load_sound(path, &environment(), MaskOpenid::Auto)?;
    if plan.media.is_empty() {
        terminal.say("media.none", &[]);
        return Ok(print(args.format, &[], terminal));
    }
    let destination = hosts(&campaign)?.destination();
    let account = AccountFolder::insist(&campaign.account.appid, args.state.dir())?;
    let state = account.prepare(destination, path, &identity(&campaign))?;
    // A `send` of this campaign uploads its files as well; both at once would upload each of them twice.
    let _lock = lock_campaign(&campaign, &state, terminal)?;
    let Platform { runtime, client, tokens, origin } = Platform::open(&campaign, &state, terminal)?;
    let progress = Progress::new(terminal.progress(Wanted::Plain), 0, &terminal.words);
    let settings = Settings::of(&campaign, &state);
    let depot = Depot::new(client, tokens, settings, Box::new(progress.observer()));
    let uploaded = runtime.block_on(async {
        let mut signals = Signals::listen();
        tokio::select! {
            uploaded = all(&depot, plan.media.files(), &campaign) => uploaded,
            stop = signals.next() => Err(stop),
        }
    });
    drop(depot);
    drop(runtime);
    progress.finish();
    let files = uploaded.map_err(|stop| stopped(&stop, &campaign, Some(&origin)))?;
    Ok(print(args.format, &files, terminal))
}

/// Brings every file to the platform, as many as go at a time, and reports them in the order of the plan.
async fn all(depot: &Depot, files: &[NeededFile], campaign: &Campaign) -> Result<Vec<MediaReport>, Stop> {
    let each = files.iter().map(|needed| async move {
        let slot = *needed.slots.first().expect("a file that is needed stands in a field");
        match depot.id(&needed.file, slot, &[]).await {
            Ok(held) => Ok(report(needed, campaign, Ok(&held))),
            Err(Unavailable::File { cause, .. }) => Ok(report(needed, campaign, Err(&cause))),
            Err(Unavailable::Stop(stop)) => Err(stop),
        }
    });
    let mut reports = Vec::with_capacity(files.len());
    let mut ready = std::pin::pin!(stream::iter(each).buffered(AT_ONCE));
    while let Some(report) = ready.next().await {
        reports.push(report?);
    }
    Ok(reports)
}

fn report(needed: &NeededFile, campaign: &Campaign, id: Result<&Held, &Cause>) -> MediaReport {
    let slots = campaign.body.slots();
    let fields = needed.slots.iter().filter_map(|slot| slots.get(*slot));
    let file = &needed.file;
    let held = id.ok();
    let (errcode, reason) = match id {
        Ok(_) => (None, None),
        Err(Cause::Answer { code, errmsg }) => (Some(*code), Some(errmsg.text().to_owned())),
        Err(Cause::Event(incident)) => (None, Some(incident.to_string())),
    };
    MediaReport {
        file: if masks(MaskOpenid::Auto) { masked_name(&file.name) } else { file.name.clone() },
        r#type: file.content.upload.name(),
        format: file.format.name(),
        bytes: file.bytes,
        sha256: file.content.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        id: held.map(|held| held.id.to_string()),
        expires: held.map(|held| held.expires),
        uploaded: held.is_some_and(|held| held.fresh),
        errcode,
        reason,
        fields: fields.map(|slot| slot.at.to_string()).collect(),
        messages: needed.messages,
    }
}

fn print(format: Format, files: &[MediaReport], terminal: &Terminal) -> Exit {
    match format {
        Format::Json => terminal.json(&files),
        Format::Human => {
            for file in files {
                terminal.data(&format!("{}\n", line(file, terminal)));
            }
        }
    }
    let uploaded = files.iter().filter(|file| file.uploaded).count();
    let kept = files.iter().filter(|file| file.id.is_some() && !file.uploaded).count();
    if !files.is_empty() {
        terminal.say("media.done", &[("uploaded", &uploaded), ("kept", &kept)]);
    }
    if files.iter().all(|file| file.id.is_some()) { Exit::Ok } else { Exit::Partial }
}

fn line(file: &MediaReport, terminal: &Terminal) -> String {
    let (size, fields) = (size(file.bytes), file.fields.join(", "));
    let reason = match (file.errcode, &file.reason) {
        (Some(code), Some(reason)) => format!("{code} ({reason})"),
        (_, reason) => reason.as_deref().unwrap_or("").to_owned(),
    };
    let id = file.id.as_deref().unwrap_or("");
    let expires = file.expires.map_or_else(String::new, moment::here);
    let key = if file.id.is_some() { "media.line" } else { "media.refused" };
    terminal.words.say(
        key,
        &[
            ("file", &file.file),
            ("type", &file.r#type),
            ("size", &size),
            ("id", &id),
            ("expires", &expires),
            ("reason", &reason),
            ("fields", &fields),
            ("messages", &file.messages),
        ],
    )
}
