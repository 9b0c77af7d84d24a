//! Bytes of any usual encoding to strict text, or a workbook to its table.
//!
//! A byte that is no text in the file's encoding is a fault with its line; it never becomes U+FFFD in a message.
//! UTF-8 is checked in one pass before anything is read and then handed on as it is; every other encoding is
//! decoded block by block. Memory is constant either way.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use crate::audience::csv::detect::{Detected, Evidence, detect, look_through};
use crate::audience::csv::text::{BLOCK, Text, Undecodable, newlines};
use crate::audience::fence::open_within;
use crate::audience::source::Source;
use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::parse::parse;
use crate::audience::workbook::table::Table;
use crate::audience::workbook::{self, is_named_so};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::unread;
use crate::diagnostic::value::{Key, Value};

/// U+FEFF in GB18030, which is not among the marks that `encoding_rs` knows.
const GB18030_BOM: &[u8] = b"\x84\x31\x95\x33";

/// A zip file in the place of a text is looked into up to this size.
const LARGEST_ZIP: u64 = 64 << 20;

/// What an audience file holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// Text.
    Text(Decoded),
    /// A workbook, and the table of the audience's sheet.
    Workbook(Arc<Table>),
}

/// An audience file as text.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// What the file is encoded in.
    pub(crate) encoding: &'static Encoding,
    /// Whether it begins with a byte order mark.
    pub(crate) bom: bool,
    /// The text, as UTF-8 without the byte order mark.
    pub(crate) text: Text,
}

/// Opens the file, as what it is by its content: a name that says otherwise is a fault.
pub(crate) fn open(source: &Source) -> Result<Content, Unreadable> {
    let unreadable = |error: io::Error| diagnostic(&unread::reason(&source.path, error));
    if unread::is_special(&source.path) {
        return Err(Diagnostic::new(Code::AudienceSpecial, Place::Audience).into());
    }
    let opened = open_within(source.fence.as_ref(), &source.path);
    if source.fetched && opened.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Err(Diagnostic::new(Code::AudienceNotFetched, Place::Audience).into());
    }
    let mut file = opened.map_err(unreadable)?;
    let mut head = Vec::with_capacity(BLOCK);
    file.by_ref().take(BLOCK as u64).read_to_end(&mut head).map_err(unreadable)?;
    if !is_named_so(&source.path) {
        return Ok(Content::Text(open_text(source, file, &head)?));
    }
    if head.is_empty() {
        return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience).into());
    }
    let mut bytes = Vec::new();
    if workbook::begins(&head) {
        bytes.extend_from_slice(&head);
        file.read_to_end(&mut bytes).map_err(unreadable)?;
    }
    match workbook::format(&bytes)? {
        Some(format) => Ok(Content::Workbook(source.cache.table(&bytes, || parse(&bytes, format, source))?)),
        None if workbook::begins(&head) && workbook::other_zip(&bytes).is_none() => {
            Err(workbook::unreadable("zip").into())
        }
        None => {
            let text = || if memchr::memchr(0, &head).is_some() { "unit.binary" } else { "unit.text" };
            let kind = workbook::other_zip(&bytes).or_else(|| other_sheet(&head)).unwrap_or_else(text);
            let kind = Key::new(kind);
            Err(Diagnostic::new(Code::NotAWorkbook, Place::Audience).with("kind", kind).into())
        }
    }
}

