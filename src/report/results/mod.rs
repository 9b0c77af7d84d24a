//! The results: the audience's columns and eight more, one row a row of the audience.
//!
//! What stands in a row is told here once; [`results_csv`](crate::report::results::csv) and
//! [`results_xlsx`](crate::report::results::xlsx) write it, and the file's extension says which.

pub(crate) mod added;
pub(crate) mod advice;
mod cells;
pub(crate) mod csv;
pub(crate) mod line;
pub(crate) mod opened;
pub(crate) mod summary;
pub(crate) mod told;
mod totals;
pub(crate) mod xlsx;

use std::borrow::Cow;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::audience::csv::guard::results_columns;
use crate::audience::header::Header;
use crate::audience::row::Row;
use crate::campaign::{Campaign, Part, is_workbook};
use crate::delivery::additions::Additions;
use crate::delivery::outcome::{Counts, Status};
use crate::delivery::skip::SkipReason;
use crate::delivery::tally::Tally;
use crate::journal::record::{Recorded, RecordedCause, State};
use crate::journal::store::Store;
use crate::locale::Catalog;
use crate::locale::mask::{mask, masked_name};
use crate::locale::visible::shown;
use crate::plan::Plan;
use crate::plan::batch::Wrong;
use crate::plan::damage::names::is_name;
use crate::plan::inputs::Inputs;
use crate::plan::sample::few::Few;
use crate::plan::skip::Skip;
use crate::report::form::file::write_file;
use crate::report::join::{Join, JoinError, RowReport, identity};
use crate::report::results::added::added;
use crate::report::results::advice::advice;
use crate::report::results::csv::{COLUMNS, CsvFile};
use crate::report::results::line::{Line, Sheet, Whole};
use crate::report::results::opened::open;
use crate::report::results::told::{EarlierResults, Unread, own_columns};
use crate::report::results::xlsx::Workbook;

/// Why the results are not written.
#[derive(Debug)]
pub(crate) enum ResultsError {
    /// Plan and journal cannot be joined.
    Join(JoinError),
    /// The file cannot be written.
    File(io::Error),
}

impl From<JoinError> for ResultsError {
    fn from(error: JoinError) -> Self {
        Self::Join(error)
    }
}

impl From<io::Error> for ResultsError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Writes the results of a campaign, and counts them on the way.
///
/// # Errors
///
/// When audience or journal cannot be read, or the file cannot be written; it is then as it was.
pub(crate) fn write(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    path: &Path,
    masked: bool,
) -> Result<Tally, ResultsError> {
    write_rows(campaign, plan, store, path, masked, |_| true)
}

/// What somebody wrote in a file of results that would be lost if it were written anew.
///
/// # Errors
///
/// When audience or journal cannot be read.
pub(crate) fn additions(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    path: &Path,
) -> Result<Additions, JoinError> {
    if !path.is_file() {
        return Ok(Additions::default());
    }
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let join = Join::open(&inputs, plan, store, &identity(campaign))?;
    let words = Catalog::new(campaign.results.language);
    let mut names = Lines::new(&words, campaign, false).names(join.header(), is_workbook(path));
    // A column that is left out now may have been written before.
    names.extend(campaign.results.omit.iter().cloned());
    Ok(added(path, &campaign.audience.openid_column, &names))
}

/// Writes the results as a CSV to a stream.
///
/// # Errors
///
/// When audience or journal cannot be read, or the stream takes no more.
pub(crate) fn write_stream(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    out: &mut (dyn Write + Send),
    masked: bool,
) -> Result<Tally, ResultsError> {
    write_to(campaign, plan, store, out, false, masked, |_| true)
}

/// Writes those who failed, are unknown and are unsent into files of their own beside the results, where the campaign
/// wants that. A part of which nobody is left has no file: one that an earlier run left is deleted.
///
/// # Errors
///
/// As [`write()`].
pub(crate) fn write_parts(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    results: &Path,
    masked: bool,
    tally: &Tally,
) -> Result<(), ResultsError> {
    for part in Part::ALL.iter().filter(|_| campaign.results.split) {
        let (status, path) = (status_of(*part), part.beside(results));
        let own = is_own(&path, &campaign.audience.openid_column);
        if tally.counts.of(status) > 0 && path.is_file() && !own {
            return Err(ResultsError::File(io::ErrorKind::AlreadyExists.into()));
        }
        if tally.counts.of(status) > 0 {
            write_rows(campaign, plan, store, &path, masked, |of| of == status)?;
        } else if own {
            fs::remove_file(&path).map_err(ResultsError::File)?;
        }
    }
    Ok(())
}

fn status_of(part: Part) -> Status {
    match part {
        Part::Failed => Status::Failed,
        Part::Unknown => Status::Unknown,
        Part::Unsent => Status::Unsent,
    }
}

