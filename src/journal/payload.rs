//! The mark of a payload in a journal: what tells afterwards whether somebody got this very text, or one that reads the
//! same. No text is kept for it.
//!
//! The lower half of a mark is of the payload byte by byte. The upper one leaves out what nobody reads aloud: blanks,
//! punctuation, characters without ink.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::plan::digest::Digest;

/// The mark of a payload that nobody here knows: what was sent was not seen.
pub(crate) const UNSEEN: i64 = 0;

const HALF: u32 = 32;

/// The mark of a payload.
pub(crate) fn mark(payload: &[u8]) -> i64 {
    let exact = exact_of(Digest::of(payload).as_bytes());
    ((u64::from(spoken(payload)) << HALF) | u64::from(exact)).cast_signed()
}

/// The half of a mark that is of the payload byte by byte.
pub(crate) fn exact(mark: i64) -> u32 {
    u32::try_from(mark.cast_unsigned() & u64::from(u32::MAX)).expect("it is masked")
}

/// The same half, of a payload whose sha256 is known.
pub(crate) fn exact_of(sha256: &[u8; 32]) -> u32 {
    // The bytes that this half had when all of a mark was of the digest, so that such marks still tell.
    let [_, _, _, _, a, b, c, d, ..] = *sha256;
    u32::from_be_bytes([a, b, c, d])
}

/// Whether a mark is of this payload.
pub(crate) fn is_of(mark: i64, payload: &[u8]) -> bool {
    exact(mark) == exact_of(Digest::of(payload).as_bytes())
}

/// Whether a mark is of a payload that differs from this one in blanks and punctuation at most.
pub(crate) fn reads_like(mark: i64, payload: &[u8]) -> bool {
    mark != UNSEEN && mark.cast_unsigned() >> HALF == u64::from(spoken(payload))
}

/// A hash of what is read aloud of a payload: FNV-1a, which stays what it is on every machine and costs little.
fn spoken(payload: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(payload);
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut take = |c: char| hash = (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3);
    let (mut rest, mut before) = (text.chars().peekable(), None);
    while let Some(c) = rest.next() {
        if c == '\\' {
            // A JSON string escapes blanks, quotes and backslashes, and else nothing that has ink.
            if rest.next() == Some('u') {
                rest.by_ref().take(4).for_each(drop);
            }
        } else if is_spoken(c) || within_number(before, rest.peek().copied()) {
            // 1.5 is not 15, nor 10:30 1030.
            take(c);
        }
        before = Some(c);
    }
    u32::try_from((hash >> HALF) ^ (hash & u64::from(u32::MAX))).expect("two halves of it")
}

fn within_number(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit())
}

fn is_spoken(c: char) -> bool {
    use GeneralCategory as Is;
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '\u{4e00}'..='\u{9fff}' | '%' | '％' | '+' | '=' => true,
        c if c.is_ascii() => false,
        c => !matches!(
            get_general_category(c),
            Is::ConnectorPunctuation
                | Is::DashPunctuation
                | Is::OpenPunctuation
                | Is::ClosePunctuation
                | Is::InitialPunctuation
                | Is::FinalPunctuation
                | Is::OtherPunctuation
                | Is::SpaceSeparator
                | Is::LineSeparator
                | Is::ParagraphSeparator
                | Is::Control
                | Is::Format
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> Vec<u8> {
        serde_json::to_vec(&serde_json::json!({ "touser": "oA", "text": { "content": content } }))
            .expect("values are JSON")
    }

    #[test]
    fn a_text_reads_like_one_with_other_blanks_and_punctuation_and_like_no_other() {
        let sent = text("张三，您好！满 100 减 1.5 元\n回复 1");
        let mark = mark(&sent);
        assert!(is_of(mark, &sent) && reads_like(mark, &sent));
        for same in [
            "张三，您好！满 100 减 1.5 元\n回复 1 ",
            "张三,您好!满100减1.5元 回复1",
            "张三：您好。满\u{3000}100\u{200b} 减 1.5 元\r\n\r\n“回复 1”",
        ] {
            assert!(!is_of(mark, &text(same)) && reads_like(mark, &text(same)), "{same}");
        }
        for other in [
            "李四，您好！满 100 减 1.5 元\n回复 1",
            "张三，您好！满 100 减 15 元\n回复 1",
            "张三，您好！满 100% 减 1.5 元\n回复 1",
            "张三，您好！满 100 减 1.5 元\n回复 1 🎉",
        ] {
            assert!(!is_of(mark, &text(other)) && !reads_like(mark, &text(other)), "{other}");
        }
    }

    #[test]
    fn a_mark_of_an_earlier_version_tells_of_its_payload_still_and_nothing_reads_like_what_was_not_seen() {
        let sent = text("张三，您好！");
        let mut first = [0; 8];
        first.copy_from_slice(&Digest::of(&sent).as_bytes()[..8]);
        assert!(is_of(i64::from_be_bytes(first), &sent));
        assert!(!reads_like(UNSEEN, b""));
    }
}
