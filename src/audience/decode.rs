//! Bytes of any usual encoding to strict text.
//!
//! A byte that is no text in the file's encoding is a fault with its line; it never becomes U+FFFD in a message.
//! UTF-8 is checked in one pass before anything is read and then handed on as it is; every other encoding is
//! decoded block by block. Memory is constant either way.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use crate::audience::Source;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;

/// The bytes read at once; as much fits into a core's own cache.
pub(super) const BLOCK: usize = 256 * 1024;

/// The longest row, in bytes of text. What is longer is no row but a quote that nothing closes, and must not
/// fill the memory with the rest of the file.
pub(super) const LONGEST_ROW: u64 = 4 * 1024 * 1024;

/// U+FEFF in GB18030, which is not among the marks that `encoding_rs` knows.
const GB18030_BOM: &[u8] = b"\x84\x31\x95\x33";

/// An audience file as text.
#[derive(Debug)]
pub struct Decoded {
    /// What the file is encoded in.
    pub encoding: &'static Encoding,
    /// Whether it begins with a byte order mark.
    pub bom: bool,
    /// The text, as UTF-8 without the byte order mark.
    pub text: Text,
}

/// Opens the file, finds out its encoding and, for UTF-8, makes sure that all of it is.
///
/// Without an encoding in the campaign a byte order mark decides, then whether the whole file is UTF-8, then
/// whether it is GB18030. Faults in files of other encodings come out while [`Text`] is read.
pub fn open(source: &Source) -> Result<Decoded, Diagnostic> {
    let unreadable = |error: io::Error| diagnostic(&error);
    let mut file = File::open(&source.path).map_err(unreadable)?;
    let mut head = Vec::with_capacity(BLOCK);
    file.by_ref().take(BLOCK as u64).read_to_end(&mut head).map_err(unreadable)?;
    let (marked, mark) = Encoding::for_bom(&head).unzip();
    let wide = |encoding: &'static Encoding| encoding == UTF_16LE || encoding == UTF_16BE;
    // The label "utf-16" leaves the byte order to the mark.
    let named =
        source.encoding.map(|named| marked.filter(|marked| wide(named) && wide(marked)).unwrap_or(named));
    let known = named.or(marked);
    if head.len() == mark.unwrap_or_default() {
        return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience));
    }
    if let Some(kind) = no_text(&head, known.is_some_and(wide)) {
        return Err(Diagnostic::new(Code::AudienceNotText, Place::Audience).with("kind", kind));
    }
    let encoding = match known {
        Some(known) => known,
        None => detect(&mut file).map_err(unreadable)?,
    };
    if known == Some(UTF_8) {
        if let Some(fault) = first_not_utf8(&mut file).map_err(unreadable)? {
            return Err(diagnostic(&fault.into()));
        }
    }
    let mark = mark_of(encoding).filter(|mark| head.starts_with(mark));
    let text = Text::new(file, encoding, mark.map_or(0, <[u8]>::len)).map_err(unreadable)?;
    Ok(Decoded { encoding, bom: mark.is_some(), text })
}

/// Opens the file a second time, as it was found to be the first time.
pub(super) fn reopen(source: &Source, encoding: &'static Encoding, bom: bool) -> io::Result<Text> {
    let mark = mark_of(encoding).filter(|_| bom);
    Text::new(File::open(&source.path)?, encoding, mark.map_or(0, <[u8]>::len))
}

/// What an error met while reading means to the user.
pub(super) fn diagnostic(error: &io::Error) -> Diagnostic {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Undecodable>()) {
        Some(fault) => Diagnostic::new(Code::Undecodable, Place::Line(fault.line))
            .with("encoding", fault.encoding.name())
            .with("byte", format_args!("0x{:02X}", fault.byte)),
        None => Diagnostic::new(Code::AudienceUnreadable, Place::Audience).with("reason", error),
    }
}

/// The fault in bytes that begin on a line and were found not to be UTF-8.
pub(super) fn not_utf8(bytes: &[u8], line: u64) -> Diagnostic {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let line = line + newlines(&bytes[..valid]);
    let byte = bytes.get(valid).copied().unwrap_or_default();
    diagnostic(&Undecodable { encoding: UTF_8, line, byte }.into())
}

