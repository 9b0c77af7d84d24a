//! `plan --compare`: what has changed since an earlier plan, of which only its manifest is left.

use std::io::{self, BufReader};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::unread;
use crate::report::plan::fingerprint::{self, Fingerprint};

/// How many rows of each sort are named; the rest are counted.
const NAMED: usize = 100;

/// What has changed. A row is known by its openid, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Changes {
    /// The digest of the earlier plan.
    pub digest: String,
    /// The hosts of the earlier plan, where they were others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_hosts: Option<Vec<String>>,
    /// The program that printed tokens for the earlier plan, where it was another; empty where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_token_command: Option<Vec<String>>,
    /// Messages to people who had none.
    pub added: u64,
    /// Messages that are no longer planned.
    pub removed: u64,
    /// Messages whose payload is another one.
    pub changed: u64,
    /// Messages that are the same.
    pub unchanged: u64,
    /// Whether messages that are in both plans have changed places.
    pub reordered: bool,
    /// The first 100 rows of added messages.
    pub added_rows: Vec<u64>,
    /// The first 100 rows of removed messages, counted in the earlier audience.
    pub removed_rows: Vec<u64>,
    /// The first 100 rows of changed messages, counted in the audience of now.
    pub changed_rows: Vec<u64>,
}

/// Why an earlier plan cannot be compared with.
#[derive(Debug)]
pub(crate) enum EarlierError {
    /// The file cannot be read.
    File(io::Error),
    /// It is no plan.
    Foreign(String),
    /// The record of its messages is damaged.
    NoFingerprints,
    /// It is a plan, but no manifest of a plan without errors.
    NoMessages,
}

/// What is read of a manifest.
#[derive(Deserialize)]
struct Manifest {
    campaign: Option<String>,
    appid: Option<String>,
    digest: String,
    hosts: Vec<String>,
    token_command: Option<Vec<String>>,
    messages: Option<Vec<String>>,
}

/// The messages of an earlier plan.
#[derive(Debug)]
pub(crate) struct Earlier {
    /// Its campaign.
    pub(crate) campaign: Option<String>,
    /// Its account.
    pub(crate) appid: Option<String>,
    /// The hosts that it called.
    pub(crate) hosts: Vec<String>,
    /// The program that printed its tokens, where one did.
    pub(crate) token_command: Option<Vec<String>>,
    digest: String,
    /// In the order of [`Known::person`].
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    person: u64,
    text: u32,
    /// From 0.
    row: u32,
    found: bool,
}

impl Earlier {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is no manifest.
    pub(crate) fn read(path: &Path) -> Result<Self, EarlierError> {
        let file = BufReader::new(unread::open(path).map_err(EarlierError::File)?);
        let manifest: Manifest =
            serde_json::from_reader(file).map_err(|error| EarlierError::Foreign(error.to_string()))?;
        let messages = manifest.messages.as_deref().ok_or(EarlierError::NoMessages)?;
        let mut known = Vec::new();
        let mut row = 0;
        for text in messages {
            let fingerprints = fingerprint::decode(text).ok_or(EarlierError::NoFingerprints)?;
            for fingerprint in fingerprints {
                if fingerprint != Fingerprint::NONE {
                    let (person, text) = (fingerprint.person(), fingerprint.text());
                    known.push(Known { person, text, row, found: false });
                }
                row = row.saturating_add(1);
            }
        }
        known.sort_unstable_by_key(|known| (known.person, known.row));
        let Manifest { campaign, appid, digest, hosts, token_command, messages: _ } = manifest;
        Ok(Self { campaign, appid, hosts, token_command, digest, known })
    }
}

/// Holds a plan against an earlier one, batch by batch.
#[derive(Debug)]
pub(crate) struct Comparison {
    earlier: Earlier,
    changes: Changes,
    rows: u64,
    /// The earlier row of the last message that is in both plans.
    last: Option<u32>,
}

impl Comparison {
    /// Begins with nothing.
    pub(crate) fn new(earlier: Earlier) -> Self {
        let changes = Changes { digest: earlier.digest.clone(), ..Changes::default() };
        Self { earlier, changes, rows: 0, last: None }
    }

    /// Takes the next rows of the plan of now.
    pub(crate) fn add(&mut self, fingerprints: &[Fingerprint]) {
        for fingerprint in fingerprints {
            self.rows += 1;
            if *fingerprint != Fingerprint::NONE {
                self.message(*fingerprint);
            }
        }
    }

    fn message(&mut self, now: Fingerprint) {
        let found = self.earlier.known.binary_search_by_key(&now.person(), |known| known.person);
        let Some(known) = found.ok().and_then(|index| self.earlier.known.get_mut(index)) else {
            self.changes.added += 1;
            name(&mut self.changes.added_rows, self.rows);
            return;
        };
        known.found = true;
        self.changes.reordered |= self.last.is_some_and(|last| last > known.row);
        self.last = Some(known.row);
        if known.text == now.text() {
            self.changes.unchanged += 1;
        } else {
            self.changes.changed += 1;
            name(&mut self.changes.changed_rows, self.rows);
        }
    }

    /// What has changed, once every row was taken.
    pub(crate) fn finish(mut self) -> Changes {
        let mut gone: Vec<u32> =
            self.earlier.known.iter().filter(|known| !known.found).map(|known| known.row).collect();
        gone.sort_unstable();
        self.changes.removed = u64::try_from(gone.len()).expect("a count of what is in memory");
        gone.into_iter().for_each(|row| name(&mut self.changes.removed_rows, u64::from(row) + 1));
        self.changes
    }
}

fn name(rows: &mut Vec<u64>, row: u64) {
    if rows.len() < NAMED {
        rows.push(row);
    }
}
