//! SQLite as a journal: each thing that can be asked and told, in the file that is about it.

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::attempts::RecordedAttempt;
use crate::journal::backend::{Claims, Reads, Writes};
use crate::journal::batch::Batch;
use crate::journal::history::{Begun, CampaignRecord, PersonMessage, Prunable, Pruned};
use crate::journal::identity::{CampaignKey, Claim, Identity, MessageKey, Person, RunKey};
use crate::journal::kept::Kept;
use crate::journal::lineage::{Lineage, Mark, MessageSet};
use crate::journal::notice::Noticed;
use crate::journal::portable::{Export, Exported, ImportError, Imported};
use crate::journal::receipt::Entry;
use crate::journal::record::{Known, MessageCounts, Recorded};
use crate::journal::run::{RunEnd, RunRecord, RunStart};
use crate::journal::sqlite::store::SqliteStore;
use crate::journal::told::Told;

impl Reads for SqliteStore {
    fn uuid(&self) -> Result<String, JournalError> {
        Self::uuid(self)
    }

    fn intents(&self) -> Result<i64, JournalError> {
        Self::intents(self)
    }

    fn find_campaign(&self, identity: &Identity) -> Result<Option<CampaignKey>, JournalError> {
        Self::find_campaign(self, identity)
    }

    fn waves(&self, identity: &Identity) -> Result<Vec<CampaignKey>, JournalError> {
        Self::waves(self, identity)
    }

    fn knows(&self, identity: &Identity) -> Result<bool, JournalError> {
        Self::knows(self, identity)
    }

    fn with_text(
        &self,
        whose: &Identity,
        text: &str,
        digest: &str,
    ) -> Result<Vec<(Identity, Timestamp)>, JournalError> {
        Self::with_text(self, whose, text, digest)
    }

    fn epoch(&self, campaign: CampaignKey) -> Result<i64, JournalError> {
        Self::epoch(self, campaign)
    }

    fn version(&self, campaign: CampaignKey) -> Result<String, JournalError> {
        Self::version(self, campaign)
    }

    fn lineage(&self, campaign: CampaignKey) -> Result<Lineage, JournalError> {
        Self::lineage(self, campaign)
    }

    fn message_set(&self, campaign: CampaignKey) -> Result<Option<MessageSet>, JournalError> {
        Self::message_set(self, campaign)
    }

    fn mark(&self, claim: Claim) -> Result<Option<Mark>, JournalError> {
        Self::mark(self, claim)
    }

    fn has_begun(&self, claim: Claim) -> Result<bool, JournalError> {
        Self::has_begun(self, claim)
    }

    fn origin(&self, campaign: CampaignKey) -> Result<Option<String>, JournalError> {
        Self::origin(self, campaign)
    }

    fn note(&self, key: &str) -> Result<Option<String>, JournalError> {
        Self::note(self, key)
    }

    fn count(&self, campaign: CampaignKey) -> Result<MessageCounts, JournalError> {
        Self::count(self, campaign)
    }

    fn before(&self, campaign: CampaignKey) -> MessageKey {
        Self::before(self, campaign)
    }

    fn most(&self, campaign: CampaignKey) -> Result<usize, JournalError> {
        Self::most(self, campaign)
    }

    fn known(
        &self,
        campaign: CampaignKey,
        each: &mut dyn FnMut(&str, u32, Known),
    ) -> Result<(), JournalError> {
        Self::known(self, campaign, each)
    }

    fn identities(&self, campaign: CampaignKey, each: &mut dyn FnMut(&str, u32)) -> Result<(), JournalError> {
        Self::identities(self, campaign, each)
    }

    fn message(&self, id: MessageKey) -> Result<Option<Recorded>, JournalError> {
        Self::message(self, id)
    }

    fn messages_after(
        &self,
        campaign: CampaignKey,
        after: MessageKey,
        most: usize,
        each: &mut dyn FnMut(Recorded),
    ) -> Result<(), JournalError> {
        Self::messages_after(self, campaign, after, most, each)
    }

    fn attempts(
        &self,
        campaign: CampaignKey,
        each: &mut dyn FnMut(RecordedAttempt),
    ) -> Result<(), JournalError> {
        Self::attempts(self, campaign, each)
    }

    fn runs(&self, campaign: CampaignKey) -> Result<Vec<RunRecord>, JournalError> {
        Self::runs(self, campaign)
    }

    fn notices(&self, campaign: CampaignKey) -> Result<Vec<Noticed>, JournalError> {
        Self::notices(self, campaign)
    }

    fn campaigns(&self, appid: &str) -> Result<Vec<CampaignRecord>, JournalError> {
        Self::campaigns(self, appid)
    }

