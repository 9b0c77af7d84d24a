//! What the command line may hold. The sentences of its help are in `locales/`, by the names used here.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Parser, ValueEnum, ValueHint};

use crate::campaign::rate::Rate;
use crate::cli::line::audience_args::Audience;
pub(crate) use crate::cli::line::choices::{MaskOpenid, Progress};
pub(crate) use crate::cli::line::format::Format;
use crate::cli::line::format::named_by;
use crate::cli::line::journal_args::{History, Journal};
use crate::cli::line::place_args::{JournalArgs, StateArgs};
pub(crate) use crate::cli::line::tool_args::{
    Completions, Console, Explain, Man, Schema, SchemaKind, Simulator,
};
use crate::clock::FASTEST;
use crate::plan::digest::Digest;
use crate::plan::id::PlanId;
use crate::report;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "wxcast", bin_name = "wxcast", version, disable_help_subcommand = true)]
pub struct Args {
    /// For every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Subcommand,
}

/// Flags of every command.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Global {
    #[arg(long, global = true, value_name = "LANG", value_parser = ["en", "zh-CN"])]
    pub(crate) lang: Option<String>,
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
    Init(Init),
    #[command(alias = "check")]
    Plan(Plan),
    Preview(Preview),
    Try(Try),
    Send(Send),
    Rehearse(Rehearse),
    Status(Status),
    Results(Results),
    Report(Report),
    Runs(Runs),
    Stop(Stop),
    Resolve(Resolve),
    Media(Media),
    Doctor(Doctor),
    Audience(Audience),
    History(History),
    Console(Console),
    Journal(Journal),
    Explain(Explain),
    Simulator(Simulator),
    Schema(Schema),
    Completions(Completions),
    Man(Man),
}

impl Subcommand {
    /// Takes the format that the extension of a file names, where none was given: `-o report.html` is a page.
    pub(crate) fn heed_extension(&mut self, matches: &ArgMatches) {
        let Some((_, matches)) = matches.subcommand() else { return };
        let given =
            || matches.value_source("format").is_some_and(|source| source != ValueSource::DefaultValue);
        let named = |file: &Option<PathBuf>| named_by(file.as_deref()?).filter(|_| !given());
        match self {
            Self::Plan(Plan { output, format, .. }) => {
                let known = |name: &&str| *name == HUMAN || report::format(report::PLAN, name).is_some();
                if let Some(name) = named(output).filter(known) {
                    name.clone_into(format);
                }
            }
            Self::Report(Report { output, format, .. }) => {
                if let Some(name) = named(output).filter(|name| report::format(report::RUN, name).is_some()) {
                    *format = Some(name.to_owned());
                }
            }
            Self::Preview(Preview { output, format, .. }) => {
                let named = named(output).and_then(|name| PreviewFormat::from_str(name, false).ok());
                *format = named.unwrap_or(*format);
            }
            _ => {}
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The word for what people read.
pub(crate) const HUMAN: &str = "human";

/// The words after `--format` where a list of reports says them; `before` are those that are no file's.
fn one_of<R>(before: &[&'static str], formats: &[report::Format<R>]) -> PossibleValuesParser {
    let names = before.iter().copied().chain(formats.iter().map(|format| format.name));
    PossibleValuesParser::new(names.collect::<Vec<&str>>())
}

/// How messages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PreviewFormat {
    /// As text.
    Human,
    /// For machines.
    Json,
    /// As phones show them.
    Html,
}

/// The campaign and what may be said of it elsewhere.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CampaignArgs {
    #[arg(value_name = "CAMPAIGN")]
    pub(crate) campaign: PathBuf,
}

/// How to send, over what the campaign says.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SendArgs {
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<Rate>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: Option<u16>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub(crate) mask_openid: MaskOpenid,
}

/// Gates: what must be so, or nothing is sent.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Expect {
    #[arg(long, value_name = "sha256:…")]
    pub(crate) expect_digest: Option<Digest>,
    #[arg(long, value_name = "plan:…")]
    pub(crate) expect_plan: Option<PlanId>,
    #[arg(long, value_name = "N")]
    pub(crate) expect_count: Option<u64>,
}

/// `init`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Init {
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(crate::message::KINDS.iter().map(|kind| kind.name())))]
    pub(crate) kind: Option<String>,
}

/// `plan`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", default_value = HUMAN, value_parser = one_of(&[HUMAN], report::PLAN))]
    pub(crate) format: String,
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub(crate) late: Option<PathBuf>,
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<Rate>,
    #[command(flatten)]
    pub(crate) expect: Expect,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub(crate) mask_openid: MaskOpenid,
    #[arg(long)]
    pub(crate) sandbox: bool,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `preview`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long, value_name = "N", conflicts_with_all = ["openid", "pick"])]
    pub(crate) row: Option<u64>,
    #[arg(long, value_name = "OPENID", conflicts_with = "pick")]
    pub(crate) openid: Option<String>,
    #[arg(long, value_name = "N")]
    pub(crate) pick: Option<u64>,
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = PreviewFormat::Human)]
    pub(crate) format: PreviewFormat,
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub(crate) mask_openid: MaskOpenid,
    #[command(flatten)]
    pub(crate) state: StateArgs,
    #[arg(long, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
    #[arg(long)]
    pub(crate) fetch_pictures: bool,
    #[arg(long, conflicts_with = "output")]
    pub(crate) serve: bool,
    #[arg(long, value_name = "N", requires = "serve", default_value_t = 0)]
    pub(crate) port: u16,
    #[arg(long, requires = "serve")]
    pub(crate) open: bool,
}

/// `try`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Try {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long, value_name = "OPENID", num_args = 1..)]
    pub(crate) to: Vec<String>,
    #[arg(long, value_name = "N", conflicts_with = "pick")]
    pub(crate) row: Option<u64>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) pick: Option<u64>,
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub(crate) mask_openid: MaskOpenid,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `send`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[command(flatten)]
    pub(crate) how: SendArgs,
    #[command(flatten)]
    pub(crate) expect: Expect,
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[arg(long, value_name = "refused[:CODE,…]")]
    pub(crate) retry: Option<String>,
    #[arg(long)]
    pub(crate) continue_ramp: bool,
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    #[arg(long, value_name = "DURATION")]
    pub(crate) wait_lock: Option<String>,
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) take_over: Option<Option<PathBuf>>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `rehearse`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Rehearse {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[command(flatten)]
    pub(crate) how: SendArgs,
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(FASTEST)))]
    pub(crate) speed: Option<u32>,
}

/// `status`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}

/// `runs`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Runs {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}

/// `stop`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}

/// `resolve`.
#[derive(Debug, Clone, clap::Args)]
#[command(group = clap::ArgGroup::new("verdict").required(true).args(["sent", "not_sent"]))]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["openid", "all", "from"]))]
pub(crate) struct Resolve {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long)]
    pub(crate) sent: bool,
    #[arg(long)]
    pub(crate) not_sent: bool,
    #[arg(long, value_name = "OPENID", num_args = 1..)]
    pub(crate) openid: Vec<String>,
    #[arg(long)]
    pub(crate) yes: bool,
    #[arg(long)]
    pub(crate) all: bool,
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}

/// `results`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Results {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub(crate) mask_openid: MaskOpenid,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}

/// `media`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Media {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `doctor`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long)]
    pub(crate) online: bool,
    #[arg(long)]
    pub(crate) notify: bool,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `report`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", value_parser = one_of(&[HUMAN], report::RUN))]
    pub(crate) format: Option<String>,
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub(crate) late: Option<PathBuf>,
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Vec<String>,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub(crate) mask_openid: MaskOpenid,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}
