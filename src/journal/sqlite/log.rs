//! Whether the log that lies beside a journal, into which commits go first, is whole.
//!
//! SQLite reads a log up to the first page that does not fit and takes the rest for what a dying process left unfinished.
//! A process that dies leaves the beginning of a commit and never its end: where an end follows, commits that had been
//! acknowledged are lost, and requests have left because of them. The page that does not fit may be called an end itself:
//! its head is written before its content, so that a process which dies between the two leaves that.

use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::OptionalExtension as _;

use crate::journal::JournalError;
use crate::journal::backend::{Beginnings, Notes};
use crate::journal::identity::Claim;
use crate::journal::sqlite::marks;
use crate::journal::sqlite::store::{FILE, SqliteStore};
use crate::own_file;

/// The first word of a log whose sums are made of little-endian words; of big-endian ones it is one more.
const MAGIC: u32 = 0x377f_0682;
const HEADER: usize = 32;
const FRAME: usize = 24;

/// Whether commits are lost at the end of the log of the journal in a folder.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn is_damaged(folder: &Path) -> io::Result<bool> {
    let mut path = folder.join(FILE).into_os_string();
    path.push("-wal");
    match own_file::open_through(&PathBuf::from(path)) {
        Ok(log) => scan(BufReader::with_capacity(1 << 16, log)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn scan(mut log: impl io::Read) -> io::Result<bool> {
    let mut header = Vec::with_capacity(HEADER);
    log.by_ref().take(32).read_to_end(&mut header)?;
    if header.len() < HEADER {
        return Ok(false);
    }
    let little = word(&header, 0) & !1 == MAGIC && word(&header, 0) & 1 == 0;
    let mut sums = sum([0, 0], &header[..24], little);
    let size = word(&header, 8);
    let named = sums == [word(&header, 24), word(&header, 28)];
    let salts = [word(&header, 16), word(&header, 20)];
    if !named || word(&header, 0) & !1 != MAGIC {
        // Nothing after a header that does not fit is read.
        let mut rest = Vec::new();
        log.take(FRAME as u64).read_to_end(&mut rest)?;
        return Ok(rest.len() == FRAME);
    }
    let length = FRAME + usize::try_from(size).map_err(io::Error::other)?;
    let (mut frame, mut fits) = (Vec::with_capacity(length), true);
    loop {
        frame.clear();
        log.by_ref().take(length as u64).read_to_end(&mut frame)?;
        if frame.len() < length {
            return Ok(false);
        }
        let ours = [word(&frame, 8), word(&frame, 12)] == salts;
        let fitted = fits;
        if fits {
            let next = sum(sum(sums, &frame[..8], little), &frame[FRAME..], little);
            fits = ours && next == [word(&frame, 16), word(&frame, 20)];
            sums = next;
        }
        let ends_commit = word(&frame, 4) != 0;
        // What an earlier round of the log left has other salts.
        if !fitted && ours && ends_commit {
            return Ok(true);
        }
    }
}

/// A word as the log has it.
fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes[at..at + 4].try_into().expect("four bytes are four");
    u32::from_be_bytes(word)
}

/// The sums of SQLite's log, carried on over more bytes.
fn sum([mut first, mut second]: [u32; 2], bytes: &[u8], little: bool) -> [u32; 2] {
    let read = |bytes: &[u8]| {
        let word = bytes.try_into().expect("four bytes are four");
        if little { u32::from_le_bytes(word) } else { u32::from_be_bytes(word) }
    };
    for pair in bytes.chunks_exact(8) {
        first = first.wrapping_add(read(&pair[..4])).wrapping_add(second);
        second = second.wrapping_add(read(&pair[4..])).wrapping_add(first);
    }
    [first, second]
}

impl Beginnings for SqliteStore {
    fn begin_sending(&self, claim: Claim) -> Result<(), JournalError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .optional()
            .map_err(|error| self.unwritable(&error))?;
        self.set_note(&note(claim.campaign.0), &claim.epoch.to_string())?;
        let left = || {
            let transaction = self.connection.unchecked_transaction()?;
            marks::leave(&transaction, claim)?;
            transaction.commit()
        };
        left().map_err(|error: rusqlite::Error| self.unwritable(&error))
    }

    fn has_begun(&self, claim: Claim) -> Result<bool, JournalError> {
        Ok(self.note(&note(claim.campaign.0))? == Some(claim.epoch.to_string()))
    }
}

fn note(campaign: i64) -> String {
    format!("sending:{campaign}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A log of several commits, and how many bytes a frame of it has.
    fn log() -> (Vec<u8>, usize) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path()).expect("a journal");
        for number in 0..9 {
            store.set_note("note", &"x".repeat(number * 700)).expect("a note");
        }
        let log = fs::read(folder.path().join(format!("{FILE}-wal"))).expect("a log");
        let page = usize::try_from(word(&log, 8)).expect("a size");
        (log, FRAME + page)
    }

    fn damaged(log: &[u8]) -> bool {
        scan(log).expect("a log that can be read")
    }

    #[test]
    fn a_commit_that_was_cut_off_anywhere_is_no_damage_and_one_before_others_is() {
        let (log, frame) = log();
        assert!((log.len() - HEADER) / frame > 5 && !damaged(&log));
        for end in (HEADER..log.len()).step_by(501) {
            assert!(!damaged(&log[..end]), "cut off at {end} of {}", log.len());
        }
        // The head of the last page was written, and its content was not: what an earlier round left is there.
        let last = log.len() - frame + FRAME;
        let mut torn = log.clone();
        torn[last..].fill(b'o');
        torn.extend(vec![b'o'; 3 * frame]);
        assert!(!damaged(&torn));
        for at in [HEADER + FRAME + 9, HEADER + frame + FRAME + 9] {
            let mut flipped = log.clone();
            flipped[at] ^= 1;
            assert!(damaged(&flipped), "{at}");
        }
    }
}
