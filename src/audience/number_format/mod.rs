//! What a spreadsheet shows of a number, by the code of the cell's format.
//!
//! Only what every spreadsheet shows alike is shown: a code, or a value under it, whose text depends on the program, its
//! language or the width of the column gives nothing, and the cell is told. A kept crate that is this strict does not
//! exist: those at hand fall back to a guess without a word.

mod code;
mod date;
mod decimal;
mod number;

use std::borrow::Cow;
use std::sync::Arc;

use crate::audience::number_format::code::{Condition, Section, Token};

pub(crate) use date::{Epoch, date_time};
pub(crate) use decimal::{TOO_LONG, bare};

/// The format of a cell.
#[derive(Debug, Clone)]
pub(crate) struct NumberFormat {
    code: Arc<str>,
    sections: Arc<[Section]>,
}

impl NumberFormat {
    pub(crate) fn new(code: &str) -> Self {
        Self { code: code.into(), sections: code::sections(code).into() }
    }

    /// The format that has this number in every workbook. Those that a program words by its language have a section that
    /// nobody can be sure of.
    pub(crate) fn built_in(id: u32) -> Self {
        const WORDED: &str = "[language]";
        let code = match id {
            0 => "General",
            1 => "0",
            2 => "0.00",
            3 => "#,##0",
            4 => "#,##0.00",
            9 => "0%",
            10 => "0.00%",
            11 => "0.00E+00",
            12 => "# ?/?",
            13 => "# ??/??",
            14 => "[language]m/d/yy",
            15 => "d-mmm-yy",
            16 => "d-mmm",
            17 => "mmm-yy",
            18 => "h:mm AM/PM",
            19 => "h:mm:ss AM/PM",
            20 => "h:mm",
            21 => "h:mm:ss",
            22 => "[language]m/d/yy h:mm",
            27..=36 | 50..=58 => "[language]yyyy/m/d",
            37 | 38 => "#,##0;[language]",
            39 | 40 => "#,##0.00;[language]",
            41 => "#,##0;[language];\"-\";@",
            43 => "#,##0.00;[language];\"-\";@",
            45 => "mm:ss",
            46 => "[h]:mm:ss",
            47 => "[language]mm:ss.0",
            48 => "##0.0E+0",
            49 => "@",
            _ => WORDED,
        };
        Self::new(code)
    }

    /// The format that a file numbers so, where `own` is what the file itself says of it. What a program words by its own
    /// language it words so whatever the file says.
    pub(crate) fn of_file(id: u32, own: Option<&Self>) -> Self {
        let worded = matches!(id, 0..=4 | 9..=22 | 37..=40 | 45..=49);
        own.filter(|_| !worded).cloned().unwrap_or_else(|| Self::built_in(id))
    }

    /// The code.
    pub(crate) fn code(&self) -> &Arc<str> {
        &self.code
    }

    /// Whether numbers under this format are dates or times.
    pub(crate) fn is_date(&self) -> bool {
        self.sections.first().is_some_and(Section::is_date)
    }

    /// What is shown of a number; nothing where that is not certain.
    pub(crate) fn show(&self, value: f64, epoch: Epoch) -> Option<String> {
        let (section, signed) = self.section(value)?;
        if !section.certain {
            return None;
        }
        if section.is_date() {
            return date::show(section, value, epoch);
        }
        let value = if value == 0.0 { 0.0 } else { value };
        let shown = number::show(section, value.abs(), value < 0.0)?;
        if value < 0.0 && signed {
            // A text alone has no place for a sign that all programs agree on.
            return section.has_digits().then(|| format!("-{shown}"));
        }
        Some(shown)
    }

    /// What is shown of a text; nothing where that is not certain.
    pub(crate) fn show_text<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        let section = match &*self.sections {
            [_, _, _, section, ..] => section,
            sections => match sections.iter().rev().find(|section| section.tokens.contains(&Token::Text)) {
                Some(section) => section,
                None => return Some(Cow::Borrowed(text)),
            },
        };
        match section.tokens.as_slice() {
            [Token::Text] => Some(Cow::Borrowed(text)),
            _ if !section.certain => None,
            tokens => {
                let mut shown = String::new();
                for token in tokens {
                    match token {
                        Token::Text | Token::General => shown.push_str(text),
                        Token::Literal(literal) => shown.push_str(literal),
                        Token::Pad => {}
                        _ => return None,
                    }
                }
                Some(Cow::Owned(shown))
            }
        }
    }

    /// The section that a number is shown by, and whether a minus sign is put before it.
    fn section(&self, value: f64) -> Option<(&Section, bool)> {
        let numeric = self.sections.get(..self.sections.len().min(3))?;
        if let [only] = numeric {
            let meets = only.condition.is_none_or(|condition| condition.holds(value));
            return meets.then_some((only, true));
        }
        let conditions = numeric.iter().any(|section| section.condition.is_some());
        if !conditions {
            return match numeric {
                [first, second] => Some(if value < 0.0 { (second, false) } else { (first, false) }),
                [first, second, third] => Some(match value.partial_cmp(&0.0)? {
                    std::cmp::Ordering::Greater => (first, false),
                    std::cmp::Ordering::Less => (second, false),
                    std::cmp::Ordering::Equal => (third, false),
                }),
                _ => None,
            };
        }
        // Whether a section with a condition of its own shows the sign is not the same everywhere.
        if value < 0.0 {
            return None;
        }
        let (first, second) = (numeric.first()?, numeric.get(1)?);
        if first.condition.unwrap_or(Condition::ABOVE_ZERO).holds(value) {
            return Some((first, false));
        }
        match numeric.get(2) {
            Some(_) if second.condition.unwrap_or(Condition::BELOW_ZERO).holds(value) => {
                Some((second, false))
            }
            Some(third) => third.condition.is_none_or(|other| other.holds(value)).then_some((third, false)),
            None => second.condition.is_none_or(|other| other.holds(value)).then_some((second, false)),
        }
    }
}

#[cfg(test)]
mod tests;
