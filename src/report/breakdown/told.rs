//! The rows of a breakdown in words, and as a text whose columns stand below each other.

use jiff::Zoned;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::campaign::policy::within::Within;
use crate::campaign::template::helpers::number::group;
use crate::locale::Catalog;
use crate::report::breakdown::{Breakdown, Cap, Reason, Remedy, Without, order_word};

/// A row in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// Who.
    pub(crate) label: String,
    /// How many.
    pub(crate) count: String,
    /// What becomes of them; may be nothing.
    pub(crate) note: String,
    /// Whether it is a part of the row above.
    pub(crate) is_part: bool,
}

/// A count as people read it.
pub(crate) fn grouped(count: u64) -> String {
    group(&count.to_string())
}

/// All rows, those who get the message last.
pub(crate) fn rows(breakdown: &Breakdown, words: &Catalog) -> Vec<Line> {
    let whole = |label: String, count: u64, note: String| Line {
        label,
        count: group(&count.to_string()),
        note,
        is_part: false,
    };
    let mut all = vec![whole(words.say("breakdown.rows", &[]), breakdown.rows, String::new())];
    all.extend(breakdown.without.iter().map(|without| part(without, words)));
    all.push(whole(words.say("breakdown.to-send", &[]), breakdown.to_send, turns(breakdown, words)));
    all
}

/// A row of those who get no message.
pub(crate) fn part(without: &Without, words: &Catalog) -> Line {
    let note = match (&without.source, &without.remedy) {
        (_, Some(remedy)) => late(remedy, words),
        (Some(source), None) if without.cap.as_ref().is_some_and(|cap| cap.later) => {
            words.say("breakdown.unsent-by", &[("source", source)])
        }
        (Some(source), None) => words.say("breakdown.skipped-by", &[("source", source)]),
        (None, None) if without.reason == Reason::Unsent => words.say("breakdown.unsent", &[]),
        (None, None) => words.say("breakdown.skipped", &[]),
    };
    let label = label(without, words);
    Line { label, count: group(&without.rows.to_string()), note, is_part: true }
}

/// A part in one line, for a place where no columns can stand.
pub(crate) fn line(without: &Without, words: &Catalog) -> String {
    let label = label(without, words);
    let count = group(&without.rows.to_string());
    match &without.source {
        Some(source) => {
            words.say("breakdown.line-by", &[("label", &label), ("count", &count), ("source", source)])
        }
        None => words.say("breakdown.line", &[("label", &label), ("count", &count)]),
    }
}

/// Why they get none.
pub(crate) fn label(without: &Without, words: &Catalog) -> String {
    match &without.cap {
        Some(Cap { most, time, later: _ }) => {
            let time = match Within::parse(time) {
                Some(Within::Days(1)) => words.say("breakdown.capped-today", &[]),
                Some(Within::Days(days)) => words.say("breakdown.capped-days", &[("days", &days)]),
                Some(Within::Length(_)) | None => words.say("breakdown.capped-length", &[("length", time)]),
            };
            words.say("breakdown.capped", &[("most", most), ("time", &time)])
        }
        None => words.say(&format!("breakdown.reason.{}", without.reason.key()), &[]),
    }
}

