//! Bytes of any usual encoding to strict text, or a workbook to its table.
//!
//! A byte that is no text in the file's encoding is a fault with its line; it never becomes U+FFFD in a message.
//! UTF-8 is checked in one pass before anything is read and then handed on as it is; every other encoding is
//! decoded block by block. Memory is constant either way.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use crate::audience::csv::legacy::{Legacy, Words};
use crate::audience::csv::text::{BLOCK, Text, Undecodable, newlines, read_some};
use crate::audience::source::Source;
use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::cache::bytes;
use crate::audience::workbook::parse::parse;
use crate::audience::workbook::table::Table;
use crate::audience::workbook::{self, is_named_so};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::unread;
use crate::diagnostic::value::Key;

/// U+FEFF in GB18030, which is not among the marks that `encoding_rs` knows.
const GB18030_BOM: &[u8] = b"\x84\x31\x95\x33";

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
    let mut file = File::open(&source.path).map_err(unreadable)?;
    let mut head = Vec::with_capacity(BLOCK);
    file.by_ref().take(BLOCK as u64).read_to_end(&mut head).map_err(unreadable)?;
    if !is_named_so(&source.path) {
        return Ok(Content::Text(open_text(source, file, &head)?));
    }
    if head.is_empty() {
        return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience).into());
    }
    let bytes = if workbook::begins(&head) { bytes(&source.path).map_err(unreadable)? } else { Vec::new() };
    match workbook::format(&bytes)? {
        Some(format) => Ok(Content::Workbook(source.cache.table(&bytes, || parse(&bytes, format, source))?)),
        None if workbook::begins(&head) => Err(workbook::unreadable("zip").into()),
        None => {
            let page = head.trim_ascii_start().first() == Some(&b'<');
            let kind = Key::new(if page { "unit.page" } else { "unit.text" });
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
    let known = named.or(marked);
    if head.len() == mark.unwrap_or_default() {
        return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience));
    }
    if let Some(kind) = no_text(head, known.is_some_and(wide)) {
        return Err(Diagnostic::new(Code::AudienceNotText, Place::Audience).with("kind", kind));
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
    Text::new(File::open(&source.path)?, encoding, mark.map_or(0, <[u8]>::len))
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

/// The fault in a row that begins on a line and at a byte of the file and was found not to be UTF-8.
pub(crate) fn not_utf8(bytes: &[u8], line: u64, offset: u64) -> Diagnostic {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let line = line + newlines(&bytes[..valid]);
    let byte = bytes.get(valid).copied().unwrap_or_default();
    diagnostic(&Undecodable { encoding: UTF_8, line, byte, offset }.into())
}

/// Tells the files that people mistake for CSV by how they begin.
fn no_text(head: &[u8], wide: bool) -> Option<&'static str> {
    if head.starts_with(workbook::ZIP) {
        Some("xlsx")
    } else if head.starts_with(workbook::COMPOUND) {
        Some("xls")
    } else if !wide && memchr::memchr(0, head).is_some() {
        Some("binary")
    } else {
        None
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

/// What an encoding was found out to be.
enum Detected {
    Sure(&'static Encoding),
    /// It reads well in two, and differently.
    Either(Diagnostic),
}

/// UTF-8 or GB18030; where the file is neither, the fault in the one it resembles.
fn detect(file: &mut File) -> io::Result<Detected> {
    let mut evidence = Evidence::default();
    let Some(fault) = look_through(file, &mut evidence)? else {
        return Ok(match evidence.doubt() {
            Some((pairs, offset)) => Detected::Either(either(&pairs, line_at(file, offset)?)),
            None => Detected::Sure(UTF_8),
        });
    };
    let mut words = words(file)?;
    // Much of damaged UTF-8 is valid GB18030 by chance, and would be sent as gibberish. What reads as nothing but common
    // Chinese in it is Chinese, however few words there are.
    if resembles_utf8(file)? && !words.is_plain_chinese() {
        return Err(fault.into());
    }
    let encoding = match words.judge() {
        Legacy::Sure(encoding) => encoding,
        Legacy::Unsure { other, gb18030, read } => {
            let unsure = Diagnostic::new(Code::UnsureEncoding, Place::Line(fault.line))
                .with("gb18030", gb18030)
                .with("other", read)
                .with("name", other.name().to_ascii_lowercase());
            return Ok(Detected::Either(unsure));
        }
    };
    let mut text = Text::new(file.try_clone()?, encoding, 0)?;
    match text.skip(u64::MAX) {
        Ok(()) => Ok(Detected::Sure(encoding)),
        Err(error) => {
            let same = Undecodable::inside(&error).is_some_and(|inner| inner.line == fault.line);
            Err(if same { fault.into() } else { error })
        }
    }
}

/// The words of a file that are not ASCII, as many as it takes to tell its encoding.
fn words(file: &mut File) -> io::Result<Words> {
    file.seek(SeekFrom::Start(0))?;
    let (mut block, mut words) = (vec![0; BLOCK], Words::default());
    loop {
        let read = read_some(file, &mut block)?;
        if read == 0 || !words.take(&block[..read]) {
            return Ok(words);
        }
    }
}

/// A file whose few characters read well in UTF-8 and, differently, in GB18030.
fn either(pairs: &[[u8; 2]], line: u64) -> Diagnostic {
    let bytes = pairs.concat();
    let read = |encoding: &'static Encoding| encoding.decode_without_bom_handling(&bytes).0.into_owned();
    Diagnostic::new(Code::AmbiguousEncoding, Place::Line(line))
        .with("utf8", read(UTF_8))
        .with("gb18030", read(GB18030))
}

/// What in a file of good UTF-8 says that it is no GB18030.
///
/// GB18030 that is good UTF-8 by chance is made of common characters all the same, two bytes each: those of GB 2312, of
/// which less than a fifth are good UTF-8. UTF-8 hardly ever looks like that: of its Chinese words of two characters three
/// in two hundred do. So a file is UTF-8 if any of its words does not, or if too many different characters do.
#[derive(Debug, Default)]
struct Evidence {
    sure: bool,
    pairs: Vec<[u8; 2]>,
    first: u64,
}

impl Evidence {
    /// So many different characters are no chance any more: less than one in a million.
    const ENOUGH: usize = 8;

    /// Takes in whole characters of UTF-8 that begin at a byte of the file.
    fn take(&mut self, text: &[u8], offset: u64) {
        if self.sure || text.is_ascii() {
            return;
        }
        let mut at = 0;
        for word in text.split(u8::is_ascii) {
            if !word.is_empty() {
                self.word(word, offset + at as u64);
            }
            if self.sure {
                return;
            }
            at += word.len() + 1;
        }
    }

    fn word(&mut self, word: &[u8], offset: u64) {
        if self.pairs.is_empty() {
            self.first = offset;
        }
        let (pairs, rest) = word.as_chunks::<2>();
        // The characters of GB 2312.
        let common = |pair: &[u8; 2]| matches!(pair, [0xB0..=0xF7, 0xA1..=0xFE]);
        self.sure = !rest.is_empty() || !pairs.iter().all(common);
        for pair in pairs {
            if !self.pairs.contains(pair) && !self.sure {
                self.pairs.push(*pair);
                self.sure = self.pairs.len() > Self::ENOUGH;
            }
        }
    }

    /// The characters that leave a doubt and where the first of them is.
    fn doubt(self) -> Option<(Vec<[u8; 2]>, u64)> {
        (!self.sure && !self.pairs.is_empty()).then_some((self.pairs, self.first))
    }
}

/// Looks through the whole file for a byte that is not UTF-8, and for what says that it is no GB18030.
fn look_through(file: &mut File, evidence: &mut Evidence) -> io::Result<Option<Undecodable>> {
    file.seek(SeekFrom::Start(0))?;
    let mut block = vec![0; BLOCK];
    let (mut kept, mut passed) = (0, 0);
    loop {
        let read = read_some(file, &mut block[kept..])?;
        let held = kept + read;
        let Err(error) = simdutf8::compat::from_utf8(&block[..held]) else {
            evidence.take(&block[..held], passed);
            if read == 0 {
                return Ok(None);
            }
            (kept, passed) = (0, passed + held as u64);
            continue;
        };
        let valid = error.valid_up_to();
        evidence.take(&block[..valid], passed);
        if error.error_len().is_some() || read == 0 {
            let offset = passed + valid as u64;
            let line = line_at(file, offset)?;
            return Ok(Some(Undecodable { encoding: UTF_8, line, byte: block[valid], offset }));
        }
        // A character cut by the end of the block.
        block.copy_within(valid..held, 0);
        (kept, passed) = (held - valid, passed + valid as u64);
    }
}

/// The line of a byte, counted only when somebody asks: a good file is spared the work.
fn line_at(file: &mut File, offset: u64) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut before = file.by_ref().take(offset);
    let mut block = vec![0; BLOCK];
    let mut line = 1;
    loop {
        let read = read_some(&mut before, &mut block)?;
        if read == 0 {
            return Ok(line);
        }
        line += newlines(&block[..read]);
    }
}

/// Whether a file that is not UTF-8 was meant to be: it has more well-formed characters of three or four bytes
/// (which GB18030 hardly ever looks like) than places that are none.
fn resembles_utf8(file: &mut File) -> io::Result<bool> {
    /// As sure as anybody needs to be.
    const SURE: u64 = 10_000;
    file.seek(SeekFrom::Start(0))?;
    let mut block = vec![0; BLOCK];
    let (mut formed, mut broken) = (0, 0);
    loop {
        let read = read_some(file, &mut block)?;
        for chunk in block[..read].utf8_chunks() {
            formed += chunk.valid().bytes().filter(|byte| *byte >= 0xE0).count() as u64;
            broken += u64::from(!chunk.invalid().is_empty());
        }
        if read == 0 || formed.abs_diff(broken) > SURE {
            return Ok(formed >= broken);
        }
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
    fn a_workbook_is_not_text() {
        let not_text = |kind: &str| (Code::AudienceNotText, Place::Audience, vec![kind.to_owned()]);
        assert_eq!(fault(b"PK\x03\x04\x14\x00", None), not_text("xlsx"));
        assert_eq!(fault(b"\xD0\xCF\x11\xE0\xA1", Some(GB18030)), not_text("xls"));
        assert_eq!(fault(b"a,b\n\x00\n", None), not_text("binary"));
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
