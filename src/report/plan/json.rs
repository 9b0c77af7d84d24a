//! `plan --format json`, and the manifest: the same with samples and fingerprints, kept in a file.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::api_base::Hosts;
use crate::campaign::moment::rfc3339;
use crate::campaign::ramp::{Ramp, Rest};
use crate::delivery::rule::{Rule, Says};
use crate::diagnostic::render::{Sources, display};
use crate::diagnostic::{Diagnostic, Severity};
use crate::locale::Catalog;
use crate::message::media::Upload;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::plan::schedule::forecast::Forecast;
use crate::plan::schedule::outlook::Outlook;
use crate::report::breakdown::{Ahead, Breakdown};
use crate::report::plan::compare::Changes;
use crate::report::plan::sample::SampleReport;

/// What `wxcast plan --format json` prints: one object. Equal inputs print equal bytes.
///
/// Written to a file with `-o` it is the plan's manifest, with `samples` and `messages` too.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "wxcast plan")]
pub struct PlanReport {
    /// The campaign's id.
    pub campaign: Option<String>,
    /// Its title for people.
    pub title: Option<String>,
    /// Which time it is sent.
    pub wave: Option<u32>,
    /// The account.
    pub appid: Option<String>,
    /// The message kind.
    pub kind: Option<String>,
    /// `real`, or `local` where requests stay on this computer; nothing where the file does not say yet.
    pub destination: Option<String>,
    /// `sha256:` over the finished payloads in order.
    pub digest: String,
    /// `plan:` over account, campaign, wave, destination, token source, digest and skipped rows: what is approved.
    /// Nothing where there are errors.
    pub plan: Option<String>,
    /// Rows of the audience.
    pub rows: u64,
    /// Rows that became a message.
    pub planned: u64,
    /// Rows that are sound and skipped all the same.
    pub skipped: u64,
    /// Why rows get no message, by reason, the faulty ones included.
    #[serde(default)]
    pub skipped_by_reason: BTreeMap<String, u64>,
    /// Faulty rows.
    pub invalid: u64,
    /// All warnings, also those that are only counted and not listed.
    pub warnings: u64,
    /// The seconds sending takes at the campaign's rate.
    pub forecast_seconds: u64,
    /// Who can still be reached when sending begins at a moment. Only there where the campaign says until when people can
    /// be written to, and `--at` or `send.not_before` says when it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<WindowsReport>,
    /// In which steps it is sent. Only there where the campaign has a ramp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp: Option<RampReport>,
    /// Whom the account's policies hold back by what its journal knows. Only there where one can, and `--at` or
    /// `send.not_before` says when sending begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<CapsReport>,
    /// Everything that is wrong, in the order it was found.
    pub diagnostics: Vec<DiagnosticReport>,
    /// The hosts that are called, the first one first.
    pub hosts: Vec<String>,
    /// Who gets the message, who does not and why. Windows count only where `windows` is there.
    pub breakdown: Breakdown,
    /// The program that prints tokens, and its arguments. Only there where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_command: Option<Vec<String>>,
    /// The policies that hold for the campaign, as they are found from its folder. Only there where some do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The encoding that the audience is read in, chosen or found. Only there where it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The sheet that the audience is read from, chosen or found. Only there where it is a workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The rows that get no message because of a list, list by list. Only there where some do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListReport>,
    /// The media files that the messages need, by what they are uploaded as; each content counts once, and those that
    /// live from an earlier upload are among them. Only there where messages need some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<UploadReport>,
    /// All errors, also those that are only counted.
    #[serde(skip)]
    pub errors: u64,
    /// With `--compare`: what has changed since the earlier plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// In a manifest without errors: some finished messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<Vec<SampleReport>>,
    /// In a manifest without errors: what `--compare` needs of each row, 10 bytes in base64, 1024 rows a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<String>>,
}

/// Rows that get no message because of a list or of a joined file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ListReport {
    /// The file as the campaign names it; all that `only` names in one.
    pub list: String,
    /// `excluded`, `not-included` or `unmatched`.
    pub reason: String,
    /// How many rows.
    pub rows: u64,
}

impl ListReport {
    fn all(plan: &Plan) -> Vec<Self> {
        let of_lists = plan.skipped_rows().into_iter().filter_map(|rows| {
            let (reason, list) = (rows.why.name().to_owned(), rows.list?.to_owned());
            Some(Self { list, reason, rows: rows.count })
        });
        of_lists.collect()
    }
}

