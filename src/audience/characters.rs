//! Characters that no cell should hold: what nobody sees, what no font shows, and what is left of a text that was read
//! in the wrong encoding. The rules go by what Unicode says of a character, not by lists of those met so far.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use encoding_rs::{GB18030, GBK, WINDOWS_1252};
use unicode_general_category::{GeneralCategory, get_general_category};

/// The flag from which tags make others, such as that of Scotland.
const FLAG: char = '\u{1f3f4}';

/// Two U+FFFD of UTF-8, read as GBK.
pub(crate) const TWICE_LOST: &str = "锟斤拷";

/// Whether a text holds what is left of characters that are lost for good.
pub(crate) fn is_destroyed(text: &str) -> bool {
    text.contains('\u{fffd}') || text.contains(TWICE_LOST)
}

/// The first private-use character of a text.
pub(crate) fn private_use(text: &str) -> Option<char> {
    text.chars().find(|c| is_private_use(*c))
}

/// The private-use characters of a text, and where they are.
pub(crate) fn all_private_use(text: &str) -> impl Iterator<Item = (usize, char)> {
    text.char_indices().filter(|(_, c)| is_private_use(*c))
}

fn is_private_use(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

/// The character that GB18030-2022 has where earlier editions had this private-use one.
pub(crate) fn real_of(private: char) -> Option<char> {
    let code = u32::from(private);
    // The rows of earlier editions, in the order of their private-use characters. No character has 7F as its second byte.
    let (lead, trail) = match code {
        0xE78D..=0xE793 => (0xA6, 0xD9 + (code - 0xE78D)),
        0xE794..=0xE795 => (0xA6, 0xEC + (code - 0xE794)),
        0xE796 => (0xA6, 0xF3),
        0xE7C7 => (0xA8, 0xBC),
        0xE7C8 => (0xA8, 0xBF),
        0xE7E7..=0xE7F3 => (0xA9, 0x89 + (code - 0xE7E7)),
        0xE815..=0xE843 => (0xFE, 0x50 + (code - 0xE815)),
        0xE844..=0xE864 => (0xFE, 0x80 + (code - 0xE844)),
        _ => return None,
    };
    let bytes = [lead, u8::try_from(trail).ok()?];
    let real = GB18030.decode_without_bom_handling_and_without_replacement(&bytes)?.chars().next()?;
    (!is_private_use(real)).then_some(real)
}

/// Whether a text holds characters without ink that have no business where they stand.
pub(crate) fn has_unseen(text: &str) -> bool {
    unseen(text).next().is_some()
}

/// The characters without ink that have no business where they stand, and where that is.
pub(crate) fn unseen(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut before = None;
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (at, c) = rest.next()?;
            let found = !c.is_ascii() && is_unseen(before, c, rest.peek().map(|(_, after)| *after));
            before = Some(c);
            if found {
                return Some((at, c));
            }
        }
    })
}

fn is_unseen(before: Option<char>, c: char, after: Option<char>) -> bool {
    match c {
        // They join and part characters of emoji and of scripts whose letters hang together.
        '\u{200c}' | '\u{200d}' => !(before.is_some_and(joins) && after.is_some_and(joins)),
        '\u{e0020}'..='\u{e007f}' => {
            !before.is_some_and(|before| before == FLAG || matches!(before, '\u{e0020}'..='\u{e007e}'))
        }
        // Signs of Arabic, Syriac and Kaithi that are drawn around what follows.
        '\u{600}'..='\u{605}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'
        | '\u{891}'
        | '\u{8e2}'
        | '\u{110bd}'
        | '\u{110cd}' => false,
        // Letters and marks that are blank by design.
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{3164}'
        | '\u{ffa0}' => true,
        '\u{2028}' | '\u{2029}' => true,
        // C1 controls and noncharacters.
        '\u{80}'..='\u{9f}' | '\u{fdd0}'..='\u{fdef}' => true,
        c if u32::from(c) & 0xFFFE == 0xFFFE => true,
        c => get_general_category(c) == GeneralCategory::Format,
    }
}

