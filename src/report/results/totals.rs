//! The sheet in front of the rows of a workbook of results: what somebody asks who opens it: how many of how many, why not
//! the others, in which part of the list, and whom to ask.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};
use unicode_width::UnicodeWidthStr as _;

use crate::campaign::results_name::{LOCAL, REHEARSAL, is_marked};
use crate::delivery::cause::{CauseName, Causes};
use crate::delivery::outcome::{Counts, Status};
use crate::delivery::tally::Tally;
use crate::locale::Catalog;
use crate::locale::mask::masked_name;
use crate::report::breakdown::{Breakdown, told};
use crate::report::results::advice;
use crate::report::results::cells::{A4, coloured, fitting, head, height};
use crate::report::results::line::Whole;
use crate::wechat::answer::error_code::key;

/// So many columns with few values are told of.
const PARTS: usize = 4;
/// How wide the columns of the sheet are.
const WIDTHS: [u32; 7] = [20, 10, 10, 10, 40, 52, 24];

/// Writes the sheet.
pub(super) fn write(sheet: &mut Worksheet, whole: &Whole<'_>, words: &Catalog) -> Result<(), XlsxError> {
    for (column, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3).set_footer("&C&P / &N");
    let mut totals = Totals { sheet, words, row: 0 };
    totals.about(whole)?;
    totals.statuses(whole.tally)?;
    totals.reasons(whole)?;
    totals.parts(whole)
}

struct Totals<'a> {
    sheet: &'a mut Worksheet,
    words: &'a Catalog,
    row: u32,
}

