//! An open journal, whatever keeps it. This is the one place that knows how one is opened.

use std::ops::{Deref, DerefMut};
use std::path::Path;

use jiff::Timestamp;

use crate::delivery::outcome::Counts;
use crate::delivery::tally::Tally;
use crate::journal::JournalError;
use crate::journal::backend::Backend;
pub use crate::journal::batch::Intent;
use crate::journal::chosen;
use crate::journal::identity::{CampaignKey, Identity, Recipient, RunKey};
use crate::journal::lineage::MessageSet;
use crate::journal::postgres::store::PostgresStore;
use crate::journal::record::Recorded;
use crate::journal::sqlite::store::SqliteStore;
use crate::journal::sqlite::{file, format1, log};
use crate::journal::whereabouts::Places;
use crate::journal::written::{self, MadeOf, WrittenResults};

/// The file's name in an account's folder.
pub const FILE: &str = crate::journal::sqlite::store::FILE;

/// An open journal.
#[derive(Debug)]
pub struct Store {
    backend: Box<dyn Backend>,
}

impl Deref for Store {
    type Target = dyn Backend;

    fn deref(&self) -> &Self::Target {
        &*self.backend
    }
}

impl DerefMut for Store {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.backend
    }
}

impl Store {
    /// Opens the journal of a folder for writing, and makes both where they are not there.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, is foreign, newer or damaged. Nothing is ever started anew over such a one.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let backend: Box<dyn Backend> = match chosen::of(folder) {
            Some((settings, destination)) => Box::new(PostgresStore::open(settings, folder, destination)?),
            None => Box::new(SqliteStore::open(folder)?),
        };
        Ok(Self { backend })
    }

    /// Opens the journal of a folder for reading; gives nothing where there is none. It needs no right to write.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn read(folder: &Path) -> Result<Option<Self>, JournalError> {
        fn boxed(store: impl Backend + 'static) -> Store {
            Store { backend: Box::new(store) }
        }
        Ok(match chosen::of(folder) {
            Some((settings, destination)) => PostgresStore::read(settings, folder, destination)?.map(boxed),
            None => SqliteStore::read(folder)?.map(boxed),
        })
    }

    /// Whether commits that had been acknowledged are lost at the end of the journal of a folder.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(crate) fn is_damaged(folder: &Path) -> Result<bool, JournalError> {
        if chosen::of(folder).is_some() {
            return Ok(false);
        }
        log::is_damaged(folder)
            .map_err(|error| JournalError::Unreachable { place: folder.into(), reason: error.to_string() })
    }

    /// Makes a folder that only its owner can look into, where it is not there, and takes the rights of others from a journal
    /// in it: a run that has nothing to send does not open that for writing.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn make_folder(folder: &Path) -> Result<(), JournalError> {
        file::private_folder(folder)?;
        file::take_rights(&folder.join(FILE))
    }

    /// Imports what a journal of format 1 in the folder `beside` a campaign knows, where there is one that is due: one
    /// that was kept before is imported again where the journal of `folder` does not know the campaign. `here` tells
    /// whether a machine that it notes is this one.
    ///
    /// # Errors
    ///
    /// When one of the two cannot be read or written. Then nothing is imported.
    pub(crate) fn import_earlier(
        folder: &Path,
        beside: &Path,
        whose: &Identity,
        here: impl Fn(&str) -> bool,
    ) -> Result<(), JournalError> {
        let known = match Self::read(folder)? {
            Some(store) => store.knows(whose)?,
            None => false,
        };
        if format1::is_due(beside, known)? {
            SqliteStore::open(folder)?.import_format1(beside, &whose.appid, here)?;
        }
        Ok(())
    }

    /// Calls `each` with every message of a campaign.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub fn messages(
        &self,
        campaign: CampaignKey,
        mut each: impl FnMut(Recorded),
    ) -> Result<(), JournalError> {
        self.backend.messages_after(campaign, self.backend.before(campaign), usize::MAX, &mut each)
    }

    /// Which messages of a campaign were, or may have been, delivered, of which there are as many as these counts say;
    /// nothing where there are more or fewer by now, or where the journal
    /// keeps no openids. All messages are read for it.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn reached_set(
        &self,
        campaign: CampaignKey,
        counts: &Counts,
    ) -> Result<Option<MessageSet>, JournalError> {
        let (mut set, mut reached) = (Some(MessageSet::default()), 0);
        self.known(campaign, &mut |recipient, nth, known| {
            if known.state.is_reached() {
                match (&mut set, recipient) {
                    (Some(set), Recipient::Openid(openid)) => set.add(openid, nth),
                    (None, _) | (_, Recipient::Person(_)) => set = None,
                }
                reached += 1;
            }
        })?;
        Ok(set.filter(|_| reached == counts.reached()))
    }

    /// Notes that a results file was written from what this journal knows of a campaign, and from what else.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written.
    pub(crate) fn note_results(
        &self,
        campaign: CampaignKey,
        file: &Path,
        made_of: MadeOf,
        tally: &Tally,
    ) -> Result<(), JournalError> {
        let Some(stamp) = written::stamp(file) else { return Ok(()) };
        let messages = self.most(campaign)?;
        let version = self.version(campaign)?;
        let MadeOf { all: made_of, files } = made_of;
        let note =
            WrittenResults { messages, version, made_of, files: Some(files), stamp, tally: tally.clone() };
        let note = serde_json::to_string(&note).expect("texts and numbers are JSON");
        self.set_note(&written::key(campaign), &note)
    }

    /// What is noted of the results of a campaign; nothing where nothing is, or by another version of the program.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn noted_results(
        &self,
        campaign: CampaignKey,
    ) -> Result<Option<WrittenResults>, JournalError> {
        let note = self.note(&written::key(campaign))?;
        Ok(note.and_then(|note| serde_json::from_str(&note).ok()))
    }

    /// The computer that wrote a campaign's messages last; nothing where an earlier version did, and where
    /// the journal is one for many computers.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn computer(&self, campaign: CampaignKey) -> Result<Option<String>, JournalError> {
        if self.place().is_none() {
            return Ok(None);
        }
        self.note(&computer_key(campaign))
    }

    /// Notes that this computer writes a campaign's messages from now on.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn note_computer(&self, campaign: CampaignKey, here: &str) -> Result<(), JournalError> {
        if self.computer(campaign)?.as_deref() == Some(here) {
            return Ok(());
        }
        self.set_note(&computer_key(campaign), here)
    }

    /// Where this journal lay when it was last sent from, where it has woken up elsewhere since: it was moved, or it is a copy.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn came_from(&self) -> Result<Option<String>, JournalError> {
        let Some(now) = self.place() else { return Ok(None) };
        Ok(self.places()?.elsewhere(&now).map(|there| there.path.clone()))
    }

    /// Notes that it is sent from here: of this campaign by this computer, and from where it lies.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written.
    pub(crate) fn note_here(&self, campaign: CampaignKey, computer: &str) -> Result<(), JournalError> {
        self.note_computer(campaign, computer)?;
        let mut places = self.places()?;
        match self.place() {
            Some(now) if places.add(now.clone()) => {
                self.set_note(PLACES, &serde_json::to_string(&places).expect("texts and numbers are JSON"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// None where an earlier version noted nothing, or a later one what this cannot read.
    fn places(&self) -> Result<Places, JournalError> {
        let noted = self.note(PLACES)?.and_then(|places| serde_json::from_str(&places).ok());
        Ok(noted.unwrap_or_default())
    }

    /// When a campaign was exported last; nothing where it never was.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn exported(&self, campaign: CampaignKey) -> Result<Option<Timestamp>, JournalError> {
        Ok(self.note(&exported_key(campaign))?.and_then(|at| at.parse().ok()))
    }

    /// Notes that a campaign was exported: somebody else may go on with it.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn note_exported(&self, campaign: CampaignKey, at: Timestamp) -> Result<(), JournalError> {
        self.set_note(&exported_key(campaign), &at.to_string())
    }

    /// Whether a run is known to have been answered by wxcast's own simulator, so that nobody read its messages.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn was_simulated(&self, run: RunKey) -> Result<bool, JournalError> {
        Ok(self.note(&simulated_key(run))?.is_some())
    }

    /// Notes that one was.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn note_simulated(&self, run: RunKey) -> Result<(), JournalError> {
        self.set_note(&simulated_key(run), "")
    }

    /// Whether a results file is still what was written from this journal.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn wrote_results(&self, campaign: CampaignKey, file: &Path) -> Result<bool, JournalError> {
        let Some(note) = self.noted_results(campaign)? else { return Ok(false) };
        Ok(note.messages <= self.most(campaign)? && Some(note.stamp) == written::stamp(file))
    }
}

/// Under which name the places are noted where the journal lay.
const PLACES: &str = "places";

fn exported_key(campaign: CampaignKey) -> String {
    format!("exported:{}", campaign.0)
}

fn simulated_key(run: RunKey) -> String {
    format!("simulated:{}", run.0)
}

fn computer_key(campaign: CampaignKey) -> String {
    format!("computer:{}", campaign.0)
}
