//! What a preview shows.

use std::collections::BTreeMap;

use crate::campaign::Campaign;
use crate::plan::Plan;
use crate::plan::sample::survey::Survey;

/// Pictures from the web by their addresses, fetched because somebody asked for them.
pub(crate) type Covers = BTreeMap<String, Vec<u8>>;

/// What a preview shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preview<'a> {
    /// The campaign.
    pub(crate) campaign: &'a Campaign,
    /// Its plan.
    pub(crate) plan: &'a Plan,
    /// What a reading of the whole audience found.
    pub(crate) survey: &'a Survey,
    /// The pictures that were fetched from the web, where somebody asked for them.
    pub(crate) covers: Option<&'a Covers>,
    /// Whether openids are masked.
    pub(crate) masked: bool,
}
