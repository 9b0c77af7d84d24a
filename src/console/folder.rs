//! The campaigns of a folder. Only what is found here can be opened: nothing is addressed by a path, and links are not
//! followed.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::console::place::hex;
use crate::diagnostic::path::slashed;
use crate::own_file;

/// So far below the folder campaigns are looked for.
const DEPTH: u32 = 3;
/// So many files and folders are looked at: who starts the console in a home folder is not to wait for all of it.
const LOOKED_AT: usize = 20_000;
/// A campaign file has a few kilobytes.
const MOST: u64 = 2 << 20;

/// A campaign of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What stands for it in addresses.
    pub(crate) key: String,
    /// Its file, as a command takes it.
    pub(crate) path: PathBuf,
    /// The same from the folder on.
    pub(crate) name: String,
}

/// The campaigns of a folder by name.
pub(crate) fn campaigns(folder: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    let mut left = LOOKED_AT;
    look(folder, Path::new(""), DEPTH, &mut left, &mut found);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn look(folder: &Path, below: &Path, depth: u32, left: &mut usize, found: &mut Vec<Found>) {
    // What cannot be looked into has no campaigns for this user.
    for entry in fs::read_dir(folder.join(below)).into_iter().flatten().flatten() {
        *left = match left.checked_sub(1) {
            Some(left) => left,
            None => return,
        };
        let (Ok(kind), name) = (entry.file_type(), entry.file_name()) else { continue };
        let inside = below.join(&name);
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        if kind.is_dir() && depth > 1 && !is_hidden {
            look(folder, &inside, depth - 1, left, found);
        } else if kind.is_file() && is_campaign(&folder.join(&inside)) {
            let name = slashed(&inside);
            let key = hex(&Sha256::digest(inside.as_os_str().as_encoded_bytes())[..8]);
            found.push(Found { key, path: folder.join(&inside), name });
        }
    }
}

/// Whether a file is a campaign, however faulty: what is wrong with it is for the planner to say.
fn is_campaign(path: &Path) -> bool {
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let has_table =
        |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).lines().any(|line| line.trim() == "[campaign]");
    is_toml && own_file::read(path, MOST).is_ok_and(has_table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn campaigns_are_found_in_folders_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(&path)).unwrap_or_else(|error| panic!("{error}"));
            fs::write(path, text).unwrap_or_else(|error| panic!("{error}"));
        };
        write("b/campaign.toml", "[campaign]\nid = \"b\"");
        write("a.toml", " [campaign]\r\nid = ");
        write("policy.toml", "[caps]");
        write("c/.git/campaign.toml", "[campaign]");
        write("c/campaign.txt", "[campaign]");
        write("1/2/3/4/campaign.toml", "[campaign]");
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("a.toml"), folder.path().join("z.toml"))
            .unwrap_or_else(|error| panic!("{error}"));
        let names: Vec<String> = campaigns(folder.path()).into_iter().map(|found| found.name).collect();
        assert_eq!(names, ["a.toml", "b/campaign.toml"]);
    }
}
