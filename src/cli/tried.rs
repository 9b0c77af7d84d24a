//! Who was sent a campaign's message to look at it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use crate::audience::openid;
use crate::campaign::{Campaign, moment};
use crate::cli::exit_code::Exit;
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, argument};
use crate::delivery::outcome::Status;
use crate::journal::JournalError;
use crate::journal::identity::{Channel, Identity, Person};
use crate::journal::store::Store;
use crate::plan::{Plan, text_digest};
use crate::report::join;

/// Whose messages tries are.
pub(crate) fn whose(campaign: &Campaign) -> Identity {
    Identity { channel: Channel::Try, ..join::identity(campaign) }
}

/// Who is named to look at a message.
#[derive(Debug, Default)]
pub(crate) struct Testers {
    /// Those who are sent it, in the order in which they are named.
    pub(crate) to: Vec<String>,
    /// Those whom a policy leaves out of everything, and by which list.
    pub(crate) ruled_out: BTreeMap<String, String>,
}

impl Testers {
    /// Takes in one whom the campaign, the command line or this policy names. A policy may name staff as testers whom it
    /// leaves out of campaigns otherwise; nobody else may.
    fn add(&mut self, openid: &str, policy: Option<&Path>, campaign: &Campaign) {
        if self.to.iter().any(|to| to == openid) {
            return;
        }
        match campaign.audience.lists.ruled_out(openid, policy) {
            Some(list) => {
                self.ruled_out.insert(openid.to_owned(), list.file.name.clone());
            }
            None => {
                self.ruled_out.remove(openid);
                self.to.push(openid.to_owned());
            }
        }
    }
}

/// The testers: those of the command line, else those of the campaign and its policies.
///
/// # Errors
///
/// When one of them is no openid, or a file of them cannot be read.
pub(crate) fn testers(given: &[String], campaign: &Campaign) -> Result<Testers, Problem> {
    if let Some(wrong) = given.iter().find(|to| openid::check(to).is_err()) {
        return Err(Problem::new(Exit::Usage, "no-openid").with("text", wrong));
    }
    let mut all = Testers::default();
    if !given.is_empty() {
        given.iter().for_each(|to| all.add(to, None, campaign));
        return Ok(all);
    }
    campaign.testers.openids.iter().for_each(|to| all.add(to, None, campaign));
    for (to, policy) in &campaign.testers.by_policies.openids {
        all.add(to, Some(policy), campaign);
    }
    for list in &campaign.testers.files {
        let (people, faults) = list.people();
        if faults.errors() > 0 {
            return Err(
                Problem::new(Exit::Invalid, "testers-unreadable").with("file", list.file.name.as_str())
            );
        }
        people.iter().for_each(|to| all.add(to, list.policy(), campaign));
    }
    Ok(all)
}

/// Who was sent the message as it is now.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    people: BTreeSet<Person>,
    last: Option<Timestamp>,
}

impl Tried {
    /// What the journal knows. A message belongs to the run in whose time it was settled: no two run at a time.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn of(campaign: &Campaign, plan: &Plan, store: &Store) -> Result<Self, JournalError> {
        let mut tried = Self::default();
        let Some(number) = store.find_campaign(&whose(campaign))? else { return Ok(tried) };
        let (now, appid) = (text_digest(campaign, plan).to_string(), &campaign.account.appid);
        let runs: Vec<_> = store.runs(number)?.into_iter().filter(|run| run.text == now).collect();
        store.messages(number, |message| {
            let during = runs.iter().any(|run| {
                message.at >= run.started && run.ended.as_ref().is_none_or(|ended| message.at <= *ended)
            });
            if during && message.state.status() == Status::Sent {
                tried.last = tried.last.max(Some(message.at));
                tried.people.insert(message.recipient.person(appid));
            }
        })?;
        Ok(tried)
    }

    /// Says who tried it, as people should know before they agree.
    pub(crate) fn tell(&self, campaign: &Campaign, terminal: &Terminal) {
        match self.last {
            Some(last) => {
                let at = moment::shown(last, &campaign.send.hours.zone);
                terminal.say("send.tried", &[("count", &self.people.len()), ("at", &at)]);
            }
            None => terminal.say("send.untried", &[("campaign", &argument(&campaign.path))]),
        }
    }

    /// Insists that every tester got it, where the campaign does.
    ///
    /// # Errors
    ///
    /// When somebody did not.
    pub(crate) fn insist(&self, campaign: &Campaign) -> Result<(), Problem> {
        if !campaign.testers.required {
            return Ok(());
        }
        let testers = testers(&[], campaign)?.to;
        let got = |to: &String| self.people.contains(&Person::of(&campaign.account.appid, to));
        let without = testers.iter().filter(|to| !got(to)).count();
        if without == 0 && !self.people.is_empty() {
            return Ok(());
        }
        let untried = match &campaign.testers.by_policies.insists {
            _ if testers.is_empty() => Problem::new(Exit::Gate, "not-tried-nobody"),
            Some(policy) => Problem::new(Exit::Gate, "not-tried-policy").with("policy", policy.as_str()),
            None => Problem::new(Exit::Gate, "not-tried"),
        };
        let untried = untried.with("count", without);
        Err(untried.with("testers", testers.len()).with("campaign", argument(&campaign.path)))
    }
}
