//! A list as far as it has been fetched, in a file of its own: a line each, and after each page a mark that says where
//! the next one begins. Whoever fetches it again goes on behind the last mark.
//!
//! The file is written page by page and not synced: what a power cut takes is fetched again. A mark counts the lines
//! before it, so that a file of which the middle was lost is cut there.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::own_file;

/// Marks begin with it; neither an openid nor JSON does.
const MARK: char = '#';
const PAGES: &str = ".pages";
/// A list that is not all there goes on for so long, so that one that used up a day's calls goes on the next day.
const OLDEST: SignedDuration = SignedDuration::from_hours(48);
/// One that is all there stands for the people of this moment for so long: time enough to close the file in Excel and run
/// the command again. Whoever came, left or got another tag since is not in it.
const OLDEST_WHOLE: SignedDuration = SignedDuration::from_mins(10);

/// How far a list has been fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// When it was begun: nothing of it is older.
    pub(crate) begun: Timestamp,
    /// When its last page came.
    came: Timestamp,
    /// How many lines it has.
    pub(crate) lines: u64,
    /// Behind whom the next page begins.
    pub(crate) behind: String,
    /// How many there are in all, as the platform counted them last.
    pub(crate) total: Option<u64>,
    /// Whether it is all there.
    pub(crate) ended: bool,
}

impl Mark {
    fn first(now: Timestamp) -> Self {
        Self { begun: now, came: now, lines: 0, behind: String::new(), total: None, ended: false }
    }

    /// Whether it may still be used. What is from the future is by a wrong clock.
    fn is_fresh(&self, now: Timestamp) -> bool {
        let since = |at: Timestamp, most: SignedDuration| {
            let age = now.duration_since(at);
            !age.is_negative() && age <= most
        };
        since(self.begun, OLDEST) && (!self.ended || since(self.came, OLDEST_WHOLE))
    }
}

/// A list as far as it has been fetched.
#[derive(Debug)]
pub(crate) struct Kept {
    path: PathBuf,
    file: File,
    mark: Mark,
    /// Held as long as the list is worked on. It is not the list itself: Windows lets nobody read a file that is locked.
    lock: File,
}

/// Why a list cannot be kept.
#[derive(Debug)]
pub(crate) enum KeptError {
    /// Another process fetches it at this moment.
    Busy,
    /// The disk says so.
    Disk(io::Error),
}

