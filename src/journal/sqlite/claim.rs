//! Campaigns and who may write them.

use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::backend::{Blocks, Claims, Share};
use crate::journal::identity::{CampaignKey, Claim, Identity};
use crate::journal::record::State;
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::SqliteStore;
use crate::journal::sqlite::writing::{Failure, count_change, insist, text_id};

const FIND: &str =
    "SELECT id FROM campaign WHERE appid = ?1 AND campaign = ?2 AND wave = ?3 AND channel = ?4";

impl Claims for SqliteStore {
    fn find_campaign(&self, identity: &Identity) -> Result<Option<CampaignKey>, JournalError> {
        let Identity { appid, campaign, wave, channel } = identity;
        self.connection
            .query_row(FIND, params![appid, campaign, wave, channel.name()], |row| {
                row.get(0).map(CampaignKey)
            })
            .optional()
            .map_err(|error| self.unreadable(&error))
    }

    fn claim(&mut self, identity: &Identity, incident: Incident) -> Result<Claim, JournalError> {
        let claimed = (|| {
            let transaction = self.transaction()?;
            let Identity { appid, campaign, wave, channel } = identity;
            transaction.execute(
                "INSERT INTO campaign(appid, campaign, wave, channel, epoch, indexed) VALUES(?1, ?2, ?3, ?4, 0, 0) \
                 ON CONFLICT DO NOTHING",
                params![appid, campaign, wave, channel.name()],
            )?;
            let campaign =
                transaction.query_row(FIND, params![appid, campaign, wave, channel.name()], |row| {
                    row.get(0).map(CampaignKey)
                })?;
            let epoch = transaction.query_row(
                "UPDATE campaign SET epoch = epoch + 1 WHERE id = ?1 RETURNING epoch",
                [campaign.0],
                |row| row.get(0),
            )?;
            settle(&transaction, campaign, incident)?;
            transaction.commit()?;
            Ok(Claim { campaign, epoch })
        })();
        claimed.map_err(|error: rusqlite::Error| self.unwritable(&error))
    }

    fn recover(&mut self, claim: Claim, incident: Incident) -> Result<usize, JournalError> {
        let recovered = (|| {
            let transaction = self.transaction()?;
            insist(&transaction, claim)?;
            let settled = settle(&transaction, claim.campaign, incident)?;
            transaction.commit()?;
            Ok(settled)
        })();
        recovered.map_err(|failure: Failure| failure.told(self))
    }
}

/// One file is written by one process at a time.
impl Blocks for SqliteStore {
    fn join(
        &mut self,
        identity: &Identity,
        incident: Incident,
        _: &str,
        _: u32,
    ) -> Result<Claim, JournalError> {
        self.claim(identity, incident)
    }

    fn shares(&self) -> bool {
        false
    }

    fn take_block(&self, _: Claim, _: u32, _: &[u32]) -> Result<Share, JournalError> {
        Ok(Share::Over)
    }

    fn finish_block(&self, _: Claim, _: u32) -> Result<(), JournalError> {
        Ok(())
    }
}

fn settle(
    transaction: &Transaction<'_>,
    campaign: CampaignKey,
    incident: Incident,
) -> rusqlite::Result<usize> {
    let (first, end) = range(campaign);
    let reason = text_id(transaction, &incident.to_string())?;
    let settled = transaction.execute(
        "UPDATE message SET state = ?1, reason = ?2 WHERE id > ?3 AND id < ?4 AND state = ?5",
        params![State::Settled(Outcome::Unknown).to_disk(), reason, first, end, State::InFlight.to_disk()],
    )?;
    if settled > 0 {
        count_change(transaction)?;
    }
    Ok(settled)
}
