//! What `wxcast doctor` found, a line each, for people and for machines.

use console::{Alignment, measure_text_width, pad_str};
use serde::Serialize;

use crate::locale::Catalog;
use crate::report::run::summary::ExitReport;

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// As it should be, or not needed.
    Ok,
    /// Worth a look, or not to be found out; nothing keeps `send` from beginning.
    Warning,
    /// It keeps `send` from working.
    Fault,
}

impl State {
    /// The stable name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The stable name of the check.
    pub(crate) check: &'static str,
    /// How it is.
    pub(crate) state: State,
    /// What was found, as a sentence.
    pub(crate) message: String,
    /// What to do next; nothing where nothing is to be done.
    pub(crate) help: Option<String>,
}

/// What `wxcast doctor --format json` prints. The same checks in the same order, whatever was found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DoctorReport {
    /// The campaign's id.
    pub(crate) campaign: String,
    /// The account.
    pub(crate) appid: String,
    /// The checks.
    pub(crate) checks: Vec<Finding>,
    /// How it ends: `ok`, or as `send` would because of the gravest fault.
    pub(crate) exit: ExitReport,
}

impl DoctorReport {
    /// For people: a line a finding, and what to do below it.
    pub(crate) fn text(&self, words: &Catalog) -> String {
        let state = |finding: &Finding| words.say(&format!("doctor.state.{}", finding.state.name()), &[]);
        let name = |finding: &Finding| words.say(&format!("doctor.name.{}", finding.check), &[]);
        let states = widest(self.checks.iter().map(state));
        let names = widest(self.checks.iter().map(name));
        let mut out = String::new();
        for finding in &self.checks {
            let (state, name) = (padded(&state(finding), states), padded(&name(finding), names));
            out.push_str(&format!("{state}  {name}  {}\n", finding.message));
            if let Some(help) = &finding.help {
                out.push_str(&format!("{}{help}\n", " ".repeat(states + 2)));
            }
        }
        out
    }
}

/// A Chinese character is two columns wide.
fn widest(texts: impl Iterator<Item = String>) -> usize {
    texts.map(|text| measure_text_width(&text)).max().unwrap_or(0)
}

fn padded(text: &str, width: usize) -> String {
    pad_str(text, width, Alignment::Left, None).into_owned()
}
