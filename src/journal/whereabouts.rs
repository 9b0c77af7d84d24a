//! Where a journal's file lies, by which a copy knows that it is one: it wakes up under another name, as another file.
//!
//! Either alone says nothing. A folder that is renamed, or mounted elsewhere, keeps its file; one that is put back from a
//! backup, brought along by a cache, or lies on a network keeps its name and may be another file each time. So whoever moves
//! a journal to another disk and another name is asked, and nobody else is who has copied nothing.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// So many places are remembered: somebody may go to and fro between a computer and a container.
const REMEMBERED: usize = 16;

/// Where a journal's file lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// Its name, with all links followed.
    pub(crate) path: String,
    /// Device and number of the file, where the system has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<(u64, u64)>,
}

/// The places at which a journal was sent from, as somebody agreed to, the last one last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Places(Vec<Whereabouts>);

impl Whereabouts {
    /// Of a file that is there.
    pub(crate) fn of(path: &Path) -> Self {
        Self { path: path.to_string_lossy().into_owned(), file: number(path) }
    }

    /// Whether it is the same file, or one in its place.
    fn is(&self, other: &Self) -> bool {
        self.path == other.path || self.file.is_some() && self.file == other.file
    }
}

impl Places {
    /// The place where it was last, where it never was at this one.
    pub(crate) fn elsewhere(&self, now: &Whereabouts) -> Option<&Whereabouts> {
        let known = self.0.iter().any(|place| place.is(now));
        self.0.last().filter(|_| !known)
    }

    /// With this place as the last one. Gives whether that is new.
    pub(crate) fn add(&mut self, now: Whereabouts) -> bool {
        if self.0.last() == Some(&now) {
            return false;
        }
        self.0.retain(|place| *place != now);
        self.0.push(now);
        self.0.drain(..self.0.len().saturating_sub(REMEMBERED));
        true
    }
}

#[cfg(unix)]
fn number(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// The system does not say: there a journal that is renamed is asked about too.
#[cfg(not(unix))]
fn number(_: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str, file: u64) -> Whereabouts {
        Whereabouts { path: path.to_owned(), file: Some((1, file)) }
    }

    #[test]
    fn only_what_has_another_name_and_is_another_file_lies_elsewhere() {
        let mut places = Places::default();
        assert_eq!(places.elsewhere(&place("a", 1)), None, "an earlier version noted nothing");
        assert!(places.add(place("a", 1)));
        assert!(!places.add(place("a", 1)));
        assert_eq!(places.elsewhere(&place("b", 1)), None, "it was renamed");
        assert_eq!(places.elsewhere(&place("a", 2)), None, "it was put back");
        assert_eq!(places.elsewhere(&place("b", 2)), Some(&place("a", 1)));
        assert!(places.add(place("b", 2)));
        assert_eq!(places.elsewhere(&place("a", 1)), None, "it is known there");
        let unknown = Whereabouts { path: "c".to_owned(), file: None };
        assert_eq!(places.elsewhere(&unknown), Some(&place("b", 2)));
    }

    #[test]
    fn not_every_place_is_remembered() {
        let mut places = Places::default();
        for number in 0..40 {
            places.add(place(&number.to_string(), number));
        }
        assert_eq!(places.0.len(), REMEMBERED);
        assert_eq!(places.elsewhere(&place("39", 0)), None);
        assert_eq!(places.elsewhere(&place("0", 0)), Some(&place("39", 39)));
    }
}