    fn of_person(&self, appid: &str, openid: &str) -> Result<Vec<PersonMessage>, JournalError> {
        Self::of_person(self, appid, openid)
    }

    fn occasions(
        &self,
        campaigns: &[CampaignKey],
        since: Timestamp,
        persons: &[Person],
        each: &mut dyn FnMut(usize, &[Timestamp]),
    ) -> Result<(), JournalError> {
        Self::occasions(self, campaigns, since, persons, each)
    }

    fn others_since(
        &self,
        whose: &Identity,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<Begun>, JournalError> {
        Self::others_since(self, whose, since, most)
    }

    fn appids(&self) -> Result<Vec<String>, JournalError> {
        Self::appids(self)
    }

    fn last_activity(&self, campaign: CampaignKey) -> Result<Option<Timestamp>, JournalError> {
        Self::last_activity(self, campaign)
    }

    fn prunable(&self, before: Timestamp) -> Result<Vec<Prunable>, JournalError> {
        Self::prunable(self, before)
    }

    fn pruned(&self, campaign: CampaignKey) -> Result<Option<Pruned>, JournalError> {
        Self::pruned(self, campaign)
    }

    fn export(&self, what: &Exported<'_>, out: &mut dyn Write) -> Result<io::Result<u64>, JournalError> {
        Self::export(self, what, out)
    }

    fn has_imported(&self, campaign: CampaignKey, receipt: &Entry) -> Result<bool, JournalError> {
        Self::has_imported(self, campaign, receipt)
    }

    fn check(&self) -> Result<(), JournalError> {
        Self::check(self)
    }

    fn is_shareable(&self) -> bool {
        Self::is_shareable(self)
    }

    fn kept(&self) -> Vec<Kept> {
        Self::kept(self).to_vec()
    }

    fn is_in_place(&self) -> bool {
        Self::is_in_place(self)
    }
}

impl Writes for SqliteStore {
    fn commit(
        &mut self,
        claim: Claim,
        batch: &Batch<'_>,
    ) -> Result<Vec<Result<MessageKey, JournalError>>, JournalError> {
        Self::commit(self, claim, batch).map(|ids| ids.into_iter().map(Ok).collect())
    }

    fn begin_run(&mut self, claim: Claim, run: &RunStart) -> Result<RunKey, JournalError> {
        Self::begin_run(self, claim, run)
    }

    fn begin_sending(&self, claim: Claim) -> Result<(), JournalError> {
        Self::begin_sending(self, claim)
    }

    fn end_run(&self, id: RunKey, end: &RunEnd) -> Result<(), JournalError> {
        Self::end_run(self, id, end)
    }

    fn resolve(
        &mut self,
        claim: Claim,
        ids: &[MessageKey],
        outcome: Outcome,
        who: &str,
        at: Timestamp,
    ) -> Result<usize, JournalError> {
        Self::resolve(self, claim, ids, outcome, who, at)
    }

    fn take_in(&mut self, claim: Claim, told: &mut dyn Iterator<Item = Told>) -> Result<usize, JournalError> {
        Self::take_in(self, claim, told)
    }

    fn forget_origin(&self, campaign: CampaignKey) -> Result<(), JournalError> {
        Self::forget_origin(self, campaign)
    }

    fn set_note(&self, key: &str, value: &str) -> Result<(), JournalError> {
        Self::set_note(self, key, value)
    }

    fn index_persons(&mut self, claim: Claim, appid: &str) -> Result<u64, JournalError> {
        Self::index_persons(self, claim, appid)
    }

    fn take_export(&mut self, export: &mut Export) -> Result<Imported, ImportError> {
        Self::take_export(self, export)
    }

    fn prune(&mut self, campaigns: &[Prunable], at: Timestamp) -> Result<(), JournalError> {
        Self::prune(self, campaigns, at)
    }

    fn forget_pruned(&self, campaign: CampaignKey) -> Result<(), JournalError> {
        Self::forget_pruned(self, campaign)
    }

    fn keep_reserve(&mut self, folder: &Path) {
        Self::keep_reserve(self, folder)
    }

    fn let_reserve_go(&mut self) -> bool {
        Self::let_reserve_go(self)
    }

    fn keep(&mut self, files: Vec<Kept>) {
        Self::keep(self, files)
    }
}

impl Claims for SqliteStore {
    fn claim(&mut self, identity: &Identity, incident: Incident) -> Result<Claim, JournalError> {
        Self::claim(self, identity, incident)
    }

    fn recover(&mut self, claim: Claim, incident: Incident) -> Result<usize, JournalError> {
        Self::recover(self, claim, incident)
    }
}
