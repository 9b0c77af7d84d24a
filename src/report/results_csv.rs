//! The results CSV (spec section 8): the audience's columns and eight more, for spreadsheets.

use std::io::{self, Write};
use std::path::Path;

use csv::{Terminator, Writer, WriterBuilder};
use jiff::tz::TimeZone;

use crate::audience::header::Header;
use crate::campaign::Campaign;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Status;
use crate::journal::record::Recorded;
use crate::journal::store::Store;
use crate::locale::{Catalog, Language};
use crate::plan::Plan;
use crate::report::model::{JoinError, RowReport, Skipped, Tally, join};
use crate::report::write_file;
use crate::wechat::error_code::key;

/// The keys of the added columns, in their order; their titles are in `locales/`.
pub const COLUMNS: [&str; 8] =
    ["status", "errcode", "errmsg", "advice", "attempts", "finished_at", "latency_ms", "rid"];

/// Why the results are not written.
#[derive(Debug)]
pub enum ResultsError {
    /// Plan and journal cannot be joined.
    Join(JoinError),
    /// The file cannot be written.
    File(io::Error),
}

/// Writes the results of a campaign, and counts them on the way.
///
/// # Errors
///
/// When audience or journal cannot be read, or the file cannot be written; it is then as it was.
pub fn write(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    path: &Path,
    masked: bool,
) -> Result<Tally, ResultsError> {
    let mut joined = None;
    write_file(path, |out| {
        let result = write_to(campaign, plan, store, out, masked);
        let (kept, error) = match result {
            Ok(Ok(tally)) => (Ok(tally), None),
            Ok(Err(error)) => return Err(error),
            Err(error) => (Err(error), Some(io::Error::other("the results cannot be derived"))),
        };
        joined = Some(kept);
        error.map_or(Ok(()), Err)
    })
    .map_or_else(
        |error| match joined.take() {
            Some(Err(join)) => Err(ResultsError::Join(join)),
            Some(Ok(_)) | None => Err(ResultsError::File(error)),
        },
        |()| Ok(()),
    )?;
    match joined {
        Some(Ok(tally)) => Ok(tally),
        Some(Err(error)) => Err(ResultsError::Join(error)),
        None => Err(ResultsError::File(io::Error::other("nothing was written"))),
    }
}

/// Writes the results to an open stream. The inner error is the stream's.
///
/// # Errors
///
/// When audience or journal cannot be read.
pub fn write_to(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    out: &mut dyn Write,
    masked: bool,
) -> Result<io::Result<Tally>, JoinError> {
    let words = Catalog::new(campaign.results.language);
    let sheet = std::cell::RefCell::new(Sheet::new(&words, campaign, out, masked));
    let tally = join(
        campaign,
        plan,
        store,
        |header| sheet.borrow_mut().head(header),
        |row| sheet.borrow_mut().row(row),
    )?;
    Ok(tally.and_then(|tally| sheet.into_inner().writer.flush().map(|()| tally)))
}

struct Sheet<'a> {
    words: &'a Catalog,
    campaign: &'a Campaign,
    writer: Writer<&'a mut dyn Write>,
    zone: TimeZone,
    /// The audience's cells that are copied: all but those of an earlier results file.
    copied: Vec<usize>,
    openid: Option<usize>,
    masked: bool,
    cell: String,
}

impl<'a> Sheet<'a> {
    fn new(words: &'a Catalog, campaign: &'a Campaign, out: &'a mut dyn Write, masked: bool) -> Self {
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(out);
        Self {
            words,
            campaign,
            writer,
            zone: TimeZone::system(),
            copied: Vec::new(),
            openid: None,
            masked,
            cell: String::new(),
        }
    }

    fn head(&mut self, header: &Header) -> io::Result<()> {
        let titles: Vec<String> = COLUMNS.iter().map(|key| self.title(key)).collect();
        let earlier = |name: &str| {
            COLUMNS.iter().any(|key| name == format!("send_{key}"))
                || titles.iter().any(|title| title == name)
        };
        // A results file may be the next audience: its eight columns are replaced, not repeated.
        self.copied =
            header.names().enumerate().filter(|(_, name)| !earlier(name)).map(|(cell, _)| cell).collect();
        self.openid = header.position(&self.campaign.audience.openid_column);
        let names = self.copied.iter().filter_map(|cell| header.raw().get(*cell).cloned());
        let row: Vec<String> = names.chain(titles).collect();
        let first = row.first().map(|first| format!("\u{feff}{first}"));
        let rest = row.into_iter().skip(1);
        self.writer.write_record(first.into_iter().chain(rest))?;
        Ok(())
    }

