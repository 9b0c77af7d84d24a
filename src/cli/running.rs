//! What is being sent from a campaign's folder, by its receipt: a run must be found also while its campaign file is broken
//! or says another id.

use std::path::{Path, PathBuf};

use crate::api_base::Destination;
use crate::campaign::CampaignId;
use crate::cli::campaign_lock::campaign_lock;
use crate::cli::user_state::AccountFolder;
use crate::journal::lock::is_held;
use crate::journal::receipt::{self, Entry};

/// A run of this user's computer.
#[derive(Debug)]
pub(crate) struct Running {
    /// The campaign.
    pub(crate) id: CampaignId,
    /// The state folder from which it is sent.
    pub(crate) state: PathBuf,
    /// The lock that it holds.
    pub(crate) lock: PathBuf,
}

impl Running {
    /// The run of a campaign, where there is one.
    pub(crate) fn of(id: &CampaignId, state: PathBuf) -> Option<Self> {
        let lock = campaign_lock(&state, id);
        is_held(&lock).then(|| Self { id: id.clone(), state, lock })
    }

    /// The run that the receipt beside a campaign file tells of, whatever the file says by now.
    pub(crate) fn beside(campaign: &Path, flag: Option<&PathBuf>) -> Option<Self> {
        let entries = receipt::entries(&receipt::beside(campaign));
        entries.iter().find_map(|Entry { appid, campaign, destination, .. }| {
            let account = AccountFolder::find(appid, flag)?;
            let places = [Destination::Real, Destination::Local];
            let place = places.into_iter().find(|place| place.name() == destination)?;
            Self::of(&CampaignId::parse(campaign)?, account.of(place))
        })
    }
}

/// Whether the receipt beside a campaign file tells of a run that goes on, wherever that may be.
pub(crate) fn is_told(campaign: &Path) -> Option<Entry> {
    receipt::entries(&receipt::beside(campaign)).into_iter().find(|entry| entry.running)
}
