//! The parts of a workbook that is a zip file; the only file that knows zip.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::path::Path;

use zip::ZipArchive;

use crate::audience::workbook::cell::Failure;
use crate::audience::workbook::{Format, is_named_so};

/// An open zip file.
pub(crate) struct Package<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// The names of its parts, `/` between folders whatever the program wrote.
    names: Vec<String>,
    /// Where they stand, by name and by name in small letters: some programs disagree with themselves.
    exact: HashMap<String, usize>,
    lower: HashMap<String, usize>,
    size: usize,
}

impl<'b> Package<'b> {
    /// The zip file that these bytes are; nothing where they are none.
    pub(crate) fn open(bytes: &'b [u8]) -> Option<Self> {
        if entries(bytes)? > MOST_PARTS {
            return None;
        }
        let zip = ZipArchive::new(Cursor::new(bytes)).ok()?;
        let names =
            zip.file_names().map(|name| name.map_or_else(|_| String::new(), |name| name.replace('\\', "/")));
        let names: Vec<String> = names.collect();
        let (mut exact, mut lower) = (HashMap::new(), HashMap::new());
        for (at, name) in names.iter().enumerate() {
            exact.entry(name.clone()).or_insert(at);
            lower.entry(name.to_ascii_lowercase()).or_insert(at);
        }
        Some(Self { zip, names, exact, lower, size: bytes.len() })
    }

    /// What it is, where it is a workbook.
    pub(crate) fn format(&self) -> Option<Format> {
        let holds = |start: &str, end: &str| {
            self.names.iter().any(|name| name.starts_with(start) && name.ends_with(end))
        };
        if holds("xl/workbook", ".bin") {
            Some(Format::Xlsb)
        } else if holds("xl/", ".xml") {
            Some(Format::Xlsx)
        } else if holds("content.xml", "") && !holds("word/", "") {
            Some(Format::Ods)
        } else {
            None
        }
    }

    /// What it is where it is no workbook, by what people pack and rename: the key of the words for it.
    pub(crate) fn other(&self) -> &'static str {
        let holds = |start: &str| self.names.iter().any(|name| name.starts_with(start));
        let is_workbook = |name: &String| is_named_so(Path::new(name));
        match () {
            () if holds("word/") => "unit.word",
            () if holds("ppt/") => "unit.slides",
            () if self.names.iter().any(|name| name.ends_with(".iwa")) || holds("Index.zip") => {
                "unit.numbers"
            }
            () if self.names.iter().any(is_workbook) => "unit.packed",
            () => "unit.zip",
        }
    }

    /// Whether there is such a part.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.index(name).is_some()
    }

    /// A part, to be read.
    pub(crate) fn part(&mut self, name: &str) -> Result<Box<dyn Read + '_>, Failure> {
        let index = self.index(name).ok_or_else(|| Failure::part(name))?;
        let left = self.most();
        let inner = self.zip.by_index(index).map_err(|_| Failure::part(name))?;
        Ok(Box::new(Bounded { inner, left }))
    }

    /// How many bytes a part may unfold to: what lists of people do, and more.
    fn most(&self) -> usize {
        const LEAST: usize = 64 * 1024 * 1024;
        const MOST: usize = 1024 * 1024 * 1024;
        self.size.saturating_mul(40).clamp(LEAST, MOST)
    }

    fn index(&self, name: &str) -> Option<usize> {
        let lower = || self.lower.get(&name.to_ascii_lowercase());
        self.exact.get(name).or_else(lower).copied()
    }
}

/// More parts than this has no workbook that anybody made; each takes ten times the memory that it takes in the file.
const MOST_PARTS: u64 = 100_000;

/// How many parts a zip file says that it has, at its end.
fn entries(bytes: &[u8]) -> Option<u64> {
    const END: &[u8] = b"PK\x05\x06";
    const LARGE_END: &[u8] = b"PK\x06\x06";
    // Behind the end stands a comment of at most 65,535 bytes.
    let tail = bytes.len().saturating_sub(22 + usize::from(u16::MAX));
    let end = tail + memchr::memmem::rfind(&bytes[tail..], END)?;
    let count = u16::from_le_bytes(bytes.get(end + 10..end + 12)?.try_into().ok()?);
    let large = || {
        let at = memchr::memmem::rfind(&bytes[..end], LARGE_END)?;
        Some(u64::from_le_bytes(bytes.get(at + 32..at + 40)?.try_into().ok()?))
    };
    Some(if count == u16::MAX { large().unwrap_or(count.into()) } else { count.into() })
}

/// A part that is an error once it gives more than it may.
struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.left = self.left.checked_sub(read).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

/// The part that a relation of another part leads to; `folder` is where that other stands.
pub(crate) fn resolved(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_zip_are_no_workbook() {
        assert!(Package::open(b"PK\x03\x04 and nothing more").is_none());
    }

    #[test]
    fn relations_lead_to_parts() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "/xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", ".\\worksheets\\sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl/worksheets", "../sharedStrings.xml"), "xl/sharedStrings.xml");
    }
}
