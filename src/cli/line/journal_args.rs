//! What `wxcast journal` and `wxcast history` may be told.

use std::path::PathBuf;

use clap::ValueHint;

use crate::cli::line::format::Format;
use crate::cli::line::place_args::{JournalArgs, StateArgs};

/// `journal`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Journal {
    #[command(subcommand)]
    pub(crate) command: JournalCommand,
}

/// What to do with a journal.
#[derive(Debug, Clone, clap::Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum JournalCommand {
    Status(Status),
    Export(Export),
    Import(Import),
    Prune(Prune),
    Init(Init),
    Migrate(Migrate),
    Accept(Accept),
}

/// `journal init`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Init {
    #[arg(long)]
    pub(crate) print: bool,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `journal migrate`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `journal status`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Status {
    #[arg(long, value_name = "APPID")]
    pub(crate) appid: Option<String>,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `journal export`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Export {
    #[arg(value_name = "CAMPAIGN")]
    pub(crate) campaign: PathBuf,
    #[arg(short, long, value_name = "FILE", required = true)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}

/// `journal import`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Import {
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "APPID")]
    pub(crate) appid: Option<String>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `journal prune`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Prune {
    #[arg(long, value_name = "DURATION")]
    pub(crate) older: String,
    #[arg(long, value_name = "APPID")]
    pub(crate) appid: Option<String>,
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) export: Option<PathBuf>,
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}

/// `journal accept`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Accept {
    #[arg(long, value_name = "APPID")]
    pub(crate) appid: Option<String>,
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `history`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct History {
    #[arg(value_name = "CAMPAIGN", conflicts_with = "openid")]
    pub(crate) campaign: Option<PathBuf>,
    #[arg(long, value_name = "OPENID")]
    pub(crate) openid: Option<String>,
    #[arg(long, value_name = "APPID")]
    pub(crate) appid: Option<String>,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}
