//! Which encoding a text without a mark is in: UTF-8 where all of it is, else one of those from before Unicode.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{Encoding, GB18030, UTF_8};

use crate::audience::csv::legacy::{Legacy, Words};
use crate::audience::csv::text::{BLOCK, Text, Undecodable, newlines, read_some};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;

/// What an encoding was found out to be.
pub(super) enum Detected {
    Sure(&'static Encoding),
    /// It reads well in two, and differently.
    Either(Diagnostic),
}

/// UTF-8 or GB18030; where the file is neither, the fault in the one it resembles.
pub(super) fn detect(file: &mut File) -> io::Result<Detected> {
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
pub(super) struct Evidence {
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
pub(super) fn look_through(file: &mut File, evidence: &mut Evidence) -> io::Result<Option<Undecodable>> {
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