/// Who can still be reached when sending begins at a moment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WindowsReport {
    /// When it begins, as RFC 3339.
    pub at: String,
    /// Whose turn comes in time; who has no time among them.
    pub in_time: u64,
    /// Whose window is over by then.
    pub out: u64,
    /// Whose window ends before their turn.
    pub late: u64,
    /// Whose turn does not come before `send.not_after`.
    pub unsent: u64,
    /// Who has no time of last contact.
    pub blank: u64,
    /// Who did no more than what opens one minute.
    pub one_minute: u64,
    /// The messages a second at which nobody would be late; nothing where nobody is, or no rate would do.
    pub needed_rate: Option<f64>,
    /// The latest beginning at which nobody would be late, as RFC 3339; nothing where there is none.
    pub latest_start: Option<String>,
}

impl WindowsReport {
    /// The outlook, times in a zone.
    pub(crate) fn of(outlook: &Outlook, zone: &TimeZone) -> Self {
        let Forecast { in_time, out, spent: _, no_time: _, late, unsent, blank, needed_rate, latest_start } =
            outlook.forecast;
        Self {
            at: rfc3339(outlook.at, zone),
            in_time,
            out,
            late,
            unsent,
            blank,
            one_minute: outlook.one_minute.expect("the outlook of a plan is of the whole list"),
            // Rounded up, because a rate that is a little higher still reaches everybody in time.
            needed_rate: needed_rate.map(|rate| (rate * 100.0).ceil() / 100.0),
            latest_start: latest_start.map(|at| rfc3339(at, zone)),
        }
    }
}

/// In which steps a campaign is sent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RampReport {
    /// How many messages have been sent at the end of each step.
    pub steps: Vec<u64>,
    /// The seconds between two steps, or `ask` where the next `send` goes on; nothing where they follow at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<String>,
}

impl RampReport {
    /// The steps of a plan of so many messages.
    pub(crate) fn of(ramp: &Ramp, planned: u64) -> Self {
        let wait = match ramp.wait {
            Rest::None => None,
            Rest::For(length) => Some(length.as_secs().to_string()),
            Rest::Ask => Some("ask".to_owned()),
        };
        Self { steps: ramp.sizes(planned), wait }
    }
}

/// Whom the account's policies hold back at a moment, by what its journal knows then.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CapsReport {
    /// When, as RFC 3339.
    pub at: String,
    /// Messages that are skipped because their people were written to often enough.
    pub skipped: u64,
    /// Messages that stay unsent for that.
    pub later: u64,
    /// Messages that are skipped because WeChat has refused their people for good.
    pub refused: u64,
    /// The caps that hold somebody back.
    pub rules: Vec<CapReport>,
}

/// A cap that holds somebody back.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CapReport {
    /// The policy, as it is found from the campaign's folder.
    pub policy: String,
    /// The cap as it writes it, `3/7d`.
    pub per_person: String,
    /// How many messages it holds back. One that several caps hold back is counted once.
    pub messages: u64,
}

impl CapsReport {
    /// What rules hold back.
    pub(crate) fn of(rules: &[(Rule, u64)], at: Timestamp, zone: &TimeZone) -> Self {
        let mut report = Self { at: rfc3339(at, zone), skipped: 0, later: 0, refused: 0, rules: Vec::new() };
        for (rule, count) in rules {
            let (most, time) = match &rule.says {
                Says::Refused => {
                    report.refused += count;
                    continue;
                }
                Says::Cap { most, time, later } => {
                    let sum = if *later { &mut report.later } else { &mut report.skipped };
                    *sum += count;
                    (most, time)
                }
            };
            let per_person = format!("{most}/{time}");
            report.rules.push(CapReport { policy: rule.policy.clone(), per_person, messages: *count });
        }
        report
    }
}

/// Media files of one type.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UploadReport {
    /// What they are uploaded as: `image`, `voice`, `video`, `thumb` or `uploadimg`.
    pub r#type: String,
    /// How many different files there are.
    pub(crate) files: u64,
    /// Their bytes in all.
    pub(crate) bytes: u64,
}

impl UploadReport {
    /// The media files of a plan, type by type; types without a file are left out.
    pub(crate) fn all(plan: &Plan) -> Vec<Self> {
        let of = |upload: Upload| {
            let files = plan.media.files().iter().map(|needed| &needed.file);
            let bytes = files.filter(|file| file.content.upload == upload).map(|file| file.bytes);
            let (files, bytes) = bytes.fold((0, 0), |(files, sum), bytes| (files + 1, sum + bytes));
            Self { r#type: upload.name().to_owned(), files, bytes }
        };
        Upload::ALL.into_iter().map(of).filter(|report| report.files > 0).collect()
    }
}

/// One fault.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiagnosticReport {
    /// Its stable name.
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// The file.
    pub file: String,
    /// The line, from 1; in a workbook the row of the sheet.
    pub line: Option<u64>,
    /// The column in characters, from 1; in a workbook the column of the sheet.
    pub column: Option<u64>,
    /// The row of the audience, from 1, the header not counted.
    pub row: Option<u64>,
    /// The field of the campaign file.
    pub field: Option<String>,
}

