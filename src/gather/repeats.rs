//! Who may stand in a list twice, however long it is: hashes are sorted a part at a time, and parts that are full wait on the
//! disk.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::own_file;
use crate::plan::duplicates::{Repeated, hash};

/// So many hashes are in memory, eight bytes each.
const PART: usize = 1 << 20;
/// Read from each part at once.
const BUFFER: usize = 64 * 1024;

/// The openids of a list, as hashes.
#[derive(Debug)]
pub(crate) struct Repeats {
    part: Vec<u64>,
    /// How many are in memory at most.
    most: usize,
    /// Where parts lie that are full, and how many do; nothing before there is one.
    full: Option<(BufWriter<NamedTempFile>, u64)>,
    folder: std::path::PathBuf,
}

impl Repeats {
    /// Of a list of which nobody came yet. `folder` is where parts may lie.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { part: Vec::new(), most: PART, full: None, folder: folder.to_owned() }
    }

    /// Takes an openid in.
    ///
    /// # Errors
    ///
    /// When the disk does not take a part.
    pub(crate) fn add(&mut self, openid: &str) -> io::Result<()> {
        self.part.push(hash(openid.as_bytes()));
        if self.part.len() < self.most {
            return Ok(());
        }
        self.part.sort_unstable();
        let (file, parts) = match &mut self.full {
            Some(full) => full,
            none => {
                let file = BufWriter::with_capacity(BUFFER, own_file::temporary_in(&self.folder)?);
                none.insert((file, 0))
            }
        };
        for hash in self.part.drain(..) {
            file.write_all(&hash.to_le_bytes())?;
        }
        *parts += 1;
        Ok(())
    }

    /// The hashes that came more than once.
    ///
    /// # Errors
    ///
    /// When the disk does not give a part back.
    pub(crate) fn repeated(mut self) -> io::Result<Repeated> {
        self.part.sort_unstable();
        let mut repeated = Repeated::default();
        let Some((file, parts)) = self.full else {
            self.part.into_iter().for_each(in_order(&mut repeated));
            return Ok(repeated);
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        // Windows lets nobody read a file that is locked.
        let _ = file.as_file().unlock();
        let length = self.most as u64 * size_of::<u64>() as u64;
        let mut all = Vec::new();
        for number in 0..parts {
            all.push(Part::on_disk(&file, number * length, length)?);
        }
        all.push(Part::InMemory(self.part.into_iter()));
        let mut next = BinaryHeap::new();
        for (index, part) in all.iter_mut().enumerate() {
            next.extend(part.next()?.map(|hash| Reverse((hash, index))));
        }
        let mut take = in_order(&mut repeated);
        while let Some(Reverse((hash, index))) = next.pop() {
            take(hash);
            next.extend(all[index].next()?.map(|hash| Reverse((hash, index))));
        }
        drop(take);
        Ok(repeated)
    }
}

/// Takes hashes in their order and notes each that comes again.
fn in_order(repeated: &mut Repeated) -> impl FnMut(u64) {
    let mut last = None;
    move |hash| {
        if last == Some(hash) {
            repeated.add(hash);
        }
        last = Some(hash);
    }
}

/// Hashes in their order.
enum Part {
    InMemory(std::vec::IntoIter<u64>),
    OnDisk(io::Take<BufReader<File>>),
}

impl Part {
    fn on_disk(file: &NamedTempFile, from: u64, length: u64) -> io::Result<Self> {
        let mut file = file.reopen()?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Self::OnDisk(BufReader::with_capacity(BUFFER, file).take(length)))
    }

    fn next(&mut self) -> io::Result<Option<u64>> {
        match self {
            Self::InMemory(hashes) => Ok(hashes.next()),
            Self::OnDisk(file) if file.limit() == 0 => Ok(None),
            Self::OnDisk(file) => {
                let mut bytes = [0; size_of::<u64>()];
                file.read_exact(&mut bytes)?;
                Ok(Some(u64::from_le_bytes(bytes)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::duplicates::Hashes;

    #[test]
    fn who_stands_there_twice_is_found_whatever_lies_on_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut dice = fastrand::Rng::with_seed(19);
        for people in [0, 1, 7, 8, 9, 100, 1000] {
            let list: Vec<String> = (0..people).map(|_| format!("o{}", dice.u32(..people * 3))).collect();
            for most in [8, 64, PART] {
                let mut repeats = Repeats { most, ..Repeats::new(folder.path()) };
                let mut hashes = Hashes::default();
                for openid in &list {
                    repeats.add(openid).expect("a disk");
                    hashes.add(openid.as_bytes());
                }
                assert_eq!(repeats.repeated().expect("a disk"), hashes.repeated(), "{people} {most}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left behind");
    }
}
