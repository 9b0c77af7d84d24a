//! Why something failed where this program found that out by itself, in the place of the system.
//!
//! It travels inside an [`io::Error`] or as its word, and whoever tells people reads it back from there.

use std::fmt;
use std::io;

/// Each reason, and its word.
const WORDS: [(OwnReason, &str); 10] = [
    (OwnReason::NoRegularFile, "no-regular-file"),
    (OwnReason::NoText, "no-text"),
    (OwnReason::OutsideSandbox, "outside-sandbox"),
    (OwnReason::NoPem, "no-pem"),
    (OwnReason::LeadsNowhere, "leads-nowhere"),
    (OwnReason::NegativeCount, "negative-count"),
    (OwnReason::NobodyReads, "nobody-reads"),
    (OwnReason::ReaderStandsStill, "reader-stands-still"),
    (OwnReason::InQuotes, "in-quotes"),
    (OwnReason::BlanksAround, "blanks-around"),
];

/// Why something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnReason {
    /// It is no file that can be read to its end.
    NoRegularFile,
    /// It is no text.
    NoText,
    /// It lies outside of what may be read.
    OutsideSandbox,
    /// There is no certificate in PEM form in it.
    NoPem,
    /// A folder is a link to what is not there.
    LeadsNowhere,
    /// A count in it is less than nothing.
    NegativeCount,
    /// Nobody reads at the other end of a pipe.
    NobodyReads,
    /// Whoever reads at the other end takes nothing more.
    ReaderStandsStill,
    /// Its name was written in quotes.
    InQuotes,
    /// Its name was written with blanks around it.
    BlanksAround,
}

impl OwnReason {
    /// Reads the reason at the end of a text, where others have put what it is about before it. Gives that part, too.
    pub(crate) fn at_end(text: &str) -> Option<(&str, Self)> {
        let word = text.rsplit_once(": ").map_or(text, |(_, word)| word);
        let (reason, word) = WORDS.iter().find(|(_, own)| *own == word)?;
        Some((&text[..text.len() - word.len()], *reason))
    }

    /// Its word.
    pub(crate) fn word(self) -> &'static str {
        let (_, word) = WORDS.iter().find(|(reason, _)| *reason == self).expect("every reason has its word");
        word
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        WORDS.iter().map(|(reason, _)| *reason)
    }
}

impl fmt::Display for OwnReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl std::error::Error for OwnReason {}

impl From<OwnReason> for io::Error {
    fn from(reason: OwnReason) -> Self {
        Self::other(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_where_it_stands_at_the_end_and_not_inside_a_name() {
        for reason in OwnReason::all() {
            assert_eq!(OwnReason::at_end(&reason.to_string()), Some(("", reason)));
            let of_a_file = format!("x/{reason}/a: b.pem: {reason}");
            assert_eq!(OwnReason::at_end(&of_a_file), Some((&*format!("x/{reason}/a: b.pem: "), reason)));
            assert_eq!(io::Error::from(reason).to_string(), reason.word());
        }
        for text in ["x/no-pem/a.pem", "no-pem/a.pem: disk I/O error", "no-pem.", ""] {
            assert_eq!(OwnReason::at_end(text), None, "{text}");
        }
    }
}
