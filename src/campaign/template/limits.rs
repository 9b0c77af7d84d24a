//! How much of a template nobody can follow any more.

/// How deeply blocks and brackets may stand inside of one another.
pub(super) const MOST_DEEP: usize = 64;
/// How many conditions one `{{#if}}` may have with its `{{else if}}`: more than a country has provinces, and few enough
/// for the stack of a thread.
pub(super) const MOST_BRANCHES: usize = 200;
