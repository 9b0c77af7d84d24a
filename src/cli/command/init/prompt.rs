//! Questions on a terminal; the only file that names dialoguer.

use std::fmt;
use std::io;

use console::{Alignment, Term, measure_text_width, pad_str};
use dialoguer::Input;
use dialoguer::theme::Theme;

use crate::locale::Catalog;

/// Asks, on stderr, in the reader's language.
#[derive(Debug)]
pub(crate) struct Prompt<'w> {
    words: &'w Catalog,
    term: Term,
}

impl<'w> Prompt<'w> {
    /// On this process's terminal.
    pub(crate) fn new(words: &'w Catalog) -> Self {
        Self { words, term: Term::stderr() }
    }

    /// Asks until `check` takes the answer; what it does not like is said before it is asked again. An empty answer is
    /// `default`, where there is one. What [`check`](Self::ask) gives back is the answer.
    ///
    /// # Errors
    ///
    /// When nobody can answer any more: the terminal is gone.
    pub(crate) fn ask<T>(
        &self,
        question: &str,
        default: Option<String>,
        mut check: impl FnMut(&str) -> Result<T, String>,
    ) -> io::Result<T> {
        let mut taken = None;
        let mut input = Input::<String>::with_theme(self).with_prompt(question).validate_with(
            |answer: &String| -> Result<(), String> {
                taken = Some(check(answer.trim())?);
                Ok(())
            },
        );
        if let Some(default) = default {
            input = input.default(default);
        }
        input.interact_on(&self.term)?;
        taken.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    }

    /// Shows a table: each cell is as wide as the widest of its column, the last one open.
    pub(crate) fn table(&self, rows: &[Vec<String>]) -> io::Result<()> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let widest = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or_default()).collect();
        for row in rows {
            let cells = row.iter().zip(&widths);
            let line: Vec<_> =
                cells.map(|(cell, width)| pad_str(cell, *width, Alignment::Left, None)).collect();
            self.term.write_line(format!("  {}", line.join("  ")).trim_end())?;
        }
        Ok(())
    }
}

impl Theme for Prompt<'_> {
    fn format_error(&self, out: &mut dyn fmt::Write, problem: &str) -> fmt::Result {
        write!(out, "{}: {problem}", self.words.say("diagnostic.error", &[]))
    }

    fn format_input_prompt(
        &self,
        out: &mut dyn fmt::Write,
        question: &str,
        default: Option<&str>,
    ) -> fmt::Result {
        match default {
            Some(default) => {
                out.write_str(
                    &self.words.say("init.usual", &[("question", &question), ("usual", &default)]),
                )?;
            }
            None => out.write_str(question)?,
        }
        out.write_str(" ")
    }

    fn format_input_prompt_selection(
        &self,
        out: &mut dyn fmt::Write,
        question: &str,
        answer: &str,
    ) -> fmt::Result {
        write!(out, "{question} {answer}")
    }
}
