//! Campaigns that sent the same text.

use jiff::Timestamp;

use crate::journal::JournalError;
use crate::journal::backend::Alike;
use crate::journal::history::Begun;
use crate::journal::identity::{CampaignKey, Identity};
use crate::journal::postgres::columns::{moment, whole};
use crate::journal::postgres::session::{get, parameters};
use crate::journal::postgres::store::PostgresStore;

impl Alike for PostgresStore {
    fn others_since(
        &self,
        whose: &Identity,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<Begun>, JournalError> {
        let Identity { appid, campaign, wave, channel } = whose;
        let (wave, channel, since) = (i64::from(*wave), channel.name(), since.as_millisecond());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = "SELECT c.id::bigint, c.campaign, c.wave, max(r.started) FROM wxcast.campaign c \
                     JOIN wxcast.run r ON r.campaign = c.id \
                     WHERE c.appid = $1 AND c.channel = $2 AND (c.campaign <> $3 OR c.wave <> $4) AND r.started >= $5 \
                     AND c.destination = $7 GROUP BY c.id ORDER BY 4 DESC LIMIT $6";
        self.ask(|| {
            let all = parameters![*appid, channel, *campaign, wave, since, most, self.destination];
            let begun = self.session.rows(found, all)?.into_iter().map(|row| {
                Ok(Begun {
                    key: CampaignKey(get(&row, 0)?),
                    whose: Identity { campaign: get(&row, 1)?, wave: whole(&row, 2)?, ..whose.clone() },
                    at: moment(&row, 3)?,
                })
            });
            begun.collect()
        })
    }

    fn with_text(
        &self,
        whose: &Identity,
        text: &str,
        digest: &str,
    ) -> Result<Vec<(Identity, Timestamp)>, JournalError> {
        let Identity { appid, campaign, wave, channel } = whose;
        let (wave, channel) = (i64::from(*wave), channel.name());
        let found = "SELECT c.campaign, c.wave, max(r.started) FROM wxcast.campaign c \
                     JOIN wxcast.run r ON r.campaign = c.id \
                     WHERE c.appid = $1 AND c.channel = $2 AND (c.campaign <> $3 OR c.wave <> $4) \
                     AND (r.text = $5 OR r.digest = $6) AND c.destination = $7 GROUP BY c.id ORDER BY 3 DESC";
        self.ask(|| {
            let all = parameters![*appid, channel, *campaign, wave, text, digest, self.destination];
            let same = self.session.rows(found, all)?.into_iter().map(|row| {
                let (campaign, wave) = (get(&row, 0)?, whole(&row, 1)?);
                Ok((Identity { campaign, wave, ..whose.clone() }, moment(&row, 2)?))
            });
            same.collect()
        })
    }
}