impl From<io::Error> for KeptError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Kept {
    /// The list of a name in a folder, as far as it has been fetched; from the beginning where `anew` says so, or where
    /// what is there is too old. One that is all there is not too old as long as another one goes on that is made of it:
    /// `rests` begins the name of that one, which ends in the moment when this one was begun.
    ///
    /// # Errors
    ///
    /// When somebody else fetches it, or it cannot be read or written.
    pub(crate) fn open(
        folder: &Path,
        name: &str,
        rests: Option<&str>,
        anew: bool,
        now: Timestamp,
    ) -> Result<Self, KeptError> {
        own_file::make_folder(folder)?;
        sweep(folder);
        let path = folder.join(format!("{name}{PAGES}"));
        let lock = own_file::open_or_make(&folder.join(format!("{name}.lock")))?;
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(KeptError::Busy);
        }
        let file = own_file::open_or_make(&path)?;
        let (mark, end) = last_mark(&path)?.unwrap_or_else(|| (Mark::first(now), 0));
        let is_rested_on = || match rests {
            Some(rests) => goes_on(folder, &resting_on(rests, &mark), now),
            None => Ok(false),
        };
        let is_wanted = !anew && (mark.is_fresh(now) || is_rested_on()?);
        let (mark, end) = if is_wanted { (mark, end) } else { (Mark::first(now), 0) };
        let mut kept = Self { path, file, mark, lock };
        kept.cut(end)?;
        Ok(kept)
    }

    /// How far it has been fetched.
    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Begins from the first page.
    pub(crate) fn restart(&mut self, now: Timestamp) -> io::Result<()> {
        self.mark = Mark::first(now);
        self.cut(0)
    }

    /// Puts a page behind what is there.
    pub(crate) fn add<S: AsRef<str>>(
        &mut self,
        lines: &[S],
        behind: &str,
        total: Option<u64>,
        ended: bool,
    ) -> io::Result<()> {
        let mark = Mark {
            begun: self.mark.begun,
            came: Timestamp::now(),
            lines: self.mark.lines + lines.len() as u64,
            behind: behind.to_owned(),
            total: total.or(self.mark.total),
            ended,
        };
        let mut page = String::with_capacity(lines.len() * 32 + 128);
        for line in lines {
            page.push_str(line.as_ref());
            page.push('\n');
        }
        let told = serde_json::to_string(&mark).expect("a mark of plain values serialises");
        page.push(MARK);
        page.push_str(&told);
        page.push('\n');
        self.file.write_all(page.as_bytes())?;
        self.mark = mark;
        Ok(())
    }

    /// Calls `each` with every line.
    pub(crate) fn lines<E: From<io::Error>>(
        &self,
        each: &mut dyn FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut lines = self.read()?;
        while let Some(line) = lines.next()? {
            each(line)?;
        }
        Ok(())
    }

    /// Its lines, one after another.
    pub(crate) fn read(&self) -> io::Result<Lines> {
        let reader = BufReader::with_capacity(256 * 1024, own_file::open(&self.path)?);
        Ok(Lines { reader, line: String::new() })
    }

    /// Deletes it: what it was fetched for is done.
    pub(crate) fn done(self) {
        // One that stays is too old some day.
        let _ = std::fs::remove_file(&self.path);
        drop(self.lock);
    }

    fn cut(&mut self, end: u64) -> io::Result<()> {
        self.file.set_len(end)?;
        self.file.seek(SeekFrom::Start(end)).map(drop)
    }
}

/// The lines of a list that was kept.
#[derive(Debug)]
pub(crate) struct Lines {
    reader: BufReader<File>,
    line: String,
}

impl Lines {
    /// The next one.
    pub(crate) fn next(&mut self) -> io::Result<Option<&str>> {
        loop {
            self.line.clear();
            if self.reader.read_line(&mut self.line)? == 0 {
                return Ok(None);
            }
            if !self.line.starts_with(MARK) {
                return Ok(Some(self.line.trim_end_matches('\n')));
            }
        }
    }
}

/// The name of a list that is made of the people of another one.
pub(crate) fn resting_on(rests: &str, mark: &Mark) -> String {
    format!("{rests}{}", mark.begun.as_microsecond())
}

