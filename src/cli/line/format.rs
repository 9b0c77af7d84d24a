//! Whom output is for, and in what form.

use std::path::Path;

use clap::ValueEnum;

/// For people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For machines.
    Json,
}

/// The word after `--format` that the extension of a file names.
pub(crate) fn named_by(file: &Path) -> Option<&'static str> {
    let extension = file.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "json" => "json",
        "html" | "htm" => "html",
        "md" | "markdown" => "markdown",
        "xml" => "junit",
        "sarif" => "sarif",
        "txt" => "human",
        _ => return None,
    })
}
