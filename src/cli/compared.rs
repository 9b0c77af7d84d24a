//! `--compare`: an earlier plan, and what has changed since.

use std::path::Path;

use crate::api_base::Hosts;
use crate::campaign::Campaign;
use crate::cli::exit_code::Exit;
use crate::cli::problem::Problem;
use crate::diagnostic::render::display;
use crate::locale::Catalog;
use crate::locale::sentence::Sentence;
use crate::plan::Plan;
use crate::report::plan::compare::{Changes, Earlier, EarlierError};
use crate::report::plan::json::Facts;
use crate::report::plan::sample::{self, Wanted};

/// The plan to compare with.
pub(crate) fn earlier(path: &Path) -> Result<Earlier, Problem> {
    let problem = |key| Problem::new(Exit::Usage, key).with("file", display(path));
    Earlier::read(path).map_err(|error| match error {
        EarlierError::File(reason) => problem("cannot-read").because(reason),
        EarlierError::Foreign(reason) => problem("earlier-foreign").because(reason),
        EarlierError::NoFingerprints => {
            problem("earlier-foreign").with("reason", Sentence::new("reason.no-fingerprints"))
        }
        EarlierError::NoMessages => problem("earlier-bare"),
    })
}

/// People of another campaign or account are known by other fingerprints: nothing could be compared.
pub(crate) fn same_campaign(earlier: &Earlier, path: &Path, campaign: &Campaign) -> Result<(), Problem> {
    let now = (Some(campaign.id.to_string()), Some(campaign.account.appid.clone()));
    if (&earlier.campaign, &earlier.appid) == (&now.0, &now.1) {
        return Ok(());
    }
    let shown = |(campaign, appid): (&Option<String>, &Option<String>)| {
        let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "?".to_owned());
        format!("{}, {}", word(campaign), word(appid))
    };
    let (found, expected) = (shown((&earlier.campaign, &earlier.appid)), shown((&now.0, &now.1)));
    Err(Problem::new(Exit::Usage, "earlier-other")
        .with("file", display(path))
        .with("found", found)
        .with("campaign", expected))
}

/// Where the messages of an earlier plan went, and where its tokens came from.
pub(crate) struct Before {
    hosts: Vec<String>,
    token_command: Option<Vec<String>>,
}

impl Before {
    /// Those of a plan.
    pub(crate) fn of(earlier: &Earlier) -> Self {
        Self { hosts: earlier.hosts.clone(), token_command: earlier.token_command.clone() }
    }

    /// Notes what of it is another now.
    pub(crate) fn note(self, changes: &mut Changes, now: &Facts) {
        let hosts: Vec<String> = now.hosts.iter().flat_map(Hosts::all).map(ToString::to_string).collect();
        changes.earlier_hosts = (self.hosts != hosts).then_some(self.hosts);
        let then = self.token_command;
        let is_another = then != now.token_command;
        // An earlier plan without a command had an empty one.
        changes.earlier_token_command = is_another.then(|| then.unwrap_or_default());
    }
}

/// What has changed since an earlier plan of a sound campaign.
///
/// # Errors
///
/// When the file is no plan of this campaign, or the audience is no longer what was planned.
pub(crate) fn changes_since(
    path: &Path,
    campaign: &Campaign,
    plan: &Plan,
    facts: &Facts,
    words: &Catalog,
) -> Result<Option<Changes>, Problem> {
    let earlier = earlier(path)?;
    same_campaign(&earlier, path, campaign)?;
    let before = Before::of(&earlier);
    let wanted = Wanted { samples: false, messages: false, earlier: Some(earlier), masked: true };
    let read = sample::read(campaign, plan, wanted, words).map_err(|_| Problem::changed(Exit::Invalid))?;
    Ok(read.changes.map(|mut changes| {
        before.note(&mut changes, facts);
        changes
    }))
}
