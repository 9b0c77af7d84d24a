//! JSON escapes that the platform does not like (docs/platform.md#json).

/// The first `\u` escape of a character that JSON need not escape, as it is written.
pub(crate) fn printable(raw: &[u8]) -> Option<String> {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        // An escape is two bytes, or six with `u`; a cut one is no JSON and never gets here.
        let escape = &rest[at..];
        if escape.get(1) == Some(&b'u') {
            let digits = escape.get(2..6).and_then(|digits| std::str::from_utf8(digits).ok())?;
            let code = u32::from_str_radix(digits, 16).ok()?;
            if code >= 0x20 && code != 0x7f {
                return Some(format!("\\u{digits}"));
            }
        }
        rest = escape.get(2..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_that_json_needs_are_taken() {
        for good in [r#"a\n\t\"\\ \/ \u0001 \u001f \u007f"#, r"a\\u4f60", "你好"] {
            assert_eq!(printable(good.as_bytes()), None, "{good}");
        }
        assert_eq!(printable(r"\\\u4F60".as_bytes()).as_deref(), Some("\\u4F60"));
    }
}
