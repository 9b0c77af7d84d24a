//! A file that is there under nearly the name that was asked for: another case, or the same letters composed otherwise,
//! as a Mac stores them.

use std::path::Path;

use unicode_normalization::UnicodeNormalization as _;

/// The name, relative to the same folder as `name`, of a file that is there in its stead. It is only a hint, so a folder
/// that cannot be read has none.
pub(crate) fn near(folder: &Path, name: &str) -> Option<String> {
    let path = folder.join(name);
    let (parent, wanted) = (path.parent()?, path.file_name()?.to_str()?);
    let alike = |other: &str| plain(other) == plain(wanted);
    // A campaign that is named without a folder lies in this one.
    let parent = if parent == Path::new("") { Path::new(".") } else { parent };
    let entries = std::fs::read_dir(parent).ok()?;
    let mut found: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|other| other != wanted && alike(other))
        .collect();
    found.sort();
    let found = found.into_iter().next()?;
    let before = name.strip_suffix(wanted)?;
    Some(format!("{before}{found}"))
}

fn plain(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_case_or_composition_is_near() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        std::fs::create_dir(folder.path().join("qr")).unwrap_or_else(|error| panic!("{error}"));
        for name in ["qr/Cafe\u{301}.PNG", "横幅.png"] {
            std::fs::write(folder.path().join(name), "x").unwrap_or_else(|error| panic!("{error}"));
        }
        assert_eq!(near(folder.path(), "qr/caf\u{e9}.png").as_deref(), Some("qr/Cafe\u{301}.PNG"));
        assert_eq!(near(folder.path(), "横幅.PNG").as_deref(), Some("横幅.png"));
        assert_eq!(near(folder.path(), "none.png"), None);
        assert_eq!(near(folder.path(), "none/横幅.png"), None);
    }
}
