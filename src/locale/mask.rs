//! Openids as they stand in what travels or is kept: a person who knows one recognizes it, and nobody else learns it.

/// A text in which an openid is masked wherever it stands: in an address, in the name of a file. One that is shorter than
/// WeChat's are may be a part of other words, and stays.
pub(crate) fn masked_in(text: &str, openid: &str) -> String {
    if openid.len() < 12 { text.to_owned() } else { text.replace(openid, &mask(openid)) }
}

/// A text, or the name of a file, in which whatever may be an openid is masked, for those who do not know whose it is.
pub(crate) fn masked_name(name: &str) -> String {
    /// An openid is an `o` and 27 characters more.
    const LENGTH: usize = 28;
    let joins = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let bytes = name.as_bytes();
    let mut masked = String::with_capacity(name.len());
    let mut told = 0;
    for (at, window) in bytes.windows(LENGTH).enumerate() {
        let is_one = at >= told
            && window[0] == b'o'
            && window.iter().all(belongs)
            && joins(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && joins(bytes.get(at + LENGTH));
        if is_one {
            masked.push_str(&name[told..at]);
            told = at + LENGTH;
            masked.push_str(&mask(&name[at..told]));
        }
    }
    masked + &name[told..]
}

/// Shows as much of an openid as is needed to tell people apart, and no more.
pub(crate) fn mask(openid: &str) -> String {
    let characters: Vec<char> = openid.chars().collect();
    match characters.as_slice() {
        [a, b, c, .., w, x, y, z] if characters.len() >= 12 => format!("{a}{b}{c}***{w}{x}{y}{z}"),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_nobody_and_says_all_else() {
        let openid = "oABC5678901234567890123-_678";
        for (name, shown) in [
            (format!("qr/{openid}.png"), "qr/oAB***_678.png"),
            (openid.to_owned(), "oAB***_678"),
            (format!("码/券_{openid}-大.jpg"), "码/券_oAB***_678-大.jpg"),
            (
                "our-welcome-video-of-all-customers-2026.mp4".to_owned(),
                "our-welcome-video-of-all-customers-2026.mp4",
            ),
            (String::new(), ""),
        ] {
            assert_eq!(masked_name(&name), shown, "{name}");
        }
    }

    #[test]
    fn a_mask_keeps_the_ends() {
        assert_eq!(mask("oABC567890123456789012345678"), "oAB***5678");
        assert_eq!(mask("short"), "***");
    }
}
