//! Which journal tells of a campaign, and what speaks against it. Commands that only tell judge as `send` does: whoever
//! asks how things stand learns of a lost or foreign journal before somebody sends.

use std::path::{Path, PathBuf};

use crate::api_base::Destination;
use crate::campaign::CampaignId;
use crate::campaign::validate::Overrides;
use crate::cli::campaign_lock::campaign_lock;
use crate::cli::context::{environment, load_campaign};
use crate::cli::exit_code::Exit;
use crate::cli::gate::{self, Doubted, Judged, Witnesses};
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::delivery::outcome::Counts;
use crate::journal::Identity;
use crate::journal::lock::is_held;
use crate::journal::record::MessageCounts;
use crate::journal::store::Store;

/// What tells of a campaign.
pub(crate) struct Teller {
    /// The folder whose journal tells.
    pub(crate) state: PathBuf,
    /// Where that journal's messages went.
    pub(crate) destination: Destination,
    /// Whether a process of this user's computer is sending the campaign.
    pub(crate) running: bool,
    /// What the folder tells of the campaign, where no journal here does and one elsewhere did.
    pub(crate) folder: Option<Counts>,
    /// What its journal counted on the way; nothing while somebody is sending.
    pub(crate) counted: Option<MessageCounts>,
    doubted: Option<Doubted>,
}

/// What is asked about.
pub(crate) struct Asked<'a> {
    /// The campaign file.
    pub(crate) path: &'a Path,
    /// Whose messages.
    pub(crate) whose: &'a Identity,
    /// The campaign's id.
    pub(crate) id: &'a CampaignId,
    /// `--state-dir`.
    pub(crate) flag: Option<&'a PathBuf>,
    /// `--local`.
    pub(crate) local: bool,
}

impl Teller {
    /// Finds the journal, and asks receipt and results what `send` would ask them. That it is the local journal although
    /// nobody asked for it is said.
    ///
    /// # Errors
    ///
    /// When there is no folder, or a journal cannot be read or imported.
    pub(crate) fn find(asked: &Asked<'_>, terminal: &Terminal) -> Result<Self, Problem> {
        let Asked { path, whose, id, flag, local } = asked;
        let account = AccountFolder::insist(&whose.appid, *flag)?;
        let sends = |destination| is_held(&campaign_lock(&account.of(destination), id));
        let mut destination = account.telling(path, whose, *local)?;
        // A run that waits for its time is in no journal yet.
        if destination == Destination::Real && !sends(Destination::Real) && sends(Destination::Local) {
            let real = Store::read(&account.of(Destination::Real))?;
            let known = real.map(|store| store.find_campaign(whose)).transpose()?.flatten().is_some();
            destination = if known { Destination::Real } else { Destination::Local };
        }
        let state = account.of(destination);
        let running = is_held(&campaign_lock(&state, id));
        let (found, counted) = judge(asked, &account)?;
        let counted = counted.filter(|(place, _)| *place == destination).map(|(_, counted)| *counted);
        let place = found.as_ref().map(|found| found.destination);
        if !local && (destination == Destination::Local || place == Some(Destination::Local)) {
            let people = place == Some(Destination::Real);
            terminal.say(if people { "told-local-only" } else { "told-local" }, &[]);
        }
        let (folder, doubted) = match found {
            Some(Found { folder, doubted, .. }) => (folder, Some(doubted)),
            None => (None, None),
        };
        Ok(Self { state, destination, running, folder, counted, doubted })
    }

    /// Whether what the journal tells is in doubt.
    pub(crate) fn is_doubted(&self) -> bool {
        self.doubted.is_some()
    }

    /// Why, in a sentence that tells nothing of computers and users.
    pub(crate) fn why(&self, terminal: &Terminal) -> Option<String> {
        self.doubted.as_ref().map(|doubted| doubted.in_short().say(&terminal.words))
    }

    /// Warns of it, with what each knows and what is to be done.
    pub(crate) fn warn(&self, terminal: &Terminal) {
        if let Some(doubted) = &self.doubted {
            terminal.warn_of(&doubted.told("gate.told").say(&terminal.words));
        }
    }

    /// Insists that nothing speaks against the journal.
    ///
    /// # Errors
    ///
    /// As `send` has it.
    pub(crate) fn insist(&self) -> Result<(), Problem> {
        match &self.doubted {
            None => Ok(()),
            Some(doubted) => Err(Problem::said(Exit::Gate, doubted.told("error.gate"))),
        }
    }
}

/// What speaks against a journal, and what the folder tells in its stead.
struct Found {
    destination: Destination,
    folder: Option<Counts>,
    doubted: Doubted,
}

/// What a journal counted of the campaign, and where its messages went.
type Counted = (Destination, Box<MessageCounts>);

/// What speaks against the journals that may tell, that of people's phones first; else what the one that tells counted.
fn judge(asked: &Asked<'_>, account: &AccountFolder) -> Result<(Option<Found>, Option<Counted>), Problem> {
    let destinations: &[Destination] =
        if asked.local { &[Destination::Local] } else { &[Destination::Real, Destination::Local] };
    for destination in destinations {
        match judge_one(asked, account, *destination)? {
            None => return Ok((None, None)),
            Some(Judged::Known(counted)) => return Ok((None, Some((*destination, counted)))),
            Some(Judged::Unknown) => {}
            Some(Judged::Doubted(folder, doubted)) => {
                return Ok((Some(Found { destination: *destination, folder, doubted: *doubted }), None));
            }
        }
    }
    Ok((None, None))
}

/// Judges one journal. Whoever is sending has passed the gate, and writes receipt and results meanwhile: then nothing is
/// judged.
fn judge_one(
    asked: &Asked<'_>,
    account: &AccountFolder,
    destination: Destination,
) -> Result<Option<Judged>, Problem> {
    let Asked { path, whose, id, .. } = asked;
    if is_held(&campaign_lock(&account.of(destination), id)) {
        return Ok(None);
    }
    let witnesses = Witnesses::ask(path, (*whose).clone(), account, destination)?;
    // Whatever is wrong with the campaign file, receipt and journal can be held against each other.
    let overrides = Overrides { destination: Some(destination), ..environment() };
    let campaign = load_campaign(path, &overrides).ok();
    Ok(Some(gate::judge(path, campaign.as_ref(), witnesses, account)?))
}

/// What `send` would stop for, at the destination that it goes to now.
///
/// # Errors
///
/// When a journal cannot be read.
pub(crate) fn doubted(
    asked: &Asked<'_>,
    account: &AccountFolder,
    destination: Destination,
) -> Result<Option<Doubted>, Problem> {
    Ok(match judge_one(asked, account, destination)? {
        None | Some(Judged::Known(_) | Judged::Unknown) => None,
        Some(Judged::Doubted(_, doubted)) => Some(*doubted),
    })
}
