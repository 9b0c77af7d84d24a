//! What a token looks like, and what programs and gateways give in its place.

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::wechat::answer::json::{self, Integer};
use crate::wechat::answer::reply::{Answer, is_page};

/// The platform asks to reserve 512 characters for a token (docs/platform.md#tokens); this leaves room for more.
const LONGEST: usize = 2048;
/// No token lives for longer; what promises more is looked after as if it had promised this.
const LONGEST_LIFE: u64 = 24 * 60 * 60;
/// Keys under which others have the token, or an object with it. They are looked for only to be named.
const SHAPES: [&str; 6] = ["accessToken", "AccessToken", "token", "data", "result", "body"];

/// A token as its source gives it.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) value: SecretString,
    /// How long it works, where the source says so.
    pub(crate) rest: Option<Duration>,
}

/// What was given in place of a token. Nothing of it is repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotToken {
    /// Nothing at all.
    Nothing,
    /// A token, perhaps, in quotation marks.
    Quoted,
    /// `null` or the like.
    Null,
    /// A web page.
    Page,
    /// `access_token=…`.
    Assignment,
    /// JSON that has the token somewhere else; the path to it.
    Elsewhere(String),
    /// JSON without one.
    Json,
    /// An errcode of the platform.
    Refusal(i64),
    /// JSON that cannot be read: cut off, with a key twice, or a list.
    Broken,
    /// A word that may be a token, where JSON has to be.
    Bare,
    /// More than a token can be.
    TooLong,
    /// Something with characters that no token has.
    Other,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    access_token: Value,
    #[serde(default)]
    expires_in: Integer,
    #[serde(default)]
    errcode: Integer,
}

/// The text of a token, without blanks and a byte order mark around it.
///
/// # Errors
///
/// What it is instead.
pub(crate) fn token(text: &str) -> Result<&str, NotToken> {
    let text = trimmed(text);
    let begins = |with: &str| text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    if text.is_empty() {
        Err(NotToken::Nothing)
    } else if text.starts_with(['"', '\'', '“', '‘', '`']) {
        Err(NotToken::Quoted)
    } else if ["null", "none", "nil", "undefined"].iter().any(|null| text.eq_ignore_ascii_case(null)) {
        Err(NotToken::Null)
    } else if is_page(text.as_bytes()) {
        Err(NotToken::Page)
    } else if begins("access_token") {
        Err(NotToken::Assignment)
    } else if !text.bytes().all(belongs) {
        Err(NotToken::Other)
    } else if text.len() > LONGEST {
        Err(NotToken::TooLong)
    } else {
        Ok(text)
    }
}

/// A text without blanks and a byte order mark around it.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// Whether a token may have this character.
fn belongs(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.~+/=".contains(&byte)
}

/// The token in an answer of the platform.
pub(crate) fn answered(body: &[u8]) -> Result<Fetched, NotToken> {
    let Some(raw) = json::read::<Raw>(body) else {
        let text = String::from_utf8_lossy(body);
        return Err(match token(&text) {
            Ok(_) => NotToken::Bare,
            Err(NotToken::Other) if trimmed(&text).starts_with(['{', '[']) => NotToken::Broken,
            Err(instead) => instead,
        });
    };
    if let Some(code) = raw.errcode.0.filter(|code| *code != 0) {
        return Err(NotToken::Refusal(code));
    }
    // A number is no token, whatever it would look like in quotes.
    let Value::String(text) = raw.access_token else { return Err(elsewhere(body)) };
    let rest = raw.expires_in.0.and_then(|seconds| u64::try_from(seconds).ok());
    Ok(Fetched {
        value: SecretString::from(token(&text)?),
        rest: rest.map(|seconds| Duration::from_secs(seconds.min(LONGEST_LIFE))),
    })
}

/// The token in what a program printed: the platform's JSON, or the token alone.
pub(crate) fn printed(output: &[u8]) -> Result<Fetched, NotToken> {
    let text = String::from_utf8_lossy(output);
    if trimmed(&text).starts_with('{') || Answer::read(output).is_some() {
        return answered(output);
    }
    token(&text).map(|token| Fetched { value: SecretString::from(token), rest: None })
}

/// Where JSON without `access_token` seems to have it.
fn elsewhere(body: &[u8]) -> NotToken {
    let Some(object) = json::read::<Map<String, Value>>(body) else { return NotToken::Json };
    if object.get("access_token").is_some_and(Value::is_null) {
        return NotToken::Null;
    }
    path_to_token(&object).map_or(NotToken::Json, NotToken::Elsewhere)
}

