//! What somebody wrote in a file of results since wxcast did.

/// What somebody wrote in a file of results: writing it anew would throw it away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Additions {
    /// The names of columns.
    pub columns: Vec<String>,
    /// The names of sheets.
    pub sheets: Vec<String>,
    /// Whether something stands above the names of the columns.
    pub title: bool,
}

impl Additions {
    /// Whether there are any.
    pub fn is_any(&self) -> bool {
        !self.columns.is_empty() || !self.sheets.is_empty() || self.title
    }
}
