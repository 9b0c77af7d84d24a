//! The question every text of every message is asked: whether it holds a byte that needs care.

/// Whether a text holds such a byte. There is no early exit: nearly every text holds none, and a loop without branches
/// looks at many bytes at once.
pub(crate) fn any_byte(text: &str, is_such: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(false, |any, byte| any | is_such(byte))
}

#[cfg(test)]
mod tests {
    use super::any_byte;

    #[test]
    fn a_byte_is_found_wherever_it_stands() {
        let text = "x".repeat(100);
        assert!(!any_byte(&text, |byte| byte == b'"') && !any_byte("", |_| true));
        for at in 0..=text.len() {
            let mut text = text.clone();
            text.insert(at, '"');
            assert!(any_byte(&text, |byte| byte == b'"'), "{at}");
        }
    }
}
