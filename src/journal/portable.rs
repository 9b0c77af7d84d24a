//! One campaign of a journal as a file, for a colleague or another computer: lines of JSON. The first says whose it is,
//! then come the waves, each with its messages, attempts, settlements and runs, and the last one counts them and sums up
//! all bytes before it, so that a file that was cut off or edited is no export.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::journal::JournalError;
use crate::journal::history::Pruned;
use crate::journal::identity::Person;
use crate::journal::lineage::Lineage;
use crate::own_file;

/// The format this program writes, and the newest it reads.
pub(crate) const FORMAT: u32 = 1;
/// No line is longer.
const LONGEST: u64 = 1024 * 1024;

/// Whose the file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    /// What the file is, and in which format.
    pub(crate) wxcast_journal_export: u32,
    /// The campaign's id.
    pub(crate) campaign: String,
    /// The account.
    pub(crate) appid: String,
    /// Where its messages went.
    pub(crate) destination: String,
    /// What tells the journal from every other.
    pub(crate) journal: String,
    /// How many intents that journal had ever been given.
    pub(crate) intents: i64,
    /// Where it lies.
    pub(crate) computer: String,
    /// When it was written.
    pub(crate) exported: String,
}

/// A line after the first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Line {
    /// What follows is of this wave.
    Wave {
        wave: u32,
        channel: String,
        epoch: i64,
        /// What the journal knew of it, and how it came to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lineage: Option<Lineage>,
        /// What had been taken out of that journal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pruned: Option<Pruned>,
    },
    Message(Message),
    Attempt(Attempt),
    Resolution(Resolution),
    Run(Box<Run>),
    /// Of the run before it.
    Notice {
        at: i64,
        what: String,
    },
    End {
        messages: u64,
        sha256: String,
    },
}

/// A message, its reason as a text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    /// Its number within its wave.
    pub(crate) number: u32,
    /// Nothing where the journal keeps none and the campaign's list does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) openid: Option<String>,
    /// What stands in its place then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
    pub(crate) nth: u32,
    pub(crate) state: i64,
    pub(crate) attempts: u32,
    pub(crate) errcode: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) hint: Option<String>,
    pub(crate) rid: Option<String>,
    pub(crate) at: i64,
    pub(crate) latency: Option<i64>,
    pub(crate) payload: i64,
}

/// An attempt that was not the last of its message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attempt {
    pub(crate) message: u32,
    pub(crate) number: i64,
    pub(crate) errcode: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) rid: Option<String>,
    pub(crate) at: i64,
    pub(crate) latency: Option<i64>,
}

/// An unknown outcome that was settled by hand.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolution {
    pub(crate) message: u32,
    pub(crate) outcome: i64,
    pub(crate) who: String,
    pub(crate) at: i64,
}

/// A run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    pub(crate) started: i64,
    pub(crate) ended: Option<i64>,
    pub(crate) ending: Option<String>,
    pub(crate) exit: Option<i64>,
    pub(crate) pid: i64,
    pub(crate) host: String,
    pub(crate) version: String,
    pub(crate) digest: String,
    pub(crate) text: String,
    pub(crate) planned: i64,
    pub(crate) requests: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) counts: Option<String>,
    pub(crate) plan: Option<String>,
    pub(crate) skipped: Option<String>,
    pub(crate) hosts: Option<String>,
}

/// What is exported: a campaign in all its waves, and what is said of where it comes from.
#[derive(Debug, Clone)]
pub struct Exported<'a> {
    /// The account.
    pub(crate) appid: &'a str,
    /// The campaign's id.
    pub(crate) campaign: &'a str,
    /// Where its messages went.
    pub(crate) destination: &'a str,
    /// This computer.
    pub(crate) computer: String,
    /// Now.
    pub(crate) at: String,
    /// The openids of persons, for a journal that keeps none.
    pub(crate) names: HashMap<Person, String>,
}

impl Exported<'_> {
    /// The first line of the file, for the journal that it comes from.
    pub(crate) fn header(&self, journal: String, intents: i64) -> Header {
        Header {
            wxcast_journal_export: FORMAT,
            campaign: self.campaign.to_owned(),
            appid: self.appid.to_owned(),
            destination: self.destination.to_owned(),
            journal,
            intents,
            computer: self.computer.clone(),
            exported: self.at.clone(),
        }
    }
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many messages the export tells of.
    pub(crate) told: u64,
    /// How many of them the journal did not know, or knew less of.
    pub(crate) news: u64,
    /// How many messages that somebody had settled by hand are unknown, or as the export has them, again.
    pub(crate) undone: u64,
    /// How many messages had been taken out of a journal and are not back: as long as there are any, nothing is sent.
    pub(crate) missing: u64,
}

