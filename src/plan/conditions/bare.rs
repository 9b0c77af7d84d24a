//! Conditions that are nothing but a column: `{{#if 会员}}` holds for 否, too, because it is not empty.
//!
//! Whether the column says no in words is only known when all rows have been seen. Whoever asks for a column and then
//! writes it into the text asks whether there is anything to write, and is left alone.

use crate::campaign::template::{Bare, is_zero};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::Key;
use crate::plan::conditions::values::{Known, Values};
use crate::plan::conditions::words::{NEGATIONS, PAIRS};
use crate::plan::renderer::{BareColumn, variable_of};

/// So many different cells of a column are the answers to a question; more are names, amounts and codes.
const MOST_ANSWERS: usize = 8;
/// An answer is no longer.
const LONGEST_ANSWER: usize = 8;

/// A condition, and what was seen in its column.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    at: FieldPath,
    spelling: String,
    how: Bare,
    /// Whether the column stands in the text that the condition guards.
    written: bool,
    column: usize,
    default: Option<String>,
    name: String,
    values: Values,
    /// Whether a cell is blank, for which the condition does what it says.
    blank: bool,
    /// The first row with a zero, its text, and how many there are.
    zeros: Option<(u64, String, u64)>,
    /// Whether a cell is neither blank nor a number.
    words: bool,
}

/// What a column says in place of nothing.
struct No {
    text: String,
    row: u64,
    count: u64,
    /// The comparison to write.
    instead: Instead,
}

enum Instead {
    Equals(String),
    Differs(String),
    AboveZero,
}

