//! What this computer can tell: folders, journal, disk, proxies.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use url::Url;

use crate::campaign::moment;
use crate::cli::campaign_lock::campaign_lock;
use crate::cli::command::doctor::{Found, Patient};
use crate::cli::exit_code::Exit;
use crate::cli::platform::proxy_trouble;
use crate::cli::problem::journal_reason;
use crate::cli::stop_file;
use crate::diagnostic::render::display;
use crate::journal::lock::{self, Holder};
use crate::journal::media::{KeptMedia, MediaStore};
use crate::journal::store::Store;
use crate::own_file;
use crate::own_file::exposed::{Exposed, exposed};
use crate::wechat::certificates::{CERTIFICATES, CertificateFault, more_certificates};
use crate::wechat::proxy::{Direct, direct, from_environment};

/// Below this a run is likely to fail.
const LEAST: u64 = 16 << 20;
/// And above this, with room for the results twice, there is enough.
const PLENTY: u64 = 200 << 20;

/// The variables that name a proxy, as HTTP clients know them.
const PROXIES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
];

pub(crate) fn state_folder(patient: &Patient<'_>) -> Found {
    // Written without a name, so that nothing is left behind; the folder itself is made by `send`.
    let written = match own_file::leads_nowhere(&patient.state) {
        Some(error) => Err(error),
        None => tempfile::tempfile_in(existing(&patient.state)).map(drop),
    };
    if let Err(error) = written {
        let reason = patient.terminal.words.reason(&error.to_string());
        let places: [(&str, &dyn std::fmt::Display); 2] =
            [("folder", &display(&patient.state)), ("reason", &reason)];
        return Found::fault(
            patient.sentence("state-folder.unwritable", &places),
            Some(patient.sentence("state-folder.help", &[])),
        )
        .stops_send(Exit::Storage);
    }
    let writable = patient.sentence("state-folder.writable", &[("folder", &display(&patient.state))]);
    let others = exposed_in(patient);
    if others.is_empty() {
        return Found::ok(writable);
    }
    let places: [(&str, &dyn std::fmt::Display); 2] =
        [("what", &others.join(", ")), ("folder", &display(&patient.state))];
    Found::warning(
        patient.sentence("state-folder.open", &places),
        Some(patient.sentence("state-folder.close", &places)),
    )
}

/// The state folder and what is in it, so far as others on this computer can read or change it.
fn exposed_in(patient: &Patient<'_>) -> Vec<String> {
    // A folder that cannot be looked into is reported by the check that needs it.
    let inside = std::fs::read_dir(&patient.state).into_iter().flatten().flatten().map(|entry| entry.path());
    let inside = inside.filter(|path| !path.is_dir());
    // Files below a folder that is closed to others are out of their reach.
    let is_closed = exposed(&patient.state).is_none();
    let mut told: Vec<String> = std::iter::once(patient.state.clone())
        .chain(inside)
        .filter_map(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned())?;
            Some(match exposed(&path)? {
                Exposed::Open { .. } if is_closed => return None,
                Exposed::Open { mode } => format!("{name} (0{mode:o})"),
                Exposed::Foreign { user } => {
                    patient.sentence("state-folder.foreign", &[("file", &name), ("user", &user)])
                }
            })
        })
        .collect();
    told.sort();
    told
}

/// The folder itself, or the nearest one above it that is there.
fn existing(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let found = absolute.ancestors().find(|ancestor| ancestor.is_dir());
    found.map_or(absolute.clone(), Path::to_owned)
}

pub(crate) fn journal(patient: &Patient<'_>) -> Found {
    if let Some(doubted) = &patient.doubted {
        let told = doubted.told("gate.doctor").say(&patient.terminal.words);
        return Found::fault(told, None).stops_send(Exit::Gate);
    }
    let sound = Store::read(&patient.state).and_then(|store| match store {
        None => Ok(false),
        Some(store) => store.check().map(|()| true),
    });
    match sound {
        Err(error) => {
            let help = patient.sentence("journal.help", &[]);
            let reason = journal_reason(&error).say(&patient.terminal.words);
            Found::fault(patient.sentence("journal.unsound", &[("reason", &reason)]), Some(help))
        }
        Ok(false) => Found::ok(patient.sentence("journal.none", &[])),
        Ok(true) => {
            let lock = campaign_lock(&patient.state, &patient.campaign.id);
            match lock::holder_of(&lock).filter(|_| lock::is_held(&lock)) {
                None => Found::ok(patient.sentence("journal.sound", &[])),
                Some(Holder { pid, host, waits_until: Some(until), .. }) => {
                    let until = moment::here(until);
                    let places: [(&str, &dyn std::fmt::Display); 3] =
                        [("pid", &pid), ("host", &host), ("until", &until)];
                    Found::ok(patient.sentence("journal.waiting", &places))
                }
                Some(holder) => Found::ok(patient.sentence(
                    "journal.sending",
                    &[("pid", &holder.pid), ("host", &holder.host), ("since", &moment::here(holder.since))],
                )),
            }
        }
    }
}

/// A file that keeps every run from beginning.
pub(crate) fn stop(patient: &Patient<'_>) -> Found {
    match stop_file::find(&patient.campaign.path) {
        None => Found::ok(patient.sentence("stop.none", &[])),
        Some(file) => Found::fault(
            patient.sentence("stop.there", &[("file", &display(&file))]),
            Some(patient.sentence("stop.help", &[("file", &display(&file))])),
        )
        .stops_send(Exit::Paused),
    }
}

