//! The parts of a workbook that is a zip file; the only file that knows zip.

use std::io::{Cursor, Read, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, ZipArchive};

use crate::audience::workbook::Format;

/// An open zip file.
pub(crate) struct Package<'b>(ZipArchive<Cursor<&'b [u8]>>);

impl<'b> Package<'b> {
    /// The zip file that these bytes are; nothing where they are none.
    pub(crate) fn open(bytes: &'b [u8]) -> Option<Self> {
        ZipArchive::new(Cursor::new(bytes)).ok().map(Self)
    }

    /// What it is, where it is a workbook.
    pub(crate) fn format(&self) -> Option<Format> {
        let holds = |start: &str, end: &str| self.names(start, end).next().is_some();
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

    /// The names of parts that begin and end so.
    pub(crate) fn names(&self, start: &str, end: &str) -> impl Iterator<Item = String> {
        let names = self.0.file_names().flatten();
        names.filter(move |name| name.starts_with(start) && name.ends_with(end)).map(String::from)
    }

    /// A part, to be read.
    pub(crate) fn part(&mut self, name: &str) -> Option<Box<dyn Read + '_>> {
        Some(Box::new(self.0.by_name(name).ok()?))
    }

    /// All bytes of a part.
    pub(crate) fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.part(name)?.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// The same zip file with other bytes in some parts.
    pub(crate) fn with(&mut self, changed: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
        let mut copy = ZipWriter::new(Cursor::new(Vec::new()));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for index in 0..self.0.len() {
            let part = self.0.by_index_raw(index).ok()?;
            let name = part.name().ok()?.into_owned();
            if !changed.iter().any(|(other, _)| *other == name) {
                copy.raw_copy_file(part).ok()?;
            }
        }
        for (name, bytes) in changed {
            copy.start_file(name.as_str(), stored).ok()?;
            copy.write_all(bytes).ok()?;
        }
        Some(copy.finish().ok()?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_zip_are_no_workbook() {
        assert!(Package::open(b"PK\x03\x04 and nothing more").is_none());
    }
}
