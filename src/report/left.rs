//! Those of a plan who are left to be sent the message, and what else they were sent.

use std::collections::BTreeSet;

use crate::campaign::Campaign;
use crate::journal::identity::Person;
use crate::journal::index::Index;
use crate::journal::payload::reads_like;
use crate::journal::record::Known;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::plan::Plan;
use crate::plan::batch::{Batch, Entry, Verdict};
use crate::plan::inputs::Inputs;
use crate::plan::pass::Pass;
use crate::report::join::{Count, Counted, JoinError, identity, openid_in};

/// The numbers of messages that went to the same people before, each once.
#[derive(Debug, Default)]
pub(crate) struct Alikes(Vec<u64>);

impl Alikes {
    const BITS: usize = 64;

    fn add(&mut self, number: usize) {
        let (word, bit) = (number / Self::BITS, number % Self::BITS);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << bit;
    }

    /// How many they are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// Those of a plan to whom a message would be sent now: whom the journal does not know, and whom it knows and this wants
/// to be sent it again.
pub(crate) struct Left<'a> {
    campaign: &'a Campaign,
    plan: &'a Plan,
    store: Option<&'a Store>,
    again: &'a dyn Fn(&Known) -> bool,
    /// By the campaign's own messages; loaded once, however often it is asked who is left, and not before.
    own: Option<Count>,
}

impl<'a> Left<'a> {
    /// `own` counts by the campaign's own messages, where they have been loaded already.
    pub(crate) fn of(
        campaign: &'a Campaign,
        plan: &'a Plan,
        store: Option<&'a Store>,
        again: &'a dyn Fn(&Known) -> bool,
        own: Option<Count>,
    ) -> Self {
        Self { campaign, plan, store, again, own }
    }

    /// What the journal knows of the campaign's own messages, where that was loaded.
    pub(crate) fn into_index(self) -> Option<Index> {
        self.own.map(Count::into_index)
    }

