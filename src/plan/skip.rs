//! Why a row is skipped, by what the files say.

/// Why a row is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skip {
    /// Its openid stood in an earlier row.
    Duplicate,
    /// It is faulty.
    Invalid,
    /// It is hidden on its sheet.
    Hidden,
}

impl Skip {
    /// All of them, in the order of reports.
    pub(crate) const ALL: [Self; 3] = [Self::Duplicate, Self::Invalid, Self::Hidden];

    /// The word in machine-readable output.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::Hidden => "hidden",
        }
    }
}
