//! What the names of results files say: which destination they tell of, and which of several names it is.
//!
//! Results carry no mark of their own inside, since they are the next audience. So the name tells what a simulator
//! was sent from what people were, also where a folder has lost everything else that knew it.

use std::ffi::OsStr;
use std::iter;
use std::path::{Path, PathBuf};

/// The word in the name of results of what was sent to this computer.
pub(crate) const LOCAL: &str = "local";
/// The word in the name of results of a rehearsal.
pub(crate) const REHEARSAL: &str = "rehearsal";
/// So many names results can have: the usual one, and those for when it cannot be written.
const NAMES: u32 = 9;

/// The file in which is kept what a program printed as the audience of a campaign, beside the campaign.
pub(crate) fn snapshot(id: &dyn std::fmt::Display) -> String {
    format!("{id}.audience.csv")
}

/// A name with this word in it, before `.results.csv` or `.csv`. What is no file, as a pipe, keeps its name: nothing
/// lies there afterwards.
pub(crate) fn marked(path: &Path, word: &str) -> PathBuf {
    if is_marked(path, word) || is_stream(path) {
        return path.to_owned();
    }
    let (Some(stem), extension) = (text(path.file_stem()), text(path.extension())) else {
        return path.to_owned();
    };
    let named = match stem.strip_suffix(".results") {
        Some(stem) => format!("{stem}.{word}.results"),
        None => format!("{stem}.{word}"),
    };
    path.with_file_name(match extension {
        Some(extension) => format!("{named}.{extension}"),
        None => named,
    })
}

/// Whether a name has this word in it.
pub(crate) fn is_marked(path: &Path, word: &str) -> bool {
    let has = |name: String| name.split('.').skip(1).any(|part| part.eq_ignore_ascii_case(word));
    text(path.file_name()).is_some_and(has)
}

fn text(name: Option<&OsStr>) -> Option<String> {
    name.map(|name| name.to_string_lossy().into_owned())
}

/// The names under which results can lie: the usual one, and those they get while it cannot be written, as a file that
/// is open in Excel.
pub(crate) fn names(usual: &Path) -> impl Iterator<Item = PathBuf> {
    let extension = text(usual.extension());
    let usual = usual.to_owned();
    let others = (2..=NAMES).map({
        let usual = usual.clone();
        move |number| {
            usual.with_extension(match &extension {
                Some(extension) => format!("{number}.{extension}"),
                None => number.to_string(),
            })
        }
    });
    // What is no file is not renamed, and beside a device nothing is made.
    let most = if is_stream(&usual) { 1 } else { usize::MAX };
    iter::once(usual).chain(others).take(most)
}

/// Whether a name leads to something that is written to rather than replaced.
pub(crate) fn is_stream(path: &Path) -> bool {
    let is_null = || path.file_stem().is_some_and(|name| name.eq_ignore_ascii_case("nul"));
    path.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir()) || cfg!(windows) && is_null()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_before_the_suffix_and_only_once() {
        for (name, local) in [
            ("结果.csv", "结果.local.csv"),
            ("a/spring.results.xlsx", "a/spring.local.results.xlsx"),
            ("results.xlsx", "results.local.xlsx"),
            ("local.csv", "local.local.csv"),
            ("plain", "plain.local"),
            (".hidden", ".hidden.local"),
            ("x.local.csv", "x.local.csv"),
            ("x.Local.results.2.csv", "x.Local.results.2.csv"),
        ] {
            assert_eq!(marked(Path::new(name), LOCAL), Path::new(local));
        }
    }

    #[test]
    #[cfg(unix)]
    fn nothing_is_made_beside_a_device() {
        assert_eq!(names(Path::new("/dev/null")).count(), 1);
    }

    #[test]
    fn the_other_names_are_numbered_from_two() {
        let names: Vec<PathBuf> = names(Path::new("a.results.csv")).collect();
        assert_eq!(names[..2], [Path::new("a.results.csv"), Path::new("a.results.2.csv")]);
        assert_eq!(names.last().map(PathBuf::as_path), Some(Path::new("a.results.9.csv")));
    }
}
