//! The pieces of a compiled message.

use crate::diagnostic::place::FieldPath;
use crate::message::field::Rules;
use crate::message::media::Upload;

/// A piece of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// JSON as it is.
    Json(String),
    /// The text of a slot, by its index, as a JSON string.
    Slot(usize),
}

/// A text that is filled for each recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Its field in the campaign file.
    pub(crate) at: FieldPath,
    /// Its template.
    pub(crate) source: String,
    /// What the finished text is held to.
    pub(crate) rules: Rules,
    /// Where the text is the name of a file: what that file is uploaded as. Its id takes the text's place.
    pub(crate) upload: Option<Upload>,
}