fn write_rows(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    path: &Path,
    masked: bool,
    wanted: impl Fn(Status) -> bool,
) -> Result<Tally, ResultsError> {
    write_file(path, |out| write_to(campaign, plan, store, out, is_workbook(path), masked, wanted))
}

fn write_to(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    out: &mut (dyn Write + Send),
    workbook: bool,
    masked: bool,
    wanted: impl Fn(Status) -> bool,
) -> Result<Tally, ResultsError> {
    let words = Catalog::new(campaign.results.language);
    let mut sheet: Box<dyn Sheet + '_> =
        if workbook { Box::new(Workbook::new(&words, out)?) } else { Box::new(CsvFile::new(out)) };
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let mut join = Join::open(&inputs, plan, store, &identity(campaign))?;
    let mut lines = Lines::new(&words, campaign, masked);
    lines.first_column = join.first_column();
    sheet.head(&lines.names(join.header(), workbook))?;
    let (mut parts, mut time) = (lines.parts(join.header()), None);
    while let Some(row) = join.next()? {
        if workbook {
            lines.count(&row, &mut parts);
            time = lines.later(&row, time);
        }
        if wanted(row.status) {
            sheet.line(lines.fill(&row))?;
        }
    }
    let tally = join.finish()?;
    sheet.end(&Whole { campaign, plan, tally: &tally, parts: &parts, time, masked })?;
    Ok(tally)
}

/// Makes rows of results; the buffers of one are used again for the next.
struct Lines<'a> {
    words: &'a Catalog,
    campaign: &'a Campaign,
    zone: TimeZone,
    width: usize,
    /// The first column of the audience on its sheet, from 0.
    first_column: usize,
    /// The audience's column of openids.
    openid: Option<usize>,
    /// The audience's cells that are copied: all but those of an earlier results file.
    copied: Vec<usize>,
    masked: bool,
    line: Line,
    filled: usize,
}

impl<'a> Lines<'a> {
    fn new(words: &'a Catalog, campaign: &'a Campaign, masked: bool) -> Self {
        let line = Line {
            cells: Vec::new(),
            openid: None,
            worded: 0,
            told: 0,
            finished: None,
            status: Status::Unsent,
        };
        // The campaign's, not the computer's: equal inputs give equal bytes.
        let zone = campaign.send.hours.zone.clone();
        Self {
            words,
            campaign,
            zone,
            width: 0,
            first_column: 0,
            openid: None,
            copied: Vec::new(),
            masked,
            line,
            filled: 0,
        }
    }

    /// The names of the columns, once those of the audience are known. In a workbook the status stands beside the name.
    fn names(&mut self, header: &Header, workbook: bool) -> Vec<String> {
        let own = COLUMNS.map(|key| self.words.say(&format!("results.column.{key}"), &[]));
        let before = results_columns(header.raw()).into_iter().flatten();
        let before: Vec<&str> = before.copied().chain(own.iter().map(String::as_str)).collect();
        // A results file may be the next audience: its eight columns are replaced, not repeated.
        let earlier = |name: &str| before.contains(&name);
        let omitted = |name: &str| self.campaign.results.omit.iter().any(|omitted| omitted == name);
        let copied = header.names().enumerate().filter(|(_, name)| !earlier(name) && !omitted(name));
        let copied: Vec<(usize, &str)> = copied.collect();
        self.width = header.width();
        let openid = header.position(&self.campaign.audience.openid_column);
        self.openid = openid;
        let named = copied.iter().position(|(cell, name)| Some(*cell) != openid && is_name(name));
        let who = named.or_else(|| copied.iter().position(|(cell, _)| Some(*cell) == openid));
        self.line.worded = who.filter(|_| workbook).map_or(copied.len(), |who| who + 1);
        self.line.told = copied.len() + 1;
        self.copied = copied.into_iter().map(|(cell, _)| cell).collect();
        let mut names: Vec<String> =
            self.copied.iter().filter_map(|cell| header.raw().get(*cell).cloned()).collect();
        let [status, others @ ..] = own;
        names.insert(self.line.worded, status);
        names.extend(others);
        let openid = self.copied.iter().position(|cell| Some(*cell) == openid);
        self.line.openid = openid.map(|index| index + usize::from(index >= self.line.worded));
        names
    }

    /// The columns by whose values rows are counted: those of the audience that are written.
    fn parts(&self, header: &Header) -> Few<Counts> {
        let names = header.names().enumerate().map(|(cell, name)| (cell, name.to_owned()));
        Few::of(names.filter(|(cell, _)| self.copied.contains(cell) && Some(*cell) != self.openid))
    }

    fn count(&self, report: &RowReport<'_>, parts: &mut Few<Counts>) {
        let Ok(cells) = report.row.cells() else { return };
        parts.add(|cell| cells.or_blank(cell), |counts| counts.add(report.status, 1));
    }

