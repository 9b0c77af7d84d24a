//! Several processes send one campaign: each takes a block of its messages after the other, in the order in which they are
//! sent. A block only shares out work. What keeps a message from being sent twice is its row.

use crate::delivery::attempt::Incident;
use crate::journal::JournalError;
use crate::journal::backend::{Blocks, Share};
use crate::journal::identity::{Claim, Identity};
use crate::journal::postgres::claim::{begin, end_silent, settle_silent};
use crate::journal::postgres::columns::{campaign, epoch};
use crate::journal::postgres::session::{Failure, get, parameters};
use crate::journal::postgres::store::PostgresStore;

impl Blocks for PostgresStore {
    fn join(
        &mut self,
        identity: &Identity,
        incident: Incident,
        plan: &str,
        blocks: u32,
    ) -> Result<Claim, JournalError> {
        self.release();
        let reason = self.ask(|| self.text(&incident.to_string()))?;
        let blocks = i32::try_from(blocks).expect("a plan has fewer messages than a campaign has numbers");
        let claim = self.write(|transaction| {
            let key = self.lock_campaign(transaction, identity)?;
            end_silent(transaction, key, reason, Some(plan), |worker| self.held_by(worker))?;
            let claim = begin(transaction, key, Some(plan))?;
            let make = "INSERT INTO wxcast.block (campaign, plan, n) SELECT $1, $2, n FROM generate_series(0, $3 - 1) AS n \
                        ON CONFLICT DO NOTHING";
            transaction.execute(make, parameters![campaign(key), plan, blocks])?;
            // What was finished under this plan by those who have ended may have something left by now: a retry that was
            // asked for, or a message that somebody settled.
            let alone = "UPDATE wxcast.block SET owner = NULL, done = false, epoch = 0 WHERE campaign = $1 AND plan = $2 \
                         AND NOT EXISTS (SELECT 1 FROM wxcast.worker WHERE campaign = $1 AND ended IS NULL \
                         AND epoch <> $3)";
            transaction.execute(alone, parameters![campaign(key), plan, epoch(claim)])?;
            Ok(claim)
        })?;
        self.hold(claim, &identity.appid)?;
        Ok(claim)
    }

    fn shares(&self) -> bool {
        true
    }

    fn take_block(&self, claim: Claim, from: u32, held: &[u32]) -> Result<Share, JournalError> {
        let (of, owner) = (campaign(claim.campaign), epoch(claim));
        let from = i32::try_from(from).expect("a plan has fewer messages than a campaign has numbers");
        let held = held.iter().map(|number| i32::try_from(*number)).collect::<Result<Vec<i32>, _>>();
        let held = held.expect("a plan has fewer messages than a campaign has numbers");
        let crash = self.ask(|| self.text(&Incident::Crash.to_string()))?;
        self.write(|transaction| {
            // Workers are locked before blocks, by everybody.
            let mine = "SELECT plan FROM wxcast.worker WHERE campaign = $1 AND epoch = $2 AND ended IS NULL \
                        FOR SHARE";
            let row = transaction.row(mine, parameters![of, owner])?.ok_or(Failure::Fenced)?;
            let plan: String = get(&row, 0)?;
            settle_silent(transaction, claim.campaign, crash)?;
            // One that was taken when the answer to the commit was lost.
            let unheard = "UPDATE wxcast.block SET owner = NULL WHERE campaign = $1 AND owner = $2 AND NOT done \
                           AND n <> ALL ($3)";
            transaction.execute(unheard, parameters![of, owner, held])?;
            // A value, not a table: what is joined may be asked for again for each row, and would then take a block each time.
            let take = "UPDATE wxcast.block b SET owner = $1, epoch = b.epoch + 1 \
                        WHERE b.campaign = $2 AND b.plan = $3 AND b.n = (SELECT n FROM wxcast.block \
                        WHERE campaign = $2 AND plan = $3 AND NOT done \
                        AND (owner IS NULL OR NOT EXISTS (SELECT 1 FROM wxcast.worker w WHERE w.campaign = $2 \
                        AND w.epoch = owner AND w.ended IS NULL)) \
                        ORDER BY n < $4, n LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING b.n, b.epoch > 1";
            if let Some(row) = transaction.row(take, parameters![owner, of, plan, from])? {
                let number = u32::try_from(get::<i32>(&row, 0)?).map_err(|_| Failure::Damaged("block"))?;
                return Ok(Share::Block { number, had_another: get(&row, 1)? });
            }
            let left = "SELECT EXISTS (SELECT 1 FROM wxcast.block WHERE campaign = $1 AND plan = $2 AND NOT done)";
            let row = transaction.row(left, parameters![of, plan])?.ok_or(Failure::Damaged("block"))?;
            Ok(if get(&row, 0)? { Share::Wait } else { Share::Over })
        })
    }

    fn finish_block(&self, claim: Claim, number: u32) -> Result<(), JournalError> {
        let (of, owner) = (campaign(claim.campaign), epoch(claim));
        let number = i32::try_from(number).expect("a plan has fewer messages than a campaign has numbers");
        let done = "UPDATE wxcast.block SET done = true WHERE campaign = $1 AND owner = $2 AND n = $3";
        self.write(|transaction| transaction.execute(done, parameters![of, owner, number]).map(drop))
    }
}
