//! Who of several lists is meant: in one of these, in all of those, in none of the others, and nobody twice.
//!
//! The lists are files that are read as streams. Of whom a list must or must not hold, a hash of 128 bits is in memory;
//! of everybody else nothing, and whoever may stand there twice ([`repeats`](crate::gather::repeats)) is compared letter by
//! letter.

use std::fs::File;
use std::hash::BuildHasher as _;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use foldhash::quality::FixedState;

use crate::gather::kept::Kept;
use crate::gather::repeats::Repeats;
use crate::plan::duplicates::SeenOpenids;

/// The openids of a list, as hashes so long that no two of all people share one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Set(Vec<u128>);

fn hash(openid: &str) -> u128 {
    let half = |seed| u128::from(FixedState::with_seed(seed).hash_one(openid.as_bytes()));
    half(1) << 64 | half(2)
}

impl Set {
    /// The openids that `each` is called with.
    pub(crate) fn of<E>(
        fill: impl FnOnce(&mut dyn FnMut(&str) -> Result<(), E>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut hashes = Vec::new();
        fill(&mut |openid| {
            hashes.push(hash(openid));
            Ok(())
        })?;
        hashes.sort_unstable();
        hashes.dedup();
        Ok(Self(hashes))
    }

    /// The openids of a list that was fetched.
    pub(crate) fn of_kept(kept: &Kept) -> io::Result<Self> {
        Self::of(|each| kept.lines(each))
    }

    fn has(&self, openid: &str) -> bool {
        self.0.binary_search(&hash(openid)).is_ok()
    }
}

/// Calls what it is given with the openids of a list, from the first to the last.
pub(crate) type Read<'a> = dyn Fn(&mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> + 'a;

/// Who is meant.
#[derive(Default)]
pub(crate) struct Selection<'a> {
    /// People stand in one of these.
    pub(crate) any: Vec<Box<Read<'a>>>,
    /// And in each of these.
    pub(crate) all: Vec<Set>,
    /// And in none of these.
    pub(crate) not: Vec<Set>,
}

/// What became of everybody who stood in the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sifted {
    /// How many lines the lists had.
    pub(crate) read: u64,
    /// How many of them stood there a second time.
    pub(crate) repeated: u64,
    /// How many people are not meant.
    pub(crate) left_out: u64,
    /// How many are.
    pub(crate) kept: u64,
}

impl Selection<'_> {
    fn means(&self, openid: &str) -> bool {
        self.all.iter().all(|set| set.has(openid)) && !self.not.iter().any(|set| set.has(openid))
    }

    fn each(&self, take: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        self.any.iter().try_for_each(|list| list(take))
    }

    /// Calls `take` with everybody who is meant, once each, in the order of the lists.
    /// `folder` is where something may lie meanwhile.
    pub(crate) fn sift(
        &self,
        folder: &Path,
        take: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> io::Result<Sifted> {
        let mut repeats = Repeats::new(folder);
        self.each(&mut |openid| repeats.add(openid))?;
        let mut seen = SeenOpenids::new(repeats.repeated()?);
        let mut sifted = Sifted::default();
        self.each(&mut |openid| {
            sifted.read += 1;
            if seen.before(openid) > 0 {
                sifted.repeated += 1;
                return Ok(());
            }
            seen.take(openid);
            if !self.means(openid) {
                sifted.left_out += 1;
                return Ok(());
            }
            sifted.kept += 1;
            take(openid)
        })?;
        Ok(sifted)
    }

    /// Puts everybody who is meant into a file without a name, a line each.
    pub(crate) fn into_file(self, folder: &Path) -> io::Result<(People, Sifted)> {
        let mut sifted = Sifted::default();
        let people = People::of::<io::Error>(folder, |each| {
            sifted = self.sift(folder, each)?;
            Ok(())
        })?;
        Ok((people, sifted))
    }
}

