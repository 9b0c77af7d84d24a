//! Paths as people see them.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use crate::locale::visible::one_line;

/// A path as people say it, with forward slashes, so that output is the same on every system. Where a backslash parts
/// nothing, it is a letter of a name.
pub(crate) fn display(path: &Path) -> String {
    one_line(&slashed(&straight(path))).into_owned()
}

/// A path without detours: `a/../lists/x.csv` is `lists/x.csv`, unless `a` is a link, behind which `..` leads elsewhere.
fn straight(path: &Path) -> Cow<'_, Path> {
    let winds = |part: Component<'_>| matches!(part, Component::CurDir | Component::ParentDir);
    if !path.components().any(winds) {
        return Cow::Borrowed(path);
    }
    let mut walked = PathBuf::new();
    for part in path.components() {
        let last = walked.components().next_back();
        match (part, last) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) if !walked.is_symlink() => {
                walked.pop();
            }
            _ => walked.push(part),
        }
    }
    Cow::Owned(if walked.as_os_str().is_empty() { PathBuf::from(".") } else { walked })
}

/// The same with every character that the path has, for what is pasted and has to name the file.
pub(crate) fn slashed(path: &Path) -> String {
    let shown = path.display().to_string();
    if cfg!(windows) { shown.replace('\\', "/") } else { shown }
}
