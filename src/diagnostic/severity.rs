//! How bad a fault is.

/// How bad a diagnostic is. Errors keep a campaign from being sent, warnings do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is sent while it stands.
    Error,
    /// Worth a look; sending goes on.
    Warning,
}

impl Severity {
    /// The word in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
