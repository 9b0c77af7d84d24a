//! A results file that comes back as an audience.
//!
//! Results are the audience and eight columns more. In a results CSV a `'` stands before what a spreadsheet would
//! run as a formula; it is taken off again where the columns show that the file is one.

use std::borrow::Cow;

use csv::ByteRecord;

use crate::audience::damage::is_invisible;
use crate::audience::openid;

/// The columns that results add, in English and in Chinese; `locales/` says the same.
pub(crate) const RESULTS: [[&str; 8]; 2] = [
    [
        "send_status",
        "send_errcode",
        "send_errmsg",
        "send_advice",
        "send_attempts",
        "send_finished_at",
        "send_latency_ms",
        "send_rid",
    ],
    ["发送状态", "错误码", "错误信息", "处理建议", "尝试次数", "完成时间", "耗时毫秒", "请求编号"],
];

/// The status of a row that was skipped, in English and in Chinese; `locales/` says the same.
const SKIPPED: [&str; 2] = ["skipped", "已跳过"];

/// Why somebody had it skipped: they hid its row, or a list of theirs says so. Other rows were skipped for what may be
/// otherwise the next time.
pub(crate) const CHOSEN: [[&str; 3]; 2] =
    [["hidden", "excluded", "not-included"], ["已隐藏", "在排除名单里", "不在限定名单里"]];

/// Whether a row of results, by its status and the reason beside it, was skipped because somebody wanted it so.
pub(crate) fn was_left_out(status: &str, reason: &str) -> bool {
    SKIPPED.contains(&status) && CHOSEN.iter().flatten().any(|chosen| *chosen == reason)
}

/// The eight columns that show that a file is one of results, where all of them are there.
pub(crate) fn results_columns<S: AsRef<str>>(names: &[S]) -> Option<&'static [&'static str; 8]> {
    RESULTS.iter().find(|own| own.iter().all(|own| names.iter().any(|name| name.as_ref() == *own)))
}

/// Where a semicolon divides lists, Excel takes what stands behind one for a cell of its own, in quotation marks or not.
const DIVIDES: char = ';';

/// Puts `'` before what a spreadsheet would run as a formula. A number stays a number.
pub(crate) fn arm(cell: &str) -> Cow<'_, str> {
    let armed = |piece: &str| is_formula(piece.trim_start_matches('\''));
    if !cell.split(DIVIDES).any(armed) {
        return Cow::Borrowed(cell);
    }
    let pieces = cell
        .split(DIVIDES)
        .map(|piece| if armed(piece) { Cow::Owned(format!("'{piece}")) } else { Cow::Borrowed(piece) });
    Cow::Owned(joined(pieces))
}

/// The same for a cell of the column of openids. What can be an openid stays as it is: with a `'` before it nobody could be
/// found by it, and its letters, digits and dashes run nothing.
pub(crate) fn arm_openid(cell: &str) -> Cow<'_, str> {
    if openid::check(cell).is_ok() { Cow::Borrowed(cell) } else { arm(cell) }
}

/// The cell as it was before [`arm`].
pub(crate) fn disarm(cell: &str) -> Cow<'_, str> {
    let disarmed = |piece: &str| {
        let rest = piece.strip_prefix('\'').filter(|rest| is_formula(rest.trim_start_matches('\'')));
        rest.map(str::to_owned)
    };
    if !cell.split(DIVIDES).any(|piece| disarmed(piece).is_some()) {
        return Cow::Borrowed(cell);
    }
    let pieces = cell.split(DIVIDES).map(|piece| disarmed(piece).map_or(Cow::Borrowed(piece), Cow::Owned));
    Cow::Owned(joined(pieces))
}

fn joined<'p>(pieces: impl Iterator<Item = Cow<'p, str>>) -> String {
    pieces.collect::<Vec<_>>().join(";")
}

