//! Which request a rule of the scenario acts on.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use crate::simulator::dice;
use crate::simulator::units::{Numbers, Share};

/// A call of the simulator that rules can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Endpoint {
    /// `message/custom/send`.
    #[default]
    Send,
    /// `stable_token` and `token`.
    Token,
    /// `media/upload` and `media/uploadimg`.
    Upload,
    /// `message/custom/typing`.
    Typing,
    /// `customservice/getkflist`.
    Kflist,
    /// `openapi/quota/get`.
    Quota,
    /// `user/get`.
    Followers,
    /// `tags/get`.
    Tags,
    /// `user/tag/get`.
    Tagged,
    /// `tags/members/getblacklist`.
    Blacklist,
    /// `user/info/batchget`.
    Profiles,
    /// `msgrecord/getmsglist`.
    Records,
}

impl Endpoint {
    /// How many there are.
    pub(crate) const COUNT: usize = 12;

    /// Whether its requests name a recipient.
    pub(crate) fn has_recipient(self) -> bool {
        match self {
            Self::Send | Self::Typing => true,
            Self::Token
            | Self::Upload
            | Self::Kflist
            | Self::Quota
            | Self::Followers
            | Self::Tags
            | Self::Tagged
            | Self::Blacklist
            | Self::Profiles
            | Self::Records => false,
        }
    }
}

/// One request as rules see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The call.
    pub(crate) on: Endpoint,
    /// The recipient; nothing where the call has none or the body could not be read.
    pub(crate) openid: Option<&'a str>,
    /// The number of the request among all of its call, from 1.
    pub(crate) number: u64,
}

/// The requests that a rule acts on: those that meet everything that is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    pub(crate) on: Endpoint,
    pub(crate) share: Option<Share>,
    pub(crate) openids: Option<HashSet<String>>,
    pub(crate) messages: Option<Numbers>,
    pub(crate) from: Option<u64>,
    pub(crate) to: Option<u64>,
    /// How often the rule acts on one recipient, or in all where the call has no recipient.
    pub(crate) times: Option<u32>,
}

impl Selector {
    fn matches(&self, target: Target<'_>, salt: u64) -> bool {
        let openid_fits = |fits: &dyn Fn(&str) -> bool| target.openid.is_some_and(fits);
        self.on == target.on
            && self.from.is_none_or(|from| target.number >= from)
            && self.to.is_none_or(|to| target.number <= to)
            && self.messages.as_ref().is_none_or(|numbers| numbers.contains(target.number))
            && self.openids.as_ref().is_none_or(|openids| openid_fits(&|openid| openids.contains(openid)))
            && self.share.is_none_or(|share| {
                openid_fits(&|openid| share.holds(dice::fraction(dice::of_text(salt, openid))))
            })
    }
}

/// A selector and what happens to the requests that it selects.
#[derive(Debug, Clone)]
pub(crate) struct Rule<T> {
    pub(crate) selector: Selector,
    pub(crate) then: T,
}

/// The rules of a list at work: the first that matches acts.
#[derive(Debug)]
pub(crate) struct Rules<T> {
    rules: Vec<Armed<T>>,
}

#[derive(Debug)]
struct Armed<T> {
    rule: Rule<T>,
    /// Of each rule its own, so that two shares of 1 % select different recipients.
    salt: u64,
    /// How often the rule has acted, by openid; kept only for rules with `times`.
    acted: Mutex<HashMap<String, u32>>,
}

impl<T> Rules<T> {
    /// Arms the rules; `salt` keeps the shares of two lists apart.
    pub(crate) fn new(rules: Vec<Rule<T>>, salt: u64) -> Self {
        let arm = |(index, rule)| Armed {
            rule,
            salt: dice::of_number(salt, index as u64),
            acted: Mutex::default(),
        };
        Self { rules: rules.into_iter().enumerate().map(arm).collect() }
    }

    /// What happens to this request, if a rule acts on it. Counts for `times`, so ask once a request.
    pub(crate) fn pick(&self, target: Target<'_>) -> Option<&T> {
        self.rules.iter().find(|armed| armed.acts(target)).map(|armed| &armed.rule.then)
    }
}

impl<T> Armed<T> {
    fn acts(&self, target: Target<'_>) -> bool {
        if !self.rule.selector.matches(target, self.salt) {
            return false;
        }
        let Some(times) = self.rule.selector.times else { return true };
        let mut acted = self.acted.lock().unwrap_or_else(PoisonError::into_inner);
        // Requests without a recipient are counted together, as if they were to one person.
        let count = acted.entry(target.openid.unwrap_or("").to_owned()).or_default();
        let acts = *count < times;
        if acts {
            *count += 1;
        }
        acts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(openid: &str, number: u64) -> Target<'_> {
        Target { on: Endpoint::Send, openid: Some(openid), number }
    }

    #[test]
    fn everything_that_is_given_must_be_met() {
        let selector = Selector {
            openids: Some(["a".to_owned()].into()),
            from: Some(2),
            to: Some(3),
            ..Selector::default()
        };
        let rules = Rules::new(vec![Rule { selector, then: () }], 0);
        let met: Vec<_> = (1..=4).filter(|&n| rules.pick(send("a", n)).is_some()).collect();
        assert_eq!(met, [2, 3]);
        assert!(rules.pick(send("b", 2)).is_none());
        assert!(rules.pick(Target { on: Endpoint::Token, openid: None, number: 2 }).is_none());
        assert!(rules.pick(Target { openid: None, ..send("a", 2) }).is_none());
    }

    #[test]
    fn times_counts_each_recipient_and_each_rule_alone() {
        let once = |then| Rule { selector: Selector { times: Some(1), ..Selector::default() }, then };
        let rules = Rules::new(vec![once("first"), once("second")], 0);
        for openid in ["a", "b"] {
            let picked: Vec<_> = (1..=3).map(|n| rules.pick(send(openid, n)).copied()).collect();
            assert_eq!(picked, [Some("first"), Some("second"), None]);
        }
    }
}
