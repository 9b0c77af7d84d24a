//! Finds a message by its identity in memory, with forty bytes a message: enough to know what became of it and with
//! which text, so that an audience in whatever order asks the disk for nothing that is settled.

use std::collections::VecDeque;

use crate::delivery::outcome::{Counts, Status};
use crate::journal::JournalError;
use crate::journal::backend::Backend;
use crate::journal::identity::{CampaignKey, MessageKey, Naming, Recipient};
use crate::journal::record::{Known, Recorded, State};

/// How many messages are read ahead at a time.
const AHEAD: usize = 1024;
/// How many entries a bucket has on average: few enough to be looked through, many enough that a message costs a
/// quarter of a byte more.
const BUCKET: usize = 16;

/// A message in memory. A hundred and twenty-eight bits of hash are its identity: that two of a billion messages share
/// them is less likely than a fault of the memory they lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: [u64; 2],
    payload: i64,
    /// The message's number within its campaign.
    number: u32,
    /// The errcode, `NONE` where there is none, `OTHER` where it does not fit.
    errcode: i32,
    attempts: u32,
    /// As on disk.
    state: u8,
}

// What a message costs in memory.
const _: () = assert!(size_of::<Entry>() <= 40);

const NONE: i32 = i32::MIN;
const OTHER: i32 = i32::MIN + 1;

/// The messages of one campaign, by hash.
#[derive(Debug, Default)]
pub struct Index {
    /// The number before the campaign's first one.
    before: i64,
    campaign: Option<CampaignKey>,
    naming: Naming,
    /// The journal's version of the campaign when it was read.
    version: String,
    entries: Vec<Entry>,
    /// Where the entries of each bucket begin, and where the last one's end.
    buckets: Vec<u32>,
    ahead: VecDeque<Recorded>,
    /// The last message that was read ahead; nothing once there are no more.
    read_to: Option<MessageKey>,
}

