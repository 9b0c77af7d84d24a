//! `plan --format gitlab`: a Code Quality report, which GitLab shows in merge requests. One fault a line, so that
//! reports of several campaigns are easily put together.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::locale::Catalog;
use crate::plan::digest::Digest;
use crate::report::plan_json::{DiagnosticReport, PlanReport};

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
pub fn write(report: &PlanReport, _: &Catalog, out: &mut dyn Write) -> io::Result<()> {
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

/// Names faults by what they are and not by their line, so that a fault is known again when rows come before it.
#[derive(Default)]
pub(super) struct Identities {
    told: BTreeMap<String, u64>,
}

impl Identities {
    /// The name of the next fault. Of those that are alike in all but their place it counts which one it is.
    pub(super) fn of(&mut self, fault: &DiagnosticReport) -> String {
        let field = fault.field.as_deref().unwrap_or_default();
        let alike = Digest::of([&fault.code, &fault.file, field, &fault.message].join("\0").as_bytes());
        let alike = alike.to_string().trim_start_matches("sha256:").chars().take(32).collect::<String>();
        let count = self.told.entry(alike.clone()).or_default();
        *count += 1;
        format!("{alike}:{count}")
    }
}
