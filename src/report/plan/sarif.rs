//! `plan --format sarif`: SARIF 2.1.0, as code scanning takes it. The structs hold what is written and no more.

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::locale::Catalog;
use crate::report::plan::compare::Changes;
use crate::report::plan::fault_identity::Identities;
use crate::report::plan::json::{DiagnosticReport, PlanReport};

/// More results than this are refused by GitHub.
const MOST: usize = 25_000;
/// What stands in a relative reference as it is; everything else is percent-encoded.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
}

#[derive(Serialize)]
struct Properties {
    changes: Changes,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Level,
}

#[derive(Serialize)]
struct Level {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: String,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u64>,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

/// Writes the log.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &PlanReport, words: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let mut told = Identities::default();
    let results: Vec<Outcome> =
        report.diagnostics.iter().take(MOST).map(|fault| result(fault, told.of(fault))).collect();
    let all = report.errors + report.warnings;
    let more = all.saturating_sub(u64::try_from(results.len()).expect("a count of what is in memory"));
    let message = Text { text: words.say("plan.more-faults", &[("count", &more)]) };
    let left_out = (more > 0).then_some(Notification { level: "note", message });
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "wxcast",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: Code::ALL.iter().map(|code| rule(*code, words)).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: left_out.into_iter().collect(),
            }],
            column_kind: "unicodeCodePoints",
            results,
            properties: report.changes.clone().map(|changes| Properties { changes }),
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn rule(code: Code, words: &Catalog) -> Rule {
    let sentence = |part: &str| words.say(&format!("diagnostic.{}.{part}", code.slug()), &[]);
    Rule {
        id: code.slug(),
        short_description: Text { text: sentence("title") },
        full_description: Text { text: sentence("title") },
        help: Text { text: sentence("help") },
        default_configuration: Level { level: code.severity().name() },
    }
}

fn result(fault: &DiagnosticReport, fingerprint: String) -> Outcome {
    let region = fault.line.map(|line| Region { start_line: line, start_column: fault.column });
    let uri = utf8_percent_encode(&fault.file, KEPT).to_string();
    Outcome {
        rule_id: fault.code.clone(),
        rule_index: Code::ALL.iter().position(|code| code.slug() == fault.code),
        level: fault.severity.clone(),
        message: Text { text: format!("{} {}", fault.message, fault.help) },
        locations: [Location { physical_location: Physical { artifact_location: Artifact { uri }, region } }],
        partial_fingerprints: BTreeMap::from([("wxcastFault/v1", fingerprint)]),
    }
}
