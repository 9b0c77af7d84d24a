//! The people of a row, so that what is told of it can hide them.

use std::collections::HashSet;

use crate::locale::mask::{mask, openids_in};

/// A piece of an openid that is shorter than this may be a part of any word, and stays.
const PIECE: usize = 12;

/// The people whom a row names, whichever column they stand in. They are hidden by what their openids are, not by how a text
/// looks: the id of an uploaded file may look like an openid, and helpers write an openid in capitals or cut it off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct People {
    /// Every piece of their openids, in small letters.
    pieces: HashSet<[u8; PIECE]>,
}

impl People {
    /// The person whom a message is for, and whoever else has an openid in these cells.
    pub(crate) fn of<'t>(openid: Option<&str>, cells: impl IntoIterator<Item = &'t str>) -> Self {
        let mut people = Self::default();
        openid.into_iter().for_each(|openid| people.add(openid));
        for cell in cells {
            for found in openids_in(cell) {
                people.add(&cell[found]);
            }
        }
        people
    }

    fn add(&mut self, openid: &str) {
        let small = openid.to_ascii_lowercase();
        self.pieces.extend(small.as_bytes().windows(PIECE).filter_map(<[u8]>::first_chunk::<PIECE>));
    }

    /// A text in which they are masked wherever they stand: in an address, in the name of a file, in capitals, cut off.
    pub(crate) fn hidden_in(&self, text: &str) -> String {
        let small = text.to_ascii_lowercase();
        let is_piece = |at: usize| {
            let piece = small.as_bytes().get(at..).and_then(<[u8]>::first_chunk::<PIECE>);
            piece.is_some_and(|piece| self.pieces.contains(piece))
        };
        let mut masked = String::with_capacity(text.len());
        let (mut at, mut told) = (0, 0);
        while at + PIECE <= text.len() && !self.pieces.is_empty() {
            if !is_piece(at) {
                at += 1;
                continue;
            }
            let from = at;
            while is_piece(at + 1) {
                at += 1;
            }
            at += PIECE;
            // Openids have no character of several bytes; a person of a test may, and no text is cut within one.
            if text.is_char_boundary(from) && text.is_char_boundary(at) {
                masked.push_str(&text[told..from]);
                masked.push_str(&mask(&text[from..at]));
                told = at;
            }
        }
        masked + &text[told..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_hidden_whatever_was_made_of_their_openids_and_nobody_else_is() {
        let (openid, other) = ("oABC5678901234567890123-_678", "oZZZzzz8901234567890123-_999");
        let people = People::of(Some(openid), ["x", other, "推荐人:oYYY5678901234567890123-_444"]);
        let upper = openid.to_uppercase();
        for (text, shown) in [
            (openid.to_owned(), "oAB***_678"),
            (format!("x{openid}y {upper}"), "xoAB***_678y OAB***_678"),
            (format!("{other}{openid}"), "oZZ***_999oAB***_678"),
            ("你好 oABC56789012345…".to_owned(), "你好 oAB***2345…"),
            ("到 oYYY5678901234567890123-_444 来".to_owned(), "到 oYY***_444 来"),
            ("oABC5678901 and others".to_owned(), "oABC5678901 and others"),
            ("oMEDIAmediaMEDIAmediaMEDIA_1".to_owned(), "oMEDIAmediaMEDIAmediaMEDIA_1"),
            ("张三".to_owned(), "张三"),
        ] {
            assert_eq!(people.hidden_in(&text), shown);
        }
        assert_eq!(People::of(Some("short"), []).hidden_in("short"), "short");
    }
}