impl Index {
    /// Reads a campaign's messages.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub fn load(store: &dyn Backend, campaign: CampaignKey) -> Result<Self, JournalError> {
        Self::load_and(store, campaign, &mut |_, _, _| {})
    }

    /// [`load`](Self::load), and calls `each` with every message on the way.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn load_and(
        store: &dyn Backend,
        campaign: CampaignKey,
        each: &mut dyn FnMut(&Recipient<'_>, u32, &Known),
    ) -> Result<Self, JournalError> {
        // Asked first: what changes while the messages are read makes it another version.
        let version = store.version(campaign)?;
        let before = store.before(campaign);
        let naming = store.naming_of(campaign)?;
        let mut entries = Vec::with_capacity(store.most(campaign)?);
        store.known(campaign, &mut |recipient, nth, known| {
            each(recipient, nth, &known);
            entries.push(Entry {
                hash: naming.of(recipient, nth),
                payload: known.payload,
                number: u32::try_from(known.id.0 - before.0).expect("a campaign's numbers have 32 bits"),
                errcode: match known.errcode {
                    None => NONE,
                    Some(code) => i32::try_from(code).ok().filter(|code| *code > OTHER).unwrap_or(OTHER),
                },
                attempts: known.attempts,
                state: u8::try_from(known.state.to_disk()).expect("states are small numbers"),
            });
        })?;
        entries.sort_unstable();
        let buckets = buckets(&entries);
        Ok(Self {
            before: before.0,
            campaign: Some(campaign),
            naming,
            version,
            entries,
            buckets,
            ahead: VecDeque::new(),
            read_to: Some(before),
        })
    }

    /// Whether a journal still says what was read from it, and a claim of the campaign will change nothing of that either.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn holds(&self, store: &dyn Backend, campaign: CampaignKey) -> Result<bool, JournalError> {
        let in_flight = self.entries.iter().any(|entry| state(entry) == State::InFlight);
        Ok(self.campaign == Some(campaign) && !in_flight && store.version(campaign)? == self.version)
    }

    /// What became of all messages. One in flight may have been delivered.
    pub(crate) fn statuses(&self) -> Counts {
        let mut counts = Counts::default();
        self.entries.iter().for_each(|entry| counts.add(state(entry).status(), 1));
        counts
    }

    /// Of how many messages nobody knows what became of them.
    pub(crate) fn unknown(&self) -> usize {
        self.entries.iter().filter(|entry| state(entry).status() == Status::Unknown).count()
    }

    /// How many messages the journal knows.
    pub fn known(&self) -> usize {
        self.entries.len()
    }

    /// What is known of a message, without asking the disk unless its errcode is one that no platform has.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn find(
        &self,
        store: &dyn Backend,
        openid: &str,
        nth: u32,
    ) -> Result<Option<Known>, JournalError> {
        let wanted = self.naming.message(openid, nth);
        // Of an identity that stands there twice, the one that may have been delivered counts.
        let same = self.bucket(wanted).iter().filter(|entry| entry.hash == wanted);
        let Some(entry) = same.max_by_key(|entry| gravity(state(entry))) else { return Ok(None) };
        let id = MessageKey(self.before + i64::from(entry.number));
        let errcode = match entry.errcode {
            NONE => None,
            OTHER => store.message(id)?.and_then(|message| message.cause?.errcode()),
            code => Some(i64::from(code)),
        };
        let (state, attempts, payload) = (state(entry), entry.attempts, entry.payload);
        Ok(Some(Known { id, state, attempts, errcode, payload }))
    }

    /// The few entries among which a hash is, if it is there at all. A search through all of them would wait for the
    /// memory at nearly every step.
    fn bucket(&self, hash: [u64; 2]) -> &[Entry] {
        // One that was never loaded has no buckets.
        let Some(count) = self.buckets.len().checked_sub(1) else { return &[] };
        let bucket = bucket(hash, count);
        &self.entries[self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize]
    }

    /// Everything the journal knows of a message that was found. An audience is usually asked for in the order it was
    /// sent in, so messages are read ahead in that order, and nearly every one is waiting.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn record(
        &mut self,
        store: &dyn Backend,
        id: MessageKey,
    ) -> Result<Option<Recorded>, JournalError> {
        if self.ahead.is_empty()
            && let (Some(campaign), Some(after)) = (self.campaign, self.read_to)
        {
            store.messages_after(campaign, after, AHEAD, &mut |message| self.ahead.push_back(message))?;
            self.read_to = self.ahead.back().map(|last| last.id);
        }
        // Those passed over are not asked for in this order; should they be after all, the disk has them.
        while self.ahead.front().is_some_and(|next| next.id < id)
            && self.ahead.back().is_some_and(|last| last.id >= id)
        {
            self.ahead.pop_front();
        }
        if self.ahead.front().is_some_and(|next| next.id == id) {
            return Ok(self.ahead.pop_front());
        }
        store.message(id)
    }
}

/// Where each bucket of sorted entries begins, and where the last one ends.
fn buckets(entries: &[Entry]) -> Vec<u32> {
    let count = entries.len() / BUCKET + 1;
    let mut starts = Vec::with_capacity(count + 1);
    for (position, entry) in (0_u32..).zip(entries) {
        while starts.len() <= bucket(entry.hash, count) {
            starts.push(position);
        }
    }
    starts.resize(count + 1, u32::try_from(entries.len()).expect("a campaign's numbers have 32 bits"));
    starts
}

/// The bucket of a hash. Hashes are spread evenly, and so are the buckets, in the order of the hashes.
fn bucket(hash: [u64; 2], count: usize) -> usize {
    let scaled = u128::from(hash[0]) * count as u128;
    usize::try_from(scaled >> 64).expect("it is less than the count")
}

fn state(entry: &Entry) -> State {
    State::from_disk(i64::from(entry.state)).expect("it was a state when it was read")
}

