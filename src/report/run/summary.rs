//! What a run came to: `send|rehearse --format json`, `status --format json`, and the same for people.

use std::collections::BTreeMap;
use std::fmt::Display;

use console::Style;
use schemars::JsonSchema;
use serde::Serialize;

use crate::delivery::cause::CauseName;
use crate::delivery::outcome::{Counts, Status};
use crate::delivery::tally::Tally;
use crate::locale::Catalog;
use crate::wechat::answer::error_code::key;

/// What `wxcast send --format json` and `rehearse --format json` print.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "wxcast summary")]
pub(crate) struct Summary {
    /// The campaign's id.
    pub(crate) campaign: String,
    /// Its title for people.
    pub(crate) title: Option<String>,
    /// Which time it is sent.
    pub(crate) wave: u32,
    /// `send`, or another way of sending that counts by itself.
    pub(crate) channel: String,
    /// `real`, or `local` where requests stay on this computer.
    pub(crate) destination: String,
    /// `sha256:` over the finished payloads in order.
    pub(crate) digest: String,
    /// The plan id, as `wxcast plan` gives it: of what was sent, or of what a rehearsal stood for.
    pub(crate) plan: String,
    /// The recipients by status.
    pub(crate) counts: Counts,
    /// The skipped ones by the word of their reason.
    pub(crate) skipped_by_reason: BTreeMap<String, u64>,
    /// The refused ones by errcode.
    pub(crate) refused_by_code: BTreeMap<String, u64>,
    /// Requests made in this run.
    pub(crate) requests: u64,
    /// How long it sent, in seconds.
    pub(crate) duration_seconds: f64,
    /// Requests a second.
    pub(crate) rate: f64,
    /// When sending may go on, where the run paused and it is known.
    pub(crate) resume_at: Option<String>,
    /// The results file.
    pub(crate) results: Option<String>,
    /// How it ended.
    pub(crate) exit: ExitReport,
}

/// How a run ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Exit")]
pub(crate) struct ExitReport {
    /// The exit code.
    pub(crate) code: u8,
    /// Its name.
    pub(crate) name: String,
}

/// What `wxcast status --format json` prints.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "wxcast status")]
pub(crate) struct StatusReport {
    /// The campaign's id.
    pub(crate) campaign: String,
    /// Which time it is sent.
    pub(crate) wave: u32,
    /// `sha256:` over the finished payloads in order, of the last run; `null` where the journal has messages and no run.
    pub(crate) digest: Option<String>,
    /// The recipients by status.
    pub(crate) counts: Counts,
    /// Whether `counts` are of the list as it is now: `false` where it was not read, and they are of the list that was
    /// sent last.
    pub(crate) list_read: bool,
    /// Why the counts are not all that was sent, as a sentence: receipt or results tell of more than the journal. `null`
    /// as a rule.
    pub(crate) doubt: Option<String>,
    /// The skipped ones by the word of their reason, as far as the journal knows it.
    pub(crate) skipped_by_reason: BTreeMap<String, u64>,
    /// The refused ones by errcode.
    pub(crate) refused_by_code: BTreeMap<String, u64>,
    /// Whether a process is sending now.
    pub(crate) running: bool,
    /// Messages in flight now, counted among the unknown until they are answered.
    pub(crate) in_flight: u64,
}

/// Errcodes as JSON keys.
pub(crate) fn by_code(codes: &BTreeMap<i64, u64>) -> BTreeMap<String, u64> {
    codes.iter().map(|(code, count)| (code.to_string(), *count)).collect()
}

/// The counts for people, a line a status and below it a line for each errcode or incident with what to do.
pub(crate) fn counts(tally: &Tally, words: &Catalog, color: bool) -> String {
    let Tally { counts, refused_by_code, failed_by_cause, unknown_by_cause, .. } = tally;
    let mut out = String::new();
    for status in Status::ALL {
        let count = counts.of(status);
        if count > 0 || status == Status::Sent {
            let name = words.say(&format!("status.{}", status.name()), &[]);
            let line = words.say("summary.count", &[("status", &name), ("count", &count)]);
            let style = style(status).force_styling(color);
            out.push_str(&format!("{}\n", style.apply_to(line)));
        }
        let causes = match status {
            Status::Refused => {
                &refused_by_code.iter().map(|(code, count)| (CauseName::Code(*code), *count)).collect()
            }
            Status::Failed => failed_by_cause,
            Status::Unknown => unknown_by_cause,
            Status::Sent | Status::Skipped | Status::Unsent => continue,
        };
        for (cause, count) in causes {
            out.push_str(&because(cause, *count, words));
            out.push('\n');
        }
    }
    out
}

/// The colour of a status, the same wherever a terminal shows one.
fn style(status: Status) -> Style {
    match status {
        Status::Sent => Style::new().green(),
        Status::Refused => Style::new().yellow(),
        Status::Failed => Style::new().red(),
        Status::Unknown => Style::new().magenta(),
        Status::Unsent => Style::new().cyan(),
        Status::Skipped => Style::new().dim(),
    }
}

/// How often there was a cause, what it means and what to do.
fn because(cause: &CauseName, count: u64, words: &Catalog) -> String {
    let incident = |advice: String| {
        let name = words.cause(&cause.to_string());
        words.say("summary.incident", &[("incident", &name), ("count", &count), ("advice", &advice)])
    };
    let code = match cause {
        CauseName::Code(code) => *code,
        CauseName::Incident(known) => return incident(words.say(&known.advice_key(), &[])),
        // There is no advice for what this version does not know.
        CauseName::Unfamiliar(_) => return incident(String::new()),
    };
    let key = key(code);
    let meaning = words.say(&format!("errcode.{key}.meaning"), &[]);
    let advice = words.say(&format!("errcode.{key}.advice"), &[]);
    let places: [(&str, &dyn Display); 4] =
        [("code", &code), ("count", &count), ("meaning", &meaning), ("advice", &advice)];
    words.say("summary.refused", &places)
}
