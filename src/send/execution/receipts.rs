//! The receipt of a run, kept up beside its campaign.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::delivery::outcome::{Counts, Status};
use crate::journal::JournalError;
use crate::journal::identity::{Claim, Identity};
use crate::journal::lineage::MessageSet;
use crate::journal::lock::FolderLock;
use crate::journal::receipt::{self, Entry, Receipt, Watch};
use crate::journal::store::Store;
use crate::plan::Plan;

/// Where a run's receipt lies, and what it says of whoever sends.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub(crate) path: PathBuf,
    /// The computer.
    pub(crate) computer: String,
    /// The user.
    pub(crate) user: String,
    /// The destination's word.
    pub(crate) destination: &'static str,
    /// Where the results go.
    pub(crate) results: PathBuf,
    /// What the receipt said when the run was agreed to.
    pub(crate) seen: Option<Entry>,
}

/// Writes a run's receipt. What it says is counted anew each time.
#[derive(Debug, Clone)]
pub(crate) struct Receipts {
    place: Place,
    whose: Identity,
    claim: Claim,
    digest: String,
    id: String,
    planned: u64,
    skipped: u64,
}

impl Receipts {
    pub(crate) fn new(place: Place, whose: &Identity, claim: Claim, plan: &Plan, id: &str) -> Self {
        let counts = plan.counts;
        Self {
            place,
            whose: whose.clone(),
            claim,
            digest: plan.digest.to_string(),
            id: id.to_owned(),
            planned: counts.planned,
            skipped: counts.rows() - counts.planned,
        }
    }

    /// With the plan that was sent when this was written, in place of the one that the files make now.
    pub(crate) fn of_plan(self, sent: &Entry) -> Self {
        Self { digest: sent.digest.clone(), id: sent.plan.clone(), ..self }
    }

    /// Writes it, by what the journal counts or, where somebody knows that already, by these counts of its messages. Gives
    /// what it says then; nothing where somebody else's stands there by now.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or the file not be written.
    pub(crate) fn write(
        &self,
        store: &Store,
        running: bool,
        counted: Option<Counts>,
    ) -> io::Result<Option<Entry>> {
        let mut entry = self.entry(store, running, counted).map_err(io::Error::other)?;
        if !running {
            entry.reached_set = self.reached_set(store, &entry)?;
        }
        let may_replace =
            |there: &Entry| there.is_earlier_than(&entry) || Some(there) == self.place.seen.as_ref();
        Ok(receipt::write(&self.place.path, entry.clone(), may_replace)?.then_some(entry))
    }

    /// Watches whether it stays this run's, with the lock that lies beside it.
    pub(crate) fn watch(&self, entry: Entry, lock: Option<Arc<FolderLock>>) -> Watch {
        Watch::new(self.place.path.clone(), entry, lock)
    }

    /// Writes it where no run is told of in it, unless that stands there already.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub(crate) fn write_changed(&self, store: &Store) -> io::Result<()> {
        let mut entry = self.entry(store, false, None).map_err(io::Error::other)?;
        let there = Receipt::read(&self.place.path);
        let there = there.as_ref().ok().and_then(|there| there.of(&self.whose, self.place.destination));
        // Whatever changes who was reached is an intent more, or changes the counts: not every message need be read to see
        // that nothing did. Which process wrote it matters only while that process sends, and a claim by which nobody was
        // sent anything tells nothing new.
        let same = there.is_some_and(|there| {
            let Entry { at, pid, epoch, .. } = entry;
            let told = Entry { at, pid, epoch, reached_set: None, ..there.clone() };
            there.reached_set.is_some() && told == entry
        });
        if same {
            return Ok(());
        }
        entry.reached_set = self.reached_set(store, &entry)?;
        receipt::write(&self.place.path, entry, |_| true).map(drop)
    }

    fn reached_set(&self, store: &Store, entry: &Entry) -> io::Result<Option<MessageSet>> {
        store.reached_set(self.claim.campaign(), &entry.counts).map_err(io::Error::other)
    }

    fn entry(&self, store: &Store, running: bool, counted: Option<Counts>) -> Result<Entry, JournalError> {
        let mut counts = match counted {
            Some(counts) => counts,
            None => store.count(self.claim.campaign())?.statuses(),
        };
        // Afterwards: what comes meanwhile is in the set, and not in the count.
        let set = store.message_set(self.claim.campaign())?;
        let messages = counts.total();
        let reached = messages - counts.unsent;
        counts.add(Status::Skipped, self.skipped);
        counts.unsent = self.planned.saturating_sub(reached);
        // A claim that never began to send has left no mark of its own; the campaign's last one stands for it.
        let mark = match store.mark(self.claim)? {
            Some(own) => Some(own),
            None => store.lineage(self.claim.campaign())?.marks.pop(),
        };
        let Identity { appid, campaign, wave, channel } = &self.whose;
        let Place { path, computer, user, destination, results, seen: _ } = &self.place;
        Ok(Entry {
            appid: appid.clone(),
            campaign: campaign.clone(),
            wave: *wave,
            channel: channel.name().to_owned(),
            destination: (*destination).to_owned(),
            journal: store.uuid()?,
            computer: computer.clone(),
            user: user.clone(),
            pid: Some(std::process::id()),
            intents: store.intents()?,
            epoch: self.claim.epoch(),
            messages,
            mark,
            set,
            reached_set: None,
            running,
            counts,
            digest: self.digest.clone(),
            plan: self.id.clone(),
            at: Timestamp::now(),
            results: Some(receipt::named(path, results)),
        })
    }
}
