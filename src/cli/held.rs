//! Whom policies hold back at a moment, with how many messages that are.

use std::path::Path;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::delivery::rule::Rule;
use crate::journal::store::Store;
use crate::plan::Plan;
use crate::plan::schedule::outlook::{Lookout, Outlook};
use crate::report::join::{JoinError, identity};
use crate::report::left::Left;
use crate::send::holds::Holds;

/// Whom policies hold back.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Who it is.
    pub(crate) holds: Holds,
    /// How many messages each rule holds back; rules that hold nobody back are left out.
    pub(crate) rules: Vec<(Rule, u64)>,
    /// The numbers of the others who are left, in the order of the audience; nothing where that is everybody, or where the
    /// campaign does not say until when they can be written to.
    left: Option<Vec<u32>>,
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
        left: &mut Left<'_>,
        now: Timestamp,
    ) -> Result<Self, JoinError> {
        let whose = identity(campaign);
        let mut held = Self::default();
        if Holds::can_be(campaign) {
            let (persons, messages) = left.people()?;
            held.holds = Holds::of(campaign, &whose, store, &persons, now).map_err(JoinError::Journal)?;
            held.rules = held.holds.counts(&persons, &messages);
        }
        // Whoever is held back, or was sent the message before, takes nobody's turn.
        let knows_some = store.find_campaign(&whose).map_err(JoinError::Journal)?.is_some();
        if plan.windows.is_some() && (knows_some || !held.rules.is_empty()) {
            held.left = Some(left.numbers(&|openid| held.is_free(openid, now))?);
        }
        Ok(held)
    }

    /// Whether no policy holds somebody back at a moment.
    pub(crate) fn is_free(&self, openid: &str, now: Timestamp) -> bool {
        self.holds.find(openid).is_none_or(|hold| !hold.holds(now))
    }

    /// Who of those who are left and whom no policy holds back can still be reached.
    pub(crate) fn outlook(&self, lookout: &Lookout<'_>, at: Timestamp) -> Option<Outlook> {
        match &self.left {
            Some(left) => lookout.outlook_of(left, at),
            None => lookout.outlook(at),
        }
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
        // What a plan tells is of the whole list, whoever was sent the message already.
        let mut left = Left::of(campaign, plan, Some(&store), &|_| true, None);
        Self::of(campaign, plan, &store, &mut left, now).map(Some)
    }
}
