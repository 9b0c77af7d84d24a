//! What the user asked for: a campaign file, parsed into one type and validated into another.

pub mod describe;
pub(crate) mod duration;
pub mod file;
pub(crate) mod forms;
pub(crate) mod hours;
pub(crate) mod moment;
pub(crate) mod ramp;
pub(crate) mod rate;
pub mod schema;
pub(crate) mod percentage;
pub(crate) mod policy;
pub(crate) mod results_name;
pub mod template;
pub mod validate;
pub(crate) mod window;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::api_base::Hosts;
use crate::audience::Source;
use crate::audience::column::ColumnRules;
use crate::audience::fence::Fence;
use crate::audience::join::Joins;
use crate::audience::lists::{List, Lists};
use crate::audience::side_file::SideFile;
use crate::campaign::file::{Duplicates, InvalidRows, NotifyOn, NotifyStyle, OnUnknown, Order};
use crate::campaign::hours::Hours;
use crate::campaign::percentage::Percentage;
use crate::campaign::policy::Policy;
use crate::campaign::ramp::Ramp;
use crate::campaign::rate::Rate;
use crate::campaign::template::Template;
use crate::campaign::window::Window;
use crate::locale::Language;
use crate::message::AccountKind;
use crate::message::body::Body;

/// A campaign whose file holds no fault. Made only by [`validate`].
#[derive(Debug, Clone)]
pub struct Campaign {
    /// The campaign file's path, as the user gave it.
    pub path: PathBuf,
    /// Its identity in the journal.
    pub(crate) id: CampaignId,
    /// A title for people.
    pub(crate) title: Option<String>,
    /// Which time it is sent.
    pub(crate) wave: u32,
    /// Who speaks.
    pub(crate) account: Account,
    /// Who is spoken to.
    pub audience: Audience,
    /// What is said: the message with open slots.
    pub(crate) body: Body,
    /// One template a slot of the body.
    pub(crate) templates: Vec<Template>,
    /// How it is sent.
    pub send: SendSettings,
    /// Where the results go.
    pub(crate) results: Results,
    /// Who is told when a run ends or pauses.
    pub(crate) notify: Option<Notify>,
    /// To whom the message is sent first.
    pub(crate) testers: Testers,
    /// What holds for every campaign of the account. Their lists, hours and testers are among those of the campaign.
    pub(crate) policies: Vec<Policy>,
}

/// To whom the message is sent first, to be looked at.
#[derive(Debug, Clone)]
pub(crate) struct Testers {
    /// Those whom the campaign names.
    pub(crate) openids: Vec<String>,
    /// Files of them.
    pub(crate) files: Vec<List>,
    /// Whether nobody else is sent it before.
    pub(crate) required: bool,
    /// What policies say of it.
    pub(crate) by_policies: ByPolicies,
}

impl Testers {
    /// Whether nobody is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.openids.is_empty() && self.files.is_empty() && self.by_policies.openids.is_empty()
    }
}

/// What policies say of testers.
#[derive(Debug, Clone, Default)]
pub(crate) struct ByPolicies {
    /// The testers whom they name by openid, each with the file of the policy.
    pub(crate) openids: Vec<(String, PathBuf)>,
    /// The name of one that insists on a try where the campaign does not.
    pub(crate) insists: Option<String>,
}

/// Who is told when a run ends or pauses.
#[derive(Debug, Clone)]
pub(crate) struct Notify {
    /// When.
    pub(crate) on: Vec<NotifyOn>,
    /// How it is written.
    pub(crate) style: NotifyStyle,
    /// The environment variable that holds the address.
    pub(crate) url_env: String,
}

impl Campaign {
    /// The files that are read for it and that wxcast itself may have written, as an earlier campaign's results are: a
    /// run never writes over them. Whatever names another such file belongs here.
    pub(crate) fn reads(&self) -> Vec<PathBuf> {
        let audience = &self.audience;
        let beside = audience.beside().map(|file| file.source.path.clone());
        let testers = self.testers.files.iter().map(|list| list.file.source.path.clone());
        let policies = self.policies.iter().map(|policy| policy.path.clone());
        let own = [self.path.clone(), audience.source.path.clone()];
        own.into_iter().chain(beside).chain(testers).chain(policies).collect()
    }
}

/// A campaign's identity: small letters, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CampaignId(String);

impl CampaignId {
    /// Takes a text that is one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (!text.is_empty() && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for CampaignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who speaks.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// The AppID.
    pub appid: String,
    /// What readers see as the sender, where the campaign says so.
    pub(crate) name: Option<String>,
    /// Its picture for previews, as the campaign names it.
    pub(crate) avatar: Option<String>,
    /// The kind of account.
    pub kind: AccountKind,
    /// The service account that speaks, where one does.
    pub(crate) kf_account: Option<String>,
    /// Where tokens or the AppSecret are.
    pub secret: SecretPlace,
    /// Where the platform is.
    pub(crate) hosts: Hosts,
}

