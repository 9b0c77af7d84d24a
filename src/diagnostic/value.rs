//! What fills the places of a diagnostic's sentences, by what it is.
//!
//! The type decides how a value is shown: only a [`Key`] is looked up in the catalogue, only a reason is put into the
//! reader's language, only an openid is masked, and a path looks the same on every system. What a user wrote is shown as it stands, whatever it looks like.

use std::fmt::{self, Display};
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::path::display;
use crate::diagnostic::people::People;
use crate::diagnostic::place::FieldPath;
use crate::locale::Catalog;
pub(crate) use crate::locale::Key;
use crate::locale::mask::{mask, masked_name};

/// A value of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A name, a cell, a piece of the campaign file, or a figure that is already written out.
    Text(String),
    /// Something that names the person a message is for; logs that many can read have the openid in it masked.
    Openid {
        /// What is shown, in which the openid stands.
        text: String,
        /// The same with the openid masked.
        masked: String,
    },
    /// A file or a folder.
    Path(PathBuf),
    /// Words of ours; their own places are filled from the other values.
    Words(Key),
    /// Why something failed, as the system or a parser says it.
    Reason(String),
    /// A count or a length.
    Number(u64),
}

impl Value {
    /// A value shown just as it prints.
    pub(crate) fn text(text: impl Display) -> Self {
        Self::Text(text.to_string())
    }

    /// An openid.
    pub(crate) fn openid(openid: impl Display) -> Self {
        let text = openid.to_string();
        Self::Openid { masked: mask(&text), text }
    }

    /// The same value, known to name people where they stand in it.
    pub(super) fn naming(self, people: &People) -> Self {
        let named = |text: &str| Some(people.hidden_in(text)).filter(|masked| masked != text);
        match self {
            Self::Text(text) | Self::Reason(text) if let Some(masked) = named(&text) => {
                Self::Openid { text, masked }
            }
            // Files may be named after people.
            Self::Path(path) if let Some(masked) = named(&display(&path)) => {
                Self::Openid { text: display(&path), masked }
            }
            other => other,
        }
    }

    /// Makes the openid in it unreadable, if there is one.
    pub(super) fn mask(&mut self) {
        match self {
            Self::Openid { text, masked } => *text = masked_name(masked),
            // Cells of other columns, names of files and headers may name people, too.
            Self::Text(text) | Self::Reason(text) => *text = masked_name(text),
            Self::Path(path) => {
                let shown = display(path);
                let masked = masked_name(&shown);
                if masked != shown {
                    *path = PathBuf::from(masked);
                }
            }
            Self::Words(_) | Self::Number(_) => {}
        }
    }

    /// Shortens a text to so many characters.
    pub(super) fn cut(&mut self, most: usize) {
        if let Self::Text(text) | Self::Openid { text, .. } = self
            && let Some((end, _)) = text.char_indices().nth(most)
        {
            text.truncate(end);
            text.push('…');
        }
    }

    /// What a parser or the system says of a failure.
    pub(crate) fn reason(reason: impl Display) -> Self {
        Self::Reason(reason.to_string())
    }

    /// The value as a reader of this language sees it; `places` are all values of the diagnostic.
    pub(super) fn shown(&self, words: &Catalog, places: &[(&str, &dyn Display)]) -> String {
        match self {
            Self::Words(key) => words.fill(key.name(), places),
            Self::Reason(reason) => words.reason(reason),
            Self::Text(_) | Self::Openid { .. } | Self::Path(_) | Self::Number(_) => self.to_string(),
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Openid { text, .. } | Self::Reason(text) => f.write_str(text),
            Self::Path(path) => f.write_str(&display(path)),
            Self::Words(key) => f.write_str(key.name()),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&Path> for Value {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for Value {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&FieldPath> for Value {
    fn from(at: &FieldPath) -> Self {
        Self::text(at)
    }
}

impl From<FieldPath> for Value {
    fn from(at: FieldPath) -> Self {
        Self::text(at)
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        Self::Words(key)
    }
}

impl From<io::Error> for Value {
    fn from(error: io::Error) -> Self {
        Self::reason(error)
    }
}

impl From<&io::Error> for Value {
    fn from(error: &io::Error) -> Self {
        Self::reason(error)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        // No platform that Rust runs on has a usize of more than 64 bits.
        Self::Number(number as u64)
    }
}
