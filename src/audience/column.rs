//! The rules of `[audience.columns]`, held against one cell.

use regex::Regex;

use crate::diagnostic::code::Code;
use crate::diagnostic::value::Value;

/// The rules of one column. All but `required` and `default` are for cells that are not blank.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnRules {
    /// A blank cell is a fault.
    pub(crate) required: bool,
    /// Stands in for a blank cell.
    pub(crate) default: Option<String>,
    /// The most characters.
    pub(crate) max_chars: Option<usize>,
    /// What the cell must match.
    pub(crate) pattern: Option<Regex>,
    /// The only texts allowed.
    pub(crate) one_of: Option<Vec<String>>,
}

/// So many of the texts that a rule allows are told, and so much of a cell: thousands of cells can have the same fault.
const LISTED: usize = 20;
const QUOTED: usize = 200;

fn listed(allowed: &[String]) -> String {
    let mut listed: Vec<&str> = allowed.iter().take(LISTED).map(String::as_str).collect();
    listed.extend((allowed.len() > LISTED).then_some("…"));
    quoted(&listed.join(", "))
}

fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What is wrong with a cell: a code and the values of its sentences.
pub(crate) type CellFault = (Code, Vec<(&'static str, Value)>);

impl ColumnRules {
    /// The text to use for a cell: the default where the cell is blank and there is one.
    pub(crate) fn value<'a>(&'a self, cell: &'a str) -> &'a str {
        match &self.default {
            Some(default) if cell.trim().is_empty() => default,
            _ => cell,
        }
    }

    /// Everything that is wrong with a cell.
    pub(crate) fn check(&self, cell: &str) -> Vec<CellFault> {
        let text = self.value(cell);
        if text.trim().is_empty() {
            return if self.required { vec![(Code::CellBlank, Vec::new())] } else { Vec::new() };
        }
        let mut faults = Vec::new();
        if let Some(max) = self.max_chars {
            let length = text.chars().count();
            if length > max {
                faults.push((Code::CellTooLong, vec![("length", length.into()), ("max", max.into())]));
            }
        }
        if let Some(pattern) = &self.pattern
            && !pattern.is_match(text)
        {
            let values = vec![("text", quoted(text).into()), ("pattern", Value::text(pattern))];
            faults.push((Code::CellPattern, values));
        }
        if let Some(allowed) = &self.one_of
            && !allowed.iter().any(|one| one == text)
        {
            let values = vec![("text", quoted(text).into()), ("allowed", listed(allowed).into())];
            faults.push((Code::CellNotOneOf, values));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(rules: &ColumnRules, cell: &str) -> Vec<Code> {
        rules.check(cell).into_iter().map(|(code, _)| code).collect()
    }

    #[test]
    fn a_default_fills_a_blank_cell_and_satisfies_required() {
        let rules = ColumnRules { required: true, default: Some("朋友".into()), ..ColumnRules::default() };
        assert_eq!(rules.value("  "), "朋友");
        assert_eq!(codes(&rules, ""), []);
    }

    #[test]
    fn a_blank_cell_that_need_not_be_there_is_held_to_no_other_rule() {
        let rules =
            ColumnRules { one_of: Some(vec!["a".into()]), max_chars: Some(0), ..ColumnRules::default() };
        assert_eq!(codes(&rules, " "), []);
    }

    #[test]
    fn of_a_long_list_and_a_long_cell_only_the_beginning_is_kept() {
        let allowed: Vec<String> =
            (0..100_000).map(|number| format!("{number}-{}", "x".repeat(50))).collect();
        let rules = ColumnRules { one_of: Some(allowed), ..ColumnRules::default() };
        let kept = rules.check(&"y".repeat(100_000));
        let length: usize = kept[0].1.iter().map(|(_, value)| value.to_string().chars().count()).sum();
        assert!(length <= 2 * (QUOTED + 1), "{length}");
    }

    #[test]
    fn every_broken_rule_is_told() {
        let rules = ColumnRules {
            max_chars: Some(2),
            pattern: Regex::new("^[a-z]+$").ok(),
            one_of: Some(vec!["ab".into()]),
            ..ColumnRules::default()
        };
        assert_eq!(codes(&rules, "中文字"), [Code::CellTooLong, Code::CellPattern, Code::CellNotOneOf]);
    }
}
