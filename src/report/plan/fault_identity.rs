//! By what a fault is known again in the next plan: systems that keep findings want to tell old ones from new ones.

use std::collections::BTreeMap;

use crate::plan::digest::Digest;
use crate::report::plan::json::DiagnosticReport;

/// Names faults by what they are and not by their line, so that a fault is known again when rows come before it.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    told: BTreeMap<String, u64>,
}

impl Identities {
    /// The name of the next fault. Of those that are alike in all but their place it counts which one it is.
    pub(crate) fn of(&mut self, fault: &DiagnosticReport) -> String {
        let field = fault.field.as_deref().unwrap_or("");
        let alike = Digest::of([&fault.code, &fault.file, field, &fault.message].join("\0").as_bytes());
        let alike = alike.to_string().trim_start_matches("sha256:").chars().take(32).collect::<String>();
        let count = self.told.entry(alike.clone()).or_default();
        *count += 1;
        format!("{alike}:{count}")
    }
}
