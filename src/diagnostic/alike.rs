//! Words that look alike and are not the same.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

use crate::locale::Catalog;

/// So many differences are spelled out.
const MOST: usize = 3;

/// Radicals that look like the characters they are parts of, which PDF files put in their place; no normalization turns
/// one into the other (Unicode, EquivalentUnifiedIdeograph).
const RADICALS: &[(char, char)] = &[
    ('\u{2EA0}', '民'),
    ('\u{2EC4}', '西'),
    ('\u{2EC5}', '见'),
    ('\u{2EC6}', '角'),
    ('\u{2EC9}', '贝'),
    ('\u{2ECB}', '车'),
    ('\u{2ED3}', '长'),
    ('\u{2ED4}', '门'),
    ('\u{2ED9}', '韦'),
    ('\u{2EDA}', '页'),
    ('\u{2EDB}', '风'),
    ('\u{2EDC}', '飞'),
    ('\u{2EDD}', '食'),
    ('\u{2EE2}', '马'),
    ('\u{2EE3}', '骨'),
    ('\u{2EE4}', '鬼'),
    ('\u{2EE5}', '鱼'),
    ('\u{2EE6}', '鸟'),
    ('\u{2EE7}', '卤'),
    ('\u{2EE8}', '麦'),
    ('\u{2EE9}', '黄'),
    ('\u{2EEC}', '齐'),
    ('\u{2EEE}', '齿'),
    ('\u{2EF0}', '龙'),
    ('\u{2EF3}', '龟'),
];

/// Two words that look alike, and where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alike {
    /// The word that was asked for.
    pub(crate) word: String,
    pub(crate) differences: Vec<Difference>,
    /// Whether there are more of them.
    pub(crate) more: bool,
}

/// A place where two words that look alike differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Difference {
    /// At this place, from 1, the other word has other characters than the one that was asked for.
    Other { at: usize, there: String, asked: String },
    /// The other word has characters here that nobody sees.
    UnseenThere { at: usize, there: String },
    /// The word that was asked for has some.
    UnseenAsked { at: usize, asked: String },
}

impl Alike {
    /// The differences from the word `near`, as a part of a sentence.
    pub(super) fn told(&self, near: &str, words: &Catalog) -> String {
        let one = |difference: &Difference| match difference {
            Difference::Other { at, there, asked } => words.say(
                "diagnostic.differs.other",
                &[("at", at), ("word", &near), ("there", there), ("asked", asked)],
            ),
            Difference::UnseenThere { at, there: unseen } => {
                words.say("diagnostic.differs.unseen", &[("at", at), ("word", &near), ("unseen", unseen)])
            }
            Difference::UnseenAsked { at, asked: unseen } => {
                let word = &self.word;
                words.say("diagnostic.differs.unseen", &[("at", at), ("word", word), ("unseen", unseen)])
            }
        };
        let and = |one: String, other: String| {
            words.say("diagnostic.differs.and", &[("one", &one), ("other", &other)])
        };
        let told = self
            .differences
            .iter()
            .map(one)
            .reduce(and)
            .expect("words that are not the same differ somewhere");
        let more = if self.more { " …" } else { "" };
        told + more
    }
}

/// The candidate that looks like `word` and is not the same.
pub(super) fn find<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<(&'a str, Alike)> {
    let plain = folded(word);
    if plain.is_empty() {
        return None;
    }
    let other = candidates.into_iter().find(|other| *other != word && folded(other) == plain)?;
    let mut differences = differences(word, other);
    let more = differences.len() > MOST;
    differences.truncate(MOST);
    Some((other, Alike { word: word.to_owned(), differences, more }))
}

/// A text as it looks.
pub(crate) fn folded(text: &str) -> String {
    let known = |c: char| RADICALS.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to);
    // Full-width letters are seen to be wide.
    let plain = |c: char| match c {
        '\u{3000}' | '\u{FF01}'..='\u{FF5E}' => vec![c],
        c => c.nfkc().collect(),
    };
    let composed: String = text.nfc().flat_map(plain).filter(|c| !is_unseen(*c)).map(known).collect();
    composed.nfc().collect()
}

fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{2800}' | '\u{34F}' | '\u{FE00}'..='\u{FE0F}'
    ) || matches!(get_general_category(c), GeneralCategory::Format | GeneralCategory::Control)
}

