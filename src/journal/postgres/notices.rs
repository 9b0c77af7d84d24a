//! Notices, as they are read.

use crate::journal::JournalError;
use crate::journal::backend::Notices;
use crate::journal::identity::{CampaignKey, RunKey};
use crate::journal::notice::Noticed;
use crate::journal::postgres::columns::{campaign, moment};
use crate::journal::postgres::session::{get, parameters};
use crate::journal::postgres::store::PostgresStore;

impl Notices for PostgresStore {
    fn notices(&self, key: CampaignKey) -> Result<Vec<Noticed>, JournalError> {
        let all = "SELECT n.run, n.at, n.what FROM wxcast.notice n JOIN wxcast.run r ON r.id = n.run \
                   WHERE r.campaign = $1 ORDER BY n.id";
        self.ask(|| {
            let mut notices = Vec::new();
            for row in self.session.rows(all, parameters![campaign(key)])? {
                // A newer version may have noted what this one has no word for.
                if let Ok(what) = serde_json::from_str(get(&row, 2)?) {
                    notices.push(Noticed { run: RunKey(get(&row, 0)?), at: moment(&row, 1)?, what });
                }
            }
            Ok(notices)
        })
    }
}
