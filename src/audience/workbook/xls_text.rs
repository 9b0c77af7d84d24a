//! The texts of an .xls: two bytes a character or one since Excel 97, those of a code page before.

use encoding_rs::Encoding;

use crate::audience::workbook::cell::font_index;

/// How the texts of a workbook are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spelling {
    /// UTF-16, or its low bytes alone ([MS-XLS] 2.5.294).
    Wide,
    /// The code page of the computer that wrote it.
    Narrow(&'static Encoding),
}

impl Spelling {
    pub(crate) fn is_narrow(self) -> bool {
        matches!(self, Self::Narrow(_))
    }

    /// Takes the number of the code page, where it matters.
    pub(crate) fn code_page(&mut self, number: u32) {
        let Self::Narrow(encoding) = self else { return };
        *encoding = match number {
            874 => encoding_rs::WINDOWS_874,
            932 => encoding_rs::SHIFT_JIS,
            936 => encoding_rs::GBK,
            949 => encoding_rs::EUC_KR,
            950 => encoding_rs::BIG5,
            1250 => encoding_rs::WINDOWS_1250,
            1251 => encoding_rs::WINDOWS_1251,
            _ => encoding_rs::WINDOWS_1252,
        };
    }

    /// A text that stands in one record; its length has one byte where it is `short`, else two.
    pub(crate) fn text(self, data: &[u8], at: usize, short: bool) -> Option<String> {
        let (length, at) = if short {
            (usize::from(*data.get(at)?), at + 1)
        } else {
            (usize::from(u16::from_le_bytes(data.get(at..at + 2)?.try_into().ok()?)), at + 2)
        };
        match self {
            Self::Narrow(encoding) => {
                let bytes = data.get(at..at.checked_add(length)?)?;
                Some(encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned())
            }
            Self::Wide => {
                let wide = data.get(at)? & 1 != 0;
                let mut units = Vec::new();
                take(data.get(at + 1..)?, wide, length, &mut units)?;
                String::from_utf16(&units).ok()
            }
        }
    }
}

/// Takes so many characters, and gives how many bytes they were.
fn take(data: &[u8], wide: bool, length: usize, units: &mut Vec<u16>) -> Option<usize> {
    let bytes = length.checked_mul(if wide { 2 } else { 1 })?;
    let data = data.get(..bytes)?;
    if wide {
        units.extend(data.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
    } else {
        units.extend(data.iter().map(|byte| u16::from(*byte)));
    }
    Some(bytes)
}

/// Reads texts that go on from one record into the next.
pub(crate) struct Reader<'p> {
    pieces: &'p [&'p [u8]],
    piece: usize,
    at: usize,
    /// Which fonts strike through.
    fonts: &'p [bool],
    struck: bool,
}

impl<'p> Reader<'p> {
    pub(crate) fn new(pieces: &'p [&'p [u8]], fonts: &'p [bool]) -> Self {
        Self { pieces, piece: 0, at: 0, fonts, struck: false }
    }

    /// The next text, without how it looks; nothing where it is not whole.
    pub(crate) fn text(&mut self) -> Option<String> {
        let length = usize::from(u16::from_le_bytes([self.byte()?, self.byte()?]));
        let flags = self.byte()?;
        let runs =
            if flags & 8 != 0 { usize::from(u16::from_le_bytes([self.byte()?, self.byte()?])) } else { 0 };
        let mut extra = 0u32;
        if flags & 4 != 0 {
            extra = u32::from_le_bytes([self.byte()?, self.byte()?, self.byte()?, self.byte()?]);
        }
        let (mut wide, mut left, mut units) = (flags & 1 != 0, length, Vec::new());
        while left > 0 {
            let mut rest = self.pieces.get(self.piece)?.get(self.at..)?;
            if rest.is_empty() {
                // Each record says anew how wide its characters are.
                (self.piece, self.at) = (self.piece + 1, 1);
                let piece = self.pieces.get(self.piece)?;
                wide = piece.first()? & 1 != 0;
                rest = piece.get(1..)?;
            }
            let fits = rest.len() / if wide { 2 } else { 1 };
            let now = left.min(fits);
            if now == 0 {
                return None;
            }
            self.at += take(rest, wide, now, &mut units)?;
            left -= now;
        }
        self.struck = false;
        for _ in 0..runs {
            let [_, _, low, high] = [self.byte()?, self.byte()?, self.byte()?, self.byte()?];
            let font = font_index(u16::from_le_bytes([low, high]).into());
            self.struck |= self.fonts.get(font) == Some(&true);
        }
        self.skip(usize::try_from(extra).ok()?)?;
        String::from_utf16(&units).ok()
    }

    /// Whether a piece of the last text is struck through.
    pub(crate) fn has_struck(&self) -> bool {
        self.struck
    }

    fn byte(&mut self) -> Option<u8> {
        loop {
            let piece = self.pieces.get(self.piece)?;
            match piece.get(self.at) {
                Some(byte) => {
                    self.at += 1;
                    return Some(*byte);
                }
                None => (self.piece, self.at) = (self.piece + 1, 0),
            }
        }
    }

    fn skip(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > 0 {
            let rest = self.pieces.get(self.piece)?.len().checked_sub(self.at)?;
            let now = rest.min(bytes);
            (self.at, bytes) = (self.at + now, bytes - now);
            if bytes > 0 {
                (self.piece, self.at) = (self.piece + 1, 0);
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_on_in_the_next_record_in_characters_of_another_width() {
        let pieces: [&[u8]; 3] =
            [&[3, 0, 0, b'a', b'b'], &[1, 0x20, 0x5F, 2, 0, 8, 1, 0, b'c'], &[0, b'd', 1, 2, 3, 4]];
        let mut reader = Reader::new(&pieces, &[]);
        assert_eq!(reader.text().as_deref(), Some("ab张"));
        assert_eq!(reader.text().as_deref(), Some("cd"));
        assert_eq!(reader.text(), None);
        assert_eq!(Reader::new(&[&[3, 0, 0, b'a']], &[]).text(), None);
    }

    #[test]
    fn a_text_of_a_code_page_is_read_in_it() {
        let mut spelling = Spelling::Narrow(encoding_rs::WINDOWS_1252);
        spelling.code_page(936);
        assert_eq!(spelling.text(&[4, 0xD5, 0xC5, 0xC8, 0xFD], 0, true).as_deref(), Some("张三"));
        assert_eq!(Spelling::Wide.text(&[1, 0, 1, 0x20, 0x5F], 0, false).as_deref(), Some("张"));
        assert_eq!(Spelling::Wide.text(&[2, 0, 1, 0x20, 0x5F], 0, false), None);
    }
}
