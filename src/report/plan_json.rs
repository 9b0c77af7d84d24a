//! `plan --format json` (spec section 9).

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::{Sources, display};
use crate::locale::Catalog;
use crate::message::media::Upload;
use crate::plan::Plan;

/// What `wxcast plan --format json` prints: one object. Equal inputs print equal bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "wxcast plan")]
pub struct PlanReport {
    /// The campaign's id.
    pub campaign: Option<String>,
    /// Which time it is sent.
    pub wave: Option<u32>,
    /// The account.
    pub appid: Option<String>,
    /// The message kind.
    pub kind: Option<String>,
    /// `sha256:` over the finished payloads in order.
    pub digest: String,
    /// Rows of the audience.
    pub rows: u64,
    /// Rows that became a message.
    pub planned: u64,
    /// Rows skipped because their openid was there before.
    pub skipped: u64,
    /// Faulty rows.
    pub invalid: u64,
    /// The seconds sending takes at the campaign's rate.
    pub forecast_seconds: u64,
    /// Everything that is wrong, in the order it was found.
    pub diagnostics: Vec<DiagnosticReport>,
    /// The media files that the messages need, by what they are uploaded as; each content counts once, and those that
    /// live from an earlier upload are among them. Only there where messages need some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<UploadReport>,
}

/// Media files of one type.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UploadReport {
    /// What they are uploaded as: `image`, `voice`, `video`, `thumb` or `uploadimg`.
    pub r#type: String,
    /// How many different files there are.
    pub files: u64,
    /// Their bytes in all.
    pub bytes: u64,
}

impl UploadReport {
    /// The media files of a plan, type by type; types without a file are left out.
    pub fn all(plan: &Plan) -> Vec<Self> {
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
    /// The line, from 1.
    pub line: Option<u64>,
    /// The column in characters, from 1.
    pub column: Option<u64>,
    /// The row of the audience, from 1, the header not counted.
    pub row: Option<u64>,
    /// The field of the campaign file.
    pub field: Option<String>,
}

/// What is known of a campaign, sound or not.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Its id.
    pub campaign: Option<String>,
    /// Which time it is sent.
    pub wave: Option<u32>,
    /// The account.
    pub appid: Option<String>,
    /// The message kind.
    pub kind: Option<String>,
    /// The seconds it takes.
    pub forecast_seconds: u64,
}

impl PlanReport {
    /// The report of a plan.
    pub fn new(facts: &Facts, plan: &Plan, sources: &Sources, words: &Catalog) -> Self {
        Self {
            campaign: facts.campaign.clone(),
            wave: facts.wave,
            appid: facts.appid.clone(),
            kind: facts.kind.clone(),
            digest: plan.digest.to_string(),
            rows: plan.counts.rows(),
            planned: plan.counts.planned,
            skipped: plan.counts.duplicate,
            invalid: plan.counts.invalid,
            forecast_seconds: facts.forecast_seconds,
            diagnostics: plan.diagnostics.kept().iter().map(|fault| told(fault, sources, words)).collect(),
            uploads: UploadReport::all(plan),
        }
    }
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
