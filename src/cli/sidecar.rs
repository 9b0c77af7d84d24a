//! What a file of people tells of itself, in a file beside it: `FILE.source.json` says which command made it, from whose
//! account, when, with how many people, and what it was then.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::api_base::Destination;
use crate::audience::fence::{Fence, open_within};
use crate::campaign::Campaign;
use crate::campaign::moment;
use crate::cli::context::chosen_hosts;
use crate::cli::terminal::{Terminal, argument};
use crate::diagnostic::render::display;
use crate::locale::Catalog;
use crate::locale::visible::one_line;
use crate::report::plan::text::length;
use crate::report::write_file;

/// Such a file has a kilobyte; a hundred long names of tags make a few.
const MOST: u64 = 256 * 1024;
/// So many names are told.
const NAMED: usize = 12;

/// What a file of people tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sidecar {
    /// The version that wrote it.
    pub(crate) wxcast: String,
    /// The command line. A secret is never on one.
    pub(crate) command: String,
    pub(crate) source: Source,
    pub(crate) appid: String,
    /// Where it was fetched from; nothing where that was no server.
    pub(crate) host: Option<String>,
    /// Whether that was WeChat or a simulator on this computer, as messages tell it of theirs.
    pub(crate) destination: Option<String>,
    pub(crate) made_at: Timestamp,
    pub(crate) counts: Counts,
    /// The SHA-256 of the file as it was written.
    pub(crate) sha256: String,
}

/// What the people of a file are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Source {
    Followers { info: bool, not_blacklisted: bool },
    Tagged { any: Vec<String>, all: Vec<String>, not: Vec<String>, from: Vec<String> },
    Wrote { since: Timestamp, from: Vec<String>, online: bool },
    Check { audience: String },
    Command { program: String },
}

/// How many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// In the file.
    pub(crate) people: u64,
    /// That came.
    pub(crate) received: u64,
    /// That came a second time.
    pub(crate) repeated: u64,
    /// In all, as the platform counts them.
    pub(crate) total: Option<u64>,
}

/// How a file is, going by what it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Made {
    /// wxcast did not make it, as far as anybody can see.
    Unknown,
    /// As it was made.
    Unchanged(Box<Sidecar>),
    /// Somebody changed it since.
    Changed(Box<Sidecar>),
}

/// The file beside a file.
pub(crate) fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".source.json");
    PathBuf::from(name)
}

impl Sidecar {
    /// Puts it beside a file.
    ///
    /// # Errors
    ///
    /// When the disk does not allow it.
    pub(crate) fn write(&self, file: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(self).expect("texts and numbers serialise") + "\n";
        write_file(&beside(file), |out| out.write_all(text.as_bytes()))
    }

