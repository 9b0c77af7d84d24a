//! What the commands may be told that are about no campaign.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};

use crate::cli::line::place_args::StateArgs;

/// `console`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Console {
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) folder: Option<PathBuf>,
    #[arg(long, conflicts_with_all = ["port", "no_open"])]
    pub(crate) url: bool,
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    #[arg(long)]
    pub(crate) no_open: bool,
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    pub(crate) idle: String,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// `explain`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Explain {
    #[arg(value_name = "CODE", allow_hyphen_values = true)]
    pub(crate) code: String,
}

/// `simulator`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Simulator {
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
}

/// `schema`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Schema {
    #[arg(value_name = "WHICH", value_enum, default_value_t = SchemaKind::Campaign)]
    pub(crate) which: SchemaKind,
}

/// Which schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaKind {
    /// Campaign files.
    Campaign,
    /// `plan --format json`.
    Plan,
    /// `send --format json`.
    Summary,
    /// `report --format json`.
    Report,
    /// Policy files.
    Policy,
}

/// `completions`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Completions {
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Man {
    #[arg(value_name = "COMMAND", num_args = 0..)]
    pub(crate) of: Vec<String>,
}
