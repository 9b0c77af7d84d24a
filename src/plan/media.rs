//! The media files of a campaign: read once, known by their content, never kept.
//!
//! A payload names a file by what is in it, so equal files give an equal digest on every machine, and uploading one
//! again changes nothing.

use std::collections::HashMap;
use std::io::{self, Read as _, Seek as _};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::audience::fence::{Fence, open_within};
use crate::diagnostic::code::Code;

use crate::message::media::{Content, FileFacts, Format, Upload};
use crate::message::problem::Problem;
use crate::plan::inspect::{self, HEAD};
use crate::plan::near_file;

/// A media file that the platform should take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MediaFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its name as the campaign gives it, filled in.
    pub(crate) name: String,
    /// Its content, and what it is uploaded as.
    pub(crate) content: Content,
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// Its format, by its content.
    pub(crate) format: Format,
    /// How long it plays, where it is sound whose length can be told.
    pub(crate) length: Option<Duration>,
}

/// Where a payload names a content: the id of that content takes the place of these bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MediaPlace {
    /// The bytes of the payload, the quotes included.
    pub(crate) range: Range<usize>,
    /// The slot of the campaign's message.
    pub(crate) slot: usize,
    /// The file.
    pub(crate) file: Arc<MediaFile>,
}

/// The files that were looked at, by path: each is read once, however many rows name it. It holds some two hundred
/// bytes a file and no content.
#[derive(Debug, Default)]
pub struct Library {
    folder: PathBuf,
    /// What may be read, where that is not everything.
    fence: Option<Fence>,
    looked: Mutex<HashMap<(Upload, String), SharedLook>>,
}

/// A look at a file, which one of many who want it takes.
type SharedLook = Arc<OnceLock<Looked>>;

/// What a look at a file gave.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    /// The file, where nothing speaks against it.
    pub(crate) file: Option<Arc<MediaFile>>,
    /// What is worth telling.
    pub(crate) problems: Arc<[Problem]>,
}

impl Library {
    /// The files of a campaign, whose names are relative to this folder.
    pub(crate) fn new(folder: &Path, fence: Option<Fence>) -> Self {
        Self { folder: folder.to_owned(), fence, looked: Mutex::default() }
    }

    /// Looks at a file, or remembers what was seen.
    pub(crate) fn look(&self, upload: Upload, name: &str) -> Looked {
        let cell = {
            // What was seen of a file stays true even if another thread panicked.
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(looked.entry((upload, name.to_owned())).or_default())
        };
        cell.get_or_init(|| {
            let path = self.folder.join(name);
            if self.fence.as_ref().is_some_and(|fence| !fence.holds(&path)) {
                let problem = Problem::new(Code::OutsideSandbox).with("file", name);
                return Looked { file: None, problems: [problem].into() };
            }
            look(upload, name, &self.folder, self.fence.as_ref())
        })
        .clone()
    }
}

impl Library {
    /// The content of a picture beside the campaign that is shown and never sent; nothing where it cannot be read, may not
    /// be, or is larger than so many bytes.
    pub(crate) fn picture(&self, name: &str, most: u64) -> Option<Vec<u8>> {
        let path = self.folder.join(name);
        if self.fence.as_ref().is_some_and(|fence| !fence.holds(&path)) || !path.is_file() {
            return None;
        }
        let mut content = Vec::new();
        let file = open_within(self.fence.as_ref(), &path).ok()?;
        file.take(most + 1).read_to_end(&mut content).ok()?;
        u64::try_from(content.len()).is_ok_and(|bytes| bytes <= most).then_some(content)
    }
}

/// Whether a name stays in the folder that its template names before the first variable. What comes from cells must
/// not lead to other files of the machine.
pub(crate) fn stays_in(folder: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(folder) else { return false };
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    // On other systems a backslash parts nothing, but what is planned here may be sent on Windows.
    let on_windows = rest.split('\\').all(|part| part != "..") && !rest.starts_with('\\');
    on_windows && Path::new(rest).components().all(inside)
}

/// The folder in the text of a template before its first variable, its last separator included.
pub(crate) fn folder_of(prefix: &str) -> &str {
    let parts = |c| c == '/' || cfg!(windows) && c == '\\';
    prefix.rfind(parts).map_or("", |last| &prefix[..=last])
}

fn look(upload: Upload, name: &str, folder: &Path, fence: Option<&Fence>) -> Looked {
    let path = folder.join(name);
    let (seen, sha256) = match read(upload, &path, fence) {
        Ok(read) => read,
        Err(error) => {
            let near = near_file::near(folder, name).filter(|_| error.kind() == io::ErrorKind::NotFound);
            let problem = Problem::new(Code::MediaUnreadable).with("file", name).with("reason", error);
            let problem = Problem { near, ..problem };
            return Looked { file: None, problems: [problem].into() };
        }
    };
    let mut problems = Vec::new();
    upload.check(name, &seen, &mut |problem| problems.push(problem));
    let sound =
        problems.iter().all(|problem| problem.code.severity() == crate::diagnostic::Severity::Warning);
    let file = seen.format.ok().filter(|_| sound).map(|format| {
        let content = Content { upload, sha256 };
        Arc::new(MediaFile {
            path,
            name: name.to_owned(),
            content,
            bytes: seen.bytes,
            format,
            length: seen.length,
        })
    });
    Looked { file, problems: problems.into() }
}

