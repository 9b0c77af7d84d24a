//! What a campaign says of the rows and cells of a workbook.

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of the rows of a workbook that a filter or somebody's hand has hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HiddenRows {
    /// The file is refused.
    #[default]
    Error,
    /// They are skipped.
    Skip,
    /// They are sent like all others.
    Include,
}

/// How the cells of a workbook's column are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColumnFormat {
    /// As the spreadsheet shows them.
    Shown,
    /// Their bare value.
    Value,
    /// Dates and times in this pattern.
    Date(String),
}