fn path_to_token(object: &Map<String, Value>) -> Option<String> {
    if object.get("access_token").is_some_and(Value::is_string) {
        return Some("access_token".to_owned());
    }
    SHAPES.iter().find_map(|key| match object.get(*key)? {
        Value::String(_) => Some((*key).to_owned()),
        Value::Object(inner) => path_to_token(inner).map(|path| format!("{key}.{path}")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(output: &[u8]) -> Result<(String, Option<u64>), NotToken> {
        let fetched = printed(output)?;
        Ok((fetched.value.expose_secret().to_owned(), fetched.rest.map(|rest| rest.as_secs())))
    }

    #[test]
    fn a_token_is_read_from_json_and_from_a_bare_word() {
        for (output, rest) in [
            (&b"36_a-B.c~d+e/f=\n"[..], None),
            (b"\xef\xbb\xbf36_a-B.c~d+e/f=\r\n", None),
            (br#"{"access_token":"36_a-B.c~d+e/f=","expires_in":7200}"#, Some(7200)),
            (br#"{"access_token":"36_a-B.c~d+e/f=","expires_in":"7200"}"#, Some(7200)),
            (
                br#"{"access_token":"36_a-B.c~d+e/f=","expires_in":7200.0,"errcode":"0","more":[]}"#,
                Some(7200),
            ),
            (b"\xef\xbb\xbf{\"access_token\":\"36_a-B.c~d+e/f=\",\"expires_in\":7200}", Some(7200)),
            (br#"{"access_token":"36_a-B.c~d+e/f=","expires_in":-1}"#, None),
            (br#"{"access_token":"36_a-B.c~d+e/f=","expires_in":9e15}"#, Some(86_400)),
        ] {
            assert_eq!(read(output), Ok(("36_a-B.c~d+e/f=".to_owned(), rest)), "{output:?}");
        }
    }

    #[test]
    fn what_comes_in_place_of_a_token_is_told_by_its_kind() {
        let at = |path: &str| NotToken::Elsewhere(path.to_owned());
        for (output, instead) in [
            (&b""[..], NotToken::Nothing),
            (b" \n", NotToken::Nothing),
            (b"\"TOK\"", NotToken::Quoted),
            (b"null\n", NotToken::Null),
            (br#"{"access_token":null}"#, NotToken::Null),
            (br#"{"access_token":"null"}"#, NotToken::Null),
            (b"<html>login</html>", NotToken::Page),
            (b"access_token=TOK", NotToken::Assignment),
            (br#"{"data":{"access_token":"TOK"}}"#, at("data.access_token")),
            (br#"{"accessToken":"TOK"}"#, at("accessToken")),
            (br#"{"data":"TOK"}"#, at("data")),
            (br#"{"code":0}"#, NotToken::Json),
            (br#"{"errcode":40013,"errmsg":"invalid appid"}"#, NotToken::Refusal(40013)),
            (br#"{"access_token":"A","access_token":"B"}"#, NotToken::Broken),
            (br#"{"access_token":"A"#, NotToken::Broken),
            ("A".repeat(3000).as_bytes(), NotToken::TooLong),
            (b"two words", NotToken::Other),
            (b"\xff\xfeT\0", NotToken::Other),
            ("令牌".as_bytes(), NotToken::Other),
        ] {
            assert_eq!(read(output), Err(instead), "{output:?}");
        }
    }

    #[test]
    fn the_platform_gives_its_token_in_json_and_nothing_else_is_one() {
        let read = |body: &[u8]| answered(body).map(|fetched| fetched.value.expose_secret().to_owned());
        assert_eq!(read(br#"{"access_token":"TOK"}"#), Ok("TOK".to_owned()));
        assert_eq!(read(b"TOK"), Err(NotToken::Bare));
        assert_eq!(read(br#"["TOK"]"#), Err(NotToken::Broken));
    }

    /// What answers are made of, and what gateways put between it.
    const PIECES: &[&[u8]] = &[
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b"\"",
        b"\\",
        b"\n",
        b" ",
        b"0",
        b"-1",
        b"7200",
        b"1e999",
        b"null",
        b"true",
        b"\"errcode\"",
        b"\"errmsg\"",
        b"\"access_token\"",
        b"\"expires_in\"",
        b"\"data\"",
        b"accessToken",
        b"TOK",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x1f\x8b\x08",
        b"\x78\x9c",
        b"<html>",
        b"\\u0000",
        b"\\ud800",
        br#"{"errcode":0,"errmsg":"ok"}"#,
        br#"{"access_token":"36_a-B.c","expires_in":7200}"#,
    ];

    fn body() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            6 => prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
            1 => prop::collection::vec(any::<u8>(), 1..5),
        ];
        prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_comes_back_is_read_or_refused_and_nothing_else_is_taken_for_a_token(body in body()) {
            for read in [answered(&body), printed(&body)].into_iter().flatten() {
                let value = read.value.expose_secret();
                prop_assert!(!value.is_empty() && value.len() <= LONGEST && value.bytes().all(belongs), "{value:?}");
                prop_assert!(read.rest.is_none_or(|rest| rest.as_secs() <= LONGEST_LIFE));
            }
            if let Some(answer) = Answer::read(&body) {
                let digits = answer.code.unsigned_abs().to_string();
                let says_so = body.first().is_some_and(|first| !first.is_ascii_graphic() && !first.is_ascii_whitespace());
                prop_assert!(says_so || answer.code == 0 || String::from_utf8_lossy(&body).contains(&digits));
            }
        }
    }
}
