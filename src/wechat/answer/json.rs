//! Reads the JSON of every answer: the platform's own, and what gateways and token servers make of it.
//!
//! What an answer says plainly is read, in whatever dress it comes: a byte order mark before it, compressed without
//! being asked, a number in quotes, a whole float, raw line breaks inside a text. What it does not say is never
//! guessed: a number that is none is no number.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// An answer is a hundred bytes, a list of service accounts some thousand; more than this is no answer.
pub(crate) const MOST_ANSWER: usize = 64 * 1024;
/// A page of a list is 10,000 openids, or as many records of a chat with their texts.
pub(crate) const MOST_PAGE: usize = 32 * 1024 * 1024;

/// Reads a body, whatever its content type says (docs/platform.md#answer-bodies). Gives nothing for what is no object in
/// JSON.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    read_within(MOST_ANSWER, body)
}

/// The same for a page of a list, which may be larger.
pub(crate) fn read_page<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    read_within(MOST_PAGE, body)
}

fn read_within<T: DeserializeOwned>(most: usize, body: &[u8]) -> Option<T> {
    let body = unpacked(body, most)?;
    if body.len() > most {
        return None;
    }
    let text = String::from_utf8_lossy(&body);
    let text = text.trim_start_matches('\u{feff}');
    // Every answer is an object; a list would be read as its fields in their order.
    if !text.trim_start().starts_with('{') || has_vanishing_number(text) {
        return None;
    }
    match serde_json::from_str(text) {
        Ok(read) => Some(read),
        // JSON allows no raw control character in a text, and gateways write them all the same.
        Err(_) => serde_json::from_str(&without_raw_controls(text)?).ok(),
    }
}

/// A body as it was before it was compressed. It is known by its first bytes: some servers compress without being
/// asked and some proxies drop the header that says so.
fn unpacked(body: &[u8], most: usize) -> Option<Cow<'_, [u8]>> {
    match body {
        [0x1f, 0x8b, ..] => inflate(MultiGzDecoder::new(body), most),
        // A zlib stream: `x` and a byte that makes the two a multiple of 31. No JSON text begins so.
        [0x78, flags, ..] if (0x7800 + u16::from(*flags)).is_multiple_of(31) => {
            inflate(ZlibDecoder::new(body), most)
        }
        [first, ..] if !is_text(*first) => inflate(DeflateDecoder::new(body), most),
        _ => Some(Cow::Borrowed(body)),
    }
}

/// Whether JSON, a byte order mark or a page may begin with this byte.
fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace() || byte == 0xef
}

fn inflate(packed: impl Read, most: usize) -> Option<Cow<'static, [u8]>> {
    let mut body = Vec::new();
    // Reading one byte past the limit tells whether the answer is longer.
    packed.take(most as u64 + 1).read_to_end(&mut body).ok()?;
    (body.len() <= most).then_some(Cow::Owned(body))
}

/// The same JSON with the control characters inside its texts escaped; nothing where there are none.
fn without_raw_controls(text: &str) -> Option<String> {
    // A page of a list is long, and most have none.
    if !text.bytes().any(|byte| byte < b' ') {
        return None;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut found = false;
    for part in Parts::of(text) {
        let Part::Text(inside) = part else {
            escaped.push_str(part.as_str());
            continue;
        };
        for c in inside.chars() {
            if c < ' ' {
                found = true;
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            } else {
                escaped.push(c);
            }
        }
    }
    found.then_some(escaped)
}

/// Whether a number stands in a JSON text that is none, and so small that it would be read as one.
fn has_vanishing_number(text: &str) -> bool {
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    Parts::of(text).any(|part| match part {
        Part::Text(_) => false,
        Part::Rest(rest) => rest.split(|c| !is_of_number(c)).any(vanishes),
    })
}

/// A part of a JSON text.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    /// A text in its quotes.
    Text(&'a str),
    /// What stands between two of them.
    Rest(&'a str),
}

impl<'a> Part<'a> {
    fn as_str(self) -> &'a str {
        match self {
            Self::Text(part) | Self::Rest(part) => part,
        }
    }
}

/// The parts of a JSON text, one after another. They are found a text at a time and not a character at a time, since a
/// page of a list has ten thousand.
struct Parts<'a>(&'a str);

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        Self(text)
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let left = self.0.as_bytes();
        let (end, is_text) = match left.first()? {
            b'"' => (end_of_text(left), true),
            _ => (memchr::memchr(b'"', left).unwrap_or(left.len()), false),
        };
        let (part, left) = self.0.split_at(end);
        self.0 = left;
        Some(if is_text { Part::Text(part) } else { Part::Rest(part) })
    }
}

/// Where a text ends that begins with a quote: behind the next quote that has no backslash before it.
fn end_of_text(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = json.get(at..).and_then(|left| memchr::memchr2(b'"', b'\\', left)) {
        if json[at + found] == b'"' {
            return at + found + 1;
        }
        // The escaped character may be longer than a byte; none of those is a quote or a backslash.
        at += found + 2;
    }
    json.len()
}

/// Whether a number is not zero and read as zero: `1e-400`.
fn vanishes(number: &str) -> bool {
    let (figures, _) = number.split_once(['e', 'E']).unwrap_or((number, ""));
    figures.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) && number.parse() == Ok(0.0)
}

/// A whole number: as such, as a float without a fraction, or in quotes. Whatever else stands there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Integer(pub(crate) Option<i64>);

/// A text. A number is told as it stands; null, a list or an object is no text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text(pub(crate) Option<String>);