    /// The times of the first and the last request, this row's included.
    fn later(
        &self,
        report: &RowReport<'_>,
        time: Option<(Timestamp, Timestamp)>,
    ) -> Option<(Timestamp, Timestamp)> {
        let recorded =
            report.recorded.as_ref().filter(|recorded| !matches!(recorded.state, State::Skipped(_)));
        match (time, recorded.map(|recorded| recorded.at)) {
            (Some((from, to)), Some(at)) => Some((from.min(at), to.max(at))),
            (None, Some(at)) => Some((at, at)),
            (time, None) => time,
        }
    }

    fn fill(&mut self, report: &RowReport<'_>) -> &Line {
        (self.filled, self.line.finished, self.line.status) = (0, None, report.status);
        let status = self.words.say(&format!("status.{}", report.status.name()), &[]);
        let text =
            |cell: usize| report.row.record().get(cell).map_or(Cow::Borrowed(""), String::from_utf8_lossy);
        for index in 0..self.copied.len() {
            if self.filled == self.line.worded {
                self.push(&status);
            }
            let text = text(self.copied[index]);
            match (self.masked, self.line.openid == Some(self.filled)) {
                (true, true) => self.push(&mask(&text)),
                // People stand in other columns, too: whoever recommended somebody.
                (true, false) => self.push(&masked_name(&text)),
                (false, _) => self.push(&text),
            }
        }
        if self.filled == self.line.worded {
            self.push(&status);
        }
        match &report.recorded {
            Some(recorded) => self.recorded(report.status, recorded, report.altered),
            None => {
                let reason = report.skipped.map_or_else(String::new, |skipped| self.reason(skipped.name()));
                let advice = report.skipped.map(|skipped| match (skipped, report.wrong) {
                    (Skip::Invalid, Some(wrong)) => self.invalid(wrong, report.row),
                    _ => self.left_out(skipped, report.row),
                });
                for field in ["", &reason, advice.as_deref().unwrap_or(""), "0", "", "", ""] {
                    self.push(field);
                }
            }
        }
        // Without them a row that did not fit its header would fit it the next time, its cells in the wrong columns.
        for cell in self.width..report.row.record().len() {
            let text = text(cell);
            self.push(&if self.masked { masked_name(&text) } else { text.into_owned() });
        }
        self.line.cells.truncate(self.filled);
        &self.line
    }

    /// A row that a run decided not to send. No request was made for it, so nothing was finished.
    fn skipped(&mut self, reason: SkipReason, recorded: &Recorded) {
        let advice = match recorded.skipped_at {
            None => self.words.say(&format!("results.skipped.{}", reason.key()), &[]),
            Some(at) => {
                let at = self.time(at);
                self.words.say(&format!("results.skipped.{}-at", reason.key()), &[("at", &at)])
            }
        };
        let reason = self.reason(reason.name());
        for field in ["", &reason, &advice, &recorded.attempts.to_string(), "", "", ""] {
            self.push(field);
        }
    }