/// Finds out the encoding of a text and, for UTF-8, makes sure that all of it is.
///
/// Without an encoding in the campaign a byte order mark decides, then whether the whole file is UTF-8, then
/// whether it is GB18030. Faults in files of other encodings come out while [`Text`] is read.
fn open_text(source: &Source, mut file: File, head: &[u8]) -> Result<Decoded, Diagnostic> {
    let unreadable = |error: io::Error| diagnostic(&error);
    if source.sheet.is_some() && !workbook::begins(head) {
        let at = Place::Field(FieldPath::of("audience.sheet"));
        return Err(Diagnostic::new(Code::SheetOfText, at));
    }
    let (marked, mark) = Encoding::for_bom(head).unzip();
    let wide = |encoding: &'static Encoding| encoding == UTF_16LE || encoding == UTF_16BE;
    // The label "utf-16" leaves the byte order to the mark.
    let named =
        source.encoding.map(|named| marked.filter(|marked| wide(named) && wide(marked)).unwrap_or(named));
    let known = named.or(marked).or_else(|| unmarked(head));
    if head.len() == mark.unwrap_or(0) {
        return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience));
    }
    if head.starts_with(workbook::ZIP) {
        let mut bytes = head.to_vec();
        file.by_ref().take(LARGEST_ZIP).read_to_end(&mut bytes).map_err(unreadable)?;
        if let Some(kind) = workbook::other_zip(&bytes) {
            return Err(Diagnostic::new(Code::AudienceNotText, Place::Audience).with("kind", Key::new(kind)));
        }
    }
    if let Some(kind) = no_text(head, known.is_some_and(wide)) {
        let kind = if kind == BINARY { Key::new(kind).into() } else { Value::text(kind) };
        return Err(Diagnostic::new(Code::AudienceNotText, Place::Audience).with("kind", kind));
    }
    if let Some(kind) = other_sheet(head) {
        return Err(Diagnostic::new(Code::AudienceNotText, Place::Audience).with("kind", Key::new(kind)));
    }
    let encoding = match known {
        Some(known) => known,
        None => match detect(&mut file).map_err(unreadable)? {
            Detected::Sure(encoding) => encoding,
            Detected::Either(fault) => return Err(fault),
        },
    };
    if known == Some(UTF_8)
        && let Some(fault) = look_through(&mut file, &mut Evidence::default()).map_err(unreadable)?
    {
        return Err(diagnostic(&fault.into()));
    }
    let mark = mark_of(encoding).filter(|mark| head.starts_with(mark));
    let text = Text::new(file, encoding, mark.map_or(0, <[u8]>::len)).map_err(unreadable)?;
    Ok(Decoded { encoding, bom: mark.is_some(), text })
}

/// Opens the file a second time, as it was found to be the first time.
pub(crate) fn reopen(source: &Source, encoding: &'static Encoding, bom: bool) -> io::Result<Text> {
    let mark = mark_of(encoding).filter(|_| bom);
    Text::new(open_within(source.fence.as_ref(), &source.path)?, encoding, mark.map_or(0, <[u8]>::len))
}

/// What an error met while reading means to the user.
pub(crate) fn diagnostic(error: &io::Error) -> Diagnostic {
    match Undecodable::inside(error) {
        Some(fault) => Diagnostic::new(Code::Undecodable, Place::Line(fault.line))
            .with("encoding", fault.encoding.name())
            .with("byte", format!("0x{:02X}", fault.byte))
            .with("offset", fault.offset),
        None => Diagnostic::new(Code::AudienceUnreadable, Place::Audience).with("reason", error),
    }
}

/// Where a text that is not UTF-8 stops being it.
pub(crate) fn valid_up_to(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len)
}

/// The fault in a row that begins on a line and at a byte of the file and is not UTF-8 from its byte `at` on.
pub(crate) fn not_utf8(bytes: &[u8], at: usize, line: u64, offset: u64) -> Diagnostic {
    let line = line + newlines(&bytes[..at]);
    diagnostic(&Undecodable { encoding: UTF_8, line, byte: bytes[at], offset }.into())
}

/// What no program shows as text, by the key of its name.
const BINARY: &str = "unit.binary";

/// UTF-16 without a mark, as some programs write it: of a header and openids most characters are of ASCII, so that every
/// second byte of them is zero, and none of the others is.
fn unmarked(head: &[u8]) -> Option<&'static Encoding> {
    memchr::memchr(0, head)?;
    let head = &head[..head.len() / 2 * 2];
    let zeros = |place: usize| head.iter().skip(place).step_by(2).filter(|byte| **byte == 0).count();
    let encoding = match (zeros(0), zeros(1)) {
        (0, high) if high * 4 >= head.len() => UTF_16LE,
        (high, 0) if high * 4 >= head.len() => UTF_16BE,
        _ => return None,
    };
    let text = encoding.decode_without_bom_handling(head).0;
    let is_text = !text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n'));
    is_text.then_some(encoding)
}