/// What is known of a campaign, sound or not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Its id.
    pub(crate) campaign: Option<String>,
    /// Which time it is sent.
    pub(crate) wave: Option<u32>,
    /// Its title for people.
    pub(crate) title: Option<String>,
    /// The account.
    pub(crate) appid: Option<String>,
    /// The message kind.
    pub(crate) kind: Option<String>,
    /// The hosts that are called, where the campaign names sound ones.
    pub(crate) hosts: Option<Hosts>,
    /// The program that prints tokens, where one does.
    pub(crate) token_command: Option<Vec<String>>,
    /// The policies that hold for it.
    pub(crate) policies: Vec<String>,
    /// What is approved, of a plan without errors.
    pub(crate) id: Option<PlanId>,
    /// The seconds it takes.
    pub(crate) forecast_seconds: u64,
    /// Who can still be reached, where a moment to begin is fixed.
    pub(crate) windows: Option<WindowsReport>,
    /// The steps in which it is sent, where there are any.
    pub(crate) ramp: Option<Ramp>,
    /// Whom policies hold back, where a moment to begin is fixed.
    pub(crate) caps: Option<CapsReport>,
    /// Who gets it and who does not, where there is a campaign.
    pub(crate) breakdown: Option<Breakdown>,
}

impl PlanReport {
    /// The report of a plan.
    pub(crate) fn new(facts: &Facts, plan: &Plan, sources: &Sources, words: &Catalog) -> Self {
        Self {
            campaign: facts.campaign.clone(),
            wave: facts.wave,
            appid: facts.appid.clone(),
            title: facts.title.clone(),
            kind: facts.kind.clone(),
            destination: facts.hosts.as_ref().map(|hosts| hosts.destination().to_string()),
            hosts: facts.hosts.iter().flat_map(Hosts::all).map(ToString::to_string).collect(),
            token_command: facts.token_command.clone(),
            policies: facts.policies.clone(),
            plan: facts.id.map(|id| id.to_string()),
            encoding: plan.encoding.map(str::to_owned),
            sheet: plan.sheet.as_ref().map(|sheet| sheet.name.clone()),
            digest: plan.digest.to_string(),
            rows: plan.counts.rows(),
            planned: plan.counts.planned,
            skipped: plan.counts.skipped(),
            skipped_by_reason: plan.counts.by_name(),
            invalid: plan.counts.invalid,
            forecast_seconds: facts.forecast_seconds,
            windows: facts.windows.clone(),
            ramp: facts.ramp.as_ref().map(|ramp| RampReport::of(ramp, plan.counts.planned)),
            caps: facts.caps.clone(),
            breakdown: facts
                .breakdown
                .clone()
                .unwrap_or_else(|| Breakdown::of_plan(None, plan, &Ahead::default())),
            diagnostics: plan.diagnostics.kept().iter().map(|fault| told(fault, sources, words)).collect(),
            lists: ListReport::all(plan),
            uploads: UploadReport::all(plan),
            errors: plan.diagnostics.errors(),
            warnings: plan.diagnostics.warnings(),
            changes: None,
            samples: None,
            messages: None,
        }
    }

    /// The listed faults of one severity, and how many there are of it in all.
    pub(crate) fn of(&self, severity: Severity) -> (impl Iterator<Item = &DiagnosticReport>, u64) {
        let count = match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.warnings,
        };
        (self.diagnostics.iter().filter(move |fault| fault.severity == severity.name()), count)
    }

    /// What the plan is of, for titles: the campaign's id, or its file where it has none.
    pub(crate) fn title(&self, words: &Catalog) -> String {
        let file = || self.diagnostics.first().map(|fault| fault.file.clone());
        let campaign =
            self.campaign.clone().or_else(file).expect("a file without an id has a fault that says so");
        match self.wave {
            Some(wave) => words.say("plan.wave", &[("campaign", &campaign), ("wave", &wave)]),
            None => campaign,
        }
    }
}

impl DiagnosticReport {
    /// Its place as compilers write it: `file:line:column`, as much of it as is known.
    pub(crate) fn place(&self) -> String {
        let numbers = [self.line, self.line.and(self.column)].into_iter().flatten();
        numbers.fold(self.file.clone(), |place, number| format!("{place}:{number}"))
    }
}

/// Writes the object.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &PlanReport, _: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

fn told(fault: &Diagnostic, sources: &Sources, words: &Catalog) -> DiagnosticReport {
    let position = sources.position(&fault.at);
    DiagnosticReport {
        code: fault.code.slug().to_owned(),
        severity: fault.severity.name().to_owned(),
        message: fault.message(words),
        help: fault.help(words),
        file: display(&position.file),
        line: position.line,
        column: position.column,
        row: position.row,
        field: position.field,
    }
}
