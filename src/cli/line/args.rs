//! What the command line may hold. The sentences of its help are in `locales/`, by the names used here.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Parser, ValueEnum};

use crate::campaign::rate::Rate;
use crate::plan::digest::Digest;
use crate::report;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "wxcast", bin_name = "wxcast", version, disable_help_subcommand = true)]
pub struct Args {
    /// For every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Subcommand,
}

/// Flags of every command.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Global {
    #[arg(long, global = true, value_name = "LANG", value_parser = ["en", "zh-CN"])]
    pub lang: Option<String>,
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    #[arg(short, long, global = true)]
    pub quiet: bool,
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub enum Subcommand {
    Init(Init),
    #[command(alias = "check")]
    Plan(Plan),
    Preview(Preview),
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
    Explain(Explain),
    Simulator(Simulator),
    Schema(Schema),
    Completions(Completions),
    Man,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// When to mask openids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MaskOpenid {
    /// In CI, but not in results.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// A bar on a terminal, lines elsewhere.
    Auto,
    /// A bar.
    Bar,
    /// Lines.
    Plain,
    /// Nothing.
    None,
}

/// For people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// For machines.
    Json,
}

/// The word for what people read.
pub const HUMAN: &str = "human";

/// The words after `--format` where a list of reports says them; `before` are those that are no file's.
fn one_of<R>(before: &[&'static str], formats: &[report::Format<R>]) -> PossibleValuesParser {
    let names = before.iter().copied().chain(formats.iter().map(|format| format.name));
    PossibleValuesParser::new(names.collect::<Vec<&str>>())
}

/// How messages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PreviewFormat {
    /// As text.
    Human,
    /// For machines.
    Json,
    /// As phones show them.
    Html,
}

/// The campaign and what may be said of it elsewhere.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct CampaignArgs {
    #[arg(value_name = "CAMPAIGN")]
    pub campaign: PathBuf,
}

/// How to send, over what the campaign says.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct SendArgs {
    #[arg(long, value_name = "RATE")]
    pub rate: Option<Rate>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrency: Option<u16>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Progress::Auto)]
    pub progress: Progress,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub mask_openid: MaskOpenid,
}

/// Gates: what must be so, or nothing is sent.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Expect {
    #[arg(long, value_name = "sha256:…")]
    pub expect_digest: Option<Digest>,
    #[arg(long, value_name = "N")]
    pub expect_count: Option<u64>,
}

/// `init`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Init {
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(crate::message::KINDS.iter().map(|kind| kind.name())))]
    pub kind: Option<String>,
}

/// `plan`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Plan {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", default_value = HUMAN, value_parser = one_of(&[HUMAN], report::PLAN))]
    pub format: String,
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    #[arg(long, value_name = "RATE")]
    pub rate: Option<Rate>,
    #[command(flatten)]
    pub expect: Expect,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub mask_openid: MaskOpenid,
}

/// `preview`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Preview {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long, value_name = "N", conflicts_with_all = ["openid", "pick"])]
    pub row: Option<u64>,
    #[arg(long, value_name = "OPENID", conflicts_with = "pick")]
    pub openid: Option<String>,
    #[arg(long, value_name = "N")]
    pub pick: Option<u64>,
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = PreviewFormat::Human)]
    pub format: PreviewFormat,
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub mask_openid: MaskOpenid,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    #[arg(long, conflicts_with = "output")]
    pub serve: bool,
    #[arg(long, value_name = "N", requires = "serve", default_value_t = 0)]
    pub port: u16,
    #[arg(long, requires = "serve")]
    pub open: bool,
}

/// `send`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Send {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[command(flatten)]
    pub how: SendArgs,
    #[command(flatten)]
    pub expect: Expect,
    #[arg(short, long)]
    pub yes: bool,
    #[arg(long, value_name = "refused[:CODE,…]")]
    pub retry: Option<String>,
    #[arg(long, value_name = "DURATION")]
    pub wait_lock: Option<String>,
    #[arg(long)]
    pub take_over: bool,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `rehearse`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Rehearse {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[command(flatten)]
    pub how: SendArgs,
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
}

/// `status`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Status {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[arg(long)]
    pub watch: bool,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `runs`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Runs {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `stop`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Stop {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `resolve`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
#[command(group = clap::ArgGroup::new("verdict").required(true).args(["sent", "not_sent"]))]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["openid", "all", "from"]))]
pub struct Resolve {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long)]
    pub sent: bool,
    #[arg(long)]
    pub not_sent: bool,
    #[arg(long, value_name = "OPENID", num_args = 1..)]
    pub openid: Vec<String>,
    #[arg(long)]
    pub all: bool,
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `results`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Results {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub mask_openid: MaskOpenid,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `media`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Media {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `doctor`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Doctor {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `report`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Report {
    #[command(flatten)]
    pub campaign: CampaignArgs,
    #[arg(long, value_name = "FORMAT", default_value = "markdown", value_parser = one_of(&[], report::RUN))]
    pub format: String,
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = MaskOpenid::Auto)]
    pub mask_openid: MaskOpenid,
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `explain`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Explain {
    #[arg(value_name = "CODE", allow_hyphen_values = true)]
    pub code: String,
}

/// `simulator`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Simulator {
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
}

/// `schema`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Schema {
    #[arg(value_name = "WHICH", value_enum, default_value_t = SchemaKind::Campaign)]
    pub which: SchemaKind,
}

/// Which schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// Campaign files.
    Campaign,
    /// `plan --format json`.
    Plan,
    /// `send --format json`.
    Summary,
    /// `report --format json`.
    Report,
}

/// `completions`.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "their help is in locales/")]
pub struct Completions {
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}
