//! What can be wrong with an address that is opened when it is tapped. All of it is inference, so nothing here is more
//! than a warning.

use crate::diagnostic::code::Code;
use crate::diagnostic::value::Key;
use crate::message::problem::Problem;

/// Looks at the address of a web page.
pub(crate) fn check_web(text: &str, found: &mut impl FnMut(Problem)) {
    let fault = if is_web(text) { oddity(text) } else { Some("address.scheme") };
    tell(fault, text, found);
}

/// Looks at the address of a link in a text, which may also be one that answers, calls or writes.
pub(crate) fn check_link(text: &str, tag: &str, found: &mut impl FnMut(Problem)) {
    if text.trim().is_empty() {
        // Nothing stands there to be quoted.
        return tell(Some("address.empty"), tag, found);
    }
    let known = ["weixin://", "tel:", "mailto:", "sms:"];
    let fault = if has_curly_quotes(text) {
        Some("address.quotes")
    } else if is_web(text) || known.iter().any(|scheme| starts_with(text, scheme)) {
        // The words that a link of the account's own answers with may have blanks in them.
        oddity(text).filter(|_| !starts_with(text, "weixin://"))
    } else {
        Some("address.scheme")
    };
    tell(fault, text, found);
}

/// Looks at the page of a mini program, which is no web address.
pub(crate) fn check_page(text: &str, found: &mut impl FnMut(Problem)) {
    let fault = if text.contains("://") { Some("address.page") } else { oddity(text) };
    tell(fault, text, found);
}

fn tell(fault: Option<&'static str>, text: &str, found: &mut impl FnMut(Problem)) {
    if let Some(key) = fault {
        found(Problem::new(Code::OddUrl).with("text", text).with("why", Key::new(key)));
    }
}

fn is_web(text: &str) -> bool {
    starts_with(text, "http://") || starts_with(text, "https://")
}

fn starts_with(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

fn has_curly_quotes(text: &str) -> bool {
    text.contains(['“', '”', '‘', '’', '＂'])
}

/// What is wrong with any kind of address.
fn oddity(text: &str) -> Option<&'static str> {
    let (address, _) = text.split_once('#').unwrap_or((text, ""));
    if text.contains(char::is_whitespace) {
        Some("address.blank")
    } else if text.contains("&amp;") {
        Some("address.entity")
    } else if has_curly_quotes(text) {
        Some("address.quotes")
    } else if address.matches('?').count() > 1 {
        Some("address.question")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(check: impl FnOnce(&mut dyn FnMut(Problem))) -> Option<String> {
        let mut why = None;
        check(&mut |problem| why = problem.values.last().map(|(_, value)| value.to_string()));
        why
    }

    #[test]
    fn an_address_needs_a_scheme_no_blanks_and_one_question_mark() {
        for (text, expected) in [
            ("HTTPS://example.com/?a=b#c?d?", None),
            ("example.com", Some("address.scheme")),
            ("ftp://x", Some("address.scheme")),
            ("https://example.com/a b", Some("address.blank")),
            ("https://example.com/?a=1&amp;b=2", Some("address.entity")),
            ("https://example.com/?a=1?b=2", Some("address.question")),
        ] {
            assert_eq!(why(|mut found| check_web(text, &mut found)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_page_of_a_mini_program_is_no_web_address() {
        for (text, expected) in [
            ("pages/index/index?foo=bar", None),
            ("https://example.com/pages", Some("address.page")),
            ("pages/index ?a=1", Some("address.blank")),
            ("pages/index?a=1&amp;b=2", Some("address.entity")),
            ("pages/index?a=1?b=2", Some("address.question")),
        ] {
            assert_eq!(why(|mut found| check_page(text, &mut found)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_link_may_answer_call_and_write() {
        for (text, expected) in [
            ("weixin://bizmsgmenu?msgmenucontent=a b&msgmenuid=1", None),
            ("tel:4001234567", None),
            ("mailto:a@example.com", None),
            ("", Some("address.empty")),
            ("www.example.com", Some("address.scheme")),
            ("“https://example.com”", Some("address.quotes")),
        ] {
            assert_eq!(why(|mut found| check_link(text, "<a>", &mut found)).as_deref(), expected, "{text}");
        }
    }
}
