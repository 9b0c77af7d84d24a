//! The `<a>` tags of a text message (docs/platform.md#links-in-texts). What is checked here is inference,
//! so nothing here is more than a warning.

use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::message::address;
use crate::message::appid::is_appid;
use crate::message::problem::Problem;

/// A piece of a text as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Piece<'t> {
    /// What is seen.
    pub(crate) text: &'t str,
    /// Where it leads when it is tapped.
    pub(crate) link: Option<Target<'t>>,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub(crate) enum Target<'t> {
    /// To a web page.
    Web {
        /// Its address.
        href: &'t str,
    },
    /// Into a mini program.
    MiniProgram {
        /// The mini program.
        appid: &'t str,
        /// Its page, where one is named.
        path: Option<&'t str>,
        /// Where old clients go instead.
        href: &'t str,
    },
    /// Nowhere: the person answers with a text (docs/platform.md#links-in-texts; undocumented, widely used).
    Menu {
        /// The address with the text and its id in it.
        href: &'t str,
    },
}

/// How the address of a link begins that makes the person answer.
const MENU: &str = "weixin://bizmsgmenu";

/// Takes a text apart into what WeChat shows as text and as links. A tag that is not closed stays text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(start) = rest.get(from..).and_then(|tail| tail.find("<a")).map(|at| from + at) {
        let Some((inner, target, end)) = link(&rest[start..]) else {
            from = start + 2;
            continue;
        };
        pieces.push(Piece { text: &rest[..start], link: None });
        pieces.push(Piece { text: inner, link: Some(target) });
        (rest, from) = (&rest[start + end..], 0);
    }
    pieces.push(Piece { text: rest, link: None });
    pieces.retain(|piece| !piece.text.is_empty() || piece.link.is_some());
    pieces
}

/// The link that a text begins with: what is seen of it, where it leads, and how many bytes it takes.
fn link(text: &str) -> Option<(&str, Target<'_>, usize)> {
    if !text[2..].starts_with(char::is_whitespace) {
        return None;
    }
    let open = text.find('>')?;
    let close = text[open..].find("</a>").map(|at| open + at)?;
    let (tag, inner) = (&text[..=open], &text[open + 1..close]);
    let href = attribute(tag, "href").unwrap_or("");
    let target = match attribute(tag, "data-miniprogram-appid") {
        Some(appid) => Target::MiniProgram { appid, path: attribute(tag, "data-miniprogram-path"), href },
        None if href.starts_with(MENU) => Target::Menu { href },
        None => Target::Web { href },
    };
    Some((inner, target, close + "</a>".len()))
}

/// Looks at every `<a …>` of a text and hands what looks wrong to `found`.
pub(crate) fn check(text: &str, found: &mut impl FnMut(Problem)) {
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
    let path = attribute(tag, "data-miniprogram-path");
    match attribute(tag, "href") {
        Some(href) => address::check_link(href, &start_of(tag), found),
        // A link into a mini program needs none; another leads nowhere.
        None if appid.is_none() => address::check_link("", &start_of(tag), found),
        None => {}
    }
    if path.is_some() && appid.is_none() {
        found(Problem::new(Code::MiniprogramPathAlone).with("tag", start_of(tag)));
    }
    if let Some(path) = path {
        address::check_page(path, found);
    }
    if let Some(appid) = appid.filter(|appid| !is_appid(appid)) {
        found(Problem::new(Code::OddMiniprogramAppid).with("appid", appid));
    }
}

/// The value of an attribute: in single or double quotes, which both work (docs/platform.md#links-in-texts), in others, or
/// in none.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let bytes = tag.as_bytes();
    let begins = |at: usize| {
        let before = bytes[at - 1];
        before.is_ascii_whitespace() || matches!(before, b'"' | b'\'')
    };
    let value = tag
        .match_indices(name)
        .filter(|(at, _)| *at > 0 && begins(*at))
        .find_map(|(at, _)| tag[at + name.len()..].trim_start().strip_prefix('=').map(str::trim_start))?;
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].find(quote).map(|end| &value[1..=end]),
        _ => Some(value.split(|c: char| c.is_whitespace() || c == '>').next().unwrap_or(value)),
    }
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
        assert_eq!(
            codes(r#"<a href="http://www.qq.com">text</a> and <a href='https://x'>y</a>, 1 < 2, <abc"#),
            []
        );
        let mini = r#"<a href="http://www.qq.com" data-miniprogram-appid="wx0123456789abcdef" data-miniprogram-path="pages/index/index">go</a>"#;
        assert_eq!(codes(mini), []);
    }

    #[test]
    fn a_text_is_taken_apart_into_what_is_seen() {
        let text = "a<a href=\"u\">b</a>c<a href='v' data-miniprogram-appid='wx1' data-miniprogram-path='p'>d</a>\
                    <a href='weixin://bizmsgmenu?msgmenuid=1'>e</a><a href='x'>f <ab>";
        let link = |text, link| Piece { text, link: Some(link) };
        let plain = |text| Piece { text, link: None };
        let mini = Target::MiniProgram { appid: "wx1", path: Some("p"), href: "v" };
        assert_eq!(
            pieces(text),
            [
                plain("a"),
                link("b", Target::Web { href: "u" }),
                plain("c"),
                link("d", mini),
                link("e", Target::Menu { href: "weixin://bizmsgmenu?msgmenuid=1" }),
                plain("<a href='x'>f <ab>"),
            ]
        );
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn broken_tags_are_warned_of() {
        assert_eq!(codes("<a href='https://x'>y"), [Code::UnclosedLink]);
        assert_eq!(codes("<a href='https://x'"), [Code::UnclosedLink]);
        assert_eq!(codes("<a href='https://x'>y <a href='https://z'>w</a>"), [Code::UnclosedLink]);
        assert_eq!(
            codes("<a href='https://x' data-miniprogram-path='p'>y</a>"),
            [Code::MiniprogramPathAlone]
        );
        assert_eq!(
            codes("<a href='https://x' data-miniprogram-appid='appid'>y</a>"),
            [Code::OddMiniprogramAppid]
        );
    }

    #[test]
    fn every_address_of_a_link_is_looked_at() {
        for tag in [
            "<a href=\"\">y</a>",
            "<a href=''>y</a>",
            "<a>y</a>",
            "<a href=example.com>y</a>",
            "<a href=“https://x”>y</a>",
            "<a href='www.example.com'>y</a>",
            "<a class=\"a\" href=\"https://x/?a=1&amp;b=2\">y</a>",
            "<a href='https://x/a b'>y</a>",
            "<a data-miniprogram-appid='wx0123456789abcdef' data-miniprogram-path='https://x'>y</a>",
        ] {
            assert_eq!(codes(tag), [Code::OddUrl], "{tag}");
        }
        assert_eq!(codes("<a href=https://x/?a=1>y</a>"), []);
        assert_eq!(
            codes("<a data-miniprogram-appid='wx0123456789abcdef' data-miniprogram-path='p'>y</a>"),
            []
        );
    }
}