    fn read(file: &Path, fence: Option<&Fence>) -> Option<Self> {
        let mut text = Vec::new();
        open_within(fence, &beside(file)).ok()?.take(MOST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// What it is, in words: "from tag 广东".
    pub(crate) fn what(&self, words: &Catalog) -> String {
        let said = |key: &str, places: &[(&str, &dyn std::fmt::Display)]| {
            words.say(&format!("gathered.source.{key}"), places)
        };
        match &self.source {
            Source::Followers { not_blacklisted: false, .. } => said("followers", &[]),
            Source::Followers { not_blacklisted: true, .. } => said("followers-not-blacklisted", &[]),
            Source::Tagged { any, all, not, from } => {
                let parts = [("any", any), ("all", all), ("not", not), ("in", from)];
                let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
                let parts = parts.map(|(key, names)| said(key, &[("tags", &listed(names, words))]));
                together("parts", parts, words)
            }
            Source::Wrote { online: true, .. } => said("wrote-online", &[]),
            Source::Wrote { from, .. } => said("wrote", &[("files", &listed(from, words))]),
            Source::Check { audience } => said("check", &[("file", &short(audience))]),
            Source::Command { program } => said("command", &[("program", &short(program))]),
        }
    }
}

/// Names for people, the first ones.
fn listed(names: &[String], words: &Catalog) -> String {
    let more = (names.len() > NAMED).then(|| "…".to_owned());
    together("names", names.iter().take(NAMED).map(|name| short(name)).chain(more), words)
}

/// Several texts as one, as the language strings names or parts of a sentence together.
pub(crate) fn together(key: &str, texts: impl Iterator<Item = String>, words: &Catalog) -> String {
    let both = |one: String, other: String| {
        words.say(&format!("gathered.source.{key}"), &[("one", &one), ("other", &other)])
    };
    texts.reduce(both).unwrap_or_default()
}

/// Whoever made the file beside a list may have written a novel into it.
fn short(name: &str) -> String {
    one_line(name).chars().take(60).collect()
}

/// How a file is. `fence` is what it must be inside of.
pub(crate) fn made(file: &Path, fence: Option<&Fence>) -> Made {
    let Some(sidecar) = Sidecar::read(file, fence).map(Box::new) else { return Made::Unknown };
    match sha256(file, fence) {
        Ok(found) if found == sidecar.sha256 => Made::Unchanged(sidecar),
        Ok(_) | Err(_) => Made::Changed(sidecar),
    }
}

fn sha256(file: &Path, fence: Option<&Fence>) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = open_within(fence, file)?;
    let mut part = vec![0; 256 * 1024];
    loop {
        match file.read(&mut part)? {
            0 => break,
            count => hash.update(&part[..count]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The command line of this process, as it can be run again.
pub(crate) fn command_line() -> String {
    let words = std::env::args_os().skip(1).map(|word| {
        let shown = argument(Path::new(&word));
        // What begins like an option is one, and no path that could be taken for it.
        match word.as_encoded_bytes().starts_with(b"-") {
            true => shown.replacen("./", "", 1),
            false => shown,
        }
    });
    std::iter::once("wxcast".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A line for each file that a campaign reads and that says where it comes from. What is made for another account is
/// warned of.
pub(crate) fn lines(campaign: &Campaign, now: Timestamp, terminal: &Terminal) -> Vec<String> {
    let audience = &campaign.audience;
    let fence = audience.source.fence.as_ref();
    let words = &terminal.words;
    let beside = audience.beside().map(|file| &file.source.path);
    let mut lines = Vec::new();
    for file in std::iter::once(&audience.source.path).chain(beside) {
        let (sidecar, key) = match made(file, fence) {
            Made::Unknown => continue,
            Made::Unchanged(sidecar) => (sidecar, "gathered.made"),
            Made::Changed(sidecar) => (sidecar, "gathered.made-changed"),
        };
        let (file, what, ago) = (display(file), sidecar.what(words), ago(sidecar.made_at, now, words));
        lines.push(words.say(key, &[("file", &file), ("ago", &ago), ("what", &what)]));
        if sidecar.appid != campaign.account.appid {
            let places: [(&str, &dyn std::fmt::Display); 3] =
                [("file", &file), ("theirs", &short(&sidecar.appid)), ("ours", &campaign.account.appid)];
            terminal.warn("gathered.other-account", &places);
        }
        let is_simulated = sidecar.destination.as_deref() == Some(Destination::Local.name());
        if is_simulated && chosen_hosts(campaign).is_ok_and(|hosts| hosts.destination() == Destination::Real)
        {
            terminal.warn("gathered.simulated", &[("file", &file)]);
        }
    }
    lines
}

/// How long ago something was, in the largest unit that says it.
fn ago(at: Timestamp, now: Timestamp, words: &Catalog) -> String {
    let age = now.duration_since(at);
    if age < SignedDuration::ZERO {
        return moment::here(at);
    }
    let seconds = age.unsigned_abs().as_secs();
    match seconds / 86_400 {
        0 => words.say("gathered.ago", &[("length", &length(seconds, words))]),
        days => words.say("gathered.days-ago", &[("count", &days)]),
    }
}
