//! What may be a secret in the words of a strange program. `set -x`, `curl -v` and error messages repeat what they were
//! given, and the line lands in logs that others read. wxcast does not know these secrets, so they are known by their
//! names and by their looks; what is taken for one by mistake costs a word of an error message.

use std::sync::LazyLock;

use regex::{Captures, Regex, Replacer};

/// What stands in the place of a secret.
const MASK: &str = "***";
/// No word of a language or a program is so long and has letters and digits; the shortest keys in use are longer.
const DENSE: usize = 20;

/// A header whose whole line is secret.
static HEADER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)(\b(?:proxy-)?authorization|\b(?:set-)?cookie)(['\x22]?\s*[:=]\s*).*"));
/// Name and password before a host.
static USERINFO: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\w://)[^\s/?#]*@"));
/// `curl -u name:password`.
static USER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\s(?:-u|--user|--proxy-user)[\s=]*)[^\s:]+:\S+"));
/// How a token is announced.
static SCHEME: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)(\bbearer\s+)[\w.~+/=-]{6,}"));
/// A name that says what stands behind it: `access_token=…`, `"secret": "…"`, `--password …`.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?xi)
        ( [\w-]* (?: token | secret | passw(?:or)?d | passphrase | pwd | api[_-]?key | private[_-]?key | credentials? ) [\w-]* )
        ( ['"]? (?: \s*=\s* | \s*:\s+ | : ) | \s+ )
        ( "(?:[^"\\]|\\.)*"? | '[^']*'? | [^\s'"&,;)\]}]+ )"#,
    )
});
/// Whatever a key could be part of.
static RUN: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9_+/~.-]{20,}={0,2}"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant")
}

/// A text without what may be a secret in it.
pub(crate) fn redacted(text: &str) -> String {
    let text = HEADER.replace_all(text, format!("$1$2{MASK}"));
    let text = USERINFO.replace_all(&text, format!("$1{MASK}@"));
    let text = USER.replace_all(&text, format!("$1{MASK}"));
    let text = SCHEME.replace_all(&text, format!("$1{MASK}"));
    let text = NAMED.replace_all(&text, Named);
    let text = RUN.replace_all(&text, |run: &Captures<'_>| dense(&run[0]));
    text.into_owned()
}

/// Masks what stands behind a name.
struct Named;

impl Replacer for Named {
    fn replace_append(&mut self, found: &Captures<'_>, into: &mut String) {
        let (name, between, value) = (&found[1], &found[2], &found[3]);
        // `no token yet` is a sentence, `--token abc` is not.
        let is_flag = name.starts_with('-');
        let is_prose = between.trim().is_empty() && !is_flag;
        let names_password = name.to_ascii_lowercase().contains("pass");
        let is_sentence = !between.contains('=') && !is_flag && !names_password && is_word(value);
        into.push_str(name);
        into.push_str(between);
        if is_prose || is_sentence || value == MASK {
            into.push_str(value);
        } else {
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'')).map(String::from);
            let quote = quote.as_deref().unwrap_or("");
            into.push_str(quote);
            into.push_str(MASK);
            into.push_str(quote);
        }
    }
}

/// Whether a value behind a colon is a word of a sentence, as in `token: HTTP 502`.
fn is_word(value: &str) -> bool {
    let letters = value.trim_end_matches(['.', '!', '?']);
    letters.chars().all(char::is_alphabetic)
        || (letters.len() <= 3 && letters.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A run of characters, or the mask where a part of it is as long and mixed as keys are.
fn dense(run: &str) -> String {
    let is_dense = |part: &str| {
        part.len() >= DENSE
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    if run.split(['/', '.', '~']).any(is_dense) { MASK.to_owned() } else { run.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_masked_and_the_rest_of_the_line_is_not() {
        let token = "90_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-AbCdEfGhIjKlMnOp";
        for (said, shown) in [
            (format!("+ T={token}"), "+ T=***"),
            (
                format!("+ curl -sf http://127.0.0.1:1/?token={token}"),
                "+ curl -sf http://127.0.0.1:1/?token=***",
            ),
            (format!(r#"{{"access_token": "{token}"}}"#), r#"{"access_token": "***"}"#),
            (
                format!(r#"{{"accessToken":"{token}","expires_in":7200}}"#),
                r#"{"accessToken":"***","expires_in":7200}"#,
            ),
            ("secret=0123456789abcdef0123456789abcdef".into(), "secret=***"),
            ("appid=wx1&secret=abc&x=1".into(), "appid=wx1&secret=***&x=1"),
            ("> Authorization: Bearer abcdefgh".into(), "> Authorization: ***"),
            ("sent Bearer abcdefgh to it".into(), "sent Bearer *** to it"),
            ("< Set-Cookie: session=abc; path=/".into(), "< Set-Cookie: ***"),
            ("password: hunter2".into(), "password: ***"),
            ("password: correct horse".into(), "password: *** horse"),
            ("MYSQL_PWD='a b' mysql".into(), "MYSQL_PWD='***' mysql"),
            ("tool --token abc --verbose".into(), "tool --token *** --verbose"),
            ("curl -u wx:hunter2 https://x".into(), "curl -u *** https://x"),
            ("https://wx:hunter2@corp.example/token".into(), "https://***@corp.example/token"),
            ("key 0123456789abcdef0123456789abcdef".into(), "key ***"),
            (format!("{token} is no good"), "*** is no good"),
        ] {
            assert_eq!(redacted(&said), shown, "{said}");
        }
    }

    #[test]
    fn what_says_why_a_program_failed_stays() {
        for said in [
            "curl: (22) The requested URL returned error: 502",
            "could not get token: connection refused",
            "token: HTTP 502",
            "no token yet, try again in 30 seconds",
            "File \"/usr/lib/python3.12/site-packages/requests/adapters.py\", line 700, in send",
            "requests.exceptions.ConnectionError: Max retries exceeded with url: /cgi-bin/token",
            "gettoken.sh: 12: jq: not found",
            "token.corp.example: no such host",
            "获取 token 失败：连接超时",
        ] {
            assert_eq!(redacted(said), said);
        }
    }
}
