//! `plan --format gitlab`: a Code Quality report, which GitLab shows in merge requests. One fault a line, so that
//! reports of several campaigns are easily put together.

use std::io::{self, Write};

use serde::Serialize;

use crate::locale::Catalog;
use crate::report::plan::fault_identity::Identities;
use crate::report::plan::json::{DiagnosticReport, PlanReport};

#[derive(Serialize)]
struct Finding<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
}

/// Writes the list.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &PlanReport, _: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let mut told = Identities::default();
    out.write_all(b"[\n")?;
    for (index, fault) in report.diagnostics.iter().enumerate() {
        out.write_all(if index > 0 { b",\n" } else { b"" })?;
        serde_json::to_writer(&mut *out, &finding(fault, told.of(fault)))?;
    }
    out.write_all(if report.diagnostics.is_empty() { b"]\n" } else { b"\n]\n" })
}

fn finding(fault: &DiagnosticReport, fingerprint: String) -> Finding<'_> {
    Finding {
        description: format!("{} {}", fault.message, fault.help),
        check_name: &fault.code,
        fingerprint,
        severity: if fault.severity == "error" { "major" } else { "minor" },
        location: Location { path: &fault.file, lines: Lines { begin: fault.line.unwrap_or(1) } },
    }
}
