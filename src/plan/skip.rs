//! Why a row of the audience is no message, by what the files say: the same on every machine and at every time. What a run
//! decides by its clock and its journal has its reasons in `delivery/skip.rs`.

use crate::audience::lists::Barred;

/// Why a row is skipped. A row has one reason, the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// Its openid stood in an earlier row.
    Duplicate,
    /// It is faulty.
    Invalid,
    /// It is hidden on its sheet.
    Hidden,
    /// Its openid stands in a list of those who get nothing.
    Excluded,
    /// Its openid stands in no list of those who alone get something.
    NotIncluded,
    /// It has no row in a joined file.
    Unmatched,
}

impl Skip {
    /// All of them, in the order of reports.
    pub(crate) const ALL: [Self; 6] =
        [Self::Duplicate, Self::Invalid, Self::Hidden, Self::Excluded, Self::NotIncluded, Self::Unmatched];

    /// The word in machine-readable output.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::Hidden => "hidden",
            Self::Excluded => "excluded",
            Self::NotIncluded => "not-included",
            Self::Unmatched => "unmatched",
        }
    }
}

impl From<Barred> for Skip {
    fn from(why: Barred) -> Self {
        match why {
            Barred::Excluded(_) => Self::Excluded,
            Barred::NotIncluded => Self::NotIncluded,
        }
    }
}
