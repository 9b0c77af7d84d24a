//! Openids as they stand in what travels or is kept: a person who knows one recognizes it, and nobody else learns it.

use std::ops::Range;

/// An openid is an `o` and 27 characters more.
const LENGTH: usize = 28;

/// A text, or the name of a file, in which whatever may be an openid is masked, for those who do not know whose it is.
pub(crate) fn masked_name(name: &str) -> String {
    let mut masked = String::with_capacity(name.len());
    let mut told = 0;
    for found in openids_in(name) {
        masked.push_str(&name[told..found.start]);
        masked.push_str(&mask(&name[found.clone()]));
        told = found.end;
    }
    masked + &name[told..]
}

/// Where in a text whatever may be an openid stands.
pub(crate) fn openids_in(text: &str) -> impl Iterator<Item = Range<usize>> {
    let joins = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let bytes = text.as_bytes();
    let mut told = 0;
    bytes.windows(LENGTH).enumerate().filter_map(move |(at, window)| {
        let is_one = at >= told
            && window[0] == b'o'
            && window.iter().all(belongs)
            && joins(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && joins(bytes.get(at + LENGTH));
        is_one.then(|| {
            told = at + LENGTH;
            at..told
        })
    })
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
