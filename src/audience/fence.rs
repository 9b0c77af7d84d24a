//! Which files may be read where the campaign is not trusted: somebody's pull request in CI, a plan that travels, or a page
//! that shows one folder.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::unread;
use crate::own_reason::OwnReason;

/// Files inside one folder: that of the repository, the campaign's own where there is none, or one that somebody named.
/// Links are followed before it is asked where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fence {
    root: PathBuf,
    /// Files outside that may be read all the same, as they really lie.
    besides: Vec<PathBuf>,
}

impl Fence {
    /// Around the repository that a campaign is in, going by the names of its folders and not by where links in them
    /// lead; else around its folder.
    pub(crate) fn around(campaign: &Path) -> Self {
        let full = std::path::absolute(campaign).unwrap_or_else(|_| campaign.to_owned());
        let root = repository(&full).unwrap_or_else(|| full.parent().unwrap_or(Path::new("")).to_owned());
        Self::of(&root)
    }

    /// Around a folder.
    pub(crate) fn of(folder: &Path) -> Self {
        Self { root: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), besides: Vec::new() }
    }

    /// The same, open to these files, too.
    #[must_use]
    pub(crate) fn and<'f>(mut self, files: impl IntoIterator<Item = &'f Path>) -> Self {
        self.besides.extend(files.into_iter().filter_map(|file| file.canonicalize().ok()));
        self
    }

    /// Opens a file that may be read. Where it is is asked of what was opened: a link that somebody swaps at that very
    /// moment leads nowhere else.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or is outside.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        let file = unread::open(path)?;
        let place = opened_at(&file, path)?;
        if self.has(&place) { Ok(file) } else { Err(OwnReason::OutsideSandbox.into()) }
    }

    /// Whether a file may be read. What git keeps for itself may not: CI leaves credentials there. Of a file that is not
    /// there the nearest folder counts that is: what stands in it may be told as what was meant.
    pub(crate) fn holds(&self, file: &Path) -> bool {
        let full = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let Some(real) = full.ancestors().find_map(|there| there.canonicalize().ok()) else { return false };
        self.has(&real)
    }

    fn has(&self, real: &Path) -> bool {
        let inside = real.strip_prefix(&self.root);
        self.besides.iter().any(|file| file == real)
            || inside.is_ok_and(|inside| {
                !inside.components().any(|part| part == Component::Normal(".git".as_ref()))
            })
    }
}

/// The folder of the repository that a file is in, by its full path and the names of its folders.
pub(crate) fn repository(full: &Path) -> Option<PathBuf> {
    full.ancestors().skip(1).find(|folder| is_root(folder)).map(Path::to_owned)
}

/// Whether a folder is the root of a repository. Something called `.git` may lie in any folder: git itself puts a folder there
/// that has a `HEAD`, or in a second working tree a file that says where that folder is.
fn is_root(folder: &Path) -> bool {
    const ELSEWHERE: &[u8] = b"gitdir:";
    let git = folder.join(".git");
    let names_another = || {
        let is_file = std::fs::metadata(&git).is_ok_and(|about| about.is_file());
        let mut begin = [0; ELSEWHERE.len()];
        let read = is_file && File::open(&git).and_then(|mut file| file.read_exact(&mut begin)).is_ok();
        read && begin == *ELSEWHERE
    };
    // In a repository that was just made `HEAD` is a link to what is not there yet, with some versions of git.
    git.join("HEAD").symlink_metadata().is_ok() || names_another()
}

/// Where a file is that was opened by this name.
#[cfg(target_os = "linux")]
fn opened_at(file: &File, _: &Path) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd as _;
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Where a file is that was opened by this name. Other systems do not tell where an open file is: the file that is there
/// now must be the one that was opened.
#[cfg(all(unix, not(target_os = "linux")))]
fn opened_at(file: &File, path: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let place = path.canonicalize()?;
    let (there, opened) = (std::fs::symlink_metadata(&place)?, file.metadata()?);
    let same = (there.dev(), there.ino()) == (opened.dev(), opened.ino());
    if same { Ok(place) } else { Err(OwnReason::OutsideSandbox.into()) }
}

/// The same on Windows, where a link takes an administrator.
#[cfg(not(unix))]
fn opened_at(_: &File, path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Opens a file, within the fence where there is one.
pub(crate) fn open_within(fence: Option<&Fence>, path: &Path) -> io::Result<File> {
    match fence {
        Some(fence) => fence.open(path),
        None => unread::open(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, "x").expect("a file");
        path
    }

    #[test]
    fn a_repository_is_open_to_its_campaigns_but_for_gits_own_folder() {
        let world = tempfile::tempdir().expect("a folder");
        let campaign = make(world.path(), "repo/spring/campaign.toml");
        let outside = make(world.path(), "outside.csv");
        let own = make(world.path(), "repo/lists/a.csv");
        let alone = Fence::around(&campaign);
        assert!(alone.holds(&campaign) && !alone.holds(&own), "no repository, so its folder alone");
        let config = make(world.path(), "repo/.git/config");
        assert!(!Fence::around(&campaign).holds(&own), "something called .git is no repository yet");
        make(world.path(), "repo/.git/HEAD");
        let fence = Fence::around(&campaign);
        assert!(fence.holds(&campaign) && fence.holds(&own));
        assert!(fence.holds(&world.path().join("repo/spring/../lists/a.csv")));
        assert!(!fence.holds(&outside) && !fence.holds(&config));
        assert!(fence.holds(&world.path().join("repo/none.csv")), "that it is not there is told as anywhere");
        assert!(!fence.holds(&world.path().join("none.csv")), "nor is told what is there in its place");
        #[cfg(unix)]
        {
            let link = world.path().join("repo/spring/link.csv");
            std::os::unix::fs::symlink(&outside, &link).expect("a link");
            assert!(!fence.holds(&link));
        }
    }
}
