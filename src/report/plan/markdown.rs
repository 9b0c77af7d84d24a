//! `plan --format markdown`: a summary with sample messages, to be pasted into a pull request.

use std::io::{self, Write};

use crate::locale::Catalog;
use crate::locale::visible::command_line;
use crate::report::breakdown::Breakdown;
use crate::report::breakdown::told::{self, Line};
use crate::report::form::markdown::{block, head, inline, row};
use crate::report::plan::compare::Changes;
use crate::report::plan::json::{DiagnosticReport, PlanReport};
use crate::report::plan::sample::SampleReport;
use crate::report::plan::text::{going, length, rows};

/// A comment on GitHub holds 65,536 characters.
const COMMENT: usize = 60_000;

/// Writes the summary, no longer than a comment may be.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &PlanReport, words: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(within(COMMENT, report, words).as_bytes())
}

/// The summary in at most so many bytes, if its counts leave so much: faults that find no room are counted.
pub(crate) fn within(most: usize, report: &PlanReport, words: &Catalog) -> String {
    let mut out = format!("### {}\n\n", inline(&words.say("plan.title", &[("title", &report.title(words))])));
    out.push_str(&facts(report, words));
    if let Some(changes) = &report.changes {
        out.push_str(&since(changes, words));
    }
    let samples = samples(report.samples.as_deref().unwrap_or(&[]), words);
    // Whatever happens to the samples, what is wrong comes first.
    let samples = if samples.len() < most / 2 { samples } else { String::new() };
    out.push_str(&faults(report, most.saturating_sub(out.len() + samples.len()), words));
    out + &samples
}

fn facts(report: &PlanReport, words: &Catalog) -> String {
    let label = |key: &str| words.say(&format!("plan.label.{key}"), &[]);
    let mut out = head(&[label("what"), label("value")]);
    let mut line = |key: &str, value: String| out.push_str(&row(&[label(key), value]));
    if let Some(title) = &report.title {
        line("title", inline(title));
    }
    if let Some(appid) = &report.appid {
        line("account", inline(appid));
    }
    if !report.hosts.is_empty() {
        line("destination", inline(&report.hosts.join(", ")));
    }
    if let Some(command) = &report.token_command {
        line("token-command", inline(&command_line(command)));
    }
    if let Some(kind) = &report.kind {
        line("kind", inline(&words.kind(kind)));
    }
    if let Some(encoding) = &report.encoding {
        line("encoding", inline(encoding));
    }
    if let Some(sheet) = &report.sheet {
        line("sheet", inline(sheet));
    }
    if !report.policies.is_empty() {
        line("policies", inline(&report.policies.join(", ")));
    }
    if let Some(ramp) = &report.ramp {
        let steps: Vec<String> = ramp.steps.iter().map(u64::to_string).collect();
        line("ramp", steps.join(" → "));
    }
    line("forecast", length(report.forecast_seconds, words));
    line("digest", format!("`{}`", report.digest));
    if let Some(id) = &report.plan {
        line("id", format!("`{id}`"));
    }
    line("errors", report.errors.to_string());
    line("warnings", report.warnings.to_string());
    out.push_str(&who(&report.breakdown, words));
    out
}

/// Who gets it, who does not and why.
fn who(breakdown: &Breakdown, words: &Catalog) -> String {
    let label = |key: &str| words.say(&format!("breakdown.{key}"), &[]);
    let mut out = format!("\n#### {}\n\n", label("title"));
    out.push_str(&head(&[label("who"), label("how-many"), label("what")]));
    for Line { label, count, note, is_part } in told::rows(breakdown, words) {
        let label = if is_part { inline(&label) } else { format!("**{}**", inline(&label)) };
        out.push_str(&row(&[label, count, inline(&note)]));
    }
    out
}

fn since(changes: &Changes, words: &Catalog) -> String {
    let label = |key: &str| words.say(&format!("plan.changes.{key}"), &[]);
    let mut out = format!("\n#### {}\n\n", label("title"));
    out.push_str(&head(&[label("what"), label("count"), label("rows")]));
    for (key, count, named) in [
        ("added", changes.added, &changes.added_rows),
        ("removed", changes.removed, &changes.removed_rows),
        ("changed", changes.changed, &changes.changed_rows),
        ("unchanged", changes.unchanged, &Vec::new()),
    ] {
        out.push_str(&row(&[label(key), count.to_string(), rows(count, named)]));
    }
    for sentence in going(changes, words) {
        out.push_str(&format!("\n{}\n", inline(&sentence)));
    }
    if changes.reordered {
        out.push_str(&format!("\n{}\n", label("reordered")));
    }
    out
}

fn faults(report: &PlanReport, most: usize, words: &Catalog) -> String {
    let all = report.errors + report.warnings;
    if all == 0 {
        return String::new();
    }
    let label = |key: &str| words.say(&format!("plan.label.{key}"), &[]);
    let mut out = format!("\n#### {}\n\n", label("faults"));
    out.push_str(&head(&[label("severity"), label("place"), label("message"), label("help")]));
    let mut told = 0;
    for fault in &report.diagnostics {
        let line = fault_row(fault, words);
        if out.len() + line.len() > most {
            break;
        }
        out.push_str(&line);
        told += 1;
    }
    if all > told {
        out.push_str(&format!("\n{}\n", words.say("plan.more-faults", &[("count", &(all - told))])));
    }
    out
}

fn fault_row(fault: &DiagnosticReport, words: &Catalog) -> String {
    let severity = words.say(&format!("diagnostic.{}", fault.severity), &[]);
    let what = format!("{} ({})", fault.message, fault.code);
    row(&[severity, inline(&fault.place()), inline(&what), inline(&fault.help)])
}

fn samples(samples: &[SampleReport], words: &Catalog) -> String {
    if samples.is_empty() {
        return String::new();
    }
    let title = words.say("plan.label.samples", &[]);
    let shown: Vec<String> = samples.iter().map(|sample| block(&sample.text)).collect();
    format!("\n<details><summary>{title}</summary>\n\n{}\n</details>\n", shown.join("\n"))
}