    /// How many of their messages, as far as they get them, went letter by letter to the same people under another identity or,
    /// by another journal, elsewhere. They are added to `all`.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read, or the audience is no longer what was planned.
    pub(crate) fn alike(
        &mut self,
        store: &Store,
        whose: &Identity,
        gets_it: &dyn Fn(usize, &str) -> bool,
        all: &mut Alikes,
    ) -> Result<u64, JoinError> {
        let mut theirs = Count::load(Some(store), whose).map_err(JoinError::Journal)?;
        let mut found = 0;
        self.each_numbered(|number, verdict, batch| {
            let Counted { status, altered, .. } = theirs.add(Some(store), verdict, batch)?;
            if let Verdict::Message { openid, payload, .. } = verdict
                && status.is_reached()
                && !altered
                && gets_it(number, openid_in(batch, payload, *openid))
            {
                found += 1;
                all.add(number);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// How many of their messages went under another identity to the same people with other blanks or punctuation.
    ///
    /// # Errors
    ///
    /// As of [`alike`](Self::alike).
    pub(crate) fn read_alike(
        &mut self,
        store: &Store,
        whose: &Identity,
        gets_it: &dyn Fn(usize, &str) -> bool,
    ) -> Result<u64, JoinError> {
        let mut theirs = Count::load(Some(store), whose).map_err(JoinError::Journal)?;
        let mut found = 0;
        self.each_numbered(|number, verdict, batch| {
            let Counted { status, message, .. } = theirs.add(Some(store), verdict, batch)?;
            if let (Verdict::Message { payload, openid, .. }, Some(message)) = (verdict, message)
                && gets_it(number, openid_in(batch, payload, *openid))
            {
                let payload = &batch.payloads()[payload.clone()];
                found += u64::from(status.is_reached() && reads_like(message.payload, payload));
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The row of the first of them, where it is one of the first `most` rows.
    ///
    /// # Errors
    ///
    /// As of [`persons`](Self::persons).
    pub(crate) fn first_row(&mut self, most: u64) -> Result<Option<u64>, JoinError> {
        let own = loaded(&mut self.own, self.store, self.campaign)?;
        own.reset();
        let inputs = Inputs::of_campaign(self.campaign, &self.plan.library);
        let (mut pass, mut batch) = (Pass::open(&inputs, self.plan)?, Batch::default());
        while pass.next(&mut batch)? {
            for Entry { row, verdict, .. } in batch.entries() {
                let counted = own.add(self.store, verdict, &batch).map_err(JoinError::Journal)?;
                let is_left = counted.message.as_ref().is_none_or(|known| (self.again)(known));
                if matches!(verdict, Verdict::Message { .. }) && is_left {
                    return Ok(Some(*row));
                }
                if *row >= most {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// The messages to some persons: to which openid, and what they would get.
    ///
    /// # Errors
    ///
    /// As of [`persons`](Self::persons).
    pub(crate) fn messages_to(
        &mut self,
        persons: &BTreeSet<Person>,
    ) -> Result<Vec<(String, Vec<u8>)>, JoinError> {
        let mut found = Vec::new();
        let appid = &self.campaign.account.appid;
        self.each(|verdict, batch| {
            if let Verdict::Message { openid, payload, .. } = verdict {
                let to = openid_in(batch, payload, *openid);
                if persons.contains(&Person::of(appid, to)) {
                    found.push((to.to_owned(), batch.payloads()[payload.clone()].to_vec()));
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Who they are, sorted, each of them once, and how many messages are left for each.
    ///
    /// # Errors
    ///
    /// As of [`persons`](Self::persons).
    pub(crate) fn people(&mut self) -> Result<(Vec<Person>, Vec<u32>), JoinError> {
        let mut persons = self.all()?;
        let messages = persons.chunk_by(|one, other| one == other);
        let messages = messages.map(|of_one| u32::try_from(of_one.len()).unwrap_or(u32::MAX)).collect();
        persons.dedup();
        Ok((persons, messages))
    }

    /// Who they are, sorted, each of them once.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read, or the audience is no longer what was planned.
    pub(crate) fn persons(&mut self) -> Result<Vec<Person>, JoinError> {
        let mut found = self.all()?;
        found.dedup();
        Ok(found)
    }

    /// The persons of all their messages, sorted.
    fn all(&mut self) -> Result<Vec<Person>, JoinError> {
        let mut found = Vec::new();
        let appid = &self.campaign.account.appid;
        self.each(|verdict, batch| {
            if let Verdict::Message { openid, payload, .. } = verdict {
                found.push(Person::of(appid, openid_in(batch, payload, *openid)));
            }
            Ok(())
        })?;
        found.sort_unstable();
        Ok(found)
    }

    /// The numbers that the messages to those of these openids have in the plan, in the order of the audience.
    ///
    /// # Errors
    ///
    /// As of [`persons`](Self::persons).
    pub(crate) fn numbers(&mut self, of: &dyn Fn(&str) -> bool) -> Result<Vec<u32>, JoinError> {
        let mut found = Vec::new();
        self.each_numbered(|number, verdict, batch| {
            if let Verdict::Message { openid, payload, .. } = verdict
                && of(openid_in(batch, payload, *openid))
            {
                found.push(u32::try_from(number).expect("an audience has fewer rows than 32 bits count"));
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn each(
        &mut self,
        mut each: impl FnMut(&Verdict, &Batch) -> Result<(), JournalError>,
    ) -> Result<(), JoinError> {
        self.each_numbered(|_, verdict, batch| each(verdict, batch))
    }

    /// Goes through them with the numbers that their messages have in the plan, from 0.
    fn each_numbered(
        &mut self,
        mut each: impl FnMut(usize, &Verdict, &Batch) -> Result<(), JournalError>,
    ) -> Result<(), JoinError> {
        let own = loaded(&mut self.own, self.store, self.campaign)?;
        own.reset();
        let mut numbers = 0..;
        let inputs = Inputs::of_campaign(self.campaign, &self.plan.library);
        let (mut pass, mut batch) = (Pass::open(&inputs, self.plan)?, Batch::default());
        while pass.next(&mut batch)? {
            for entry in batch.entries() {
                let verdict = &entry.verdict;
                let counted = own.add(self.store, verdict, &batch).map_err(JoinError::Journal)?;
                let number = match verdict {
                    Verdict::Message { .. } => numbers.next().expect("numbers do not end"),
                    Verdict::Skipped { .. } => continue,
                };
                if counted.message.as_ref().is_none_or(|known| (self.again)(known)) {
                    each(number, verdict, &batch).map_err(JoinError::Journal)?;
                }
            }
        }
        Ok(())
    }
}

/// What counts by the campaign's own messages, loaded where it is not yet.
fn loaded<'c>(
    own: &'c mut Option<Count>,
    store: Option<&Store>,
    campaign: &Campaign,
) -> Result<&'c mut Count, JoinError> {
    match own {
        Some(own) => Ok(own),
        none => Ok(none.insert(Count::load(store, &identity(campaign)).map_err(JoinError::Journal)?)),
    }
}
