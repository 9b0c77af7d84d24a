//! What this computer is called, so that others are told who is at work.

use std::sync::OnceLock;

static NAME: OnceLock<String> = OnceLock::new();

/// Says it once, before a journal is opened.
pub(crate) fn introduce(name: String) {
    // Whoever said it before said the same.
    let _ = NAME.set(name);
}

/// The name; nothing where nobody said it.
pub(crate) fn name() -> &'static str {
    NAME.get().map_or("", String::as_str)
}
