//! What `wxcast audience` may be told.

use std::path::PathBuf;

use clap::ArgAction;

use crate::cli::line::choices::Progress;
use crate::cli::line::place_args::StateArgs;

/// `audience`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Audience {
    #[command(subcommand)]
    pub(crate) command: AudienceCommand,
}

/// Which people.
#[derive(Debug, Clone, clap::Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum AudienceCommand {
    Followers(Followers),
    Tagged(Tagged),
    Wrote(Wrote),
    Check(Check),
    Fetch(Fetch),
}

/// Whose people: a campaign's account, or one that is named.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Of {
    #[arg(value_name = "CAMPAIGN", conflicts_with = "appid")]
    pub(crate) campaign: Option<PathBuf>,
    #[arg(long, value_name = "APPID")]
    pub(crate) appid: Option<String>,
}

/// How pages are fetched.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Fetching {
    #[arg(long)]
    pub(crate) anew: bool,
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `audience followers`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Followers {
    #[command(flatten)]
    pub(crate) of: Of,
    #[arg(short, long, value_name = "FILE", required = true)]
    pub(crate) output: PathBuf,
    #[arg(long)]
    pub(crate) info: bool,
    #[arg(long)]
    pub(crate) not_blacklisted: bool,
    #[command(flatten)]
    pub(crate) fetching: Fetching,
}

/// `audience tagged`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Tagged {
    #[command(flatten)]
    pub(crate) of: Of,
    #[arg(long, value_name = "TAG", action = ArgAction::Append)]
    pub(crate) any: Vec<String>,
    #[arg(long, value_name = "TAG", action = ArgAction::Append)]
    pub(crate) all: Vec<String>,
    #[arg(long, value_name = "TAG", action = ArgAction::Append)]
    pub(crate) not: Vec<String>,
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) from: Vec<PathBuf>,
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fetching: Fetching,
}

/// `audience wrote`.
#[derive(Debug, Clone, clap::Args)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["from", "online"]))]
pub(crate) struct Wrote {
    #[command(flatten)]
    pub(crate) of: Of,
    #[arg(long, value_name = "FILE", num_args = 1.., action = ArgAction::Append)]
    pub(crate) from: Vec<PathBuf>,
    #[arg(long)]
    pub(crate) online: bool,
    #[arg(long, value_name = "DURATION", default_value = "48h")]
    pub(crate) since: String,
    #[arg(short, long, value_name = "FILE", required = true)]
    pub(crate) output: PathBuf,
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `audience check`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Check {
    #[arg(value_name = "CAMPAIGN")]
    pub(crate) campaign: PathBuf,
    #[arg(short, long, value_name = "FILE", required = true)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) fetching: Fetching,
}

/// `audience fetch`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Fetch {
    #[arg(value_name = "CAMPAIGN")]
    pub(crate) campaign: PathBuf,
}