impl Watched {
    pub(super) fn new(bare: BareColumn<'_>, name: &str) -> Self {
        Self {
            at: bare.at.clone(),
            spelling: bare.spelling.to_owned(),
            how: bare.how,
            written: bare.written,
            column: bare.column,
            default: bare.default.map(str::to_owned),
            name: name.to_owned(),
            values: Values::default(),
            blank: false,
            zeros: None,
            words: false,
        }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    pub(super) fn look(&mut self, row: u64, cell: &str) {
        let cell = match self.default.as_deref() {
            Some(default) if cell.trim().is_empty() => default,
            _ => cell,
        }
        .trim();
        if cell.is_empty() {
            self.blank = true;
            return;
        }
        self.values.add(row, cell);
        // Most cells need not be read as numbers to know that they are none, or no zero.
        let digits = cell.bytes().all(|byte| byte.is_ascii_digit());
        if digits && !cell.starts_with('0') || self.words && !cell.contains(['0', '０']) {
            return;
        }
        match is_zero(cell) {
            Some(true) => match &mut self.zeros {
                Some((.., count)) => *count += 1,
                None => self.zeros = Some((row, cell.to_owned(), 1)),
            },
            Some(false) => {}
            None => self.words = true,
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.values.absorb(other.values);
        self.blank |= other.blank;
        self.words |= other.words;
        self.zeros = match (self.zeros.take(), other.zeros) {
            (Some((row, text, count)), Some((their_row, their_text, more))) => {
                let text = if row <= their_row { text } else { their_text };
                Some((row.min(their_row), text, count + more))
            }
            (one, other) => one.or(other),
        };
    }

    pub(super) fn told(self) -> Option<Diagnostic> {
        let no = self.no();
        let (said, instead) = match &no {
            Some(no) => (Said::No, self.comparison(&no.instead)),
            None => (Said::All, self.comparison(&Instead::Equals(self.answer()?))),
        };
        // `{{#if 会员}}`, `{{else if 会员}}`, `{{^if 会员}}`: the word before the column stays.
        let opening =
            self.spelling.trim_end_matches('}').rsplit_once(' ').map_or("{{#if", |(opening, _)| opening);
        let instead = match self.how {
            Bare::Holds | Bare::Fails => format!("{opening} {instead}}}}}"),
            Bare::Within => instead,
        };
        let (reason, seen) = match (self.how, said) {
            (Bare::Holds, Said::No) => ("condition.holds", "condition.no"),
            (Bare::Fails, Said::No) => ("condition.fails", "condition.no"),
            (Bare::Within, Said::No) => ("condition.within", "condition.no"),
            (Bare::Holds, Said::All) => ("condition.holds-all", "condition.values"),
            (Bare::Fails, Said::All) => ("condition.fails-all", "condition.values"),
            (Bare::Within, Said::All) => ("condition.within-all", "condition.values"),
        };
        let told = Diagnostic::new(Code::BareCondition, Place::Field(self.at.clone()))
            .with("field", &self.at)
            .with("spelling", &self.spelling)
            .with("column", &self.name)
            .with("reason", Key::new(reason))
            .with("seen", Key::new(seen))
            .with("values", self.values.listed())
            .with("instead", instead);
        let (text, row, count) = no.map_or((String::new(), 0, 0), |no| (no.text, no.row, no.count));
        Some(told.with("no", text).with("count", count).with("places", row))
    }

    fn comparison(&self, instead: &Instead) -> String {
        let variable = variable_of(&self.name);
        let variable = variable.trim_matches(['{', '}']);
        match instead {
            Instead::Equals(text) => format!("(eq {variable} \"{text}\")"),
            Instead::Differs(text) => format!("(ne {variable} \"{text}\")"),
            Instead::AboveZero => format!("(gt {variable} 0)"),
        }
    }

    /// What says no in the column, where something does.
    fn no(&self) -> Option<No> {
        // A column with more different values than this is not looked at.
        let answers = self.values.all().filter(|all| all.len() <= MOST_ANSWERS).unwrap_or(&[]);
        let one_or_zero = answers.iter().all(|answer| ["0", "1"].contains(&answer.text.as_str()));
        if let Some((row, text, count)) = &self.zeros
            && (!one_or_zero || answers.is_empty())
        {
            // A column that is written where it is not blank may well say 0.
            return (!self.blank || !self.written).then(|| No {
                text: text.clone(),
                row: *row,
                count: *count,
                instead: if self.words { Instead::Differs(text.clone()) } else { Instead::AboveZero },
            });
        }
        if self.written && self.blank {
            return None;
        }
        let no = |no: &Known, yes: Option<&str>| No {
            text: no.text.clone(),
            row: no.row,
            count: no.count,
            instead: yes.map_or(Instead::Differs(no.text.clone()), |yes| Instead::Equals(yes.to_owned())),
        };
        let has = |text: &str| answers.iter().any(|answer| answer.text == text);
        for (yes, other) in PAIRS {
            if let Some(answer) = answers.iter().find(|answer| answer.text == *other)
                && has(yes)
            {
                return Some(no(answer, Some(yes)));
            }
        }
        for answer in answers {
            let rests = NEGATIONS.iter().filter_map(|word| answer.text.strip_prefix(word));
            let opposite = |rest: &str| {
                let is_it =
                    |other: &&Known| other.text == rest || other.text.strip_prefix('已') == Some(rest);
                answers.iter().filter(|_| !rest.is_empty()).find(is_it)
            };
            if let Some(yes) = rests.filter_map(opposite).next() {
                return Some(no(answer, Some(&yes.text)));
            }
        }
        // If the values are 金卡 and 否, nobody can say which one means yes.
        let pair = |answer: &Known| PAIRS.iter().find(|(_, other)| *other == answer.text);
        let alone = answers.len() == 1;
        let said = answers.iter().find_map(|answer| pair(answer).map(|(yes, _)| (answer, *yes)));
        said.map(|(answer, yes)| no(answer, alone.then_some(yes)))
    }

    /// One of the answers of a column that has several and is blank nowhere, so that the condition chooses nobody.
    fn answer(&self) -> Option<String> {
        if self.blank || self.written {
            return None;
        }
        let answers = self.values.all().filter(|all| (2..=MOST_ANSWERS).contains(&all.len()))?;
        let is_answer = |answer: &Known| answer.text.chars().count() <= LONGEST_ANSWER;
        let repeated = answers.len() == 2 || answers.iter().any(|answer| answer.count > 1);
        (repeated && answers.iter().all(is_answer)).then(|| answers[0].text.clone())
    }
}

/// What is known of the column.
#[derive(Clone, Copy)]
enum Said {
    /// One of its cells says no.
    No,
    /// It is blank nowhere and has several answers.
    All,
}
