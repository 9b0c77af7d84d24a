//! What taking over costs: people who were sent the message and whom nobody can name would get it a second time.

use std::collections::HashSet;

use crate::campaign::Campaign;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::gate::{gaps, results};
use crate::delivery::outcome::Status;
use crate::journal::JournalError;
use crate::journal::history::Pruned;
use crate::journal::identity::Recipient;
use crate::journal::index::Index;
use crate::journal::lineage::MessageSet;
use crate::journal::receipt::Entry;
use crate::locale::sentence::Sentence;

/// What taking over costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// How many were, or may have been, sent the message and stand in neither results nor journal.
    pub(super) unnamed: u64,
    /// Why there may be more of them.
    or_more: OrMore,
    /// Whether those who can be named are those of the receipt.
    people: People,
}

/// Whether results and journal name those whom the receipt counts, where they name as many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum People {
    /// They do, as far as there is something to be compared.
    Same,
    /// They name others.
    Others,
    /// The receipt is of an earlier version, which does not say.
    Uncompared,
}

/// Why there may be more people whom nobody can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrMore {
    /// There are none.
    No,
    /// A run was still going on when the receipt was written.
    Running,
    /// The receipt cannot be read.
    Unread,
    /// Results cannot be read.
    ResultsUnread,
    /// No receipt says that the results tell of the end.
    NoReceipt,
}

impl Cost {
    /// Holds what the receipt counts, and what was taken out of the journal, against those who can be named.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(super) fn of(
        campaign: &Campaign,
        witnesses: &Witnesses,
        gone: Option<&Pruned>,
    ) -> Result<Self, JournalError> {
        let entry = match witnesses.entry() {
            Some(entry) if !witnesses.accounts_for(entry)? => Some(entry),
            Some(_) | None => None,
        };
        let shared = match (witnesses.known(), entry) {
            (Some((store, campaign)), Some(entry)) => entry.shared_with(&store.lineage(campaign)?),
            (Some(_) | None, _) => 0,
        };
        let named = NamedPeople::count(campaign, witnesses, shared)?;
        let people = entry.map_or(People::Same, |entry| named.compared(entry));
        let by_receipt = match (people, entry.map_or(0, Entry::reached)) {
            // Whoever stands in what both journals share is certain; of the others anybody may be somebody else.
            (People::Others, reached) => reached.saturating_sub(named.certain).max(1),
            (People::Same | People::Uncompared, reached) => reached.saturating_sub(named.shared),
        };
        let masked = named.by_results.saturating_sub(named.all);
        let gone = match gone {
            Some(gone) if !gone.is_back(named.all, named.set, None) => {
                // As many as were taken out need not be the same.
                gone.messages.saturating_sub(named.all).max(1)
            }
            Some(_) | None => 0,
        };
        let files = results::of_others(campaign, witnesses)?;
        let deleted =
            gaps::deleted(campaign, witnesses, &files).map_or(0, |deleted| deleted.missing(witnesses));
        // A receipt for which the journal accounts says how far it got, too.
        let is_untold = witnesses.entry().is_none();
        let untold = if is_untold { gaps::untold(campaign, witnesses, &files)? } else { 0 };
        let or_more = match (&witnesses.receipt, entry) {
            (Err(_), _) => OrMore::Unread,
            (Ok(_), _) if results::first_unread(campaign, witnesses, &files).is_some() => {
                OrMore::ResultsUnread
            }
            (Ok(_), Some(entry)) if entry.running => OrMore::Running,
            (Ok(_), None) if untold > 0 => OrMore::NoReceipt,
            (Ok(_), Some(_) | None) => OrMore::No,
        };
        let unnamed = by_receipt.max(masked).max(gone).max(deleted).max(untold);
        Ok(Self { unnamed, or_more, people })
    }

    /// Whether anybody may get the message a second time.
    pub(super) fn is_any(self) -> bool {
        self.unnamed > 0 || self.or_more != OrMore::No
    }

    /// What it says.
    pub(super) fn told(self) -> Sentence {
        let key = match (self.unnamed, self.or_more, self.people) {
            (0, OrMore::No, People::Same) => "gate.cost.none",
            (0, OrMore::No, People::Uncompared) => "gate.cost.uncompared",
            (_, OrMore::No, People::Others) => "gate.cost.others",
            (_, OrMore::No, People::Same | People::Uncompared) => "gate.cost.unnamed",
            (0, OrMore::Running, _) => "gate.cost.running",
            (_, OrMore::Running, _) => "gate.cost.at-least",
            (_, OrMore::Unread, _) => "gate.cost.unread",
            (_, OrMore::ResultsUnread, _) => "gate.cost.results-unread",
            (_, OrMore::NoReceipt, _) => "gate.cost.no-receipt",
        };
        Sentence::new(key).with("count", self.unnamed)
    }

    /// The question that repeats it.
    pub(super) fn question(self) -> &'static str {
        match (self.unnamed, self.or_more) {
            (0, OrMore::No) => "gate.take-over",
            (0, OrMore::Running | OrMore::Unread | OrMore::ResultsUnread) => "gate.take-over-open",
            (_, OrMore::No) => "gate.take-over-unnamed",
            (_, OrMore::NoReceipt) => "gate.take-over-no-receipt",
            (_, OrMore::Running | OrMore::Unread | OrMore::ResultsUnread) => "gate.take-over-at-least",
        }
    }
}