/// Tells the files that people mistake for CSV by how they begin.
fn no_text(head: &[u8], wide: bool) -> Option<&'static str> {
    if head.starts_with(workbook::ZIP) {
        Some("xlsx")
    } else if head.starts_with(workbook::COMPOUND) {
        Some("xls")
    } else if head.starts_with(b"%PDF-") {
        Some("PDF")
    } else if !wide && memchr::memchr(0, head).is_some() {
        Some(BINARY)
    } else {
        None
    }
}

/// Tells the other forms in which tables are kept as text, by how they begin.
fn other_sheet(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let start = head[..head.len().min(4096)].to_ascii_lowercase();
    let holds = |word: &str| memchr::memmem::find(&start, word.as_bytes()).is_some();
    match () {
        () if head.starts_with(b"ID;P") => Some("unit.slk"),
        () if start.starts_with(b"table\r\n0,1") || start.starts_with(b"table\n0,1") => Some("unit.dif"),
        () if start.first() != Some(&b'<') => None,
        () if holds("office:document") => Some("unit.fods"),
        () if holds("urn:schemas-microsoft-com:office:spreadsheet") => Some("unit.excel-xml"),
        () if ["<html", "<!doctype", "<table", "<head", "<meta", "<style", "<body", "<div", "<?xml"]
            .iter()
            .any(|tag| start.starts_with(tag.as_bytes())) =>
        {
            Some("unit.page")
        }
        () => None,
    }
}