fn is_formula(cell: &str) -> bool {
    match cell.as_bytes().first() {
        None => return false,
        Some(b'\t' | b'\r' | b'\n') => return true,
        Some(byte) if byte.is_ascii_alphanumeric() => return false,
        Some(_) => {}
    }
    // Spreadsheets leave out blanks before a sign, also those that nobody sees, and read full-width signs as the others.
    let text = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
    match text.chars().next() {
        Some('=' | '@' | '＝' | '＠') => true,
        Some('+' | '-' | '＋' | '－') => !is_number(&text.trim().replace(',', "")),
        Some(_) | None => false,
    }
}

/// Whether a spreadsheet takes a text with a sign for a number. `-INF` and `-NaN` it takes for names, and `+1e999` for none.
fn is_number(text: &str) -> bool {
    let figures = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    text.chars().all(figures) && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Disarms every cell of a row. Hardly any row has one, and those without are told at a glance.
pub(crate) fn disarm_row(record: &mut ByteRecord) {
    if memchr::memchr(b'\'', record.as_slice()).is_none() {
        return;
    }
    let plain: ByteRecord = record
        .iter()
        .map(|cell| match std::str::from_utf8(cell) {
            Ok(text) => disarm(text).into_owned().into_bytes(),
            Err(_) => cell.to_vec(),
        })
        .collect();
    *record = plain;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_armed_and_numbers_left_alone() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("+86 138", "'+86 138"),
            ("-SUM(A1)", "'-SUM(A1)"),
            ("'=1+1", "''=1+1"),
            ("\n=1+1", "'\n=1+1"),
            (" =1+1", "' =1+1"),
            ("\u{a0}@x", "'\u{a0}@x"),
            ("\u{3000}+x", "'\u{3000}+x"),
            ("\u{200b}\u{feff}-x", "'\u{200b}\u{feff}-x"),
            ("＝1+1", "'＝1+1"),
            ("＋x", "'＋x"),
            ("－x", "'－x"),
            ("＠x", "'＠x"),
            ("-INF", "'-INF"),
            ("-NaN", "'-NaN"),
            ("+1e999", "'+1e999"),
            ("1;=2", "1;'=2"),
            ("=1; @x;y", "'=1;' @x;y"),
            ("1;'=2", "1;''=2"),
            ("a;-5;b", "a;-5;b"),
            ("-1.5E3", "-1.5E3"),
            (" -5", " -5"),
            ("-5", "-5"),
            ("+5.5", "+5.5"),
            ("'tis", "'tis"),
            ("姓名", "姓名"),
            ("", ""),
        ] {
            assert_eq!(arm(cell), shown);
            assert_eq!(disarm(shown), cell);
        }
    }

    #[test]
    fn an_openid_stays_as_it_is_and_what_is_none_is_armed() {
        for (cell, shown) in [
            ("-o6_bmjrPTlm6_2sgVt7hMZOPfL2", "-o6_bmjrPTlm6_2sgVt7hMZOPfL2"),
            ("oTEST", "oTEST"),
            ("=cmd", "'=cmd"),
            ("@SUM(1)", "'@SUM(1)"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("o;=1", "o;'=1"),
        ] {
            assert_eq!(arm_openid(cell), shown);
            assert_eq!(disarm(shown), cell);
        }
    }

    #[test]
    fn only_all_eight_columns_make_a_results_file() {
        for own in &RESULTS {
            let names = [&["openid"][..], &own[..]].concat();
            assert_eq!(results_columns(&names), Some(own));
            assert_eq!(results_columns(&names[..8]), None);
        }
        assert_eq!(results_columns::<&str>(&[]), None);
    }

    proptest! {
        #[test]
        fn whatever_is_armed_comes_back_as_it_was(cell in "[;'=+@0-9a-z\t\n\u{a0}\u{200b}＝－ -]{0,6}") {
            let back = disarm(&arm(&cell)).into_owned();
            prop_assert_eq!(back, cell);
        }
    }
}
