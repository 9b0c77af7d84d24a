//! What keeps people from getting a message by what the account's journal knows of them. Plain data.

/// What holds people back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The policy that says so, as people know it from the campaign's folder.
    pub(crate) policy: String,
    /// What it says.
    pub(crate) says: Says,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Says {
    /// So many occasions in a time.
    Cap {
        /// How many.
        most: usize,
        /// In which time, as the policy writes it: `7d`.
        time: String,
        /// Whether messages stay unsent.
        later: bool,
    },
    /// WeChat has refused them for good.
    Refused,
}
