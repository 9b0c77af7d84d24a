//! Choices that several commands offer.

use clap::ValueEnum;

/// When to mask openids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MaskOpenid {
    /// In CI, but not in results.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// A bar on a terminal, lines elsewhere.
    Auto,
    /// A bar.
    Bar,
    /// Lines.
    Plain,
    /// Nothing.
    None,
}
