//! What a campaign says of the rows and cells of a workbook.

use jiff::civil::{DateTime, date};
use jiff::fmt::strtime;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::audience::number_format::{Epoch, NumberFormat, number_of};

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

impl HiddenRows {
    /// As a campaign file says it; nothing for what goes without saying.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::Error => None,
            Self::Skip => Some("skip"),
            Self::Include => Some("include"),
        }
    }
}

/// What becomes of the rows of an audience that have no row in a joined file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unmatched {
    /// They are faulty.
    #[default]
    Error,
    /// They are skipped.
    Skip,
    /// The joined columns are blank for them.
    Blank,
}

/// How the cells of a workbook's column are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColumnFormat {
    /// As the spreadsheet shows them.
    Shown,
    /// Their bare value.
    Value,
    /// Dates and times as the campaign writes them.
    Date(Pattern),
}

/// How a campaign writes dates and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// A pattern of `strftime`, `%Y-%m-%d`.
    Strftime(String),
    /// The code that people type into Excel, `yyyy-mm-dd`.
    Code(NumberFormat),
}

impl Pattern {
    /// The pattern in either notation, where dates and times can be written by it.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let pattern = if text.contains('%') {
            Self::Strftime(text.to_owned())
        } else {
            Some(NumberFormat::new(text)).filter(NumberFormat::is_date).map(Self::Code)?
        };
        pattern.write(date(2026, 12, 31).at(23, 59, 59, 0)).map(|_| pattern)
    }

    /// Whether it writes a part of a day, and not only a time of it.
    pub(crate) fn has_day(&self) -> bool {
        const OF_TIME: &str = "HIMSpPTRrklsfn%t";
        match self {
            Self::Strftime(pattern) => pattern.split('%').skip(1).any(|part| {
                let sign = part.trim_start_matches(['-', '_', '0', '^', '#', ':']).chars().next();
                sign.is_some_and(|sign| !OF_TIME.contains(sign))
            }),
            // A format of Excel writes a zero only where it is certain.
            Self::Code(_) => false,
        }
    }

    /// A date and time in this pattern.
    pub(crate) fn write(&self, at: DateTime) -> Option<String> {
        match self {
            Self::Strftime(pattern) => strtime::format(pattern, at).ok(),
            Self::Code(format) => format.show(number_of(at, Epoch::Of1900)?, Epoch::Of1900),
        }
    }
}
