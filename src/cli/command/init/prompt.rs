//! Questions on a terminal; the only file that names dialoguer.

use std::fmt;
use std::io;

use console::{Alignment, Term, measure_text_width, pad_str};
use dialoguer::Input;
use dialoguer::theme::Theme;

use crate::locale::Catalog;

/// What takes somebody back to the question before.
const BACK: &str = "<";
/// The line that ends a text.
const END: &str = ".";

/// What somebody answers.
#[derive(Debug)]
pub(crate) enum Reply<T> {
    /// An answer that was taken.
    Given(T),
    /// Nothing: the question before is to be asked again.
    Back,
}

/// The lines up to the one that ends them; none where somebody wants to go back.
fn lines() -> io::Result<Option<String>> {
    let mut text: Vec<String> = Vec::new();
    loop {
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end_matches(['\n', '\r']);
        match line.trim() {
            BACK if text.is_empty() => return Ok(None),
            END => return Ok(Some(text.join("\n"))),
            _ => text.push(line.to_owned()),
        }
    }
}

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
    ) -> io::Result<Reply<T>> {
        loop {
            let mut input = Input::<String>::with_theme(self).with_prompt(question);
            if let Some(default) = default.clone() {
                input = input.default(default);
            }
            let answer = input.interact_on(&self.term)?;
            if answer.trim() == BACK {
                return Ok(Reply::Back);
            }
            match check(answer.trim()) {
                Ok(answer) => return Ok(Reply::Given(answer)),
                Err(problem) => self.refuse(&problem)?,
            }
        }
    }

    /// Asks for a text of several lines, which ends with a line of nothing but `.`: what is pasted has many, and those
    /// that nobody reads here are read by the shell as commands.
    ///
    /// # Errors
    ///
    /// When nobody can answer any more.
    pub(crate) fn text<T>(
        &self,
        question: &str,
        mut check: impl FnMut(&str) -> Result<T, String>,
    ) -> io::Result<Reply<T>> {
        loop {
            self.term.write_line(question)?;
            let Some(text) = lines()? else { return Ok(Reply::Back) };
            match check(&text) {
                Ok(answer) => return Ok(Reply::Given(answer)),
                Err(problem) => self.refuse(&problem)?,
            }
        }
    }

    /// Said on lines of its own, which stay: a redrawn question would count them wrongly where the terminal wraps them.
    fn refuse(&self, problem: &str) -> io::Result<()> {
        self.term.write_line(&format!("{}: {problem}", self.words.say("diagnostic.error", &[])))
    }

    /// Shows a table: each cell is as wide as the widest of its column, the last one open.
    pub(crate) fn table(&self, rows: &[Vec<String>]) -> io::Result<()> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
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