    /// The word for why a row was skipped, as the columns have it.
    fn reason(&self, name: &str) -> String {
        self.words.say(&format!("results.reason.{name}"), &[])
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    fn time(&self, at: Timestamp) -> String {
        rfc3339_of(&self.zoned(at))
    }

    /// What is wrong with a row, and in which cell.
    fn invalid(&self, wrong: Wrong, row: &Row) -> String {
        let what = self.words.say(&format!("diagnostic.{}.title", wrong.code.slug()), &[]);
        // A cell of a joined file is none of this row's.
        match wrong.cell.filter(|cell| *cell < self.width) {
            Some(cell) => {
                let cell = row.cell_name(self.first_column, cell);
                self.words.say("results.skipped.invalid-at", &[("cell", &cell), ("what", &what)])
            }
            None => self.words.say("results.skipped.invalid-because", &[("what", &what)]),
        }
    }

    /// Why a row was skipped, with the list that says so where one does.
    fn left_out(&self, skipped: Skip, row: &Row) -> String {
        let lists = &self.campaign.audience.lists;
        let openid = self.openid.and_then(|cell| row.record().get(cell)).map(String::from_utf8_lossy);
        let barred = openid.and_then(|openid| lists.barred(&openid));
        let list = match (skipped, barred) {
            (Skip::Unmatched, _) => self.campaign.audience.joins.skipping(),
            (_, Some(why)) => lists.named(why),
            (_, None) => String::new(),
        };
        if let Some(path) = barred.and_then(|why| lists.policy(why)) {
            let policies = &self.campaign.policies;
            let policy = policies.iter().find(|policy| policy.path == path);
            let policy = &policy.expect("whose lists hold for a campaign is one of its policies").name;
            return self
                .words
                .say("results.skipped.excluded-by-policy", &[("list", &list), ("policy", policy)]);
        }
        self.words.say(skipped_key(skipped), &[("list", &list)])
    }

    fn recorded(&mut self, status: Status, recorded: &Recorded, altered: bool) {
        if let State::Skipped(reason) = recorded.state {
            return self.skipped(reason, recorded);
        }
        let (errcode, errmsg) = match &recorded.cause {
            Some(RecordedCause::Answer { code, errmsg }) => (code.to_string(), errmsg_of(*code, errmsg)),
            Some(RecordedCause::Incident(incident)) => {
                (String::new(), self.words.cause(&incident.to_string()))
            }
            Some(RecordedCause::Unfamiliar(name)) => (String::new(), shown(name).into_owned()),
            None => (String::new(), String::new()),
        };
        let mut advice = advice(self.words, status, recorded);
        if altered {
            // Beside the cells of today the status tells of a text of then.
            let other = self.words.say("results.other-text", &[]);
            advice = if advice.is_empty() { other } else { format!("{advice} {other}") };
        }
        let at = self.zoned(recorded.at);
        let finished = rfc3339_of(&at);
        self.line.finished = Some(at);
        let latency = recorded.latency_ms.map_or_else(String::new, |latency| latency.to_string());
        let rid = recorded.rid.as_deref().unwrap_or("").to_owned();
        for field in [errcode, errmsg, advice, recorded.attempts.to_string(), finished, latency, rid] {
            self.push(&field);
        }
    }

    fn push(&mut self, text: &str) {
        match self.line.cells.get_mut(self.filled) {
            Some(cell) => {
                cell.clear();
                cell.push_str(text);
            }
            None => self.line.cells.push(text.to_owned()),
        }
        self.filled += 1;
    }
}

fn rfc3339_of(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The platform's errmsg as a spreadsheet or a terminal may show it: it is the server's text.
fn errmsg_of(code: i64, errmsg: &Option<String>) -> String {
    match errmsg {
        Some(errmsg) => shown(errmsg).into_owned(),
        None if code == 0 => "ok".to_owned(),
        None => String::new(),
    }
}

fn skipped_key(skipped: Skip) -> &'static str {
    match skipped {
        Skip::Duplicate => "results.skipped.duplicate",
        Skip::Invalid => "results.skipped.invalid",
        Skip::Hidden => "results.skipped.hidden",
        Skip::Excluded => "results.skipped.excluded",
        Skip::NotIncluded => "results.skipped.not-included",
        Skip::Unmatched => "results.skipped.unmatched",
    }
}

/// How much of results a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// All columns are there.
    Whole,
    /// Somebody took these columns out. Whoever was sent the message still stands in it.
    Without(Vec<&'static str>),
    /// It was one, and nothing says any more what became of whom.
    Unsaid,
    /// It is something else.
    None,
}

/// How much of results a file is.
pub(crate) fn likeness(path: &Path, openid: &str) -> Likeness {
    let Some(reader) = open(path, openid) else { return Likeness::None };
    let names = reader.header().raw();
    match own_columns(names) {
        None => match EarlierResults::open(path, openid) {
            Err(Unread::NoStatus) => Likeness::Unsaid,
            Ok(_) | Err(_) => Likeness::None,
        },
        Some(own) => {
            let is_there = |own: &&str| names.iter().any(|name| name == own);
            let missing: Vec<&'static str> = own.iter().copied().filter(|own| !is_there(own)).collect();
            if missing.is_empty() { Likeness::Whole } else { Likeness::Without(missing) }
        }
    }
}

/// Whether a file is one of results.
pub(crate) fn is_own(path: &Path, openid: &str) -> bool {
    likeness(path, openid) == Likeness::Whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::csv::guard::{RESULTS, was_left_out};
    use crate::locale::Language;

    #[test]
    fn the_titles_in_both_languages_are_those_by_which_results_are_known() {
        for (language, own) in [Language::En, Language::ZhCn].into_iter().zip(RESULTS) {
            let words = Catalog::new(language);
            let titles = COLUMNS.map(|key| words.say(&format!("results.column.{key}"), &[]));
            assert_eq!(titles, own);
        }
    }

    #[test]
    fn the_words_for_rows_that_were_left_out_are_those_by_which_they_are_known() {
        for language in [Language::En, Language::ZhCn] {
            let words = Catalog::new(language);
            let status = words.say(&format!("status.{}", Status::Skipped.name()), &[]);
            for skip in Skip::ALL {
                let reason = words.say(&format!("results.reason.{}", skip.name()), &[]);
                let chosen = match skip {
                    Skip::Hidden | Skip::Excluded | Skip::NotIncluded => true,
                    Skip::Duplicate | Skip::Invalid | Skip::Unmatched => false,
                };
                assert_eq!(was_left_out(&status, &reason), chosen, "{reason}");
            }
        }
    }
}
