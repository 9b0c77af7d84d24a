//! `report` on a terminal: a run as people read it there, without the signs of any markup.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use crate::delivery::outcome::Status;
use crate::locale::Catalog;
use crate::locale::visible::visible;
use crate::report::breakdown::told::grouped;
use crate::report::run::json::{Reason, RunReport};
use crate::report::run::markdown::{by_head, by_rows, facts, first, lines, told_name};

/// How many unknown messages are listed; the results file has them all.
const LISTED: usize = 20;

/// Writes the report.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &RunReport, words: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    // What WeChat and cells say goes to a terminal.
    out.write_all(visible(&text(report, words), false).as_bytes())
}

fn text(report: &RunReport, words: &Catalog) -> String {
    let mut out = format!("{}\n", report.title(words));
    if report.is_local() {
        out.push_str(&format!("{}\n", words.say("report.local", &[])));
    }
    if report.running {
        out.push_str(&format!("{}\n", words.say("report.running", &[("count", &report.in_flight)])));
    }
    listed(&first(report, words), &mut out);
    out.push('\n');
    let statuses = report.statuses(words).into_iter().filter(|(_, _, count)| *count > 0);
    columns(&statuses.map(|(_, word, count)| vec![word, grouped(count)]).collect::<Vec<_>>(), &[1], &mut out);
    for by in &report.by {
        heading(&words.say("report.by", &[("column", &by.column)]), &mut out);
        let mut rows = vec![by_head(by, words).to_vec()];
        rows.extend(by_rows(by, words).into_iter().map(|row| row.to_vec()));
        columns(&rows, &[1, 2, 3], &mut out);
    }
    reasons(&words.say("report.outcomes", &[]), &report.reasons, words, &mut out);
    heading(&words.say("report.engineers", &[]), &mut out);
    listed(&[told_name(report, words)], &mut out);
    listed(&facts(report, words), &mut out);
    reasons(&words.say("report.retries", &[]), &report.retries.reasons, words, &mut out);
    runs(report, words, &mut out);
    let happened = lines(report, words);
    if !happened.is_empty() {
        heading(&words.say("report.happenings", &[]), &mut out);
        let happened = happened.iter().map(|line| vec![line.at.clone(), line.text.clone()]);
        columns(&happened.collect::<Vec<_>>(), &[], &mut out);
    }
    unknown(report, words, &mut out);
    out
}

fn heading(title: &str, out: &mut String) {
    out.push_str(&format!("\n{title}\n"));
}

fn listed(sentences: &[String], out: &mut String) {
    for sentence in sentences {
        out.push_str(&format!("  {sentence}\n"));
    }
}

fn reasons(title: &str, reasons: &[Reason], words: &Catalog, out: &mut String) {
    let told: Vec<&Reason> = reasons.iter().filter(|reason| reason.status != Status::Sent.name()).collect();
    if told.is_empty() {
        return;
    }
    heading(title, out);
    for reason in told {
        let code = match reason.known {
            Some(false) => words.say("report.unlisted", &[("code", &reason.code(words))]),
            Some(true) => reason.code(words),
            None => String::new(),
        };
        let head = [reason.word(words), code].join(" ");
        out.push_str(&format!("  {} × {}\n", grouped(reason.count), head.trim_end()));
        if !reason.text().is_empty() {
            out.push_str(&format!("    {}\n", reason.text()));
        }
    }
}

fn runs(report: &RunReport, words: &Catalog, out: &mut String) {
    if report.runs.is_empty() {
        if report.doubt.is_none() {
            out.push_str(&format!("\n{}\n", words.say("runs.none", &[])));
        }
        return;
    }
    heading(&words.say("report.runs", &[]), out);
    let last = report.runs.len();
    let rows = report.runs.iter().enumerate().map(|(index, run)| {
        let now = report.running && index + 1 == last;
        vec![run.run.to_string(), report.time(run.started), run.ending(now, words)]
    });
    columns(&rows.collect::<Vec<_>>(), &[0], out);
}

fn unknown(report: &RunReport, words: &Catalog, out: &mut String) {
    if report.unknown.is_empty() {
        return;
    }
    heading(&words.say("report.unknown", &[]), out);
    listed(&[words.say("report.unknown-help", &[])], out);
    let rows = report.unknown.iter().take(LISTED).map(|message| {
        let row = message.row.map_or_else(String::new, |row| row.to_string());
        vec![row, message.openid.clone(), report.time(message.at)]
    });
    columns(&rows.collect::<Vec<_>>(), &[0], out);
    let listed_now = u64::try_from(report.unknown.len().min(LISTED)).expect("a count of what is in memory");
    let more = report.counts.unknown.saturating_sub(listed_now);
    if more > 0 {
        listed(&[words.say("report.more-unknown", &[("count", &more)])], out);
    }
}

/// Rows whose cells stand below each other; numbers, at these places, end below each other.
fn columns(rows: &[Vec<String>], numbers: &[usize], out: &mut String) {
    let wide = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(wide).collect();
    for row in rows {
        let mut line = String::from("  ");
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width - cell.width());
            line += &if numbers.contains(&column) { format!("{gap}{cell}") } else { format!("{cell}{gap}") };
            line += "  ";
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_each_other_whatever_they_are_written_in() {
        let rows = [vec!["已发送".to_owned(), "1,204".to_owned()], vec!["sent".to_owned(), "3".to_owned()]];
        let mut out = String::new();
        columns(&rows, &[1], &mut out);
        assert_eq!(out, "  已发送  1,204\n  sent        3\n");
    }
}
