//! How an appid looks.

/// Whether a text has the shape every known appid has: `wx` and 16 hexadecimal digits (docs/platform.md#appids).
pub(crate) fn is_appid(text: &str) -> bool {
    text.strip_prefix("wx").is_some_and(|rest| {
        rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}