/// Where two texts that look alike differ.
fn differences(asked: &str, other: &str) -> Vec<Difference> {
    let (asked, other): (Vec<char>, Vec<char>) = (asked.chars().collect(), other.chars().collect());
    let (mut left, mut right) = (0, 0);
    let mut found = Vec::new();
    let unseen = |chars: &[char], from: usize| chars[from..].iter().take_while(|c| is_unseen(**c)).count();
    while left < asked.len() || right < other.len() {
        if left < asked.len() && asked.get(left) == other.get(right) {
            (left, right) = (left + 1, right + 1);
            continue;
        }
        match (unseen(&asked, left), unseen(&other, right)) {
            (_, count @ 1..) => {
                found.push(Difference::UnseenThere {
                    at: right + 1,
                    there: spelled(&other[right..right + count]),
                });
                right += count;
            }
            (count @ 1.., 0) => {
                found.push(Difference::UnseenAsked {
                    at: left + 1,
                    asked: spelled(&asked[left..left + count]),
                });
                left += count;
            }
            (0, 0) => {
                let (width, height) = alike_from(&asked[left..], &other[right..]);
                let (there, asked) =
                    (spelled(&other[right..right + height]), spelled(&asked[left..left + width]));
                found.push(Difference::Other { at: right + 1, there, asked });
                (left, right) = (left + width, right + height);
            }
        }
    }
    found
}

/// How many characters at the beginning of two texts look alike together, as a letter and its accent look like both in one.
fn alike_from(asked: &[char], other: &[char]) -> (usize, usize) {
    let text = |chars: &[char]| folded(&chars.iter().collect::<String>());
    for total in 2..=8 {
        for width in 1..total {
            let height = total - width;
            if width <= asked.len()
                && height <= other.len()
                && text(&asked[..width]) == text(&other[..height])
            {
                return (width, height);
            }
        }
    }
    (asked.len().min(1), other.len().min(1))
}

/// Characters with their numbers; those that have no look of their own by their numbers alone.
fn spelled(chars: &[char]) -> String {
    let one = |c: &char| {
        let number = format!("U+{:04X}", u32::from(*c));
        let shown = !is_unseen(*c)
            && !matches!(
                get_general_category(*c),
                GeneralCategory::SpaceSeparator
                    | GeneralCategory::LineSeparator
                    | GeneralCategory::ParagraphSeparator
                    | GeneralCategory::NonspacingMark
                    | GeneralCategory::EnclosingMark
                    | GeneralCategory::PrivateUse
                    | GeneralCategory::Unassigned
            );
        if shown { format!("{c} {number}") } else { number }
    };
    chars.iter().map(one).collect::<Vec<_>>().join(" + ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing(word: &str, other: &str) -> Vec<Difference> {
        let (found, alike) = find(word, [other]).unwrap_or_else(|| panic!("{word} and {other} look alike"));
        assert_eq!(found, other);
        alike.differences
    }

    #[test]
    fn what_differs_is_spelled_out_with_its_place() {
        let other =
            |at, there: &str, asked: &str| Difference::Other { at, there: there.into(), asked: asked.into() };
        assert_eq!(differing("手机", "\u{2F3F}机"), [other(1, "\u{2F3F} U+2F3F", "手 U+624B")]);
        assert_eq!(differing("门店", "\u{2ED4}店"), [other(1, "\u{2ED4} U+2ED4", "门 U+95E8")]);
        assert_eq!(differing("full name", "full\u{a0}name"), [other(5, "U+00A0", "U+0020")]);
        assert_eq!(differing("caf\u{e9}", "cafe\u{301}"), [other(4, "e U+0065 + U+0301", "\u{e9} U+00E9")]);
        assert_eq!(
            differing("手机", "手\u{200b}机"),
            [Difference::UnseenThere { at: 2, there: "U+200B".into() }]
        );
        assert_eq!(
            differing("手\u{200b}\u{feff}机", "手机"),
            [Difference::UnseenAsked { at: 2, asked: "U+200B + U+FEFF".into() }]
        );
        assert_eq!(differing("手机手机", "\u{2F3F}机\u{2F3F}机\u{200b}").len(), 3);
        assert_eq!(differing("手手手手", &"\u{2F3F}".repeat(4)).len(), MOST);
    }

    #[test]
    fn what_looks_different_is_not_alike() {
        for (word, other) in [
            ("手机", "手机"),
            ("手机", "毛机"),
            ("name", "Name"),
            ("\u{200b}", "x"),
            ("土", "士"),
            ("openid", "ｏｐｅｎｉｄ"),
        ] {
            assert_eq!(find(word, [other]), None, "{word} {other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_words_are_compared_to_their_ends(
            word in "[手\u{2F3F}机e\u{301}\u{e9}\u{200b}\u{a0} ]{0,6}",
            other in "[手\u{2F3F}机e\u{301}\u{e9}\u{200b}\u{a0} ]{0,6}",
        ) {
            if let Some((_, alike)) = find(&word, [other.as_str()]) {
                proptest::prop_assert!(!alike.differences.is_empty());
            }
        }
    }
}
