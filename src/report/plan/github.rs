//! `plan --format github`: workflow commands, which GitHub shows as annotations on the file, line and column.
//!
//! GitHub shows at most ten errors and ten warnings of a step, so nine are told, and one that says how many more
//! there are. The whole list is [`markdown`](super::markdown)'s, for the summary of the job.

use std::io::{self, Write};

use crate::diagnostic::Severity;
use crate::locale::Catalog;
use crate::locale::visible::shown;
use crate::report::plan::json::{DiagnosticReport, PlanReport};

/// How many of each severity are told one by one.
const SHOWN: usize = 9;

/// Writes the commands, a line each.
///
/// # Errors
///
/// When they cannot be written.
pub(crate) fn write(report: &PlanReport, words: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    for severity in [Severity::Error, Severity::Warning] {
        let (faults, count) = report.of(severity);
        let mut told = 0;
        for fault in faults.take(SHOWN) {
            writeln!(out, "{}", command(fault))?;
            told += 1;
        }
        if count > told {
            let key = format!("plan.github.more.{}", severity.name());
            let more = words.say(&key, &[("count", &(count - told)), ("campaign", &report.title(words))]);
            writeln!(out, "::{} title=wxcast::{}", severity.name(), data(&more))?;
        }
    }
    Ok(())
}

fn command(fault: &DiagnosticReport) -> String {
    let line = fault.line.map_or_else(String::new, |line| format!(",line={line}"));
    let column = fault.line.and(fault.column).map_or_else(String::new, |column| format!(",col={column}"));
    let message = format!("{}\n{}", fault.message, fault.help);
    format!(
        "::{} file={}{line}{column},title={}::{}",
        fault.severity,
        property(&fault.file),
        property(&fault.code),
        data(&message)
    )
}

/// What stands after the second `::`.
fn data(text: &str) -> String {
    shown(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands before it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
