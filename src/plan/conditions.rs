//! Conditions that are nothing but a column of yes and no: `{{#if 会员}}` holds for 否, too, because it is not empty.
//!
//! Whether a column holds nothing else is only known when all rows have been seen.

use crate::audience::row::{Cells, Row};
use crate::campaign::template::Bare;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::Key;
use crate::plan::renderer::{Renderer, variable_of};

/// Words for yes, each with its no.
const PAIRS: &[(&str, &str)] = &[
    ("是", "否"),
    ("有", "无"),
    ("TRUE", "FALSE"),
    ("True", "False"),
    ("true", "false"),
    ("Yes", "No"),
    ("YES", "NO"),
    ("yes", "no"),
    ("Y", "N"),
    ("y", "n"),
    ("1", "0"),
    ("√", "×"),
];

/// The conditions of a campaign, and what was seen in their columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    watched: Vec<Watched>,
}

#[derive(Debug, Clone)]
struct Watched {
    at: FieldPath,
    spelling: String,
    how: Bare,
    column: usize,
    name: String,
    /// The first row that says no, how it does, and how many there are.
    no: Option<(u64, &'static str)>,
    count: u64,
    /// The first yes.
    yes: Option<(u64, &'static str)>,
    /// Whether the column holds anything else.
    other: bool,
}

impl Conditions {
    /// Those of a bound campaign.
    pub(crate) fn of(renderer: &Renderer, names: &[&str]) -> Self {
        let watched = renderer.bare_conditions().map(|bare| Watched {
            at: bare.at.clone(),
            spelling: bare.spelling.to_owned(),
            how: bare.how,
            column: bare.column,
            name: names[bare.column].to_owned(),
            no: None,
            count: 0,
            yes: None,
            other: false,
        });
        Self { watched: watched.collect() }
    }

    /// Looks at a row.
    pub(crate) fn look(&mut self, row: &Row, cells: &Cells<'_>) {
        for watched in self.watched.iter_mut().filter(|watched| !watched.other) {
            let cell = cells.get(watched.column).unwrap_or("").trim();
            if cell.is_empty() {
                continue;
            }
            if let Some((yes, _)) = PAIRS.iter().find(|(yes, _)| *yes == cell) {
                watched.yes.get_or_insert((row.number, yes));
            } else if let Some((_, no)) = PAIRS.iter().find(|(_, no)| *no == cell) {
                watched.no.get_or_insert((row.number, no));
                watched.count += 1;
            } else {
                watched.other = true;
            }
        }
    }

    /// Takes in what another judge saw of the same campaign.
    pub(crate) fn absorb(&mut self, other: Self) {
        if self.watched.is_empty() {
            *self = other;
            return;
        }
        for (watched, other) in self.watched.iter_mut().zip(other.watched) {
            watched.other |= other.other;
            watched.count += other.count;
            watched.no = earlier(watched.no, other.no);
            watched.yes = earlier(watched.yes, other.yes);
        }
    }

    /// One warning a condition.
    pub(crate) fn diagnostics(self) -> Vec<Diagnostic> {
        self.watched.into_iter().filter_map(Watched::told).collect()
    }
}

impl Watched {
    fn told(self) -> Option<Diagnostic> {
        let (row, no) = self.no.filter(|_| !self.other)?;
        let counterpart = || PAIRS.iter().find(|(_, other)| *other == no).map_or("", |(yes, _)| yes);
        let yes = self.yes.map_or_else(counterpart, |(_, yes)| yes);
        let variable = variable_of(&self.name);
        let variable = variable.trim_matches(['{', '}']);
        // `{{#if 会员}}`, `{{else if 会员}}`, `{{^if 会员}}`: the word before the column stays.
        let opening =
            self.spelling.trim_end_matches('}').rsplit_once(' ').map_or("{{#if", |(opening, _)| opening);
        let comparison = format!("(eq {variable} \"{yes}\")");
        let (reason, instead) = match self.how {
            Bare::Holds => ("condition.holds", format!("{opening} {comparison}}}}}")),
            Bare::Fails => ("condition.fails", format!("{opening} {comparison}}}}}")),
            Bare::Within => ("condition.within", comparison),
        };
        let told = Diagnostic::new(Code::BareCondition, Place::Field(self.at.clone()))
            .with("field", &self.at)
            .with("spelling", &self.spelling)
            .with("column", &self.name)
            .with("no", no)
            .with("count", self.count)
            .with("places", row)
            .with("reason", Key::new(reason))
            .with("instead", instead);
        Some(told)
    }
}

fn earlier(
    one: Option<(u64, &'static str)>,
    other: Option<(u64, &'static str)>,
) -> Option<(u64, &'static str)> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if one.0 <= other.0 { one } else { other }),
        (one, other) => one.or(other),
    }
}
