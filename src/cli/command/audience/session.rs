//! An account whose people are fetched, and where what was fetched is kept meanwhile.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use jiff::Timestamp;

use crate::api_base::{API_BASE, API_BASE_2, ApiBase, Hosts};
use crate::campaign::{Account, Campaign, SecretPlace, moment};
use crate::cli::command::audience::halted::{Unwritten, halted, not_kept, signalled};
use crate::cli::context::{environment, load_campaign, variable};
use crate::cli::exit_code::Exit;
use crate::cli::line::audience_args::{Fetching, Of};
use crate::cli::origin::Origin;
use crate::cli::output_path;
use crate::cli::platform::{Caller, Platform, hosts_of};
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::delivery::stop::Stop;
use crate::gather::ask::{Asker, Halt};
use crate::gather::kept::{Kept, KeptError};
use crate::gather::pages::{self, Came};
use crate::message::AccountKind;
use crate::report::plan::text::destination;
use crate::report::progress::Counting;
use crate::send::shutdown::Signals;
use crate::wechat::people::Listed;

/// How long an account that no campaign names is waited for: as campaigns do where they say nothing else.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(30);
/// So many pages wait to be kept while the next one is fetched.
const PAGES_AHEAD: usize = 2;

/// Whose people they are.
#[derive(Debug)]
pub(super) struct Whose {
    pub(super) account: Account,
    /// The campaign that says so, where one does.
    pub(super) campaign: Option<Box<Campaign>>,
}

impl Whose {
    /// The account of a campaign, or the one that is named.
    ///
    /// # Errors
    ///
    /// When there is neither, or the campaign file has faults.
    pub(super) fn of(of: &Of) -> Result<Self, Problem> {
        if let Some(path) = &of.campaign {
            return Self::of_campaign(path);
        }
        let appid = of.appid.clone().or_else(|| variable("WXCAST_APPID"));
        let appid = appid.ok_or_else(|| Problem::new(Exit::Usage, "gathered-nobody"))?;
        let appid = appid.trim().to_owned();
        if appid.is_empty() || !appid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Problem::new(Exit::Usage, "gathered-appid").with("appid", appid));
        }
        let base = |text| ApiBase::parse(text).expect("the platform's own address is one");
        let hosts = Hosts::new(base(API_BASE), vec![base(API_BASE_2)]);
        let account = Account {
            appid,
            name: None,
            avatar: None,
            kind: AccountKind::Official,
            kf_account: None,
            secret: SecretPlace::Environment("WXCAST_APPSECRET".to_owned()),
            hosts: hosts.expect("both are the platform's own"),
        };
        Ok(Self { account, campaign: None })
    }

    /// The account of a campaign.
    ///
    /// # Errors
    ///
    /// The faults of its file.
    pub(super) fn of_campaign(path: &Path) -> Result<Self, Problem> {
        let campaign = load_campaign(path, &environment())?;
        Ok(Self { account: campaign.account.clone(), campaign: Some(Box::new(campaign)) })
    }

    fn caller(&self) -> Caller<'_> {
        match &self.campaign {
            Some(campaign) => Caller::of(campaign),
            None => Caller {
                account: &self.account,
                campaign: None,
                connect: CONNECT,
                answer: ANSWER,
                clock: None,
            },
        }
    }

    /// What is never written over.
    pub(super) fn kept(&self, state_dir: Option<&PathBuf>) -> output_path::Kept {
        match &self.campaign {
            Some(campaign) => output_path::Kept::of_campaign(campaign, state_dir),
            None => output_path::Kept::of(None, Vec::new(), state_dir),
        }
    }

    /// Names the command to run next: with a campaign its plan, without one what makes one.
    pub(super) fn next(&self, terminal: &Terminal) {
        match &self.campaign {
            Some(campaign) => terminal.next("gathered", &campaign.path),
            None => terminal.say("next.gathered-init", &[]),
        }
    }
}

/// What a list is kept as.
pub(super) fn name(list: Listed) -> String {
    match list {
        Listed::Followers => "followers".to_owned(),
        Listed::Blacklist => "blacklist".to_owned(),
        Listed::Tagged(tag) => format!("tag{tag}"),
    }
}

/// What is handed over of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken<'a> {
    /// The next one.
    Person(&'a str),
    /// That it begins anew: nobody came yet.
    Anew,
}

/// An account whose people are fetched.
pub(super) struct Session<'t> {
    pub(super) whose: Whose,
    pub(super) host: String,
    /// Where what was fetched is kept.
    pub(super) folder: PathBuf,
    pub(super) begun: Timestamp,
    runtime: tokio::runtime::Runtime,
    asker: Asker,
    origin: Origin,
    fetching: &'t Fetching,
    terminal: &'t Terminal,
}

