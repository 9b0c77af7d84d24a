//! A text as UTF-8, where a mark at its beginning says that it is written in another way, as programs on Windows do. A
//! log is read whatever is wrong with a letter in it.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};

/// The bytes read at once.
const BLOCK: usize = 64 * 1024;

/// A reader of such a text. One without a mark is handed on as it is.
pub(super) struct Lossy<R> {
    inner: R,
    /// Nothing before the mark was looked for.
    begun: Option<Way>,
    /// What was read and not handed out.
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
}

/// How the text becomes UTF-8.
enum Way {
    AsItIs,
    Decoded(Box<Decoder>),
}

impl<R: Read> Lossy<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, begun: None, ready: Vec::new(), taken: 0, ended: false }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut block = vec![0; BLOCK];
        let mut held = 0;
        // A mark has three bytes at most, and may come in pieces.
        while held < 3 && !self.ended {
            let read = self.inner.read(&mut block[held..])?;
            self.ended = read == 0;
            held += read;
        }
        block.truncate(held);
        let way = self.begun.get_or_insert_with(|| match Encoding::for_bom(&block) {
            Some((encoding, _)) if encoding != UTF_8 => Way::Decoded(Box::new(encoding.new_decoder())),
            Some(_) | None => Way::AsItIs,
        });
        self.taken = 0;
        self.ready = match way {
            Way::AsItIs => block,
            Way::Decoded(decoder) => {
                let room = decoder.max_utf8_buffer_length(block.len()).unwrap_or(4 * BLOCK);
                let mut text = String::with_capacity(room);
                let _ = decoder.decode_to_string(&block, &mut text, self.ended);
                text.into_bytes()
            }
        };
        Ok(())
    }
}

impl<R: Read> Read for Lossy<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            if self.ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let some = out.len().min(self.ready.len() - self.taken);
        out[..some].copy_from_slice(&self.ready[self.taken..self.taken + some]);
        self.taken += some;
        Ok(some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut text = Vec::new();
        Lossy::new(bytes).read_to_end(&mut text).expect("from memory");
        String::from_utf8_lossy(&text).into_owned()
    }

    #[test]
    fn a_text_with_a_mark_is_decoded_and_any_other_is_handed_on() {
        let text = "<xml>微信</xml>\r\n".repeat(9_000);
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        assert_eq!(read(&wide(u16::to_le_bytes)), text);
        assert_eq!(read(&wide(u16::to_be_bytes)), text);
        assert_eq!(read(text.as_bytes()), text);
        for short in [&b""[..], b"a", b"ab", b"\xff"] {
            assert_eq!(read(short), String::from_utf8_lossy(short));
        }
    }
}