/// People in a file, one after another.
#[derive(Debug)]
pub(crate) struct People {
    lines: BufReader<File>,
}

impl People {
    /// The people that `fill` hands over, in a file without a name.
    pub(crate) fn of<E: From<io::Error>>(
        folder: &Path,
        fill: impl FnOnce(&mut dyn FnMut(&str) -> Result<(), E>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut out = io::BufWriter::with_capacity(256 * 1024, tempfile::tempfile_in(folder)?);
        fill(&mut |openid| Ok(writeln!(out, "{openid}")?))?;
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Self { lines: BufReader::with_capacity(256 * 1024, file) })
    }

    /// Passes over so many.
    pub(crate) fn skip(&mut self, count: u64) -> io::Result<()> {
        let mut line = Vec::new();
        for _ in 0..count {
            line.clear();
            self.lines.read_until(b'\n', &mut line)?;
        }
        Ok(())
    }

    /// The next ones, at most so many.
    pub(crate) fn take(&mut self, most: usize) -> io::Result<Vec<String>> {
        let mut some = Vec::new();
        while some.len() < most {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 {
                break;
            }
            line.truncate(line.trim_end_matches('\n').len());
            some.push(line);
        }
        Ok(some)
    }

    /// Calls `each` with all of them.
    pub(crate) fn each(mut self, each: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            each(line.trim_end_matches('\n'))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Small numbers, so that lists share people.
    fn list() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(0_u8..12, 0..20)
    }

    fn lists() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(list(), 0..3)
    }

    fn name(number: u8) -> String {
        format!("oPERSON{number:021}")
    }

    fn set(list: &[u8]) -> Set {
        Set::of::<io::Error>(|each| list.iter().try_for_each(|number| each(&name(*number)))).expect("memory")
    }

    proptest! {
        #[test]
        fn whoever_is_meant_comes_once_and_nobody_else_does(any in lists(), all in lists(), not in lists()) {
            let read = |list: Vec<u8>| -> Box<Read<'static>> {
                Box::new(move |each| list.iter().try_for_each(|number| each(&name(*number))))
            };
            let selection = Selection {
                any: any.iter().cloned().map(read).collect(),
                all: all.iter().map(|list| set(list)).collect(),
                not: not.iter().map(|list| set(list)).collect(),
            };
            let mut came = Vec::new();
            let sifted = selection.sift(&std::env::temp_dir(), &mut |openid| { came.push(openid.to_owned()); Ok(()) }).expect("memory");
            let people: BTreeSet<u8> = any.iter().flatten().copied().collect();
            let meant: BTreeSet<String> = people
                .iter()
                .filter(|number| all.iter().all(|list| list.contains(number)))
                .filter(|number| !not.iter().any(|list| list.contains(number)))
                .map(|number| name(*number))
                .collect();
            let distinct: BTreeSet<String> = came.iter().cloned().collect();
            prop_assert_eq!(came.len(), distinct.len(), "nobody comes twice");
            prop_assert_eq!(&distinct, &meant);
            let lines = any.iter().flatten().count() as u64;
            prop_assert_eq!(sifted.read, lines);
            prop_assert_eq!(sifted.read, sifted.repeated + sifted.left_out + sifted.kept);
            prop_assert_eq!(sifted.kept, meant.len() as u64);
        }
    }

    #[test]
    fn people_in_a_file_are_taken_part_by_part() {
        let folder = tempfile::tempdir().expect("a folder");
        let selection = Selection {
            any: vec![Box::new(|each| (0..5).try_for_each(|number| each(&name(number))))],
            ..Selection::default()
        };
        let (mut people, sifted) = selection.into_file(folder.path()).expect("a file");
        assert_eq!(sifted.kept, 5);
        people.skip(2).expect("a file");
        assert_eq!(people.take(2).expect("a file"), [name(2), name(3)]);
        assert_eq!(people.take(2).expect("a file"), [name(4)]);
    }
}