/// Where tokens come from, or the AppSecret that opens them; never a secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretPlace {
    /// A program prints a token: its name and arguments, at least the name.
    TokenCommand(Vec<String>),
    /// The AppSecret is in an environment variable.
    Environment(String),
    /// The AppSecret is in a file.
    File(PathBuf),
}

/// Who is spoken to.
#[derive(Debug, Clone)]
pub struct Audience {
    /// The file.
    pub source: Source,
    /// The column that holds the openid.
    pub(crate) openid_column: String,
    /// What happens to an openid that stands in several rows.
    pub(crate) duplicates: Duplicates,
    /// What happens to a faulty row.
    pub(crate) invalid_rows: InvalidRows,
    /// Rules by column name.
    pub(crate) columns: Vec<(String, ColumnRules)>,
    /// Files of people who get nothing, and of those who alone get something.
    pub(crate) lists: Lists,
    /// Files whose columns stand beside those of the audience.
    pub(crate) joins: Joins,
    /// Until when each person can be written to, where the campaign says by what.
    pub(crate) window: Option<Window>,
    /// The program that prints the file, where one does. Only `wxcast audience fetch` runs it.
    pub(crate) command: Option<Vec<String>>,
}

impl Audience {
    /// The files that are read beside the one of the audience.
    pub(crate) fn beside(&self) -> impl Iterator<Item = &SideFile> {
        let Self {
            source: _,
            lists,
            joins,
            openid_column: _,
            duplicates: _,
            invalid_rows: _,
            columns: _,
            window: _,
            command: _,
        } = self;
        lists.all().iter().map(|list| &list.file).chain(joins.all().iter().map(|join| &join.file))
    }

    /// Has its files be read only where they are inside of a fence.
    pub(crate) fn keep_within(&mut self, fence: &Fence) {
        self.source.fence = Some(fence.clone());
        self.lists = self.lists.within(fence);
        self.joins = self.joins.within(fence);
    }
}

/// How it is sent.
#[derive(Debug, Clone)]
pub struct SendSettings {
    /// The ceilings, all of which hold.
    pub(crate) rates: Vec<Rate>,
    /// The ceilings of uploads, all of which hold.
    pub upload_rates: Vec<Rate>,
    /// The most requests in flight.
    pub concurrency: usize,
    /// How long an answer may take.
    pub(crate) timeout: Duration,
    /// How long a connection may take.
    pub(crate) connect_timeout: Duration,
    /// How often what was certainly not delivered is tried again.
    pub(crate) retries: u32,
    /// What happens to unknown outcomes of earlier runs.
    pub(crate) on_unknown: OnUnknown,
    /// The share of refused answers that stops the run.
    pub(crate) max_refused: Percentage,
    /// The unknown outcomes within a minute that stop the run; none never.
    pub(crate) max_unknown: Option<u32>,
    /// When messages may be begun.
    pub(crate) hours: Hours,
    /// In which order.
    pub(crate) order: Order,
    /// In which steps, where not all at once.
    pub(crate) ramp: Option<Ramp>,
}

impl SendSettings {
    /// The lowest ceiling, in messages a second.
    pub(crate) fn ceiling(&self) -> f64 {
        self.rates.iter().map(|rate| rate.per_second()).fold(f64::INFINITY, f64::min)
    }
}

/// Where the results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Results {
    /// The file.
    pub(crate) path: PathBuf,
    /// What a flag or the campaign calls it; what a simulator was sent lies beside that.
    pub(crate) named: Option<PathBuf>,
    /// Where they lie without a flag: by what the campaign says, and by what it said before it named a file.
    pub(crate) usual: Vec<PathBuf>,
    /// The language of its titles and words.
    pub(crate) language: Language,
    /// Whether those who failed, are unknown and are unsent get files of their own.
    pub(crate) split: bool,
    /// Columns of the audience that are left out.
    pub(crate) omit: Vec<String>,
}

/// A part of the results with a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Certainly not delivered.
    Failed,
    /// Perhaps delivered.
    Unknown,
    /// Not tried yet.
    Unsent,
}

impl Part {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Failed, Self::Unknown, Self::Unsent];

    /// The file of this part beside a results file: `customers.results.failed.csv`.
    pub(crate) fn beside(self, results: &Path) -> PathBuf {
        let word = match self {
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Unsent => "unsent",
        };
        results.with_extension(match results.extension() {
            Some(extension) => format!("{word}.{}", extension.to_string_lossy()),
            None => word.to_owned(),
        })
    }
}

impl Results {
    /// Whether the file is an .xlsx workbook; else it is a CSV.
    pub(crate) fn is_workbook(&self) -> bool {
        is_workbook(&self.path)
    }

    /// The files that may be written.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let parts = Part::ALL.iter().filter(|_| self.split).map(|part| part.beside(&self.path));
        std::iter::once(self.path.clone()).chain(parts).collect()
    }
}

/// Whether a file's name asks for an .xlsx workbook.
pub(crate) fn is_workbook(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"))
}
