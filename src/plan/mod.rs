//! What will be sent, before anything is.
//!
//! The planner turns every row of the audience into a finished payload or says what is wrong with it. It
//! streams: nothing here keeps all rows. Once a plan exists, every later reading is held against its checkpoints, so
//! that a change is noticed batch by batch, before a message of it leaves.

pub(crate) mod sample;
pub(crate) mod batch;
mod conditions;
pub(crate) mod damage;
pub mod digest;
pub(crate) mod duplicates;
mod failures;
pub mod id;
pub mod inputs;
pub(crate) mod inspect;
mod joined;
pub(crate) mod judge;
pub(crate) mod media;
mod near_file;
pub(crate) mod onlooker;
pub mod pass;
pub(crate) mod ramp;
pub(crate) mod reading;
pub(crate) mod renderer;
pub(crate) mod schedule;
pub mod skip;
pub(crate) mod windows;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::audience::fence::Fence;
use crate::audience::time_cell::TimeForm;
use crate::campaign::validate::Validated;
use crate::campaign::{Audience, Campaign, Results};
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place, Sheet};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::digest::{Digest, Running};
use crate::plan::duplicates::Repeated;
use crate::plan::inputs::Inputs;
use crate::plan::media::{Library, Needed};
use crate::plan::onlooker::Onlooker;
use crate::plan::sample::chosen::Sample;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::skip::Skip;

/// What a campaign and its audience come to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The rows of the audience by what becomes of them.
    pub counts: RowCounts,
    /// The digest over all finished payloads.
    pub(crate) digest: Digest,
    /// The digest's state after each batch.
    pub(crate) checkpoints: Vec<Digest>,
    /// The openids that stand in several rows.
    pub(crate) repeated: Repeated,
    /// Everything wrong with the campaign and its audience.
    pub diagnostics: Diagnostics,
    /// The media files that its messages need.
    pub(crate) media: Needed,
    /// What was seen in them, so that nothing is read again for this plan.
    pub library: Arc<Library>,
    /// The first message, for whoever wants to see one.
    pub(crate) first: Option<Sample>,
    /// The encoding the audience is read in, where it is text and could be read.
    pub(crate) encoding: Option<&'static str>,
    /// The sheet it is read from, where it is a workbook.
    pub(crate) sheet: Option<Sheet>,
    /// Whether everybody gets the same text although the list has more columns than the openids'.
    pub(crate) same_for_all: bool,
    /// The rows that lists and joined files keep from getting a message: the file as the campaign names it, why, and how
    /// many.
    pub(crate) barred: Vec<(String, Skip, u64)>,
    /// Until when each message may be begun, where the campaign says by what.
    pub(crate) windows: Option<Windows>,
}

/// Until when the messages of a plan may be begun.
#[derive(Debug, Clone, Default)]
pub(crate) struct Windows {
    /// One a message, in the order of the audience.
    pub(crate) deadlines: Vec<Deadline>,
    /// How the times are written, where there are any.
    pub(crate) form: Option<TimeForm>,
    /// Who of all did something that opens no more than a minute.
    pub(crate) one_minute: u64,
}

/// The rows of an audience by what becomes of them; they add up. A row that is no message is counted under its
/// [`Skip`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts {
    /// Rows that became a message.
    pub planned: u64,
    pub(crate) duplicate: u64,
    pub(crate) invalid: u64,
    pub(crate) hidden: u64,
    pub(crate) excluded: u64,
    pub(crate) not_included: u64,
    pub(crate) unmatched: u64,
}

impl RowCounts {
    /// All rows.
    pub(crate) fn rows(self) -> u64 {
        self.planned + self.by_reason().map(|(_, count)| count).sum::<u64>()
    }

    /// Rows that are sound and skipped all the same.
    pub(crate) fn skipped(self) -> u64 {
        self.rows() - self.planned - self.invalid
    }

    /// Rows skipped, by reason and in the order of reports.
    pub(crate) fn by_reason(self) -> impl Iterator<Item = (Skip, u64)> {
        Skip::ALL.into_iter().map(move |why| (why, self.of(why)))
    }

    /// The same for machines: the words that reasons have, with their counts.
    pub(crate) fn by_name(self) -> BTreeMap<String, u64> {
        self.by_reason().map(|(why, count)| (why.name().to_owned(), count)).collect()
    }

    /// Rows skipped for this reason.
    pub(crate) fn of(mut self, why: Skip) -> u64 {
        *self.of_mut(why)
    }

    fn of_mut(&mut self, why: Skip) -> &mut u64 {
        match why {
            Skip::Duplicate => &mut self.duplicate,
            Skip::Invalid => &mut self.invalid,
            Skip::Hidden => &mut self.hidden,
            Skip::Excluded => &mut self.excluded,
            Skip::NotIncluded => &mut self.not_included,
            Skip::Unmatched => &mut self.unmatched,
        }
    }
}

/// Rows that get no message for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkippedRows<'a> {
    /// Why.
    pub(crate) why: Skip,
    /// The list or joined file that says so, as the campaign names it, where one does.
    pub(crate) list: Option<&'a str>,
    /// How many.
    pub(crate) count: u64,
}

impl Plan {
    /// Until when the message of this number, from 0, may be begun.
    pub(crate) fn deadline(&self, number: usize) -> Deadline {
        match &self.windows {
            Some(windows) => *windows.deadlines.get(number).expect("each message of a plan has one"),
            None => Deadline::NONE,
        }
    }