/// How much a state forbids another request.
pub(crate) fn gravity(state: State) -> u8 {
    use crate::delivery::outcome::Outcome;
    match state {
        State::Settled(Outcome::Postponed) | State::Skipped(_) => 0,
        State::Settled(Outcome::Failed) => 1,
        State::Settled(Outcome::Refused) => 2,
        State::Settled(Outcome::Unknown) => 3,
        State::InFlight => 4,
        State::Settled(Outcome::Sent) => 5,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::delivery::attempt::Incident;
    use crate::journal::Identity;
    use crate::journal::batch::{Batch, Intent};
    use crate::journal::identity::Channel;
    use crate::journal::store::Store;

    #[test]
    fn messages_are_found_in_any_order_and_strangers_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("a journal");
        let identity = |campaign: &str| Identity {
            appid: "a".into(),
            campaign: campaign.into(),
            wave: 1,
            channel: Channel::Send,
        };
        let [mine, other] =
            ["mine", "other"].map(|name| store.claim(&identity(name), Incident::Crash).expect("a claim"));
        for (claim, of) in [(mine, [1, 2].as_slice()), (other, &[0])] {
            let numbers = (0..3000).filter(|index| of.contains(&(index % 3)));
            let intents: Vec<Intent> = numbers
                .map(|index| Intent {
                    id: None,
                    openid: format!("o{index}"),
                    nth: 1,
                    attempt: 1,
                    at: Timestamp::UNIX_EPOCH,
                    payload: index,
                })
                .collect();
            store.commit(claim, &Batch { intents: &intents, ..Batch::default() }).expect("a commit");
        }
        let mut orders: Vec<Vec<i64>> = vec![(0..3000).collect(), (0..3000).rev().collect()];
        orders.push((0..3000).map(|index| index * 7 % 3000).collect());
        for order in orders {
            let mut index = Index::load(&*store, mine.campaign()).expect("an index");
            assert_eq!(index.known(), 2000);
            for number in order {
                let openid = format!("o{number}");
                let found = index.find(&*store, &openid, 1).expect("a look");
                assert_eq!(found.map(|found| found.payload), (number % 3 != 0).then_some(number));
                if let Some(found) = found {
                    let recorded = index.record(&*store, found.id).expect("a look");
                    assert_eq!(recorded.map(|recorded| recorded.recipient), Some(openid.into()));
                }
            }
            assert_eq!(index.find(&*store, "o1", 2), Ok(None), "another message to the same person");
        }
    }

    #[test]
    fn an_index_holds_as_long_as_nothing_changes_and_nothing_is_in_flight() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("a journal");
        let whose = Identity { appid: "a".into(), campaign: "c".into(), wave: 1, channel: Channel::Send };
        let claim = store.claim(&whose, Incident::Crash).expect("a claim");
        let holds = |store: &Store| {
            let index = Index::load(&**store, claim.campaign()).expect("an index");
            index.holds(&**store, claim.campaign()).expect("a look")
        };
        assert!(holds(&store), "nobody is in it");
        let before = Index::load(&*store, claim.campaign()).expect("an index");
        let intent = Intent {
            id: None,
            openid: "o".into(),
            nth: 1,
            attempt: 1,
            at: Timestamp::UNIX_EPOCH,
            payload: 1,
        };
        store.commit(claim, &Batch { intents: &[intent], ..Batch::default() }).expect("a commit");
        assert_eq!(before.holds(&*store, claim.campaign()), Ok(false), "somebody came");
        assert!(!holds(&store), "a claim settles what is in flight");
        let claim = store.claim(&whose, Incident::Crash).expect("a claim");
        assert!(holds(&store));
        let index = Index::load(&*store, claim.campaign()).expect("an index");
        assert_eq!(index.statuses(), Counts { unknown: 1, ..Counts::default() });
        let another = store.claim(&Identity { wave: 2, ..whose }, Incident::Crash).expect("a claim");
        assert_eq!(index.holds(&*store, another.campaign()), Ok(false), "it is of another campaign");
    }
}