/// Reads a file in pieces. Only a recording, which is small, is kept whole for a moment; of a file that is too large
/// anyway no more is read than shows what it is.
fn read(upload: Upload, path: &Path, fence: Option<&Fence>) -> io::Result<(FileFacts, [u8; 32])> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut file = open_within(fence, path)?;
    let keep = if upload.longest().is_some() { usize::MAX } else { HEAD };
    let mut hash = Sha256::new();
    let (mut kept, mut bytes, mut piece) = (Vec::new(), 0_u64, vec![0; 64 * 1024]);
    loop {
        let count = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let new = &piece[..count];
        hash.update(new);
        kept.extend_from_slice(&new[..count.min(keep - kept.len().min(keep))]);
        bytes += count as u64;
        if bytes > upload.max_bytes() {
            bytes = bytes.max(metadata.len());
            break;
        }
    }
    let format = inspect::format(&kept);
    let whole = bytes <= upload.max_bytes() && upload.longest().is_some();
    let length = format.ok().filter(|_| whole).and_then(|format| inspect::length(format, &kept));
    let cut_off = match format {
        // A file that is too large is reported as too large, whatever else is wrong with it.
        Ok(format) if bytes <= upload.max_bytes() => {
            file.rewind()?;
            !inspect::is_whole(format, &file)?
        }
        Ok(_) | Err(_) => false,
    };
    // The length of a file that is not read to its end would be a guess; it is too large, which is told.
    Ok((FileFacts { bytes, format, length, whole: !cut_off }, hash.finalize().into()))
}

/// The media files that the messages of a plan need, each content once, in the order of the audience.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needed {
    files: Vec<NeededFile>,
    places: HashMap<Content, usize>,
}

/// A media file that messages need.
#[derive(Debug, Clone)]
pub(crate) struct NeededFile {
    /// The file; of several with this content the first.
    pub(crate) file: Arc<MediaFile>,
    /// The slots of the campaign's message that it stands in.
    pub(crate) slots: Vec<usize>,
    /// How many messages need it.
    pub(crate) messages: u64,
}

impl Needed {
    /// Notes that a message needs a file.
    pub(crate) fn add(&mut self, place: &MediaPlace) {
        let index = *self.places.entry(place.file.content).or_insert_with(|| {
            self.files.push(NeededFile { file: Arc::clone(&place.file), slots: Vec::new(), messages: 0 });
            self.files.len() - 1
        });
        if let Some(needed) = self.files.get_mut(index) {
            needed.messages += 1;
            if !needed.slots.contains(&place.slot) {
                needed.slots.push(place.slot);
            }
        }
    }

    /// The files.
    pub(crate) fn files(&self) -> &[NeededFile] {
        &self.files
    }

    /// Whether no message needs a file.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_cells_stays_in_the_folder_of_its_template() {
        assert_eq!(folder_of("qr/member-"), "qr/");
        assert_eq!(folder_of("member-"), "");
        for (folder, name) in [("qr/", "qr/a.png"), ("", "a/b.png"), ("../shared/", "../shared/./a..png")] {
            assert!(stays_in(folder, name), "{name}");
        }
        let outside = [
            ("", "../a.png"),
            ("", "/etc/passwd"),
            ("qr/", "qr/../../etc/passwd"),
            ("qr/", "qr/x/../../a.png"),
            ("qr/", "qr//etc/passwd"),
            ("", "..\\a.png"),
            ("", "\\\\server\\share\\a.png"),
            ("../shared/", "../shared/../a.png"),
        ];
        for (folder, name) in outside {
            assert!(!stays_in(folder, name), "{name}");
        }
    }

    #[test]
    fn a_file_is_read_once_and_known_by_its_content() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let write = |name: &str, content: &[u8]| {
            std::fs::write(folder.path().join(name), content).unwrap_or_else(|error| panic!("{error}"));
        };
        write("a.png", b"\x89PNG\r\n\x1a\n one");
        write("b.png", b"\x89PNG\r\n\x1a\n one");
        let library = Library::new(folder.path(), None);
        let content = |name: &str| library.look(Upload::Image, name).file.map(|file| file.content);
        let first = content("a.png");
        assert!(first.is_some());
        assert_eq!(content("b.png"), first);
        write("a.png", b"\x89PNG\r\n\x1a\n two");
        assert_eq!(content("a.png"), first, "it is not read again");
        let codes: Vec<Code> =
            library.look(Upload::Image, "none.png").problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [Code::MediaUnreadable]);
    }
}
