//! The text of an audience file, block by block.
//!
//! UTF-8 is handed on as it is; every other encoding is decoded strictly on the way. Memory is constant.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use crate::audience::csv::quotes::LoneQuotes;

/// The bytes read at once; as much fits into a core's own cache.
pub(crate) const BLOCK: usize = 256 * 1024;

/// The longest row, in bytes of text. What is longer is no row but a quote that nothing closes, and must not
/// fill the memory with the rest of the file.
pub(crate) const LONGEST_ROW: u64 = 4 * 1024 * 1024;

/// The text of a file as UTF-8, without its byte order mark.
///
/// An undecodable byte is an error of kind `InvalidData`, raised only after all text before it was read.
#[derive(Debug)]
pub(crate) struct Text {
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
    quotes: Option<LoneQuotes>,
    /// Where the first quote stands that is neither doubled nor the last of its cell.
    lone: Option<u64>,
}

impl Text {
    /// The text of a file behind a mark of so many bytes. UTF-8 is taken for granted, other encodings are checked.
    pub(crate) fn new(mut file: File, encoding: &'static Encoding, mark: usize) -> io::Result<Self> {
        file.seek(SeekFrom::Start(mark as u64))?;
        let decoding = (encoding != UTF_8).then(|| Box::new(Decoding::new(encoding, mark as u64)));
        let block = vec![0; BLOCK];
        Ok(Self {
            file,
            decoding,
            block,
            held: 0,
            taken: 0,
            offset: 0,
            ended: false,
            row: None,
            quotes: None,
            lone: None,
        })
    }

    /// What comes next, without taking it: at most one block, nothing at the end.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.held && !self.ended {
            self.fill()?;
        }
        Ok(&self.block[self.taken..self.held])
    }

    /// Passes over so many bytes, or to the end.
    pub(crate) fn skip(&mut self, bytes: u64) -> io::Result<()> {
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
    pub(crate) fn range(&self, from: u64, to: u64) -> Option<&[u8]> {
        let index = |at: u64| at.checked_sub(self.offset).and_then(|at| usize::try_from(at).ok());
        self.block[..self.held].get(index(from)?..index(to)?)
    }

    /// The byte that ends where `to` begins, while the last block still holds it.
    pub(crate) fn byte_before(&self, to: u64) -> Option<u8> {
        self.range(to.checked_sub(1)?, to)?.first().copied()
    }

    /// The text from one byte to another, neither of them passed over yet.
    pub(crate) fn piece(&mut self, from: u64, to: u64) -> io::Result<String> {
        self.skip(from.saturating_sub(self.offset + self.taken as u64))?;
        let mut piece = String::new();
        self.by_ref().take(to.saturating_sub(from)).read_to_string(&mut piece)?;
        Ok(piece)
    }

    /// Whether a reader has come upon the end.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Says where a row begins; reading on for more than [`LONGEST_ROW`] from there is an error.
    pub(crate) fn begin_row(&mut self, at: u64) {
        self.row = Some(at);
    }

    /// From here on looks for quotes that are neither doubled nor the last of their cells. Nothing may have been passed
    /// over yet.
    pub(crate) fn watch_quotes(&mut self, delimiter: u8) {
        let mut quotes = LoneQuotes::new(delimiter);
        self.lone = quotes.scan(&self.block[..self.held]).map(|at| at as u64);
        self.quotes = Some(quotes);
    }

    /// Whether such a quote stands before this place.
    pub(crate) fn has_lone_quote(&self, before: u64) -> bool {
        self.lone.is_some_and(|at| at < before)
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
            if let Some(quotes) = self.quotes.as_mut().filter(|_| self.lone.is_none()) {
                self.lone = quotes.scan(&self.block[..read]).map(|at| end + at as u64);
            }
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
    /// Where in the file the bytes to decode begin.
    offset: u64,
    fault: Option<Undecodable>,
}

impl Decoding {
    /// A malformed sequence is noticed at most so many bytes after it begins.
    const BEFORE: usize = 8;

    fn new(encoding: &'static Encoding, offset: u64) -> Self {
        Self {
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; Self::BEFORE + BLOCK],
            from: Self::BEFORE,
            to: Self::BEFORE,
            last: false,
            done: false,
            line: 1,
            offset,
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
            self.offset += read as u64;
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
        let byte = self.raw[self.from - back];
        self.done = true;
        let offset = self.offset.saturating_sub(back as u64);
        self.fault = Some(Undecodable { encoding: self.encoding, line: self.line, byte, offset });
    }
}

impl fmt::Debug for Decoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoding").field("encoding", &self.encoding.name()).field("line", &self.line).finish()
    }
}

/// A byte that is no text, as it travels inside an [`io::Error`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Undecodable {
    pub(crate) encoding: &'static Encoding,
    pub(crate) line: u64,
    pub(crate) byte: u8,
    /// Where the byte is in the file, from 0.
    pub(crate) offset: u64,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: byte 0x{:02X} is not {}", self.line, self.byte, self.encoding.name())
    }
}

impl std::error::Error for Undecodable {}

impl Undecodable {
    /// The fault inside an error met while reading, where it is one.
    pub(crate) fn inside(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

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

/// Whether reading ended because a row did not.
pub(crate) fn is_endless(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<EndlessRow>())
}

/// How many lines end in these bytes.
pub(crate) fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Reads once, whatever signals come in between.
pub(crate) fn read_some(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;
    use crate::audience::csv::decode::testing::saved;

    fn text(bytes: &[u8], encoding: &'static Encoding) -> Text {
        let (_file, source) = saved(bytes);
        let file = File::open(&source.path).expect("readable");
        Text::new(file, encoding, 0).expect("readable")
    }

    #[test]
    fn all_text_before_a_fault_is_read() {
        let mut text = text(b"a\n\xB0\xA1\xFFb", GB18030);
        let mut all = Vec::new();
        let error = text.read_to_end(&mut all).expect_err("a fault");
        assert_eq!(all, "a\n啊".as_bytes());
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::InvalidData, "line 2: byte 0xFF is not gb18030")
        );
    }

    #[test]
    fn pieces_are_cut_out_in_order() {
        let long = "0123456789".repeat(BLOCK / 4);
        let mut text = text(long.as_bytes(), UTF_8);
        assert_eq!(text.piece(3, 6).expect("readable"), "345");
        let far = BLOCK as u64 * 2;
        assert_eq!(text.piece(far - 2, far + 2).expect("readable"), long[BLOCK * 2 - 2..BLOCK * 2 + 2]);
        assert_eq!(text.byte_before(far + 1), Some(long.as_bytes()[BLOCK * 2]));
        assert_eq!(text.byte_before(3), None);
        assert_eq!(text.piece(u64::MAX - 1, u64::MAX).expect("readable"), "");
    }

    #[test]
    fn a_row_has_an_end() {
        let mut text = text(&vec![b'x'; 6 * 1024 * 1024], UTF_8);
        text.begin_row(1024 * 1024);
        let error = text.skip(u64::MAX).expect_err("too long");
        assert!(is_endless(&error));
    }
}