/// The rows as a text, a line each.
pub(crate) fn text(breakdown: &Breakdown, words: &Catalog) -> String {
    let rows = rows(breakdown, words);
    let indent = |row: &Line| if row.is_part { 2 } else { 0 };
    let label =
        rows.iter().map(|row| indent(row) + row.label.width()).max().expect("two rows are always there");
    let count = rows.iter().map(|row| row.count.len()).max().expect("two rows are always there");
    let mut out = String::new();
    for row in &rows {
        let indent = indent(row);
        let gap = label - indent - row.label.width();
        let line = format!("{:indent$}{}{:gap$}  {:>count$}  {}", "", row.label, "", row.count, row.note);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// What would let late people have it, as far as anything would.
fn late(remedy: &Remedy, words: &Catalog) -> String {
    let rate = remedy.rate.map(|rate| said_rate(rate, words));
    let start = remedy.start.as_ref().map(shown);
    match (rate, start) {
        (Some(rate), Some(start)) => {
            words.say("breakdown.late-rate-or-start", &[("rate", &rate), ("start", &start)])
        }
        (Some(rate), None) => words.say("breakdown.late-rate", &[("rate", &rate)]),
        (None, Some(start)) => words.say("breakdown.late-start", &[("start", &start)]),
        (None, None) => words.say("breakdown.skipped", &[]),
    }
}

/// A rate as a campaign can have it: a whole number in a second, a minute or an hour. Rounded up, because one that is a little
/// higher still reaches everybody in time.
fn said_rate(rate: f64, words: &Catalog) -> String {
    const TEN: f64 = 10.0;
    let (unit, count) = [("second", rate), ("minute", rate * 60.0), ("hour", rate * 3600.0)]
        .into_iter()
        .find(|(unit, count)| *count >= TEN || *unit == "hour")
        .expect("there is always the hour");
    let count = format!("{:.0}", count.ceil());
    words.say(&format!("breakdown.rate.{unit}"), &[("count", &count)])
}

/// In which order, and from when until when.
fn turns(breakdown: &Breakdown, words: &Catalog) -> String {
    let Some(order) = breakdown.order.filter(|_| breakdown.to_send > 0) else { return String::new() };
    let steps = if breakdown.in_steps { "steps-" } else { "" };
    let order = words.say(&format!("breakdown.order.{steps}{}", order_word(order)), &[]);
    match (&breakdown.begins, &breakdown.ends) {
        (None, _) => order,
        (Some(begins), Some(ends)) => {
            words.say("breakdown.turns", &[("order", &order), ("time", &span(begins, ends))])
        }
        (Some(begins), None) if breakdown.asks => {
            words.say("breakdown.turns-asked", &[("order", &order), ("from", &shown(begins))])
        }
        (Some(begins), None) => {
            words.say("breakdown.turns-over", &[("order", &order), ("from", &shown(begins))])
        }
    }
}

/// From one time to another: what is the same of both is said once.
pub(crate) fn span(begins: &Zoned, ends: &Zoned) -> String {
    let minute = |at: &Zoned| at.strftime("%Y-%m-%d %H:%M").to_string();
    let zone = ends.strftime("(%:z)");
    let (from, to) = (minute(begins), minute(ends));
    if begins.offset() != ends.offset() {
        format!("{}–{}", shown(begins), shown(ends))
    } else if from == to {
        format!("{from} {zone}")
    } else if begins.date() == ends.date() {
        format!("{from}–{} {zone}", ends.strftime("%H:%M"))
    } else {
        format!("{from}–{to} {zone}")
    }
}

fn shown(at: &Zoned) -> String {
    at.strftime("%Y-%m-%d %H:%M (%:z)").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::file::Order;
    use crate::delivery::skip::SkipReason;
    use crate::locale::Language;
    use crate::plan::skip::Skip;

    fn time(text: &str) -> Zoned {
        text.parse().expect("a time with its zone")
    }

    #[test]
    fn everything_stands_in_one_table_whose_columns_stand_below_each_other_in_chinese_too() {
        let without = |reason, source: Option<&str>, rows| Without {
            reason,
            source: source.map(str::to_owned),
            rows,
            remedy: None,
            cap: None,
        };
        let remedy = Remedy { rate: Some(30.91), start: Some(time("2026-11-27T19:20[Asia/Shanghai]")) };
        let told = Breakdown {
            rows: 12_000,
            without: vec![
                without(Reason::Files(Skip::Duplicate), None, 38),
                without(Reason::Files(Skip::Excluded), Some("已购买.xlsx"), 1204),
                Without {
                    cap: Some(Cap { most: 3, time: "7d".into(), later: false }),
                    ..without(Reason::Decided(SkipReason::Cap), Some("policy.toml"), 512)
                },
                without(Reason::Decided(SkipReason::Window), None, 2310),
                Without { remedy: Some(remedy), ..without(Reason::Late, None, 904) },
            ],
            to_send: 7032,
            order: Some(Order::Deadline),
            begins: Some(time("2026-11-27T09:00[Asia/Shanghai]")),
            ends: Some(time("2026-11-27T11:56[Asia/Shanghai]")),
            in_steps: false,
            asks: false,
        };
        let shown = text(&told, &Catalog::new(Language::ZhCn));
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 7, "{shown}");
        let counts = ["12,000", "38", "1,204", "512", "2,310", "904", "7,032"];
        let ends = counts.iter().zip(&lines).map(|(count, line)| {
            line.find(&format!("  {count}")).map(|at| line[..at].width() + 2 + count.len())
        });
        let ends: Vec<usize> = ends.map(|end| end.expect("its count")).collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{shown}");
        for text in [
            "7 天内已收过 3 次",
            "1,204  跳过（已购买.xlsx）",
            "每秒 31 条",
            "2026-11-27 09:00–11:56 (+08:00)",
        ] {
            assert!(shown.contains(text), "{text}\n{shown}");
        }
    }

    #[test]
    fn a_clock_that_is_put_back_meanwhile_is_told_at_both_ends() {
        let (begins, ends) =
            (time("2026-10-25T01:30+02:00[Europe/Berlin]"), time("2026-10-25T02:30+01:00[Europe/Berlin]"));
        assert_eq!(span(&begins, &ends), "2026-10-25 01:30 (+02:00)–2026-10-25 02:30 (+01:00)");
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        let words = Catalog::new(Language::En);
        let said = [1.5, 30.91, 0.123, 0.004_21].map(|rate| said_rate(rate, &words));
        assert_eq!(said, ["90 a minute", "31 a second", "443 an hour", "16 an hour"]);
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(|count: u64| group(&count.to_string())),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