/// How many who were, or may have been, sent the message can be named.
struct NamedPeople {
    /// By journal and results together.
    all: u64,
    /// By results, and by what the journal shares with the one that wrote the receipt: whom it sent the message by itself
    /// says nothing of whom that one did.
    shared: u64,
    /// By what the journal shares with that one alone.
    certain: u64,
    /// Whom these are, and whom each file of results names: the receipt's people are named where one of these is theirs.
    reached: Vec<MessageSet>,
    /// Whether the journal keeps no openids, so that the first of these are not all.
    unnamed: bool,
    /// How many the results tell of, whether their openids are masked or not.
    by_results: u64,
    /// Which messages there would be, whatever became of them; nothing where it is not known which the journal has.
    set: Option<MessageSet>,
}

impl NamedPeople {
    fn count(campaign: &Campaign, witnesses: &Witnesses, shared: u64) -> Result<Self, JournalError> {
        let known = witnesses.known();
        // Up to which number messages are shared, and how many of these, and of all, may have been delivered.
        let (mut last, mut of_shared, mut of_all, mut of_any) = (0, 0, 0, 0_u64);
        let (mut reached, mut index, mut unnamed) = (MessageSet::default(), None, false);
        if let Some((store, campaign)) = known {
            last = store.before(campaign).0 + i64::try_from(shared).expect("nobody has so many messages");
            index = Some(Index::load_and(&**store, campaign, &mut |recipient, nth, known| {
                of_any += 1;
                of_all += u64::from(known.state.is_reached());
                if known.state.is_reached() && known.id.0 <= last {
                    of_shared += 1;
                    match recipient {
                        Recipient::Openid(openid) => reached.add(openid, nth),
                        Recipient::Person(_) => unnamed = true,
                    }
                }
            })?);
        }
        // The results of several files may tell of the same people.
        let (mut new, mut not_shared, mut added, mut by_results) =
            (HashSet::new(), HashSet::new(), HashSet::new(), 0);
        let mut set = match known {
            Some((store, campaign)) if of_any > 0 => store.message_set(campaign)?,
            Some(_) | None => Some(MessageSet::default()),
        };
        let mut by_file = Vec::new();
        let files = results::files(campaign, witnesses);
        for results in files.iter().filter_map(|file| results::open(campaign, witnesses, file)) {
            let (mut of_file, mut reached_by_file) = (0, MessageSet::default());
            for told in results.told() {
                let there = match (&index, known) {
                    (Some(index), Some((store, _))) => index.find(&**store, &told.openid, told.nth)?,
                    (Some(_) | None, _) => None,
                };
                let (is_masked, may_have) = (told.is_masked(), Status::from(told.outcome).is_reached());
                of_file += u64::from(may_have);
                if is_masked {
                    continue;
                }
                let message = (told.openid, told.nth);
                if there.is_none()
                    && let Some(set) = &mut set
                    && added.insert(message.clone())
                {
                    set.add(&message.0, message.1);
                }
                if may_have {
                    reached_by_file.add(&message.0, message.1);
                }
                let there = there.filter(|there| there.state.is_reached());
                if may_have
                    && there.as_ref().is_none_or(|there| there.id.0 > last)
                    && not_shared.insert(message.clone())
                {
                    reached.add(&message.0, message.1);
                }
                if may_have && there.is_none() {
                    new.insert(message);
                }
            }
            by_results = of_file.max(by_results);
            by_file.push(reached_by_file);
        }
        let count =
            |set: HashSet<(String, u32)>| u64::try_from(set.len()).expect("a count of what is in memory");
        by_file.push(reached);
        Ok(Self {
            all: of_all + count(new),
            shared: of_shared + count(not_shared),
            certain: of_shared,
            reached: by_file,
            unnamed,
            by_results,
            set,
        })
    }

    /// Holds whom these name against the receipt, where they name as many. More than it counts may be right: a file that
    /// was written earlier names whoever was found not to have got the message since.
    fn compared(&self, entry: &Entry) -> People {
        if entry.running || self.shared < entry.reached() {
            return People::Same;
        }
        match entry.reached_set {
            Some(set) if self.reached.contains(&set) => People::Same,
            Some(_) if self.unnamed => People::Uncompared,
            Some(_) => People::Others,
            None if self.certain >= entry.reached() => People::Same,
            None => People::Uncompared,
        }
    }
}