fn mark_of(encoding: &'static Encoding) -> Option<&'static [u8]> {
    if encoding == UTF_8 {
        Some(b"\xEF\xBB\xBF")
    } else if encoding == UTF_16LE {
        Some(b"\xFF\xFE")
    } else if encoding == UTF_16BE {
        Some(b"\xFE\xFF")
    } else if encoding == GB18030 || encoding == GBK {
        Some(GB18030_BOM)
    } else {
        None
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::io::Write;

    use super::*;

    /// A file of these bytes, which lives as long as what is given back.
    pub(in crate::audience) fn saved(bytes: &[u8]) -> (tempfile::NamedTempFile, Source) {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(bytes).expect("room for it");
        let source = Source { path: file.path().to_owned(), ..Source::default() };
        (file, source)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::saved;
    use super::*;

    fn as_text(source: &Source) -> Option<Result<Decoded, Diagnostic>> {
        match open(source) {
            Ok(Content::Text(decoded)) => Some(Ok(decoded)),
            Ok(Content::Workbook(_)) => None,
            Err(mut error) => error.faults.pop().map(Err),
        }
    }

    fn decoded(
        bytes: &[u8],
        named: Option<&'static Encoding>,
    ) -> Result<(&'static str, bool, String), Diagnostic> {
        let (_file, mut source) = saved(bytes);
        source.encoding = named;
        let Decoded { encoding, bom, mut text } = as_text(&source).expect("text")?;
        let mut all = String::new();
        text.read_to_string(&mut all).map_err(|error| diagnostic(&error))?;
        Ok((encoding.name(), bom, all))
    }

    fn fault(bytes: &[u8], named: Option<&'static Encoding>) -> (Code, Place, Vec<String>) {
        let fault = decoded(bytes, named).expect_err("a fault");
        (fault.code, fault.at, fault.values.into_iter().map(|(_, value)| value.to_string()).collect())
    }

    fn undecodable(line: u64, encoding: &str, byte: &str, offset: usize) -> (Code, Place, Vec<String>) {
        let values = vec![encoding.to_owned(), byte.to_owned(), offset.to_string()];
        (Code::Undecodable, Place::Line(line), values)
    }

    fn ok(encoding: &'static str, bom: bool, text: &str) -> Result<(&'static str, bool, String), Diagnostic> {
        Ok((encoding, bom, text.to_owned()))
    }

    #[test]
    fn the_encoding_is_found_out() {
        assert_eq!(decoded("姓名\n".as_bytes(), None), ok("UTF-8", false, "姓名\n"));
        assert_eq!(decoded("\u{feff}姓名\n".as_bytes(), None), ok("UTF-8", true, "姓名\n"));
        assert_eq!(decoded(b"\xFF\xFE\xD3\x59a\x00", None), ok("UTF-16LE", true, "姓a"));
        assert_eq!(decoded(b"\xFE\xFF\x59\xD3\x00a", None), ok("UTF-16BE", true, "姓a"));
        assert_eq!(decoded(b"\xD0\xD5\xC3\xFB\n", None), ok("gb18030", false, "姓名\n"));
        assert_eq!(decoded(b"\x84\x31\x95\x33\xD0\xD5", None), ok("gb18030", true, "姓"));
    }

    #[test]
    fn text_that_reads_well_in_both_encodings_is_asked_about() {
        let both = |utf8: &str, gb18030: &str| {
            (Code::AmbiguousEncoding, Place::Line(2), vec![utf8.to_owned(), gb18030.to_owned()])
        };
        assert_eq!(fault(b"openid,x\no1,\xD0\xBB\xD0\xBB\n", None), both("л", "谢"));
        assert_eq!(fault("openid,x\no1,José\n".as_bytes(), None), both("é", "茅"));
        assert_eq!(decoded(b"\xD0\xBB", Some(GBK)), ok("GBK", false, "谢"));
        assert_eq!(decoded(b"\xD0\xBB", Some(UTF_8)), ok("UTF-8", false, "л"));
        // Anything else in the file decides.
        for text in ["José,您好", "é, à", "Привет", "é😀", "éíúñüöäåæø"] {
            assert_eq!(decoded(text.as_bytes(), None), ok("UTF-8", false, text));
        }
    }

    proptest::proptest! {
        /// Every character of GB 2312 is as likely as every other here; people's texts have more of the common ones,
        /// which are less often good UTF-8.
        #[test]
        fn no_chinese_in_gb18030_is_ever_taken_for_utf_8(
            bytes in proptest::collection::vec((0xB0u8..=0xF7, 0xA1u8..=0xFE), 1..40),
        ) {
            let pairs: Vec<u8> = bytes.iter().flat_map(|(lead, trail)| [*lead, *trail]).collect();
            if let Some(Ok(found)) = as_text(&saved(&[b"openid\n", &pairs[..]].concat()).1) {
                proptest::prop_assert_eq!(found.encoding, GB18030);
            }
        }
    }

    #[test]
    fn a_named_encoding_is_used_and_its_mark_passed_over() {
        assert_eq!(decoded(b"\xA4\xA4", Some(encoding_rs::BIG5)), ok("Big5", false, "中"));
        assert_eq!(decoded("\u{feff}a".as_bytes(), Some(UTF_8)), ok("UTF-8", true, "a"));
        assert_eq!(decoded(b"a\x00", Some(UTF_16LE)), ok("UTF-16LE", false, "a"));
        assert_eq!(decoded(b"\xFE\xFF\x00a", Some(UTF_16LE)), ok("UTF-16BE", true, "a"));
    }

    #[test]
    fn a_byte_that_is_no_text_is_told_with_its_line() {
        assert_eq!(fault(b"a\nb\nc\xFF\n", None), undecodable(3, "UTF-8", "0xFF", 5));
        assert_eq!(fault(b"a\n\xE4\xBD", Some(UTF_8)), undecodable(2, "UTF-8", "0xE4", 2));
        assert_eq!(fault(b"a\n\xD0\xD5\n\x81,\n", Some(GBK)), undecodable(3, "GBK", "0x81", 5));
        assert_eq!(fault(b"a\n\x81", Some(GB18030)), undecodable(2, "gb18030", "0x81", 2));
        assert_eq!(fault(b"\xFF\xFEa\x00\n\x00\x00\xD8a\x00", None), undecodable(2, "UTF-16LE", "0x00", 6));
        assert_eq!(fault(b"\xEF\xBB\xBFa\n\xD0\xD5\n", None), undecodable(2, "UTF-8", "0xD0", 5));
    }

    #[test]
    fn a_damaged_file_is_judged_as_what_it_resembles() {
        // Read as GB18030 this would be gibberish without a fault.
        let mut text = "你好,您好\n".repeat(3).into_bytes();
        text.extend(b"\xE4\xBDa,b\n");
        assert!(GB18030.decode_without_bom_handling_and_without_replacement(&text).is_some());
        assert_eq!(fault(&text, None), undecodable(4, "UTF-8", "0xE4", 42));
        // The first byte that is not UTF-8 is in line 1, and right.
        let mut text = GB18030.encode("姓名,城市\n张三,上海\n").0.into_owned();
        text.extend(b"\xD5,\n");
        assert_eq!(fault(&text, None), undecodable(3, "gb18030", "0xD5", 20));
    }

    #[test]
    fn characters_cut_by_a_block_are_whole_again() {
        for shift in 0..4 {
            let text = format!("{}{}\n", "a".repeat(shift), "字😀".repeat(BLOCK / 5));
            assert_eq!(decoded(text.as_bytes(), None), ok("UTF-8", false, &text));
            let bytes = GB18030.encode(&text).0;
            assert_eq!(decoded(&bytes, None), ok("gb18030", false, &text));
            let mut bytes = text.clone().into_bytes();
            bytes.extend_from_slice(b"\n\xE5\xAD");
            assert_eq!(fault(&bytes, None), undecodable(3, "UTF-8", "0xE5", bytes.len() - 2));
        }
    }

    #[test]
    fn a_byte_at_the_end_of_a_block_is_still_known_when_the_next_shows_it_wrong() {
        for shift in 0..8 {
            let mut bytes = vec![b'\n'; BLOCK - 4 + shift];
            bytes.extend(b"\x81\x30\x81,\n");
            assert_eq!(
                fault(&bytes, Some(GB18030)),
                undecodable(bytes.len() as u64 - 4, "gb18030", "0x81", bytes.len() - 5)
            );
        }
    }

    #[test]
    fn tables_of_other_programs_are_known_by_how_they_begin() {
        for (head, kind) in [
            ("ID;PWXL;N;E\r\n", Some("unit.slk")),
            ("TABLE\r\n0,1\r\n\"EXCEL\"", Some("unit.dif")),
            ("\u{feff}<?xml version=\"1.0\"?>\n<office:document xmlns:office=\"x\">", Some("unit.fods")),
            (
                "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
                Some("unit.excel-xml"),
            ),
            ("\n<HTML xmlns:x=\"x\"><table>", Some("unit.page")),
            ("<3,openid\n", None),
            ("ID;name\n1;x\n", None),
            ("TABLE,openid\n", None),
        ] {
            assert_eq!(other_sheet(head.as_bytes()), kind, "{head}");
        }
    }

    #[test]
    fn a_workbook_is_not_text() {
        let not_text = |kind: &str| (Code::AudienceNotText, Place::Audience, vec![kind.to_owned()]);
        assert_eq!(fault(b"PK\x03\x04\x14\x00", None), not_text("xlsx"));
        assert_eq!(fault(b"\xD0\xCF\x11\xE0\xA1", Some(GB18030)), not_text("xls"));
        assert_eq!(fault(b"a,b\n\x00\n", None), not_text("unit.binary"));
    }

    #[test]
    fn nothing_and_a_mark_alone_are_empty() {
        for bytes in [&b""[..], b"\xEF\xBB\xBF", b"\xFF\xFE"] {
            assert_eq!(fault(bytes, None), (Code::AudienceEmpty, Place::Audience, vec![]));
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in [folder.path().to_owned(), folder.path().join("none.csv")] {
            let error = open(&Source { path, ..Source::default() }).expect_err("no file");
            let fault = &error.faults[0];
            assert_eq!((fault.code, fault.values[0].0), (Code::AudienceUnreadable, "reason"));
        }
    }
}