impl Totals<'_> {
    fn title(&self, key: &str) -> String {
        self.words.say(&format!("results.sheet.{key}"), &[])
    }

    fn status(&self, status: Status) -> String {
        self.words.say(&format!("status.{}", status.name()), &[])
    }

    /// A name and what it is.
    fn fact(&mut self, key: &str, value: &str) -> Result<(), XlsxError> {
        let bold = Format::new().set_bold().set_num_format("@");
        let text = Format::new().set_num_format("@");
        self.sheet.write_string_with_format(self.row, 0, self.title(key), &bold)?;
        self.sheet.write_string_with_format(self.row, 1, fitting(value), &text)?;
        self.row += 1;
        Ok(())
    }

    fn heads(&mut self, names: &[String]) -> Result<(), XlsxError> {
        for (column, name) in (0..).zip(names) {
            // As the numbers below them.
            let format =
                if (1..=2).contains(&column) { head().set_align(FormatAlign::Right) } else { head() };
            self.sheet.write_string_with_format(self.row, column, fitting(name), &format)?;
        }
        self.row += 1;
        Ok(())
    }

    /// How many, and how much of all that is.
    fn share(&mut self, column: u16, part: u64, all: u64) -> Result<(), XlsxError> {
        self.sheet.write_number_with_format(self.row, column, number(part), &top())?;
        if all > 0 {
            let share = number(part) / number(all);
            self.sheet.write_number_with_format(
                self.row,
                column + 1,
                share,
                &top().set_num_format("0.0%"),
            )?;
        }
        Ok(())
    }

    /// What was sent, by whom and when.
    fn about(&mut self, whole: &Whole<'_>) -> Result<(), XlsxError> {
        let campaign = whole.campaign;
        if let Some(title) = &campaign.title {
            self.fact("title", title)?;
        }
        let wave = self.words.say("plan.wave", &[("campaign", &campaign.id), ("wave", &campaign.wave)]);
        self.fact("campaign", &wave)?;
        let account = &campaign.account;
        let name = account.name.as_ref();
        let name = name
            .map(|name| self.words.say("results.sheet.named", &[("name", name), ("appid", &account.appid)]));
        self.fact("account", &name.unwrap_or_else(|| account.appid.clone()))?;
        if let Some((from, to)) = whole.time {
            let zone = &campaign.send.hours.zone;
            let time = told::span(&from.to_zoned(zone.clone()), &to.to_zoned(zone.clone()));
            self.fact("time", &time)?;
        }
        // Its name says so in a word of English; whoever passes the file on may not have seen it.
        for word in [LOCAL, REHEARSAL].into_iter().filter(|word| is_marked(&campaign.results.path, word)) {
            let red = Format::new().set_bold().set_font_color("9C0006");
            self.sheet.write_string_with_format(self.row, 0, self.title(word), &red)?;
            self.row += 1;
        }
        self.row += 1;
        Ok(())
    }

    fn statuses(&mut self, tally: &Tally) -> Result<(), XlsxError> {
        let names = ["status", "count", "share"].map(|key| self.title(key));
        self.heads(&names)?;
        let all = tally.counts.total();
        for status in Status::ALL {
            self.sheet.write_string_with_format(self.row, 0, self.status(status), &coloured(status))?;
            self.share(1, tally.counts.of(status), all)?;
            self.row += 1;
        }
        let bold = Format::new().set_bold();
        self.sheet.write_string_with_format(self.row, 0, self.title("total"), &bold)?;
        self.sheet.write_number_with_format(self.row, 1, number(all), &bold)?;
        self.row += 2;
        Ok(())
    }

    /// Why not everybody was sent it, with what to do and whom to ask.
    fn reasons(&mut self, whole: &Whole<'_>) -> Result<(), XlsxError> {
        let Whole { tally, plan, .. } = whole;
        let refused = tally.refused_by_code.iter();
        let refused = refused.map(|(code, count)| (Status::Refused, CauseName::Code(*code), *count));
        let of = |status: Status, causes: &Causes| -> Vec<(Status, CauseName, u64)> {
            causes.iter().map(|(cause, count)| (status, cause.clone(), *count)).collect()
        };
        let mut causes: Vec<(Status, CauseName, u64)> = refused.collect();
        causes.extend(of(Status::Failed, &tally.failed_by_cause));
        causes.extend(of(Status::Unknown, &tally.unknown_by_cause));
        causes.sort_by_key(|(status, _, count)| (*status, std::cmp::Reverse(*count)));
        let skipped = Breakdown::of_run(plan, tally);
        if causes.is_empty() && skipped.is_empty() {
            return Ok(());
        }
        let names = ["why", "count", "share", "code", "meaning", "advice", "ask"].map(|key| self.title(key));
        self.heads(&names)?;
        let all = tally.counts.total();
        for (status, cause, count) in &causes {
            self.reason(*status, *count, all)?;
            self.cause(cause, *status)?;
            self.row += 1;
        }
        for without in &skipped {
            self.reason(Status::Skipped, without.rows, all)?;
            let label = told::label(without, self.words);
            self.sheet.write_string_with_format(self.row, 4, fitting(&label), &wrapped())?;
            self.row += 1;
        }
        self.row += 1;
        Ok(())
    }

    fn reason(&mut self, status: Status, count: u64, all: u64) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(self.row, 0, self.status(status), &coloured(status))?;
        self.share(1, count, all)
    }

    fn cause(&mut self, cause: &CauseName, status: Status) -> Result<(), XlsxError> {
        let ask = self.words.say(&format!("results.ask.{}", advice::asked(cause)), &[]);
        let advice = advice::of_cause(cause, status, self.words);
        let mut texts = vec![(5, advice), (6, ask)];
        if let CauseName::Code(code) = cause {
            // What was taken over from results may lack the code of a refusal.
            if *code != 0 {
                let left = top().set_align(FormatAlign::Left);
                match i32::try_from(*code) {
                    Ok(code) => self.sheet.write_number_with_format(self.row, 3, code, &left)?,
                    Err(_) => self.sheet.write_string_with_format(self.row, 3, code.to_string(), &left)?,
                };
            }
            texts.push((4, self.words.say(&format!("errcode.{}.meaning", key(*code)), &[])));
        }
        let mut lines = 1;
        for (column, text) in texts {
            let width = usize::try_from(WIDTHS[usize::from(column)]).expect("a small number");
            lines = lines.max(text.width().div_ceil(width - 2));
            self.sheet.write_string_with_format(self.row, column, text, &wrapped())?;
        }
        if lines > 1 {
            self.sheet.set_row_height(self.row, height(lines))?;
        }
        Ok(())
    }

    /// The statuses by the values of columns that have few of them.
    fn parts(&mut self, whole: &Whole<'_>) -> Result<(), XlsxError> {
        for (column, values) in whole.parts.parts().take(PARTS) {
            let mut names = vec![column.name.clone(), self.title("count")];
            names.extend([self.status(Status::Sent), self.title("share"), self.title("others")]);
            self.heads(&names)?;
            for (value, counts) in values {
                self.part(value, counts, whole)?;
            }
            self.row += 1;
        }
        Ok(())
    }

    fn part(&mut self, value: &str, counts: &Counts, whole: &Whole<'_>) -> Result<(), XlsxError> {
        let text = Format::new().set_num_format("@");
        let value = if whole.masked { masked_name(value) } else { value.to_owned() };
        let value = if value.is_empty() { self.words.say("preview.html.blank", &[]) } else { value };
        self.sheet.write_string_with_format(self.row, 0, fitting(&value), &text)?;
        self.sheet.write_number(self.row, 1, number(counts.total()))?;
        self.share(2, counts.sent, counts.total())?;
        let others =
            Status::ALL.into_iter().filter(|status| *status != Status::Sent && counts.of(*status) > 0);
        let others = others.map(|status| format!("{} {}", self.status(status), counts.of(status)));
        let others: Vec<String> = others.collect();
        self.sheet.write_string_with_format(self.row, 4, others.join(" · "), &text)?;
        self.row += 1;
        Ok(())
    }
}

fn top() -> Format {
    Format::new().set_align(FormatAlign::Top)
}

fn wrapped() -> Format {
    top().set_text_wrap().set_num_format("@")
}

/// A count as spreadsheets hold it: exact to a million million and far beyond.
#[expect(clippy::cast_precision_loss)]
fn number(count: u64) -> f64 {
    count as f64
}