impl<'t> Session<'t> {
    /// Begins, and names account and hosts.
    ///
    /// # Errors
    ///
    /// When secret, hosts or the folder cannot be used.
    pub(super) fn open(
        whose: Whose,
        fetching: &'t Fetching,
        terminal: &'t Terminal,
    ) -> Result<Self, Problem> {
        let hosts = hosts_of(&whose.account)?;
        let appid = &whose.account.appid;
        let account = AccountFolder::insist(appid, fetching.state.dir())?;
        let state = account.make(hosts.destination())?;
        let places: [(&str, &dyn std::fmt::Display); 2] =
            [("appid", appid), ("hosts", &destination(&hosts, &terminal.words))];
        terminal.say("gathered.account", &places);
        let Platform { runtime, client, tokens, origin } =
            Platform::open_for(&whose.caller(), &state, terminal)?;
        Ok(Self {
            host: hosts.first().host().to_owned(),
            folder: state.join("audience"),
            begun: Timestamp::now(),
            runtime,
            asker: Asker { client, tokens },
            origin,
            fetching,
            terminal,
            whose,
        })
    }

    /// What asks.
    pub(super) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Does something that waits for the platform, until somebody breaks it off.
    ///
    /// # Errors
    ///
    /// Why it is not done.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, Halt>>) -> Result<T, Problem> {
        let done: Result<Result<T, Halt>, Stop> = self.runtime.block_on(async {
            let mut signals = Signals::listen();
            tokio::select! {
                done = work => Ok(done),
                stop = signals.next() => Err(stop),
            }
        });
        match done {
            Ok(done) => done.map_err(|halt| halted(&halt, &self.origin)),
            Err(stop) => Err(signalled(&stop)),
        }
    }

    /// A list as far as it was fetched before, with a word about that. `rests` begins the name of one that is made of it.
    ///
    /// # Errors
    ///
    /// When it cannot be kept.
    pub(super) fn kept(&self, name: &str, rests: Option<&str>, what: &str) -> Result<Kept, Problem> {
        let kept = Kept::open(&self.folder, name, rests, self.fetching.anew, self.begun);
        let kept = kept.map_err(|error| not_kept(&error))?;
        let mark = kept.mark();
        if mark.lines > 0 {
            let at = moment::here(mark.begun);
            let key = if mark.ended { "gathered.is-there" } else { "gathered.goes-on-from" };
            self.terminal.say(key, &[("what", &what), ("count", &mark.lines), ("at", &at)]);
        }
        Ok(kept)
    }

    /// How old a file is that is made of these lists: as old as the oldest page of them.
    pub(super) fn age<'k>(&self, lists: impl IntoIterator<Item = &'k Kept>) -> Timestamp {
        lists.into_iter().map(|kept| kept.mark().begun).fold(self.begun, Timestamp::min)
    }

    /// Counts what comes.
    pub(super) fn counting(&self, what: &str) -> Counting<'t> {
        let style = self.terminal.progress(self.fetching.progress);
        Counting::new(style, what.to_owned(), &self.terminal.words)
    }

    /// A whole list of people, which may be called `what`.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) fn list(&self, list: Listed, what: &str) -> Result<Kept, Problem> {
        let mut kept = self.kept(&name(list), None, what)?;
        self.complete_list(list, &mut kept, what)?;
        Ok(kept)
    }

    /// The same for one that is fetched in part.
    ///
    /// # Errors
    ///
    /// Why it is not all there.
    pub(super) fn complete_list(&self, list: Listed, kept: &mut Kept, what: &str) -> Result<(), Problem> {
        match self.complete(list, kept, what, &mut |_| Ok(())) {
            Ok(()) => Ok(()),
            Err(Unwritten::Missing(problem)) => Err(problem),
            Err(Unwritten::Disk(error)) => Err(not_kept(&KeptError::Disk(error))),
            Err(Unwritten::Changed | Unwritten::Repeated) => Err(Problem::changed(Exit::Gate)),
        }
    }

    /// Keeps what came of a list, and hands it over.
    fn keep(
        &self,
        came: Came,
        kept: &mut Kept,
        each: &mut dyn FnMut(Taken<'_>) -> Result<(), Unwritten>,
    ) -> Result<(), Unwritten> {
        match came {
            Came::Anew => {
                kept.restart(Timestamp::now())?;
                each(Taken::Anew)
            }
            Came::Page { fetched, next } => {
                let (openids, total) =
                    pages::people_on(fetched).map_err(|halt| halted(&halt, &self.origin))?;
                kept.add(&openids, next.as_deref().unwrap_or(""), total, next.is_none())?;
                openids.iter().try_for_each(|openid| each(Taken::Person(openid)))
            }
        }
    }

    /// Fetches what is missing of a list, and hands over everybody who comes. A thread of its own asks for the next page
    /// while this one keeps the last.
    ///
    /// # Errors
    ///
    /// Why it is not all there, or what `each` says.
    pub(super) fn complete(
        &self,
        list: Listed,
        kept: &mut Kept,
        what: &str,
        each: &mut dyn FnMut(Taken<'_>) -> Result<(), Unwritten>,
    ) -> Result<(), Unwritten> {
        if kept.mark().ended {
            return Ok(());
        }
        let mut counting = self.counting(what);
        let behind = kept.mark().behind.clone();
        let (send, came) = sync_channel(PAGES_AHEAD);
        let done = std::thread::scope(|scope| {
            let fetching = scope.spawn(move || self.wait(pages::fetch(&self.asker, list, behind, &send)));
            for came in came {
                self.keep(came, kept, each)?;
                counting.at(kept.mark().lines, kept.mark().total);
            }
            let fetched = fetching.join().expect("what fetches pages does not panic");
            fetched.map_err(Unwritten::from)
        });
        counting.finish();
        done
    }
}