/// Why an export is not taken in.
#[derive(Debug)]
pub enum ImportError {
    /// The file cannot be read.
    File(io::Error),
    /// It is no export.
    Foreign,
    /// A newer wxcast wrote it.
    Newer(u32),
    /// This line of it is not as it was written, or the end is missing.
    Damaged(u64),
    /// This line of it tells of a person without the openid.
    Nameless(u64),
    /// The journal cannot take it.
    Journal(JournalError),
}

impl From<JournalError> for ImportError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// An export on its way into a stream.
pub(crate) struct Writing<'a> {
    out: &'a mut dyn Write,
    sum: Sha256,
    messages: u64,
}

impl<'a> Writing<'a> {
    /// Begins with the header.
    pub(crate) fn begin(out: &'a mut dyn Write, header: &Header) -> io::Result<Self> {
        let mut writing = Self { out, sum: Sha256::new(), messages: 0 };
        writing.put(header)?;
        Ok(writing)
    }

    pub(crate) fn line(&mut self, line: &Line) -> io::Result<()> {
        self.messages += u64::from(matches!(line, Line::Message(_)));
        self.put(line)
    }

    /// Writes the last line. Gives how many messages there are.
    pub(crate) fn end(mut self) -> io::Result<u64> {
        let sha256 = hex(&self.sum.clone().finalize());
        let messages = self.messages;
        self.put(&Line::End { messages, sha256 })?;
        Ok(messages)
    }

    fn put(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.sum.update(&text);
        self.out.write_all(&text)
    }
}

/// An export that is read.
#[derive(Debug)]
pub struct Export {
    header: Header,
    lines: BufReader<File>,
    sum: Sha256,
    read: u64,
    messages: u64,
}

impl Export {
    /// Opens a file and reads whose it is.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is no export, or a newer wxcast wrote it.
    pub(crate) fn open(path: &Path) -> Result<Self, ImportError> {
        let lines = BufReader::new(own_file::open_through(path).map_err(ImportError::File)?);
        let mut export = Self { header: Header::none(), lines, sum: Sha256::new(), read: 0, messages: 0 };
        let first = export.text()?.ok_or(ImportError::Foreign)?;
        let format = serde_json::from_slice::<serde_json::Value>(&first)
            .ok()
            .and_then(|header| header.get("wxcast_journal_export")?.as_u64())
            .and_then(|format| u32::try_from(format).ok())
            .ok_or(ImportError::Foreign)?;
        if format > FORMAT {
            return Err(ImportError::Newer(format));
        }
        export.header = serde_json::from_slice(&first).map_err(|_| ImportError::Damaged(1))?;
        Ok(export)
    }

    /// Whose it is.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The next line; nothing after the last one, which is held against all before it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is not as it was written.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, ImportError> {
        let before = hex(&self.sum.clone().finalize());
        let text = self.text()?.ok_or(ImportError::Damaged(self.read + 1))?;
        let line = serde_json::from_slice(&text).map_err(|_| ImportError::Damaged(self.read))?;
        match line {
            Line::End { messages, sha256 } => {
                let whole = messages == self.messages && sha256 == before && self.text()?.is_none();
                if whole { Ok(None) } else { Err(ImportError::Damaged(self.read)) }
            }
            line => {
                self.messages += u64::from(matches!(line, Line::Message(_)));
                Ok(Some(line))
            }
        }
    }

    /// Which line was read last, from 1.
    pub(crate) fn at(&self) -> u64 {
        self.read
    }

    fn text(&mut self) -> Result<Option<Vec<u8>>, ImportError> {
        let mut text = Vec::new();
        let most = &mut (&mut self.lines).take(LONGEST);
        most.read_until(b'\n', &mut text).map_err(ImportError::File)?;
        if text.is_empty() {
            return Ok(None);
        }
        self.read += 1;
        self.sum.update(&text);
        if text.last() == Some(&b'\n') { Ok(Some(text)) } else { Err(self.unfinished()) }
    }

    /// A line without an end is the beginning of one, or of a file that is something else.
    fn unfinished(&self) -> ImportError {
        if self.read == 1 { ImportError::Foreign } else { ImportError::Damaged(self.read) }
    }
}

impl Header {
    fn none() -> Self {
        let none = String::new;
        Self {
            wxcast_journal_export: 0,
            campaign: none(),
            appid: none(),
            destination: none(),
            journal: none(),
            intents: 0,
            computer: none(),
            exported: none(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