/// Whether there is a list of a name that is fresh.
fn goes_on(folder: &Path, name: &str, now: Timestamp) -> io::Result<bool> {
    match last_mark(&folder.join(format!("{name}{PAGES}"))) {
        Ok(found) => Ok(found.is_some_and(|(mark, _)| mark.is_fresh(now))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Deletes what nobody goes on with any more.
fn sweep(folder: &Path) {
    // What cannot be seen or deleted stays: it is only looked at by its own name.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_list = entry.file_name().to_str().is_some_and(|name| name.ends_with(PAGES));
        let written = entry.metadata().and_then(|about| about.modified());
        let age = written.ok().and_then(|written| written.elapsed().ok());
        if is_list && age.is_some_and(|age| age > OLDEST.unsigned_abs()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The last mark before which nothing is missing, and where it ends.
fn last_mark(path: &Path) -> io::Result<Option<(Mark, u64)>> {
    let mut reader = BufReader::with_capacity(256 * 1024, own_file::open(path)?);
    let (mut line, mut at, mut lines) = (Vec::new(), 0, 0);
    let mut found = None;
    loop {
        line.clear();
        at += reader.read_until(b'\n', &mut line)? as u64;
        let Some(whole) = line.strip_suffix(b"\n") else { return Ok(found) };
        let Some(told) = whole.strip_prefix(&[MARK as u8]) else {
            lines += 1;
            continue;
        };
        match serde_json::from_slice::<Mark>(told) {
            Ok(mark) if mark.lines == lines => found = Some((mark, at)),
            Ok(_) | Err(_) => return Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(kept: &Kept) -> Vec<String> {
        let mut lines = Vec::new();
        kept.lines::<io::Error>(&mut |line| {
            lines.push(line.to_owned());
            Ok(())
        })
        .expect("a readable file");
        lines
    }

    fn open(folder: &Path, anew: bool) -> Kept {
        Kept::open(folder, "followers", None, anew, Timestamp::now()).expect("a list")
    }

    #[test]
    fn a_list_goes_on_behind_its_last_whole_page() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut kept = open(folder.path(), false);
        kept.add(&["oA", "oB"], "oB", Some(3), false).expect("a page");
        let path = kept.path.clone();
        drop(kept);
        // A page that was cut off while it was written.
        let mut text = std::fs::read(&path).expect("a file");
        text.extend_from_slice(b"oC\n#{\"begun\":");
        std::fs::write(&path, text).expect("a written file");
        let mut kept = open(folder.path(), false);
        assert_eq!((kept.mark().behind.as_str(), kept.mark().lines), ("oB", 2));
        kept.add(&["oC"], "", None, true).expect("a page");
        assert_eq!(lines(&kept), ["oA", "oB", "oC"]);
        assert_eq!((kept.mark().total, kept.mark().ended), (Some(3), true));
    }

    #[test]
    fn a_list_whose_middle_is_lost_is_cut_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut kept = open(folder.path(), false);
        kept.add(&["oA"], "oA", None, false).expect("a page");
        kept.add(&["oB"], "oB", None, false).expect("a page");
        let path = kept.path.clone();
        drop(kept);
        let text = std::fs::read_to_string(&path).expect("a file").replace("oB\n#", "#");
        std::fs::write(&path, text).expect("a written file");
        assert_eq!(open(folder.path(), false).mark().behind, "oA");
    }

    #[test]
    fn what_is_old_or_unwanted_is_fetched_anew_and_nobody_fetches_it_twice_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut kept = open(folder.path(), false);
        kept.add(&["oA"], "oA", None, false).expect("a page");
        let busy = Kept::open(folder.path(), "followers", None, false, Timestamp::now());
        assert!(matches!(busy, Err(KeptError::Busy)));
        drop(kept);
        let later = Timestamp::now() + SignedDuration::from_hours(49);
        let old = Kept::open(folder.path(), "followers", None, false, later).expect("a list");
        assert_eq!(old.mark().lines, 0);
        drop(old);
        assert_eq!(open(folder.path(), true).mark().lines, 0);
    }

    #[test]
    fn a_whole_list_is_old_after_minutes_but_for_one_that_goes_on_and_is_made_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut kept = open(folder.path(), false);
        kept.add(&["oA"], "", None, true).expect("a page");
        let profiles = resting_on("profiles", kept.mark());
        drop(kept);
        let at = |minutes, rests| {
            let now = Timestamp::now() + SignedDuration::from_mins(minutes);
            Kept::open(folder.path(), "followers", rests, false, now).expect("a list").mark().lines
        };
        assert_eq!(at(5, None), 1);
        let mut parts = Kept::open(folder.path(), &profiles, None, false, Timestamp::now()).expect("a list");
        parts.add(&["{}"], "", None, false).expect("a page");
        drop(parts);
        assert_eq!(at(20 * 60, Some("profiles")), 1);
        assert_eq!(at(49 * 60, Some("profiles")), 0);
    }

    #[test]
    fn what_is_from_the_future_or_whole_for_long_is_fetched_anew() {
        for minutes in [11, -11] {
            let folder = tempfile::tempdir().expect("a folder");
            let mut kept = open(folder.path(), false);
            kept.add(&["oA"], "", None, true).expect("a page");
            drop(kept);
            let now = Timestamp::now() + SignedDuration::from_mins(minutes);
            let kept = Kept::open(folder.path(), "followers", None, false, now).expect("a list");
            assert_eq!(kept.mark().lines, 0, "{minutes}");
        }
    }
}
