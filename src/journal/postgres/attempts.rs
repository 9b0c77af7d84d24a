//! The attempts of a campaign, as they are read.

use crate::journal::JournalError;
use crate::journal::attempts::RecordedAttempt;
use crate::journal::backend::Attempts;
use crate::journal::identity::CampaignKey;
use crate::journal::postgres::columns::{campaign, moment};
use crate::journal::postgres::session::{get, parameters};
use crate::journal::postgres::store::PostgresStore;
use crate::journal::record::RecordedCause;

impl Attempts for PostgresStore {
    fn attempts(&self, key: CampaignKey, each: &mut dyn FnMut(RecordedAttempt)) -> Result<(), JournalError> {
        let all = "SELECT a.errcode, t.value, a.at, a.latency FROM wxcast.attempt a \
                   LEFT JOIN wxcast.text t ON t.id = a.reason WHERE a.campaign = $1 ORDER BY a.id";
        self.ask(|| {
            self.session.each(all, parameters![campaign(key)], |row| {
                each(RecordedAttempt {
                    cause: RecordedCause::from_disk(get(row, 0)?, get(row, 1)?),
                    at: moment(row, 2)?,
                    latency_ms: get::<Option<i32>>(row, 3)?.map(i64::from),
                });
                Ok(())
            })
        })
    }
}
