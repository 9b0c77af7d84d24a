//! What a spreadsheet shows of a number, by the code of the cell's format.
//!
//! Only what every spreadsheet shows alike is shown: a code, or a value under it, whose text depends on the program or
//! the width of the column gives nothing, and the cell is told. Dates that each computer writes its own way are shown as
//! Excel in China shows them and known to be such, since hardly a list is without them. A kept crate that is this strict
//! does not exist: those at hand fall back to a guess without a word.

mod built_in;
mod code;
mod date;
mod decimal;
mod number;

use std::borrow::Cow;
use std::sync::Arc;

use crate::audience::number_format::code::{Condition, Section, Token};

pub(crate) use date::{Epoch, NO_DAY, date_time, number_of};
pub(crate) use decimal::{TOO_LONG, bare};

/// The format of a cell.
#[derive(Debug, Clone)]
pub(crate) struct NumberFormat {
    code: Arc<str>,
    sections: Arc<[Section]>,
}

impl PartialEq for NumberFormat {
    fn eq(&self, other: &Self) -> bool {
        (&self.code, self.is_regional()) == (&other.code, other.is_regional())
    }
}

impl Eq for NumberFormat {}

impl NumberFormat {
    pub(crate) fn new(code: &str) -> Self {
        Self { code: code.into(), sections: code::sections(code).into() }
    }

    /// The code.
    pub(crate) fn code(&self) -> &Arc<str> {
        &self.code
    }

    /// Whether numbers under this format are dates or times.
    pub(crate) fn is_date(&self) -> bool {
        self.sections.first().is_some_and(Section::is_date)
    }

    /// Whether numbers under this format are dates or times that each computer writes its own way.
    pub(crate) fn is_regional(&self) -> bool {
        self.sections.first().is_some_and(|section| section.regional && section.is_date())
    }

    /// Whether a number is shown as a power of ten.
    pub(crate) fn is_scientific(&self, value: f64) -> bool {
        self.section(value).is_some_and(|(section, _)| number::is_scientific(section))
    }

    /// Whether a number is shown divided by a thousand, or by more.
    pub(crate) fn is_scaled(&self, value: f64) -> bool {
        value != 0.0 && self.section(value).is_some_and(|(section, _)| number::is_scaled(section))
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
