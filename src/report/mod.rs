//! What people and machines read: one report a file; this is the only file that lists them.

pub mod breakdown;
pub(crate) mod earlier;
pub mod join;
pub(crate) mod left;
pub(crate) mod form;
pub(crate) mod preview;
pub mod run;
pub mod plan;
pub(crate) mod doctor;
pub(crate) mod list;
pub(crate) mod progress;
pub(crate) mod results;

use std::io::{self, Write};

use crate::locale::Catalog;
use crate::report::plan::json::PlanReport;
use crate::report::run::json::RunReport;

pub(crate) use crate::report::form::file::write_file;

/// A form in which a report is written.
#[derive(Debug)]
pub struct Format<R> {
    /// The word for it after `--format`.
    pub name: &'static str,
    /// Writes it. Equal reports give equal bytes.
    pub write: fn(&R, &Catalog, &mut dyn Write) -> io::Result<()>,
    /// Whether it is made to be kept or shown elsewhere, as an artifact, an annotation or a comment: then openids
    /// are masked unless somebody says otherwise, paths are those of the repository, and samples are in it.
    pub(crate) travels: bool,
}

/// The formats of `wxcast plan` for machines; `human` is drawn by [`plan::text`].
pub const PLAN: &[Format<PlanReport>] = &[
    Format { name: "json", write: plan::json::write, travels: false },
    Format { name: "github", write: plan::github::write, travels: true },
    Format { name: "junit", write: plan::junit::write, travels: true },
    Format { name: "markdown", write: plan::markdown::write, travels: true },
    Format { name: "sarif", write: plan::sarif::write, travels: true },
    Format { name: "gitlab", write: plan::gitlab::write, travels: true },
];

/// The formats of `wxcast report` for files and machines; `human` is drawn by [`run::text`].
pub const RUN: &[Format<RunReport>] = &[
    Format { name: "html", write: run::html::write, travels: true },
    Format { name: "json", write: run::json::write, travels: false },
    Format { name: "junit", write: run::junit::write, travels: true },
    Format { name: "markdown", write: run::markdown::write, travels: true },
];

/// The format of a name.
pub(crate) fn format<R>(formats: &'static [Format<R>], name: &str) -> Option<&'static Format<R>> {
    formats.iter().find(|format| format.name == name)
}
