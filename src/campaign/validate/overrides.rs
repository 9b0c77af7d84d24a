//! What is said elsewhere than in the campaign file.

use std::path::PathBuf;

use crate::api_base::Destination;
use crate::campaign::rate::Rate;

/// What the command line and the environment say before the campaign file does.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// WXCAST_APPID.
    pub(crate) appid: Option<String>,
    /// `--rate`.
    pub(crate) rate: Option<Rate>,
    /// `--concurrency`.
    pub(crate) concurrency: Option<usize>,
    /// Where messages go, where something else than the campaign says so.
    pub(crate) destination: Option<Destination>,
    /// `--results`.
    pub(crate) results: Option<PathBuf>,
}
