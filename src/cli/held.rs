//! Whom policies hold back at a moment, with how many messages that are.

use std::path::Path;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::delivery::rule::Rule;
use crate::journal::record::Known;
use crate::journal::store::Store;
use crate::locale::Catalog;
use crate::plan::Plan;
use crate::report::join::{JoinError, identity};
use crate::report::left::Left;
use crate::report::plan::text;
use crate::send::feed::{Policy, RetryRefused};
use crate::send::holds::Holds;

/// Whom policies hold back.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Who it is.
    pub(crate) holds: Holds,
    /// How many messages each rule holds back; rules that hold nobody back are left out.
    pub(crate) rules: Vec<(Rule, u64)>,
}

impl Held {
    /// Of those who are left to be sent a message.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read.
    pub(crate) fn of(
        campaign: &Campaign,
        plan: &Plan,
        store: &Store,
        again: &dyn Fn(&Known) -> bool,
        now: Timestamp,
    ) -> Result<Self, JoinError> {
        if !Holds::can_be(campaign) {
            return Ok(Self::default());
        }
        let (persons, messages) =
            Left::load(campaign, plan, Some(store), again, None).map_err(JoinError::Journal)?.people()?;
        let holds =
            Holds::of(campaign, &identity(campaign), store, &persons, now).map_err(JoinError::Journal)?;
        let rules = holds.counts(&persons, &messages);
        Ok(Self { holds, rules })
    }

    /// By the journal in a folder; nothing where no policy asks it. It is not made where it is not there.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub(crate) fn by_journal(
        campaign: &Campaign,
        plan: &Plan,
        folder: Option<&Path>,
        now: Timestamp,
    ) -> Result<Option<Self>, JoinError> {
        if !Holds::can_be(campaign) {
            return Ok(None);
        }
        let store = folder.map(Store::read).transpose().map_err(JoinError::Journal)?.flatten();
        let Some(store) = store else { return Ok(Some(Self::default())) };
        let policy = Policy { on_unknown: campaign.send.on_unknown, retry_refused: RetryRefused::None };
        Self::of(campaign, plan, &store, &|known| policy.sends(known), now).map(Some)
    }

    /// A sentence a rule.
    pub(crate) fn told(&self, words: &Catalog) -> Vec<String> {
        self.rules.iter().map(|(rule, count)| text::held_back(rule, *count, words)).collect()
    }
}