    fn row(&mut self, report: &RowReport<'_>) -> io::Result<()> {
        for cell in &self.copied {
            let cell = *cell;
            let text = report.row.record().get(cell).map(String::from_utf8_lossy).unwrap_or_default();
            self.cell.clear();
            if self.masked && self.openid == Some(cell) {
                self.cell.push_str(&mask(&text));
            } else {
                self.cell.push_str(&text);
            }
            // An openid is no formula, and one that was changed would be nobody's.
            if self.openid != Some(cell) {
                disarm(&mut self.cell);
            }
            self.writer.write_field(&self.cell)?;
        }
        let status = self.words.say(&format!("status.{}", report.status.name()), &[]);
        self.writer.write_field(status)?;
        match &report.recorded {
            Some(recorded) => self.recorded(report.status, recorded)?,
            None => {
                let advice = report.skipped.map(|skipped| self.words.say(skipped_key(skipped), &[]));
                for field in ["", "", advice.as_deref().unwrap_or_default(), "0", "", "", ""] {
                    self.writer.write_field(field)?;
                }
            }
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn recorded(&mut self, status: Status, recorded: &Recorded) -> io::Result<()> {
        let errcode = recorded.errcode.map(|code| code.to_string()).unwrap_or_default();
        let errmsg = match (&recorded.reason, recorded.errcode) {
            (Some(reason), _) => reason.clone(),
            (None, Some(0)) => "ok".to_owned(),
            (None, _) => String::new(),
        };
        let advice = advice(self.words, status, recorded);
        let finished = recorded.at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let latency = recorded.latency_ms.map(|latency| latency.to_string()).unwrap_or_default();
        let rid = recorded.rid.clone().unwrap_or_default();
        for mut field in [errcode, errmsg, advice, recorded.attempts.to_string(), finished, latency, rid] {
            disarm(&mut field);
            self.writer.write_field(field)?;
        }
        Ok(())
    }

    fn title(&self, key: &str) -> String {
        self.words.say(&format!("results.column.{key}"), &[])
    }
}

fn skipped_key(skipped: Skipped) -> &'static str {
    match skipped {
        Skipped::Duplicate => "results.skipped.duplicate",
        Skipped::Invalid => "results.skipped.invalid",
    }
}

/// What a person should do about a message.
pub fn advice(words: &Catalog, status: Status, recorded: &Recorded) -> String {
    match (recorded.errcode, &recorded.reason) {
        (Some(0), _) => String::new(),
        (Some(code), _) => {
            let known = key(code);
            words.say(&format!("errcode.{known}.advice"), &[])
        }
        (None, Some(incident)) => words.say(&Incident::advice_key(incident), &[]),
        (None, None) => match status {
            Status::Unknown => words.say(&Incident::advice_key("crash"), &[]),
            Status::Sent | Status::Refused | Status::Failed | Status::Skipped | Status::Unsent => {
                String::new()
            }
        },
    }
}

/// Whether a file is a results file that tells of a recipient who was, or may have been, sent a message.
pub fn tells_of_sent(path: &Path) -> bool {
    let Ok(mut reader) = csv::ReaderBuilder::new().flexible(true).from_path(path) else { return false };
    let Ok(header) = reader.headers().cloned() else { return false };
    let languages = [Language::En, Language::ZhCn].map(Catalog::new);
    languages.iter().any(|words| {
        let title = words.say("results.column.status", &[]);
        let told = [Status::Sent, Status::Unknown]
            .map(|status| words.say(&format!("status.{}", status.name()), &[]));
        let Some(column) = header.iter().position(|name| name == title) else { return false };
        let Ok(mut again) = csv::ReaderBuilder::new().flexible(true).from_path(path) else { return false };
        again
            .records()
            .flatten()
            .any(|row| row.get(column).is_some_and(|status| told.iter().any(|word| word == status)))
    })
}

/// Shows as much of an openid as is needed to tell people apart, and no more.
pub fn mask(openid: &str) -> String {
    let characters: Vec<char> = openid.chars().collect();
    match characters.as_slice() {
        [a, b, c, .., w, x, y, z] if characters.len() >= 12 => format!("{a}{b}{c}***{w}{x}{y}{z}"),
        _ => "***".to_owned(),
    }
}

/// Puts `'` before what a spreadsheet would run as a formula. A number stays a number.
fn disarm(cell: &mut String) {
    let number = || cell.trim().replace(',', "").parse::<f64>().is_ok();
    let formula = match cell.as_bytes().first() {
        Some(b'=' | b'@' | b'\t' | b'\r') => true,
        Some(b'+' | b'-') => !number(),
        _ => false,
    };
    if formula {
        cell.insert(0, '\'');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_numbers_left_alone() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("+86 138", "'+86 138"),
            ("-SUM(A1)", "'-SUM(A1)"),
            ("-5", "-5"),
            ("+5.5", "+5.5"),
            ("姓名", "姓名"),
            ("", ""),
        ] {
            let mut text = cell.to_owned();
            disarm(&mut text);
            assert_eq!(text, shown);
        }
    }

    #[test]
    fn a_mask_keeps_the_ends() {
        assert_eq!(mask("oABC567890123456789012345678"), "oAB***5678");
        assert_eq!(mask("short"), "***");
    }
}