/// Whether reading ended because a row did not.
pub(super) fn is_endless(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<EndlessRow>())
}

/// Tells the files that people mistake for CSV by how they begin.
fn no_text(head: &[u8], wide: bool) -> Option<&'static str> {
    if head.starts_with(b"PK\x03\x04") {
        Some("xlsx")
    } else if head.starts_with(b"\xD0\xCF\x11\xE0") {
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

/// UTF-8 or GB18030; where the file is neither, the fault in the one it resembles.
fn detect(file: &mut File) -> io::Result<&'static Encoding> {
    let Some(fault) = first_not_utf8(file)? else {
        return Ok(UTF_8);
    };
    // Much of damaged UTF-8 is valid GB18030 by chance, and would be sent as gibberish.
    if resembles_utf8(file)? {
        return Err(fault.into());
    }
    let mut text = Text::new(file.try_clone()?, GB18030, 0)?;
    match text.skip(u64::MAX) {
        Ok(()) => Ok(GB18030),
        Err(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Undecodable>());
            let same = inner.is_some_and(|inner| inner.line == fault.line);
            Err(if same { fault.into() } else { error })
        }
    }
}

/// Looks through the whole file for a byte that is not UTF-8.
fn first_not_utf8(file: &mut File) -> io::Result<Option<Undecodable>> {
    file.seek(SeekFrom::Start(0))?;
    let mut block = vec![0; BLOCK];
    let (mut kept, mut passed) = (0, 0);
    loop {
        let read = read_some(file, &mut block[kept..])?;
        let held = kept + read;
        let Err(error) = simdutf8::compat::from_utf8(&block[..held]) else {
            if read == 0 {
                return Ok(None);
            }
            (kept, passed) = (0, passed + held as u64);
            continue;
        };
        let valid = error.valid_up_to();
        if error.error_len().is_some() || read == 0 {
            let line = line_at(file, passed + valid as u64)?;
            return Ok(Some(Undecodable { encoding: UTF_8, line, byte: block[valid] }));
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

pub(super) fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

fn read_some(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A byte that is no text, as it travels inside an [`io::Error`].
#[derive(Debug, Clone, Copy)]
struct Undecodable {
    encoding: &'static Encoding,
    line: u64,
    byte: u8,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: byte 0x{:02X} is not {}", self.line, self.byte, self.encoding.name())
    }
}

impl std::error::Error for Undecodable {}

impl From<Undecodable> for io::Error {
    fn from(fault: Undecodable) -> Self {
        Self::new(ErrorKind::InvalidData, fault)
    }
}

/// A row longer than [`LONGEST_ROW`], as it travels inside an [`io::Error`].
#[derive(Debug, Clone, Copy)]
struct EndlessRow;

impl fmt::Display for EndlessRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of more than {LONGEST_ROW} bytes")
    }
}

impl std::error::Error for EndlessRow {}

/// The text of a file as UTF-8, without its byte order mark.
///
/// An undecodable byte is an error of kind `InvalidData`, raised only after all text before it was read.
#[derive(Debug)]
pub struct Text {
    file: File,
    decoding: Option<Box<Decoding>>,
    /// The last block; kept after it was read, since the end of a row tells how it ended.
    block: Vec<u8>,
    held: usize,
    taken: usize,
    /// Where the block begins in the text.
    offset: u64,
    ended: bool,
    row: Option<u64>,
}

impl Text {
    fn new(mut file: File, encoding: &'static Encoding, mark: usize) -> io::Result<Self> {
        file.seek(SeekFrom::Start(mark as u64))?;
        let decoding = (encoding != UTF_8).then(|| Box::new(Decoding::new(encoding)));
        let block = vec![0; BLOCK];
        Ok(Self { file, decoding, block, held: 0, taken: 0, offset: 0, ended: false, row: None })
    }

    /// What comes next, without taking it: at most one block, nothing at the end.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.held && !self.ended {
            self.fill()?;
        }
        Ok(&self.block[self.taken..self.held])
    }

    /// Passes over so many bytes, or to the end.
    pub(super) fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let next = self.peek()?.len();
            if next == 0 {
                return Ok(());
            }
            let step = usize::try_from(left).map_or(next, |left| left.min(next));
            self.taken += step;
            left -= step as u64;
        }
        Ok(())
    }

    /// The bytes of a range of the text, while the last block still holds them.
    pub(super) fn range(&self, from: u64, to: u64) -> Option<&[u8]> {
        let index = |at: u64| at.checked_sub(self.offset).and_then(|at| usize::try_from(at).ok());
        self.block[..self.held].get(index(from)?..index(to)?)
    }

    /// The byte that ends where `to` begins, while the last block still holds it.
    pub(super) fn byte_before(&self, to: u64) -> Option<u8> {
        self.range(to.checked_sub(1)?, to)?.first().copied()
    }

    /// The text from one byte to another, neither of them passed over yet.
    pub(super) fn piece(&mut self, from: u64, to: u64) -> io::Result<String> {
        self.skip(from.saturating_sub(self.offset + self.taken as u64))?;
        let mut piece = String::new();
        self.by_ref().take(to.saturating_sub(from)).read_to_string(&mut piece)?;
        Ok(piece)
    }

    /// Whether a reader has come upon the end.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Says where a row begins; reading on for more than [`LONGEST_ROW`] from there is an error.
    pub(super) fn begin_row(&mut self, at: u64) {
        self.row = Some(at);
    }

    fn fill(&mut self) -> io::Result<()> {
        let end = self.offset + self.held as u64;
        if self.row.is_some_and(|row| end.saturating_sub(row) > LONGEST_ROW) {
            return Err(io::Error::new(ErrorKind::InvalidData, EndlessRow));
        }
        let read = match &mut self.decoding {
            Some(decoding) => decoding.read(&mut self.file, &mut self.block)?,
            None => read_some(&mut self.file, &mut self.block)?,
        };
        if read == 0 {
            self.ended = true;
        } else {
            (self.offset, self.held, self.taken) = (end, read, 0);
        }
        Ok(())
    }
}

