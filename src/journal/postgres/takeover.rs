//! What others tell of a campaign, taken into the journal.

use crate::journal::JournalError;
use crate::journal::backend::TakeOver;
use crate::journal::identity::{CampaignKey, Claim, Identity, Person};
use crate::journal::index::{Index, gravity};
use crate::journal::lineage::MessageSet;
use crate::journal::payload::UNSEEN;
use crate::journal::postgres::claim::insist;
use crate::journal::postgres::columns::{campaign, epoch, nth, on_disk};
use crate::journal::postgres::marks;
use crate::journal::postgres::session::{Failure, Transaction, get, parameters};
use crate::journal::postgres::store::PostgresStore;
use crate::journal::record::State;
use crate::journal::told::ToldMessage;

impl TakeOver for PostgresStore {
    fn waves(&self, identity: &Identity) -> Result<Vec<CampaignKey>, JournalError> {
        let Identity { appid, campaign, channel, .. } = identity;
        let channel = channel.name();
        let waves = "SELECT id::bigint FROM wxcast.campaign WHERE appid = $1 AND campaign = $2 AND channel = $3 \
                     AND destination = $4 ORDER BY id";
        self.ask(|| {
            let all = parameters![*appid, *campaign, channel, self.destination];
            self.session.rows(waves, all)?.iter().map(|row| Ok(CampaignKey(get(row, 0)?))).collect()
        })
    }

    fn epoch(&self, key: CampaignKey) -> Result<i64, JournalError> {
        let epoch = "SELECT epoch::bigint FROM wxcast.campaign WHERE id = $1";
        self.ask(|| {
            let row = self.session.row(epoch, parameters![campaign(key)])?;
            get(&row.ok_or(Failure::Damaged("campaign"))?, 0)
        })
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
                known => news.push((known.is_none(), told)),
            }
        }
        let Some(mut held) = self.held.take().filter(|held| held.claim == claim) else {
            return Err(JournalError::Fenced);
        };
        let written = (|| {
            let mut numbers = self.numbers(&mut held, news.len())?;
            let mut rows = Vec::with_capacity(news.len());
            for (_, told) in &news {
                let reason = told.reason.as_deref().map(|reason| self.text(reason)).transpose()?;
                rows.push((told, reason, numbers.next().expect("there are enough")));
            }
            self.session.transaction(|transaction| {
                insist(transaction, claim)?;
                marks::leave(transaction, claim)?;
                for (told, reason, number) in &rows {
                    put(transaction, claim, &held.appid, told, (*reason, *number))?;
                }
                let mut set = MessageSet::default();
                let new = news.iter().filter(|(new, _)| *new);
                new.clone().for_each(|(_, told)| set.add(&told.openid, told.nth));
                count(transaction, claim, (news.len(), new.count()), set)
            })
        })();
        self.held = Some(held);
        written.map_err(|failure| self.session.unwritable(&failure))?;
        Ok(news.len())
    }
}

/// Counts what was written, within a transaction: how many in all, and how many of them are new, and which.
pub(crate) fn count(
    transaction: &Transaction<'_>,
    claim: Claim,
    (all, new): (usize, usize),
    more: MessageSet,
) -> Result<(), Failure> {
    let (of, owner) = (campaign(claim.campaign), epoch(claim));
    let mine = "SELECT members FROM wxcast.worker WHERE campaign = $1 AND epoch = $2 FOR UPDATE";
    let row = transaction.row(mine, parameters![of, owner])?.ok_or(Failure::Fenced)?;
    let mut set = MessageSet::try_from(get::<String>(&row, 0)?).map_err(|_| Failure::Damaged("members"))?;
    set.add_all(more);
    let length = |length| i64::try_from(length).expect("a count of what is in memory");
    let count = "UPDATE wxcast.worker SET intents = intents + $3, messages = messages + $4, members = $5, \
                 changes = changes + 1 WHERE campaign = $1 AND epoch = $2";
    transaction.execute(count, parameters![of, owner, length(all), length(new), set.to_string()]).map(drop)
}

fn put(
    transaction: &Transaction<'_>,
    claim: Claim,
    appid: &str,
    told: &ToldMessage,
    (reason, number): (Option<i32>, i32),
) -> Result<(), Failure> {
    let put = "INSERT INTO wxcast.message (campaign, owner, person, nth, number, state, attempts, at, payload, errcode, \
               reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
               ON CONFLICT (campaign, person, nth) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, \
               at = excluded.at, payload = excluded.payload, errcode = excluded.errcode, reason = excluded.reason, \
               hint = NULL, rid = NULL, latency = NULL";
    let person = Person::of(appid, &told.openid);
    let state = on_disk(State::Settled(told.outcome));
    let (of, owner, at) = (campaign(claim.campaign), epoch(claim), told.at.as_millisecond());
    let (nth, attempts) = (nth(told.nth), nth(told.attempts));
    let person = person.0.as_slice();
    let all = parameters![of, owner, person, nth, number, state, attempts, at, UNSEEN, told.errcode, reason,];
    transaction.execute(put, all).map(drop)
}
