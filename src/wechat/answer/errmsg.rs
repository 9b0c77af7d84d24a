//! WeChat's `errmsg`, taken apart into the text, the hint and the request's rid.
//!
//! The platform appends a hint in brackets (until about 2019), a rid (since about 2020), or both
//! (docs/platform.md#errmsg). Both are looked for at the end only, where every real answer has them, so a text
//! that merely speaks of a rid stays whole.

use std::net::Ipv4Addr;
use std::ops::Range;

/// An `errmsg` as it came, and its parts.
///
/// Any text can be parsed: what is not recognised stays in [`text`](Self::text), and the whole is always
/// there in [`raw`](Self::raw).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errmsg {
    raw: String,
    text: Range<usize>,
    hint: Option<Range<usize>>,
    rid: Option<Range<usize>>,
}

impl Errmsg {
    /// Takes an `errmsg` apart (docs/platform.md#errmsg).
    pub fn parse(raw: &str) -> Self {
        let mut head = raw.trim_end();
        let mut hint = None;
        let mut rid = None;
        // Real answers have the hint before the rid; the other order costs nothing to accept.
        loop {
            if rid.is_none()
                && let Some((before, found)) = split_rid(head)
            {
                head = before;
                rid = Some(found);
            } else if hint.is_none()
                && let Some((before, found)) = split_hint(head)
            {
                head = before;
                hint = Some(found);
            } else {
                break;
            }
        }
        let start = head.len() - head.trim_start().len();
        Self { raw: raw.to_owned(), text: start..head.len(), hint, rid }
    }

    /// What happened, without hint and rid and without the comma before them.
    pub(crate) fn text(&self) -> &str {
        self.part(&self.text)
    }

    /// The hint, without its brackets.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_ref().map(|range| self.part(range))
    }

    /// The request's id, by which the platform can look the request up for 7 days (docs/platform.md#request-numbers).
    pub(crate) fn rid(&self) -> Option<&str> {
        self.rid.as_ref().map(|range| self.part(range))
    }

    /// The `errmsg` exactly as it came.
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    fn part(&self, range: &Range<usize>) -> &str {
        self.raw.get(range.clone()).expect("it was found in this text")
    }
}

/// The IPv4 address that a refusal by the IP whitelist names, 40164 or 61004 (docs/platform.md#ip-list).
/// Gives nothing where the text names none.
pub(crate) fn refused_ip(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .map(|word| word.trim_matches('.'))
        .find(|word| word.parse::<Ipv4Addr>().is_ok())
}

/// Cuts a closing `rid: …` off. The range holds for the raw text too, because `head` is its beginning.
fn split_rid(head: &str) -> Option<(&str, Range<usize>)> {
    let (before, after) = head.rsplit_once("rid:")?;
    let rid = after.trim_start();
    let plausible = !rid.is_empty() && rid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let before = stands_alone(before)?;
    plausible.then(|| (before, head.len() - rid.len()..head.len()))
}

/// Cuts a closing `hint: […]` or `hints: […]` off, the blank before the bracket being optional.
fn split_hint(head: &str) -> Option<(&str, Range<usize>)> {
    let (before, hint) = head.strip_suffix(']')?.rsplit_once('[')?;
    let label = before.trim_end().strip_suffix(':')?;
    let before = label.strip_suffix("hints").or_else(|| label.strip_suffix("hint"))?;
    let start = head.len() - 1 - hint.len();
    Some((stands_alone(before)?, start..head.len() - 1))
}