    /// The rows that get no message, reason by reason and list by list; reasons that nobody has are left out.
    pub(crate) fn skipped_rows(&self) -> Vec<SkippedRows<'_>> {
        let by_lists = |why: Skip| self.barred.iter().filter(move |(_, of, _)| *of == why);
        let mut all = Vec::new();
        for why in Skip::ALL {
            match why {
                Skip::Excluded | Skip::NotIncluded | Skip::Unmatched => {
                    let rows = by_lists(why).map(|(list, _, count)| (Some(list.as_str()), *count));
                    all.extend(rows.map(|(list, count)| SkippedRows { why, list, count }));
                }
                Skip::Duplicate | Skip::Invalid | Skip::Hidden => {
                    all.push(SkippedRows { why, list: None, count: self.counts.of(why) });
                }
            }
        }
        all.retain(|rows| rows.count > 0);
        all
    }
}

/// The most rows of an .xlsx sheet, its header not counted.
const SHEET_ROWS: u64 = 1_048_575;

/// Plans a sound campaign.
pub fn plan(campaign: &Campaign) -> Plan {
    let mut plan = plan_within(campaign, None, &mut ());
    locate_in(&campaign.audience, &mut plan);
    plan
}

fn plan_within(campaign: &Campaign, fence: Option<Fence>, onlooker: &mut dyn Onlooker) -> Plan {
    let library = library(&campaign.path, fence);
    let plan = reading::run(&Inputs::of_campaign(campaign, &library), onlooker);
    let mut plan = Plan { library, ..plan };
    plan.diagnostics.extend(too_long(&campaign.results, plan.counts.rows()));
    plan
}

/// The fault of results that have more rows than their file has room for: better told before anything is sent.
fn too_long(results: &Results, rows: u64) -> Option<Diagnostic> {
    let fault = Diagnostic::new(Code::ResultsTooLong, Place::Field(FieldPath::of("results.file")));
    let fault = fault.with("rows", rows).with("max", SHEET_ROWS);
    (results.is_workbook() && rows > SHEET_ROWS).then_some(fault)
}

/// The media files beside a campaign file, none of them looked at.
fn library(campaign: &Path, fence: Option<Fence>) -> Arc<Library> {
    Arc::new(Library::new(campaign.parent().unwrap_or(Path::new("")), fence))
}

/// The digest of a message before it is filled, the content of the files that everybody gets included: two messages
/// of one digest read and look alike.
pub(crate) fn text_digest(campaign: &Campaign, plan: &Plan) -> Digest {
    let mut running = Running::default();
    running.add(campaign.body.unfilled().as_bytes());
    for (slot, template) in campaign.body.slots().iter().zip(&campaign.templates) {
        if let (Some(upload), Some(name)) = (slot.upload, template.constant())
            && let Some(file) = plan.library.look(upload, &name).file
        {
            running.add(file.content.to_string().as_bytes());
        }
    }
    // What stands in for a blank cell is written in the campaign, and people read it like the rest.
    for (column, rules) in &campaign.audience.columns {
        let is_used = campaign
            .templates
            .iter()
            .any(|template| template.variables().iter().any(|used| used.name == *column));
        if let Some(default) = rules.default.as_ref().filter(|_| is_used) {
            running.add(column.as_bytes());
            running.add(default.as_bytes());
        }
    }
    running.now()
}

/// Plans what was validated. Where the campaign has faults, the audience is held against as much of it as is
/// sound, so that one run tells the faults of all files. Where in the audience they are is told by [`locate`], to whoever shows
/// them.
pub(crate) fn plan_validated(validated: &Validated, onlooker: &mut dyn Onlooker) -> Plan {
    let mut plan = match (&validated.campaign, &validated.audience) {
        (Some(campaign), _) => plan_within(campaign, validated.fence.clone(), onlooker),
        (None, Some(audience)) => {
            let library = library(&validated.sources.campaign, validated.fence.clone());
            reading::run(&Inputs::of_parts(audience, &validated.texts, &library), onlooker)
        }
        (None, None) => reading::empty(),
    };
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(validated.faults.iter().cloned());
    diagnostics.absorb(plan.diagnostics);
    plan.diagnostics = diagnostics;
    plan
}

/// The seconds a number of messages takes at a number of messages a second, rounded up.
pub(crate) fn forecast_seconds(messages: u64, per_second: f64) -> u64 {
    // Counts of messages are far below 2^53, so a float holds them exactly. The cast saturates.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let seconds = (messages.saturating_sub(1) as f64 / per_second).ceil() as u64;
    seconds
}

/// Fills in line and column of every cell that a diagnostic names. For that the audience is read again.
pub(crate) fn locate(validated: &Validated, plan: &mut Plan) {
    let audience = validated.campaign.as_ref().map(|campaign| &campaign.audience);
    if let Some(audience) = audience.or(validated.audience.as_ref()) {
        locate_in(audience, plan);
    }
}

fn locate_in(audience: &Audience, plan: &mut Plan) {
    let diagnostics = plan.diagnostics.kept_mut();
    crate::audience::locate::fill(&audience.source, diagnostics);
    for join in audience.joins.all() {
        crate::audience::locate::fill_beside(&join.file.source, diagnostics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_of_results_has_room_for_a_million_rows_and_a_csv_for_any() {
        let results = |path: &str| Results {
            path: path.into(),
            named: None,
            usual: Vec::new(),
            language: Default::default(),
            split: false,
            omit: Vec::new(),
        };
        let fault = too_long(&results("a.xlsx"), 1_048_576).expect("a row too many");
        assert_eq!(fault.values, [("rows", 1_048_576_u64.into()), ("max", 1_048_575_u64.into())]);
        assert_eq!(too_long(&results("a.xlsx"), 1_048_575), None);
        assert_eq!(too_long(&results("a.csv"), u64::MAX), None);
    }
}
