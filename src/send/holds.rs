//! Whom the policies of an account hold back, by what its journal knows: those who were written to often enough, and those
//! whom WeChat has refused for good.
//!
//! It is asked under the account's lock, when no other campaign of the account sends: so nobody is written to once more
//! because two campaigns looked at the same moment. Time only sets people free meanwhile.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::campaign::policy::Policy;
use crate::campaign::policy::file::Over;
use crate::delivery::rule::{Rule, Says};
use crate::delivery::skip::SkipReason;
use crate::journal::identity::Person;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};

/// Who is held back in a run.
#[derive(Debug, Clone, Default)]
pub struct Holds {
    appid: String,
    /// By person, sorted.
    held: Vec<(Person, Hold)>,
    rules: Vec<Rule>,
}

/// Why and how long somebody is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hold {
    /// The place of its rule among all.
    rule: usize,
    /// From when on they may be written to again.
    pub(crate) until: Timestamp,
    /// What becomes of their message meanwhile: it is skipped for this reason, or stays unsent.
    pub(crate) skip: Option<SkipReason>,
}

impl Holds {
    /// Whether a campaign's policies can hold anybody back.
    pub(crate) fn can_be(campaign: &Campaign) -> bool {
        let id = campaign.id.to_string();
        campaign.policies.iter().any(|policy| policy.refused.is_some() || policy.caps_for(&id).is_some())
    }

    /// Who of these persons, who are sorted, is held back at a moment.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn of(
        campaign: &Campaign,
        whose: &Identity,
        store: &Store,
        persons: &[Person],
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let mut holds = Self { appid: whose.appid.clone(), ..Self::default() };
        if !Self::can_be(campaign) || persons.is_empty() {
            return Ok(holds);
        }
        let asked = Asked { id: campaign.id.to_string(), whose, store, persons, now };
        let mut held = BTreeMap::new();
        for policy in &campaign.policies {
            holds.capped(policy, &asked, &mut held)?;
        }
        // Whoever cannot be reached at all is told so, whatever caps say.
        for policy in &campaign.policies {
            holds.refused(policy, &asked, &mut held)?;
        }
        holds.held = held.into_iter().map(|(place, hold)| (persons[place], hold)).collect();
        Ok(holds)
    }

    fn capped(
        &mut self,
        policy: &Policy,
        asked: &Asked<'_>,
        held: &mut BTreeMap<usize, Hold>,
    ) -> Result<(), JournalError> {
        let Some(caps) = policy.caps_for(&asked.id) else { return Ok(()) };
        let first = self.rules.len();
        let later = caps.over == Over::Later;
        let says =
            caps.per_person.iter().map(|cap| Says::Cap { most: cap.most, time: cap.time.clone(), later });
        self.rules.extend(says.map(|says| Rule { policy: policy.name.clone(), says }));
        let begins = caps.per_person.iter().map(|cap| cap.within.begin(asked.now, &policy.zone));
        let since = begins.min().expect("caps have at least one");
        let others = asked.store.other_campaigns(asked.whose)?;
        asked.store.occasions(&others, since, asked.persons, &mut |place, times| {
            for (number, cap) in caps.per_person.iter().enumerate() {
                let Some(until) = cap.free_at(times, asked.now, &policy.zone) else { continue };
                let skip = (!later).then_some(SkipReason::Cap);
                let hold = Hold { rule: first + number, until, skip };
                let other = held.entry(place).or_insert(hold);
                // Whoever says from when on they may be written to again has to know all rules.
                let until = other.until.max(hold.until);
                // Who is to be skipped by one of two rules is skipped; of equals the longer one is told.
                if (other.skip.is_some(), other.until) < (hold.skip.is_some(), hold.until) {
                    *other = hold;
                }
                other.until = until;
            }
        })
    }

    fn refused(
        &mut self,
        policy: &Policy,
        asked: &Asked<'_>,
        held: &mut BTreeMap<usize, Hold>,
    ) -> Result<(), JournalError> {
        let Some(refused) = &policy.refused else { return Ok(()) };
        let rule = self.rules.len();
        self.rules.push(Rule { policy: policy.name.clone(), says: Says::Refused });
        let since = refused.within.begin(asked.now, &policy.zone);
        let others = asked.store.other_campaigns(asked.whose)?;
        asked.store.refusals(&others, since, &refused.codes, asked.persons, &mut |place, at| {
            let until = refused.within.after(at, &policy.zone);
            held.insert(place, Hold { rule, until, skip: Some(SkipReason::Refused) });
        })
    }

    /// Why this person is held back at a moment, if they are.
    pub(crate) fn find(&self, openid: &str) -> Option<Hold> {
        if self.held.is_empty() {
            return None;
        }
        self.of_person(&Person::of(&self.appid, openid))
    }

    fn of_person(&self, person: &Person) -> Option<Hold> {
        let place = self.held.binary_search_by_key(person, |(person, _)| *person).ok()?;
        Some(self.held[place].1)
    }

    /// How many of these messages each rule holds back, in the order of the rules. `persons` are sorted, and each has as many
    /// messages as `messages` says at the same place.
    pub(crate) fn counts(&self, persons: &[Person], messages: &[u32]) -> Vec<(Rule, u64)> {
        let mut counts = vec![0; self.rules.len()];
        for (person, messages) in persons.iter().zip(messages) {
            if let Some(hold) = self.of_person(person) {
                counts[hold.rule] += u64::from(*messages);
            }
        }
        self.rules.iter().cloned().zip(counts).filter(|(_, count)| *count > 0).collect()
    }
}

impl Hold {
    /// Whether it holds at a moment.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// What is asked of the journal.
struct Asked<'a> {
    id: String,
    whose: &'a Identity,
    store: &'a Store,
    persons: &'a [Person],
    now: Timestamp,
}