impl Read for Text {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let next = self.peek()?;
        let count = next.len().min(into.len());
        into[..count].copy_from_slice(&next[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// Decodes a file block by block.
struct Decoding {
    encoding: &'static Encoding,
    decoder: Decoder,
    /// [`Self::BEFORE`] bytes that were decoded already, then those to decode.
    raw: Vec<u8>,
    from: usize,
    to: usize,
    last: bool,
    done: bool,
    line: u64,
    fault: Option<Undecodable>,
}

impl Decoding {
    /// A malformed sequence is noticed at most so many bytes after it begins.
    const BEFORE: usize = 8;

    fn new(encoding: &'static Encoding) -> Self {
        Self {
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; Self::BEFORE + BLOCK],
            from: Self::BEFORE,
            to: Self::BEFORE,
            last: false,
            done: false,
            line: 1,
            fault: None,
        }
    }

    /// Fills the block; 0 is the end.
    fn read(&mut self, file: &mut File, block: &mut [u8]) -> io::Result<usize> {
        while !self.done {
            if self.from == self.to && !self.last {
                self.refill(file)?;
            }
            let raw = &self.raw[self.from..self.to];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(raw, block, self.last);
            self.from += read;
            self.line += newlines(&block[..written]);
            match result {
                DecoderResult::InputEmpty => self.done = self.last,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, after) => {
                    self.malformed(usize::from(length) + usize::from(after))
                }
            }
            if written > 0 {
                return Ok(written);
            }
        }
        match self.fault.take() {
            Some(fault) => Err(fault.into()),
            None => Ok(0),
        }
    }

    fn refill(&mut self, file: &mut File) -> io::Result<()> {
        self.raw.copy_within(self.to - Self::BEFORE..self.to, 0);
        let read = read_some(file, &mut self.raw[Self::BEFORE..])?;
        (self.from, self.to, self.last) = (Self::BEFORE, Self::BEFORE + read, read == 0);
        Ok(())
    }

    /// Keeps the fault until the text before it is read.
    fn malformed(&mut self, back: usize) {
        let byte = self.from.checked_sub(back).and_then(|at| self.raw.get(at)).copied().unwrap_or_default();
        self.done = true;
        self.fault = Some(Undecodable { encoding: self.encoding, line: self.line, byte });
    }
}

impl fmt::Debug for Decoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoding").field("encoding", &self.encoding.name()).field("line", &self.line).finish()
    }
}
