//! Campaigns that sent the same text.

use jiff::Timestamp;
use rusqlite::params;

use crate::journal::JournalError;
use crate::journal::backend::Alike;
use crate::journal::history::Begun;
use crate::journal::identity::{CampaignKey, Identity};
use crate::journal::sqlite::store::{SqliteStore, timestamp};

impl Alike for SqliteStore {
    fn others_since(
        &self,
        whose: &Identity,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<Begun>, JournalError> {
        (|| {
            let mut found = self.connection.prepare_cached(
                "SELECT c.id, c.campaign, c.wave, max(r.started) FROM campaign c JOIN run r ON r.campaign = c.id \
                 WHERE c.appid = ?1 AND c.channel = ?2 AND (c.campaign <> ?3 OR c.wave <> ?4) AND r.started >= ?5 \
                 GROUP BY c.id ORDER BY 4 DESC LIMIT ?6",
            )?;
            let Identity { appid, campaign, wave, channel } = whose;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let places = params![appid, channel.name(), campaign, wave, since.as_millisecond(), most];
            found
                .query_map(places, |row| {
                    Ok(Begun {
                        key: CampaignKey(row.get(0)?),
                        whose: Identity { campaign: row.get(1)?, wave: row.get(2)?, ..whose.clone() },
                        at: timestamp(row.get(3)?)?,
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn with_text(
        &self,
        whose: &Identity,
        text: &str,
        digest: &str,
    ) -> Result<Vec<(Identity, Timestamp)>, JournalError> {
        (|| {
            let mut found = self.connection.prepare_cached(
                "SELECT c.campaign, c.wave, max(r.started) FROM campaign c JOIN run r ON r.campaign = c.id \
                 WHERE c.appid = ?1 AND c.channel = ?2 AND (c.campaign <> ?3 OR c.wave <> ?4) \
                 AND (r.text = ?5 OR r.digest = ?6) GROUP BY c.id ORDER BY 3 DESC",
            )?;
            let Identity { appid, campaign, wave, channel } = whose;
            found
                .query_map(params![appid, channel.name(), campaign, wave, text, digest], |row| {
                    let (campaign, wave) = (row.get(0)?, row.get(1)?);
                    Ok((Identity { campaign, wave, ..whose.clone() }, timestamp(row.get(2)?)?))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }
}