/// Whether U+200D and U+200C may stand beside a character: not beside Latin letters, Han, kana and Hangul.
fn joins(c: char) -> bool {
    !c.is_ascii()
        && !matches!(c, '\u{2e80}'..='\u{d7ff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// The text as it was, where it is UTF-8 that was read as Western European: 张三 for `å¼\u{a0}ä¸‰`.
pub(crate) fn reread(text: &str) -> Option<String> {
    let mut real = String::new();
    let mut rest = text.chars();
    let mut wrong = false;
    while let Some(c) = rest.next() {
        let first = western(c).filter(|byte| !byte.is_ascii());
        let more = match first {
            // Two bytes are a Latin letter or sign, elsewhere such pairs are texts of their own: É®.
            Some(0xC2 | 0xC3) => 1,
            Some(0xE0..=0xEF) => 2,
            Some(0xF0..=0xF4) => 3,
            Some(_) => return None,
            None => {
                real.push(c);
                continue;
            }
        };
        let mut bytes = vec![first?];
        for c in rest.by_ref().take(more) {
            // Many programs make a usual blank of U+00A0 on the way.
            bytes.push(if c == ' ' && more > 1 { 0xA0 } else { western(c)? });
        }
        if bytes.len() <= more {
            // The text may have been cut here.
            break;
        }
        real.push_str(std::str::from_utf8(&bytes).ok()?);
        wrong = true;
    }
    wrong.then_some(real)
}

/// The text as it was, where it is one encoding that was read as another: UTF-8 as Western European or as GBK, or GBK as
/// Western European.
pub(crate) fn misread(text: &str) -> Option<String> {
    reread(text).or_else(|| reread_as_gbk(text)).or_else(|| reread_as_western(text))
}

/// The text as it was, where it is UTF-8 that was read as GBK: 李四 for 鏉庡洓.
fn reread_as_gbk(text: &str) -> Option<String> {
    let (bytes, _, unmapped) = GBK.encode(text.trim_end_matches(['?', '\u{fffd}']));
    if unmapped {
        return None;
    }
    let real = match std::str::from_utf8(&bytes) {
        Ok(real) => real,
        // An odd byte at the end finds no other: its character is lost, and so are the two bytes before it.
        Err(error) => {
            let (good, rest) = bytes.split_at(error.valid_up_to());
            let cut = error.error_len().is_none() && (rest.len() == 2 && good.len() >= 6 || good.len() >= 24);
            std::str::from_utf8(good).ok().filter(|_| cut)?
        }
    };
    is_common(real).then(|| real.to_owned())
}

/// Whether the first character of a text is one that UTF-8 read as GBK begins with.
pub(crate) fn may_begin_misread(text: &str) -> bool {
    static FIRST: LazyLock<HashSet<char>> = LazyLock::new(|| {
        let pairs = (0xE2..=0xEF).flat_map(|lead| (0x80..=0xBF).map(move |trail| [lead, trail]));
        pairs
            .filter_map(|pair| GBK.decode_without_bom_handling_and_without_replacement(&pair)?.chars().next())
            .collect()
    });
    text.chars().next().is_some_and(|first| FIRST.contains(&first))
}

/// The text as it was, where it is GBK that was read as Western European: 李四 for ÀîËÄ. Words of Western languages have
/// one letter of this kind beside those of ASCII.
fn reread_as_western(text: &str) -> Option<String> {
    let beside = |one: char, other: char| one.is_ascii_alphabetic() && !other.is_ascii();
    let word = text.chars().zip(text.chars().skip(1)).any(|(a, b)| beside(a, b) || beside(b, a));
    let bytes: Vec<u8> = text.chars().map(western).collect::<Option<_>>().filter(|_| !word)?;
    let real = GBK.decode_without_bom_handling_and_without_replacement(&bytes)?;
    is_common(&real).then(|| real.into_owned())
}

/// Whether a text has at least two Chinese characters, nothing else beyond ASCII but their punctuation, and most of
/// them are among the 3755 that are in daily use. What a wrong reading makes of other texts hardly ever is.
fn is_common(text: &str) -> bool {
    let (mut all, mut common) = (0, 0);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        match c {
            '\u{4e00}'..='\u{9fff}' => {
                let mut buffer = [0; 4];
                let (bytes, ..) = GBK.encode(c.encode_utf8(&mut buffer));
                all += 1;
                common += usize::from(matches!(*bytes, [0xB0..=0xD7, 0xA1..=0xFE]));
            }
            '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff5e}' | '\u{2010}'..='\u{2026}' | '·' => {}
            _ => return false,
        }
    }
    all >= 2 && common * 2 >= all
}

/// Whether a text is a few Chinese characters with a question mark or a box where another may have been lost: `王?`.
/// Behind them a question mark may be one, and before them a box is to be ticked, but not in a name.
pub(crate) fn is_lost(text: &str, is_name: bool) -> bool {
    /// Names are no longer; a sentence has question marks of its own.
    const LONGEST: usize = 6;
    let is_han = |c: &char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
    let is_mark = |c: &char| matches!(c, '?' | '□');
    let text: Vec<char> = text.trim().chars().take(LONGEST + 1).collect();
    let (Some(first), Some(last)) = (text.first(), text.last()) else { return false };
    let whole = text.len() <= LONGEST && text.iter().all(|c| is_han(c) || is_mark(c) || *c == '·');
    if !whole || !text.iter().any(is_han) || !text.iter().any(is_mark) {
        return false;
    }
    let inside = matches!(&text[..], [_, inside @ .., _] if inside.iter().any(is_mark));
    is_name || inside || *first == '?' || *last == '□'
}

/// The byte that is this character in Western European encodings.
fn western(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(c) {
        return Some(byte);
    }
    let mut buffer = [0; 4];
    match WINDOWS_1252.encode(c.encode_utf8(&mut buffer)) {
        (Cow::Owned(bytes), _, false) => bytes.first().copied(),
        (Cow::Owned(_) | Cow::Borrowed(_), ..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_use_characters_have_the_names_of_the_last_edition() {
        for (private, real) in [
            ('\u{e863}', Some('䶮')),
            ('\u{e815}', Some('⺁')),
            ('\u{e843}', Some('\u{9fb9}')),
            ('\u{e844}', Some('䜣')),
            ('\u{e864}', Some('\u{9fbb}')),
            ('\u{e78d}', Some('︐')),
            ('\u{e796}', Some('︙')),
            ('\u{e7c7}', Some('ḿ')),
            ('\u{e7e8}', Some('⿰')),
            ('\u{e415}', None),
            ('\u{f0000}', None),
        ] {
            assert_eq!(real_of(private), real, "{:x}", u32::from(private));
        }
        assert_eq!(private_use("王\u{e863}"), Some('\u{e863}'));
        assert_eq!(private_use("王䶮"), None);
    }

    #[test]
    fn what_nobody_sees_is_told_by_its_kind() {
        for unseen in [
            "小\u{202e}明",
            "\u{202a}13800138000\u{202c}",
            "\u{3164}",
            "\u{200e}",
            "a\u{ad}b",
            "张\u{200d}三",
            "a\u{200c}b",
            "张三\u{200d}",
            "\u{2066}x",
            "\u{180e}x",
            "x\u{fff9}",
            "x\u{e0061}",
            "x\u{2800}",
            "x\u{85}",
            "x\u{fdd0}",
            "x\u{ffff}",
            "x\u{1fffe}",
        ] {
            assert!(has_unseen(unseen), "{unseen:?}");
        }
        for seen in [
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "👩🏽\u{200d}🚀",
            "☀\u{fe0f}",
            "葛\u{e0100}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "می\u{200c}خواهم",
            "张三，您好！“王”",
            "François Šimůnek",
        ] {
            assert!(!has_unseen(seen), "{seen:?}");
        }
    }

    #[test]
    fn a_text_read_in_another_encoding_of_china_is_told_with_what_it_was() {
        for (wrong, real) in [
            ("鏉庡洓", Some("李四")),
            ("鐜嬪皬鏄", Some("王小")),
            ("鐜嬪皬鏄?", Some("王小")),
            ("濮撳悕", Some("姓名")),
            ("ÀîËÄ", Some("李四")),
            ("ÍõÐ¡Ã÷", Some("王小明")),
            ("ÍõÐ¡Ã÷ 2", Some("王小明 2")),
            ("李四", None),
            ("欧阳娜娜", None),
            ("联通", None),
            ("您好，李四", None),
            ("François Šimůnek", None),
            ("CRÉÉE", None),
            ("CAFÉ®", None),
            ("ÄÖ", None),
            ("éé éé", None),
            ("", None),
        ] {
            assert_eq!(misread(wrong).as_deref(), real, "{wrong:?}");
        }
        assert!(may_begin_misread("鏉庡洓") && may_begin_misread("濮撳悕") && !may_begin_misread("李四"));
    }

    #[test]
    fn a_question_mark_among_the_characters_of_a_name_stands_for_one_that_is_lost() {
        for name in ["王?", "?莉", "李□", "王?明", "阿卜杜?·"] {
            assert!(is_lost(name, true), "{name}");
        }
        for (text, lost) in [("?莉", true), ("王?明", true), ("李□", true), ("在吗?", false), ("□男", false)]
        {
            assert_eq!(is_lost(text, false), lost, "{text}");
        }
        for sound in ["王", "?", "□", "你好吗?我是王明", "A?", "王明？", ""] {
            assert!(!is_lost(sound, true), "{sound}");
        }
    }

    #[test]
    fn a_text_read_as_western_european_is_told_with_what_it_was() {
        for (wrong, real) in [
            ("å¼\u{a0}ä¸‰", Some("张三")),
            ("å¼ ä¸‰", Some("张三")),
            ("å¼\u{a0}ä¸\u{89}", Some("张三")),
            ("JosÃ©", Some("José")),
            ("ðŸ˜€", Some("😀")),
            ("您好 å¼\u{a0}ä¸‰", Some("您好 张三")),
            ("itâ€™s", Some("it’s")),
            ("José", None),
            ("« café\u{a0}»", None),
            ("CAFÉ®", None),
            ("“王”", None),
            ("Müller", None),
            ("São Paulo", None),
            ("张三", None),
        ] {
            assert_eq!(reread(wrong).as_deref(), real, "{wrong:?}");
        }
    }
}
