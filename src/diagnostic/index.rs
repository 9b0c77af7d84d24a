//! Where everything in a campaign file stands. The file is parsed once, however many faults are told about it.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::place::Step;

/// What of an entry is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part {
    /// Its key.
    Key,
    /// Its value.
    Value,
}

/// The places of a file's keys and values, in bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index(HashMap<String, Entry>);

#[derive(Debug, Clone)]
struct Entry {
    key: Range<usize>,
    value: Node,
}

#[derive(Debug, Clone)]
struct Node {
    span: Range<usize>,
    inside: Inside,
}

#[derive(Debug, Clone)]
enum Inside {
    Table(Index),
    Items(Vec<Node>),
    Nothing,
}

impl Index {
    /// The places in a text, so far as it is TOML.
    pub(crate) fn of(text: &str) -> Self {
        Self::of_table(DeTable::parse_recoverable(text).0.get_ref())
    }

    fn of_table(table: &DeTable<'_>) -> Self {
        let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Entry {
            key: key.span(),
            value: Node::of(value),
        };
        Self(table.iter().map(|(key, value)| (key.get_ref().to_string(), entry((key, value)))).collect())
    }

    /// The bytes of what a path leads to; of what is not there, those of the nearest thing above it.
    pub(crate) fn find(&self, steps: &[Step], part: Part) -> Option<Range<usize>> {
        let (Step::Key(name), rest) = steps.split_first()? else {
            return None;
        };
        let Entry { key, value } = self.0.get(name)?;
        if rest.is_empty() {
            // A table's own span is its whole header or body; its name is what a person looks for.
            let is_named = part == Part::Key || matches!(value.inside, Inside::Table(_));
            return Some(if is_named { key.clone() } else { value.span.clone() });
        }
        value.find(rest, part).or(Some(key.clone()))
    }
}

impl Node {
    fn of(value: &Spanned<DeValue<'_>>) -> Self {
        let inside = match value.get_ref() {
            DeValue::Table(table) => Inside::Table(Index::of_table(table)),
            DeValue::Array(array) => Inside::Items(array.iter().map(Self::of).collect()),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => Inside::Nothing,
        };
        Self { span: value.span(), inside }
    }

    fn find(&self, steps: &[Step], part: Part) -> Option<Range<usize>> {
        match (&self.inside, steps.split_first()?) {
            (Inside::Table(table), _) => table.find(steps, part),
            (Inside::Items(items), (Step::Index(index), rest)) => {
                let item = items.get(*index)?;
                if rest.is_empty() {
                    Some(item.span.clone())
                } else {
                    item.find(rest, part).or(Some(item.span.clone()))
                }
            }
            (Inside::Items(_), (Step::Key(_), _)) | (Inside::Nothing, _) => None,
        }
    }
}
