//! What is wrong with a finished text or a media file, before anybody knows in which row.

use crate::diagnostic::code::Code;
use crate::diagnostic::value::Value;

/// One thing wrong with a finished text: its code and the values of its sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What is wrong.
    pub(crate) code: Code,
    /// Values for its sentences.
    pub(crate) values: Vec<(&'static str, Value)>,
    /// What may have been meant.
    pub(crate) near: Option<String>,
}

impl Problem {
    /// A problem without values.
    pub(crate) fn new(code: Code) -> Self {
        Self { code, values: Vec::new(), near: None }
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((name, value.into()));
        self
    }
}