/// The ids that are kept for uploaded files. A dead one is no fault: `send` uploads its file anew.
pub(crate) fn media(patient: &Patient<'_>) -> Found {
    let appid = &patient.campaign.account.appid;
    let kept = MediaStore::read(&patient.state)
        .and_then(|store| store.map_or_else(|| Ok(Vec::new()), |store| store.all(appid)));
    let kept = match kept {
        Ok(kept) => kept,
        Err(error) => {
            let help = patient.sentence("media.help", &[]);
            let reason = journal_reason(&error).say(&patient.terminal.words);
            return Found::fault(patient.sentence("media.unsound", &[("reason", &reason)]), Some(help));
        }
    };
    let now = Timestamp::now();
    let alive = kept.iter().filter(|media| media.is_usable(now));
    let (count, first) = (alive.clone().count(), alive.map(KeptMedia::usable_until).min());
    let dead = kept.len() - count;
    Found::ok(match first {
        None if dead == 0 => patient.sentence("media.none", &[]),
        None => patient.sentence("media.dead", &[("dead", &dead)]),
        Some(first) => {
            let until = moment::here(first);
            patient.sentence("media.alive", &[("alive", &count), ("until", &until), ("dead", &dead)])
        }
    })
}

pub(crate) fn disk(patient: &Patient<'_>) -> Found {
    let folder = existing(&patient.state);
    let free = match fs4::available_space(&folder) {
        Ok(free) => free,
        Err(error) => return Found::warning(patient.sentence("disk.unknown", &[("reason", &error)]), None),
    };
    let audience = std::fs::metadata(&patient.campaign.audience.source.path).map_or(0, |about| about.len());
    // Journal and results, the results twice while they are written, are about the audience's size each.
    let enough = PLENTY.saturating_add(audience.saturating_mul(4));
    let megabytes = free >> 20;
    let places: [(&str, &dyn std::fmt::Display); 2] = [("free", &megabytes), ("folder", &display(&folder))];
    if free < LEAST {
        Found::fault(patient.sentence("disk.full", &places), Some(patient.sentence("disk.help", &[])))
    } else if free < enough {
        Found::warning(patient.sentence("disk.little", &places), Some(patient.sentence("disk.help", &[])))
    } else {
        Found::ok(patient.sentence("disk.enough", &places))
    }
}

pub(crate) fn proxy(patient: &Patient<'_>) -> Found {
    let set: Vec<String> = PROXIES
        .iter()
        .filter_map(|name| Some((name, std::env::var(name).ok().filter(|value| !value.trim().is_empty())?)))
        .map(|(name, value)| format!("{name}={}", bare(name, &value)))
        .collect();
    let file = std::env::var_os(CERTIFICATES).filter(|file| !file.is_empty());
    let file = file.map(|file| format!("{CERTIFICATES}={}", display(Path::new(&file))));
    let set: Vec<String> = set.into_iter().chain(file).collect();
    if patient.hosts.first().is_loopback() {
        return Found::ok(patient.sentence("proxy.loopback", &[]));
    }
    if let Err(fault) = from_environment() {
        let why = proxy_trouble(&fault.why).say(&patient.terminal.words);
        return Found::fault(patient.sentence("proxy.unusable", &[("variable", &fault.variable)]), Some(why));
    }
    if let Err(CertificateFault { file, reason }) = more_certificates() {
        let reason = patient.terminal.words.reason(&reason.to_string());
        let places: [(&str, &dyn std::fmt::Display); 3] =
            [("variable", &CERTIFICATES), ("file", &display(&file)), ("reason", &reason)];
        let help = patient.sentence("proxy.certificates-help", &places);
        return Found::fault(patient.sentence("proxy.certificates", &places), Some(help));
    }
    if set.is_empty() {
        return Found::ok(patient.sentence("proxy.none", &[]));
    }
    let told = patient.sentence("proxy.set", &[("set", &set.join(", "))]);
    let Direct { variable, odd, .. } = direct();
    if odd.is_empty() {
        return Found::ok(told);
    }
    let odd = odd.join(", ");
    let places: [(&str, &dyn std::fmt::Display); 2] = [("variable", &variable), ("odd", &odd)];
    Found::warning(told, Some(patient.sentence("proxy.odd", &places)))
}

/// A proxy's address without the name and password that it may hold.
fn bare(name: &str, value: &str) -> String {
    if name.eq_ignore_ascii_case("no_proxy") {
        return value.to_owned();
    }
    let full = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let Ok(url) = Url::parse(&full) else { return "…".to_owned() };
    let Some(host) = url.host_str() else { return "…".to_owned() };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{host}{port}", url.scheme())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_name_and_password() {
        for (value, shown) in [
            ("http://user:pw@proxy.example:3128/x", "http://proxy.example:3128"),
            ("user:pw@proxy.example:3128", "http://proxy.example:3128"),
            ("socks5://10.0.0.1:1080", "socks5://10.0.0.1:1080"),
            ("http://", "…"),
        ] {
            assert_eq!(bare("HTTPS_PROXY", value), shown);
        }
        assert_eq!(bare("no_proxy", "localhost,.example.com"), "localhost,.example.com");
    }
}
