//! What CI systems tell of themselves: where the repository is, and where a job's summary goes.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use crate::cli::context::variable;
use crate::diagnostic::render::Sources;

/// The variables in which GitHub and GitLab name the repository's folder.
const FOLDERS: [&str; 2] = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"];
/// The variable in which GitHub names the file of a job's summary.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// A larger summary is refused as a whole.
const SUMMARY_MOST: u64 = 1024 * 1024;
/// Left free in it, for what other commands of the step add.
const SUMMARY_SPARE: u64 = 64 * 1024;

/// Makes paths those of the repository, so that they mean the same on every computer.
pub(crate) fn make_portable(sources: &mut Sources) {
    let Ok(here) = std::env::current_dir() else { return };
    let bases: Vec<PathBuf> =
        FOLDERS.iter().filter_map(|name| variable(name)).map(PathBuf::from).chain([here.clone()]).collect();
    let folder = sources.campaign.parent().unwrap_or(Path::new("")).to_owned();
    let portable = |path: &Path| portable(path, &here, &bases, &folder);
    sources.audience = sources.audience.as_deref().map(portable);
    sources.campaign = portable(&sources.campaign);
}

/// Below the first base that holds it. A path that was given in full and lies in none is told from the campaign's
/// folder on.
fn portable(path: &Path, here: &Path, bases: &[PathBuf], folder: &Path) -> PathBuf {
    let full = normal(&here.join(path));
    let below = |base: &PathBuf| full.strip_prefix(normal(base)).ok().map(Path::to_owned);
    bases.iter().find_map(below).unwrap_or_else(|| {
        if path.is_relative() {
            return path.to_owned();
        }
        let inside = full.strip_prefix(normal(folder)).ok().map(Path::to_owned);
        inside.or_else(|| path.file_name().map(PathBuf::from)).unwrap_or_default()
    })
}

/// A path without `.` and `..`. Links are left as they are: the names are what people know.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normal.push(part),
        }
    }
    normal
}

/// Adds to the summary of the GitHub job that this runs in, if it does. `text` is told how much room there is.
///
/// # Errors
///
/// The file, and why it cannot be written.
pub(crate) fn summarize(text: impl FnOnce(usize) -> String) -> Result<(), (PathBuf, io::Error)> {
    let Some(path) = variable(SUMMARY).map(PathBuf::from) else { return Ok(()) };
    let there = std::fs::metadata(&path).map_or(0, |file| file.len());
    let room = SUMMARY_MOST.saturating_sub(SUMMARY_SPARE + there);
    let text = text(usize::try_from(room).unwrap_or(usize::MAX));
    let add = || {
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        // The file may not end with a line break, and a heading must begin a line.
        file.write_all(format!("{text}\n").as_bytes())
    };
    add().map_err(|error| (path, error))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_the_repository_on() {
        let bases = [PathBuf::from("/repo")];
        let told = |path: &str, here: &str| {
            portable(Path::new(path), Path::new(here), &bases, Path::new("/far/spring"))
        };
        assert_eq!(told("campaign.toml", "/repo/campaigns"), Path::new("campaigns/campaign.toml"));
        assert_eq!(told("../a/./c.toml", "/repo/b"), Path::new("a/c.toml"));
        assert_eq!(told("/repo/c.toml", "/elsewhere"), Path::new("c.toml"));
        assert_eq!(told("/far/spring/c.toml", "/repo"), Path::new("c.toml"));
        assert_eq!(told("../outside/c.toml", "/repo"), Path::new("../outside/c.toml"));
    }
}
