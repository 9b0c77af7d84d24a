//! The `<a>` tags of a text message (wechat-facts 1.4, text). What is checked here is inference (appendix A),
//! so nothing here is more than a warning.

use crate::diagnostic::code::Code;
use crate::message::field::{Problem, is_appid};

/// Looks at every `<a …>` of a text and hands what looks wrong to `found`.
pub fn check(text: &str, found: &mut impl FnMut(Problem)) {
    if memchr::memchr(b'<', text.as_bytes()).is_none() {
        return;
    }
    let mut rest = text;
    while let Some(start) = rest.find("<a") {
        let tag = &rest[start..];
        rest = &tag[2..];
        if !tag[2..].starts_with(|c: char| c.is_whitespace() || c == '>') {
            continue;
        }
        let Some(end) = tag.find('>') else {
            found(Problem::new(Code::UnclosedLink).with("tag", start_of(tag)));
            return;
        };
        check_tag(&tag[..=end], found);
        let inner = &tag[end + 1..];
        let closed = inner.find("</a>");
        let next = inner.find("<a ");
        if closed.is_none_or(|closed| next.is_some_and(|next| next < closed)) {
            found(Problem::new(Code::UnclosedLink).with("tag", start_of(tag)));
        }
        rest = inner;
    }
}

fn check_tag(tag: &str, found: &mut impl FnMut(Problem)) {
    let appid = attribute(tag, "data-miniprogram-appid");
    if attribute(tag, "data-miniprogram-path").is_some() && appid.is_none() {
        found(Problem::new(Code::MiniprogramPathAlone).with("tag", start_of(tag)));
    }
    if let Some(appid) = appid.filter(|appid| !is_appid(appid)) {
        found(Problem::new(Code::OddMiniprogramAppid).with("appid", appid));
    }
}

/// The value of an attribute, in single or double quotes: both work (wechat-facts 1.4).
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let after = tag.find(name).map(|at| &tag[at + name.len()..])?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = &value[1..];
    value.find(quote).map(|end| &value[..end])
}

fn start_of(tag: &str) -> String {
    tag.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<Code> {
        let mut codes = Vec::new();
        check(text, &mut |problem| codes.push(problem.code));
        codes
    }

    #[test]
    fn links_as_the_platform_shows_them_pass() {
        assert_eq!(codes(r#"<a href="http://www.qq.com">text</a> and <a href='x'>y</a>, 1 < 2, <abc"#), []);
        let mini = r#"<a href="http://www.qq.com" data-miniprogram-appid="wx0123456789abcdef" data-miniprogram-path="pages/index/index">go</a>"#;
        assert_eq!(codes(mini), []);
    }

    #[test]
    fn broken_tags_are_warned_of() {
        assert_eq!(codes("<a href='x'>y"), [Code::UnclosedLink]);
        assert_eq!(codes("<a href='x'"), [Code::UnclosedLink]);
        assert_eq!(codes("<a href='x'>y <a href='z'>w</a>"), [Code::UnclosedLink]);
        assert_eq!(codes("<a href='x' data-miniprogram-path='p'>y</a>"), [Code::MiniprogramPathAlone]);
        assert_eq!(codes("<a href='x' data-miniprogram-appid='appid'>y</a>"), [Code::OddMiniprogramAppid]);
    }
}
