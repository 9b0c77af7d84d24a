//! `doctor --online`: whether there is a newer wxcast. Nothing else ever asks.
//!
//! Asked is the index that pip uses, since that is the first way to get the program, and the one that has mirrors where
//! the original is slow or out of reach: `PIP_INDEX_URL` names it, as for pip.

use std::time::Duration;

use serde::Deserialize;

use crate::api_base::ApiBase;
use crate::cli::command::doctor::Found;
use crate::cli::platform::runtime;
use crate::cli::terminal::Terminal;
use crate::wechat::client::{Client, Timeouts};

/// Where it is asked unless somebody says otherwise.
const INDEX: &str = "https://pypi.org/simple";
/// The variable that names another index, pip's own.
const INDEX_VARIABLE: &str = "PIP_INDEX_URL";
/// What the program is called there.
const PACKAGE: &str = "wxcast-cli";
/// The JSON form of an index (PEP 691).
const JSON: &str = "application/vnd.pypi.simple.v1+json";
/// Nobody waits longer for an answer that is only nice to know.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), answer: Duration::from_secs(10) };

/// What an index says of a package (PEP 700).
#[derive(Deserialize)]
struct Project {
    versions: Vec<String>,
}

/// Asks, and says what came of it. That nobody answers is no reason to worry.
pub(super) fn newer(terminal: &Terminal) -> Found {
    let index = std::env::var(INDEX_VARIABLE).ok().filter(|index| !index.trim().is_empty());
    let index = index.as_deref().unwrap_or(INDEX);
    let said = |key: &str, places: &[(&str, &dyn std::fmt::Display)]| {
        terminal.words.say(&format!("doctor.version.{key}"), places)
    };
    let Ok(base) = ApiBase::parse(index) else {
        return Found::warning(said("no-address", &[("variable", &INDEX_VARIABLE)]), None);
    };
    let current = env!("CARGO_PKG_VERSION");
    match asked(&base) {
        Some((200, body)) => {
            // Something else than a package index may answer here; then the answer is reported as unreadable.
            let project: Option<Project> = serde_json::from_slice(&body).ok();
            let known = project.iter().flat_map(|project| &project.versions);
            match known.filter_map(|version| Version::parse(version)).max() {
                None => Found::warning(said("unreadable", &[("index", &base)]), None),
                Some(newest) if Version::parse(current).is_some_and(|current| current < newest) => {
                    let message = said("newer", &[("newest", &newest), ("current", &current)]);
                    Found::warning(message, Some(said("help", &[])))
                }
                Some(_) => Found::ok(said("newest", &[("current", &current), ("index", &base)])),
            }
        }
        Some((404, _)) => Found::ok(said("unpublished", &[("current", &current), ("index", &base)])),
        Some(_) => Found::warning(said("unreadable", &[("index", &base)]), None),
        None => Found::warning(said("unreachable", &[("index", &base)]), None),
    }
}

/// The status of the answer and its body; nothing where there was no answer, whatever the reason.
fn asked(index: &ApiBase) -> Option<(u16, bytes::Bytes)> {
    let client = Client::new(index.clone(), TIMEOUTS).ok()?;
    runtime().ok()?.block_on(client.page(&format!("/{PACKAGE}/"), JSON))
}

/// A version as releases have them, `1.2.3`. What has more than that, such as `rc1`, is no release.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(Vec<u32>);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        text.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>().map(Self)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let version = |text| Version::parse(text).expect("a version");
        assert!(version("0.9.0") < version("0.10.0") && version("1.0.0") < version("1.0.1"));
        assert_eq!(version("1.20.3").to_string(), "1.20.3");
        assert_eq!(Version::parse("1.0.0rc1"), None);
    }
}
