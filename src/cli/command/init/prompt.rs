//! Questions on a terminal.
//!
//! Lines are read by a thread of their own, so that several that come at once are known to be pasted: the second must not
//! answer the next question, nor be left to the shell.

use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use console::{Alignment, Term, measure_text_width, pad_str};

use crate::locale::Catalog;

/// What takes somebody back to the question before, also as Chinese keyboards write it.
const BACK: [&str; 4] = ["<", "＜", "《", "〈"];
/// The line that ends a text.
const END: [&str; 3] = [".", "。", "．"];
/// Nobody types a second line so soon after the first.
const AT_ONCE: Duration = Duration::from_millis(60);

/// What somebody answers.
#[derive(Debug)]
pub(crate) enum Reply<T> {
    /// An answer that was taken.
    Given(T),
    /// Nothing: the question before is to be asked again.
    Back,
}

/// Asks, on stderr, in the reader's language.
#[derive(Debug)]
pub(crate) struct Prompt<'w> {
    words: &'w Catalog,
    term: Term,
    lines: Receiver<io::Result<String>>,
}

/// The lines of stdin as they come, until there are no more.
fn typed() -> Receiver<io::Result<String>> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        loop {
            let mut line = String::new();
            let read = match io::stdin().read_line(&mut line) {
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => Ok(line.trim_end_matches(['\n', '\r']).to_owned()),
                Err(error) => Err(error),
            };
            let ended = read.is_err();
            if sender.send(read).is_err() || ended {
                return;
            }
        }
    });
    lines
}

impl<'w> Prompt<'w> {
    /// On this process's terminal.
    pub(crate) fn new(words: &'w Catalog) -> Self {
        Self { words, term: Term::stderr(), lines: typed() }
    }

    fn line(&self) -> io::Result<String> {
        self.lines.recv().unwrap_or_else(|_| Err(io::ErrorKind::UnexpectedEof.into()))
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
        let asked = match &default {
            Some(default) => self.words.say("init.usual", &[("question", &question), ("usual", default)]),
            None => question.to_owned(),
        };
        loop {
            (&self.term).write_all(format!("{asked} ").as_bytes())?;
            self.term.flush()?;
            let answer = self.line()?;
            let mut count = 1usize;
            while let Ok(more) = self.lines.recv_timeout(AT_ONCE) {
                more?;
                count += 1;
            }
            if count > 1 {
                self.refuse(&self.words.say("init.no.lines", &[("count", &count)]))?;
                continue;
            }
            let answer = answer.trim();
            if BACK.contains(&answer) {
                return Ok(Reply::Back);
            }
            let answer = if answer.is_empty() { default.as_deref().unwrap_or("") } else { answer };
            match check(answer) {
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
            let Some(text) = self.paragraphs()? else { return Ok(Reply::Back) };
            match check(&text) {
                Ok(answer) => return Ok(Reply::Given(answer)),
                Err(problem) => self.refuse(&problem)?,
            }
        }
    }

    /// The lines up to the one that ends them; none where somebody wants to go back.
    fn paragraphs(&self) -> io::Result<Option<String>> {
        let mut text: Vec<String> = Vec::new();
        loop {
            let line = self.line()?;
            let sign = line.trim();
            if BACK.contains(&sign) {
                return Ok(None);
            }
            if END.contains(&sign) {
                return Ok(Some(text.join("\n")));
            }
            text.push(line);
        }
    }

    /// Said on lines of its own, which stay: a redrawn question would count them wrongly where the terminal wraps them.
    fn refuse(&self, problem: &str) -> io::Result<()> {
        self.term.write_line(&self.words.headed("diagnostic.error", problem))
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