/// What comes before a label, without the comma between them; nothing where the label is only the end of a
/// longer word, as in `grid:`.
fn stands_alone(before: &str) -> Option<&str> {
    let trimmed = before.trim_end();
    let without_comma = trimmed.strip_suffix(',').map_or(trimmed, str::trim_end);
    (before.is_empty() || without_comma.len() < before.len()).then_some(without_comma)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

    fn assert_parts(raw: &str, (text, hint, rid): Parts<'_>) {
        let parsed = Errmsg::parse(raw);
        assert_eq!((parsed.text(), parsed.hint(), parsed.rid()), (text, hint, rid), "{raw}");
        assert_eq!(parsed.raw(), raw);
    }

    #[test]
    fn a_hint_in_brackets_is_taken_off() {
        let examples = [
            (
                "response out of time limit or subscription is canceled hint: [ZE1Uxa0498age8]",
                "ZE1Uxa0498age8",
            ),
            ("out of response count limit hint:[2TCvgA0175ge21]", "2TCvgA0175ge21"),
            ("invalid openid hint: [T4BDAa00124119]", "T4BDAa00124119"),
            ("system error hint: [wGcYDA09324119]", "wGcYDA09324119"),
            ("invalid credential, access_token is invalid or not latest hint: [IN0835ent2]", "IN0835ent2"),
            ("access_token expired hint: [AnOVOA0460vr31!]", "AnOVOA0460vr31!"),
            ("media data missing hint: [bJoS6a00721492]", "bJoS6a00721492"),
            ("invalid ip 61.172.68.219, not in whitelist hint: [KJZfAa0644e575]", "KJZfAa0644e575"),
        ];
        for (raw, hint) in examples {
            let text = raw.split(" hint:").next().expect("a first piece");
            assert_parts(raw, (text, Some(hint), None));
        }
    }

    #[test]
    fn hints_in_the_plural_are_taken_off() {
        let examples = [
            (
                "invalid credential, access_token is invalid or not latest hints: [W.DFKi0gE-QzZaKA!]",
                "W.DFKi0gE-QzZaKA!",
            ),
            ("api unauthorized hints: [iGcC4tNre-30wTBa!]", "iGcC4tNre-30wTBa!"),
            ("user limited hints: [eIEAjawgE-5!]", "eIEAjawgE-5!"),
        ];
        for (raw, hint) in examples {
            let text = raw.split(" hints:").next().expect("a first piece");
            assert_parts(raw, (text, Some(hint), None));
        }
    }

    #[test]
    fn a_rid_is_taken_off() {
        let long = "invalid credential, access_token is invalid or not latest, could get access_token by \
                    getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r";
        let examples = [
            ("response out of time limit or subscription is canceled", "61655d5b-0b67106b-797933d8"),
            ("response out of time limit or subscription is canceled", "6180be1b-2fbdcc1e-289d9d1f"),
            ("out of response count limit", "64a774ce-020c072d-6c820ec0"),
            ("invalid openid", "6791c969-2df2b561-5de66934"),
            ("invalid openid", "66f3bd4d-25a283a9-73c6a452"),
            ("content size out of limit", "5fe14743-2bcdaa22-34944b72"),
            ("invalid account type", "60efa0a7-00100997-6ec6e1f6"),
            ("invalid type", "6a01d72c-38178a79-77b8b30b"),
            ("reach max api daily quota limit", "617682e0-09059ac5-34a8e2ea"),
            ("system error", "60891646-03eed615-7f6889ef"),
            ("invalid media_id", "66e15cca-0a65c6d7-7b6ef3fe"),
            ("api unauthorized", "68079913-4fa1bf0a-7dceeca9"),
            (
                "invalid ip 122.224.238.125 ipv6 ::ffff:122.224.238.125, not in whitelist",
                "63252e6b-7c87ebbe-4f8ad7d0",
            ),
            (long, "65f00000-00000000-00000000"),
        ];
        for (text, rid) in examples {
            assert_parts(&format!("{text} rid: {rid}"), (text, None, Some(rid)));
        }
    }

    #[test]
    fn a_hint_and_a_rid_are_both_taken_off() {
        assert_parts(
            "invalid custom service account hint: [4hEDR0I2e-OQxxgA] rid: 61123150-1bf2ec94-0441cc67",
            ("invalid custom service account", Some("4hEDR0I2e-OQxxgA"), Some("61123150-1bf2ec94-0441cc67")),
        );
    }

    #[test]
    fn the_comma_before_a_rid_goes_with_it() {
        assert_parts(
            "invalid ip 112.97.80.6 ipv6 ::ffff:112.97.80.6, not in whitelist, rid: 656da159-2d2fdafb-4806ce58",
            (
                "invalid ip 112.97.80.6 ipv6 ::ffff:112.97.80.6, not in whitelist",
                None,
                Some("656da159-2d2fdafb-4806ce58"),
            ),
        );
    }

    #[test]
    fn a_text_without_either_stays_whole() {
        for raw in [
            "",
            "ok",
            "invalid grid: abc",
            "astrid: 1",
            "hints are [given]",
            "rid: not one",
            "rid:",
            "a ]",
            "]",
        ] {
            assert_parts(raw, (raw, None, None));
        }
    }

    #[test]
    fn only_one_of_each_is_taken_off() {
        assert_parts("a rid: 1-2 rid: 3-4", ("a rid: 1-2", None, Some("3-4")));
        assert_parts("a rid: 3-4 hint: [x]", ("a", Some("x"), Some("3-4")));
    }

    #[test]
    fn a_rid_alone_leaves_an_empty_text() {
        assert_parts("rid: 61655d5b-0b67106b-797933d8", ("", None, Some("61655d5b-0b67106b-797933d8")));
        assert_parts("  hint:[x]  ", ("", Some("x"), None));
    }

    #[test]
    fn no_cut_of_a_text_in_many_bytes_a_letter_is_a_fault() {
        let raw = "\u{3000}系统繁忙，请稍候😀 hint: [提示😀] , rid: 60891646-03eed615-7f6889ef \u{3000}";
        assert_parts(raw, ("系统繁忙，请稍候😀", Some("提示😀"), Some("60891646-03eed615-7f6889ef")));
        for (start, _) in raw.char_indices() {
            for (end, _) in raw.char_indices().filter(|&(end, _)| end >= start) {
                let parsed = Errmsg::parse(&raw[start..end]);
                assert!(parsed.raw().contains(parsed.text()));
                assert!(parsed.hint().is_none_or(|hint| parsed.raw().contains(hint)));
                assert!(parsed.rid().is_none_or(|rid| parsed.raw().contains(rid)));
            }
        }
    }

    #[test]
    fn the_refused_address_is_found() {
        let examples = [
            ("invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist", Some("1.2.3.4")),
            ("invalid ip 61.172.68.219, not in whitelist hint: [KJZfAa0644e575]", Some("61.172.68.219")),
            (
                "invalid ip 122.224.238.125 ipv6 ::ffff:122.224.238.125, not in whitelist rid: 63252e6b-7c87ebbe-4f8ad7d0",
                Some("122.224.238.125"),
            ),
            (
                "invalid ip 112.97.80.6 ipv6 ::ffff:112.97.80.6, not in whitelist, rid: 656da159-2d2fdafb-4806ce58",
                Some("112.97.80.6"),
            ),
            ("access clientip is not registered", None),
            ("invalid ip 1.2.3, not in whitelist", None),
            ("invalid ip 999.2.3.4", None),
            ("地址1.2.3.4。", Some("1.2.3.4")),
            ("", None),
        ];
        for (text, ip) in examples {
            assert_eq!(refused_ip(text), ip, "{text}");
        }
    }
}
