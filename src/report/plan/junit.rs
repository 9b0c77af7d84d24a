//! `plan --format junit`: one case a rule, which fails where a fault breaks it, and one case a sample, whose output
//! is the finished message. A warning fails nothing; it is the output of its rule's case.

use std::io::{self, Write};

use crate::diagnostic::Severity;
use crate::diagnostic::code::Code;
use crate::locale::Catalog;
use crate::locale::visible::command_line;
use crate::report::form::junit::{self, Case, Suite, Verdict};
use crate::report::plan::json::{DiagnosticReport, PlanReport};
use crate::report::plan::sample::SampleReport;

/// How many faults of a rule are told.
const SHOWN: usize = 100;

/// Writes the report.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &PlanReport, words: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let rules = Code::ALL.iter().map(|code| rule(*code, report, words)).collect();
    let samples = report.samples.iter().flatten().map(sample).collect();
    let suites = vec![
        Suite { name: words.say("plan.junit.rules", &[]), properties: properties(report), cases: rules },
        Suite { name: words.say("plan.junit.samples", &[]), properties: Vec::new(), cases: samples },
    ];
    junit::write(&format!("wxcast plan: {}", report.title(words)), suites, out)
}

fn properties(report: &PlanReport) -> Vec<(String, String)> {
    let counts = [
        ("hosts", report.hosts.join(", ")),
        ("token_command", report.token_command.as_deref().map_or_else(String::new, command_line)),
        ("plan", report.plan.as_deref().unwrap_or("").to_owned()),
        ("digest", report.digest.clone()),
        ("rows", report.rows.to_string()),
        ("planned", report.planned.to_string()),
        ("skipped", report.skipped.to_string()),
        ("invalid", report.invalid.to_string()),
    ];
    let changes = report.changes.iter().flat_map(|changes| {
        [
            ("added", changes.added.to_string()),
            ("removed", changes.removed.to_string()),
            ("changed", changes.changed.to_string()),
        ]
    });
    counts.into_iter().chain(changes).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn rule(code: Code, report: &PlanReport, words: &Catalog) -> Case {
    let of = |severity: Severity| {
        let mut faults = report.of(severity).0.filter(|fault| fault.code == code.slug());
        let told: Vec<String> = faults.by_ref().take(SHOWN).map(line).collect();
        let more = faults.count();
        let more = (more > 0).then(|| words.say("plan.more", &[("count", &more), ("code", &code.slug())]));
        told.into_iter().chain(more).collect::<Vec<String>>().join("\n")
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let result = if errors.is_empty() {
        Verdict::Passed
    } else {
        let message = words.say(&format!("diagnostic.{}.title", code.slug()), &[]);
        Verdict::Failed { message, text: errors }
    };
    Case { name: code.slug().to_owned(), result, output: (!warnings.is_empty()).then_some(warnings) }
}

fn line(fault: &DiagnosticReport) -> String {
    format!("{}: {} {}", fault.place(), fault.message, fault.help)
}

fn sample(sample: &SampleReport) -> Case {
    let name = format!("{} {}", sample.row, sample.openid);
    Case { name, result: Verdict::Passed, output: Some(sample.text.clone()) }
}
