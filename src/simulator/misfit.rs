//! What is wrong with a scenario, as data: the name of a sentence and the values for its places.
//!
//! Serde hands errors on as text only, so a misfit travels through it written out; it is written and read here alone.

use std::fmt::Display;

/// Stands between the parts of a misfit on its way through serde.
const MARK: char = '\u{1f}';

/// A sentence below `scenario` in the catalogue, and what fills its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// The sentence's name in the catalogue.
    pub(crate) key: String,
    /// The name and the value of each of its places.
    pub(crate) values: Vec<(String, String)>,
}

impl Misfit {
    /// Reads what [`misfit`] has written; nothing for the words of a parser.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (key, rest) = text.split_once(MARK)?;
        let parts: Vec<&str> = rest.split_terminator(MARK).collect();
        let values = parts.chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
        Some(Self { key: key.to_owned(), values })
    }
}

/// What is wrong with a row of a file beside a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowMisfit {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The cell, from 1.
    pub(crate) cell: usize,
    /// A [`Misfit`] written out, or the words of a parser.
    pub(crate) message: String,
}

impl RowMisfit {
    /// One of the file as a whole.
    pub(crate) fn of_header(message: String) -> Self {
        Self { line: 1, cell: 1, message }
    }

    /// One that the parser finds.
    pub(crate) fn of_parser(error: &csv::Error) -> Self {
        let line = error.position().map_or(1, csv::Position::line);
        Self { line: usize::try_from(line).unwrap_or(usize::MAX), cell: 1, message: error.to_string() }
    }

    /// One of a time in a cell.
    pub(crate) fn of_time(row: &csv::StringRecord, cell: usize, column: &str, text: &str) -> Self {
        let line = row.position().map_or(1, csv::Position::line);
        let message = misfit("times-time", &[("text", &text), ("name", &column)]);
        Self { line: usize::try_from(line).unwrap_or(usize::MAX), cell: cell + 1, message }
    }
}

/// A misfit written out: the key of a sentence below `scenario`, and the name and the value of each of its places.
pub(crate) fn misfit(key: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut text = format!("scenario.{key}{MARK}");
    for (name, value) in values {
        text += &format!("{name}{MARK}{value}{MARK}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misfit_is_read_as_it_was_written() {
        let read = |text: &str| Misfit::parse(text).map(|misfit| (misfit.key, misfit.values));
        let values = vec![("value".to_owned(), "a b".to_owned()), ("kind".to_owned(), String::new())];
        let written = misfit("number", &[("value", &"a b"), ("kind", &"")]);
        assert_eq!(read(&written), Some(("scenario.number".to_owned(), values)));
        assert_eq!(read(&misfit("min-max", &[])), Some(("scenario.min-max".to_owned(), Vec::new())));
        assert_eq!(read("unknown field `x`"), None);
    }
}