/// The largest whole number below which a float is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(float: f64) -> Option<i64> {
    // Within this range the conversion loses nothing.
    #[expect(clippy::cast_possible_truncation)]
    let whole = float as i64;
    (float.fract() == 0.0 && float.abs() < EXACT).then_some(whole)
}

fn number_in(text: &str) -> Option<i64> {
    let text = text.trim();
    let plain = !text.is_empty()
        && !vanishes(text)
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    text.parse().ok().or_else(|| text.parse().ok().filter(|_| plain).and_then(whole))
}

struct IntegerVisitor;

impl<'de> Visitor<'de> for IntegerVisitor {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).ok())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(whole(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(number_in(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntegerVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Both {
        #[serde(default)]
        n: Integer,
        #[serde(default)]
        t: Text,
    }

    fn number(json: &str) -> Option<i64> {
        read::<Both>(format!(r#"{{"n":{json}}}"#).as_bytes()).expect(json).n.0
    }

    fn text(json: &str) -> Option<String> {
        read::<Both>(format!(r#"{{"t":{json}}}"#).as_bytes()).expect(json).t.0
    }

    #[test]
    fn a_number_is_read_in_every_form_that_says_one_plainly() {
        for (json, read) in [
            ("0", 0),
            ("-1", -1),
            ("45015", 45015),
            ("0.0", 0),
            ("7200.0", 7200),
            ("7.2e3", 7200),
            (r#""0""#, 0),
            (r#"" -1 ""#, -1),
            (r#""7200.0""#, 7200),
        ] {
            assert_eq!(number(json), Some(read), "{json}");
        }
        let none = [
            "null",
            "true",
            "0.5",
            "1e300",
            r#""""#,
            r#""soon""#,
            r#""inf""#,
            r#""1e3x""#,
            "[0]",
            r#"{"a":0}"#,
            "18446744073709551615",
        ];
        for json in none {
            assert_eq!(number(json), None, "{json}");
        }
    }

    #[test]
    fn what_is_nearly_nothing_is_not_zero() {
        for body in [r#"{"n":1e-400}"#, r#"{"a":["x\"",-0.5E-999],"n":0}"#] {
            assert_eq!(read::<Both>(body.as_bytes()), None, "{body}");
        }
        assert_eq!(read::<Both>(b"[0,\"ok\"]"), None);
        assert_eq!(number(&format!("\"0.{}1\"", "0".repeat(400))), None);
        for zero in ["0e-400", "-0.0", r#""1e-400""#] {
            let read = read::<Both>(format!(r#"{{"n":{zero},"t":"1e-400"}}"#).as_bytes());
            assert!(read.is_some(), "{zero}");
        }
    }

    #[test]
    fn a_text_is_read_with_raw_controls_in_it_and_a_number_as_it_stands() {
        assert_eq!(text("\"a\nb\\\"c\td\"").as_deref(), Some("a\nb\"c\td"));
        assert_eq!(text("0").as_deref(), Some("0"));
        assert_eq!(text("1.5").as_deref(), Some("1.5"));
        for json in ["null", "[1]", r#"{"a":"b"}"#, "false"] {
            assert_eq!(text(json), None, "{json}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_compression_that_nobody_asked_for_are_taken_off() {
        let plain = "{\"n\":7,\"t\":\"x\"}".as_bytes();
        let both = Some(Both { n: Integer(Some(7)), t: Text(Some("x".into())) });
        assert_eq!(read::<Both>(&[b"\xef\xbb\xbf", plain].concat()), both);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(plain).expect("memory");
        assert_eq!(read::<Both>(&gzip.finish().expect("memory")), both);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(plain).expect("memory");
        assert_eq!(read::<Both>(&zlib.finish().expect("memory")), both);
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(plain).expect("memory");
        assert_eq!(read::<Both>(&raw.finish().expect("memory")), both);
    }

    proptest! {
        #[test]
        fn parts_put_together_are_the_text_and_no_text_ends_early(text in r#"[a"\\\\ 张{}:,1e\-\n]{0,40}"#) {
            let parts: Vec<Part<'_>> = Parts::of(&text).collect();
            prop_assert_eq!(parts.iter().map(|part| part.as_str()).collect::<String>(), text.as_str());
            // Character by character, as a reader of JSON goes.
            let (mut in_text, mut after_backslash) = (false, false);
            let mut inside = String::new();
            for c in text.chars() {
                let was_in_text = in_text;
                in_text ^= c == '"' && !after_backslash;
                after_backslash = in_text && c == '\\' && !after_backslash;
                if was_in_text || in_text {
                    inside.push(c);
                }
            }
            let texts = parts.iter().filter(|part| matches!(part, Part::Text(_)));
            prop_assert_eq!(texts.map(|part| part.as_str()).collect::<String>(), inside);
        }
    }

    #[test]
    fn a_small_answer_that_unpacks_to_a_huge_one_is_none() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&vec![b' '; MOST_ANSWER]).expect("memory");
        gzip.write_all(b"{\"n\":7}").expect("memory");
        assert_eq!(read::<Both>(&gzip.finish().expect("memory")), None);
    }

    #[test]
    fn what_contradicts_itself_or_is_cut_off_is_no_answer() {
        for body in [
            r#"{"n":0,"n":1}"#,
            r#"{"n":0"#,
            "",
            "<html>",
            "\u{1f}\u{8b}x",
            "null",
            "[]x",
            r#"[7,"x"]"#,
            "[7]",
        ] {
            assert_eq!(read::<Both>(body.as_bytes()), None, "{body}");
        }
    }
}
