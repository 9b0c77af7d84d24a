//! What others tell of a campaign, taken into the journal.

use rusqlite::{Transaction, params};

use crate::journal::JournalError;
use crate::journal::backend::TakeOver;
use crate::journal::batch::Intent;
use crate::journal::identity::{CampaignKey, Claim, Identity};
use crate::journal::index::{Index, gravity};
use crate::journal::payload::UNSEEN;
use crate::journal::record::State;
use crate::journal::sqlite::marks;
use crate::journal::sqlite::store::SqliteStore;
use crate::journal::sqlite::writing::{Failure, count_change, count_intents, insist, text_id, write_intent};
use crate::journal::told::ToldMessage;

impl TakeOver for SqliteStore {
    fn waves(&self, identity: &Identity) -> Result<Vec<CampaignKey>, JournalError> {
        (|| {
            let mut waves = self.connection.prepare_cached(
                "SELECT id FROM campaign WHERE appid = ?1 AND campaign = ?2 AND channel = ?3",
            )?;
            let whose = [identity.appid.as_str(), &identity.campaign, identity.channel.name()];
            waves.query_map(whose, |row| row.get(0).map(CampaignKey))?.collect::<rusqlite::Result<Vec<_>>>()
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn epoch(&self, campaign: CampaignKey) -> Result<i64, JournalError> {
        self.connection
            .query_row("SELECT epoch FROM campaign WHERE id = ?1", [campaign.0], |row| row.get(0))
            .map_err(|error| self.unreadable(&error))
    }

    fn take_in(
        &mut self,
        claim: Claim,
        told: &mut dyn Iterator<Item = ToldMessage>,
    ) -> Result<usize, JournalError> {
        let index = Index::load(self, claim.campaign)?;
        let mut news = Vec::new();
        for told in told.filter(|told| !told.is_masked()) {
            match index.find(self, &told.openid, told.nth)? {
                Some(known) if gravity(known.state) >= gravity(State::Settled(told.outcome)) => {}
                known => news.push((known.map(|known| known.id), told)),
            }
        }
        let taken = (|| {
            let transaction = self.transaction()?;
            insist(&transaction, claim)?;
            marks::leave(&transaction, claim)?;
            for (id, told) in &news {
                let ToldMessage { openid, nth, attempts, at, .. } = told.clone();
                let intent = Intent { id: *id, openid, nth, attempt: attempts, at, payload: UNSEEN };
                let id = write_intent(&transaction, claim.campaign, &intent)?;
                marks::note_new(&transaction, claim.campaign, std::iter::once(&intent))?;
                settle(&transaction, id.0, told)?;
            }
            count_intents(&transaction, news.len())?;
            count_change(&transaction)?;
            transaction.commit()?;
            Ok(news.len())
        })();
        taken.map_err(|failure: Failure| failure.told(self))
    }
}

fn settle(transaction: &Transaction<'_>, id: i64, told: &ToldMessage) -> rusqlite::Result<()> {
    let reason = told.reason.as_deref().map(|reason| text_id(transaction, reason)).transpose()?;
    let state = State::Settled(told.outcome).to_disk();
    transaction
        .prepare_cached("UPDATE message SET state = ?1, errcode = ?2, reason = ?3 WHERE id = ?4")?
        .execute(params![state, told.errcode, reason, id])
        .map(drop)
}
