//! The variables of templates.

use std::ops::Range;

/// The variable that holds the number of the row.
pub(crate) const ROW: &str = "@row";
/// The variable that holds the recipient's openid, whatever its column is called.
pub(crate) const OPENID: &str = "openid";
/// A variable that a template uses, and where it first does, in bytes of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The column's name, or [`ROW`], or `openid`.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) at: Range<usize>,
}
