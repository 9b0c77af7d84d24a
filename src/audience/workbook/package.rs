//! The parts of a workbook that is a zip file; the only file that knows zip.

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
    size: usize,
}

impl<'b> Package<'b> {
    /// The zip file that these bytes are; nothing where they are none.
    pub(crate) fn open(bytes: &'b [u8]) -> Option<Self> {
        let zip = ZipArchive::new(Cursor::new(bytes)).ok()?;
        let names =
            zip.file_names().map(|name| name.map_or_else(|_| String::new(), |name| name.replace('\\', "/")));
        let names = names.collect();
        Some(Self { zip, names, size: bytes.len() })
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

    /// All bytes of a part.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        self.part(name)?.read_to_end(&mut bytes).map_err(|_| Failure::part(name))?;
        Ok(bytes)
    }

    /// How many bytes a part may unfold to: what lists of people do, and more.
    fn most(&self) -> usize {
        const LEAST: usize = 64 * 1024 * 1024;
        const MOST: usize = 1024 * 1024 * 1024;
        self.size.saturating_mul(40).clamp(LEAST, MOST)
    }

    fn index(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|one| one == name);
        exact.or_else(|| self.names.iter().position(|one| one.eq_ignore_ascii_case(name)))
    }
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
