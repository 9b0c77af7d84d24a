//! Paths as people see them.

use std::path::Path;

use crate::locale::visible::one_line;

/// A path with forward slashes, so that output is the same on every system. Where a backslash parts nothing, it is a
/// letter of a name.
pub(crate) fn display(path: &Path) -> String {
    one_line(&slashed(path)).into_owned()
}

/// The same with every character that the path has, for what is pasted and has to name the file.
pub(crate) fn slashed(path: &Path) -> String {
    let shown = path.display().to_string();
    if cfg!(windows) { shown.replace('\\', "/") } else { shown }
}
