//! The openid: what one can be, and what all of them have looked like.

/// The most characters an openid can have.
pub(crate) const MAX_LENGTH: usize = 128;

/// The characters of every openid seen so far: `o` and 27 more.
const USUAL_LENGTH: usize = 28;

/// Why a text is no openid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenIdFault {
    /// Nothing, or nothing but blanks.
    Empty,
    /// A character that no openid has.
    Character {
        /// The first of them.
        character: char,
        /// Its index, in characters from 0.
        at: usize,
    },
    /// More than [`MAX_LENGTH`] characters.
    TooLong {
        /// How many characters there are.
        length: usize,
    },
}

/// How an openid looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `o` and 27 characters, as all that were seen.
    Usual,
    /// Another shape; nothing says that WeChat refuses it.
    Odd,
}

/// What people take for an openid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contact {
    /// A Chinese mobile number.
    Phone,
    /// The number of a Chinese identity card.
    IdNumber,
    Mail,
}

/// What a text is that is no openid, where people would say so at a glance.
pub(crate) fn contact(text: &str) -> Option<Contact> {
    let text = text.trim();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = text.as_bytes();
    match bytes.len() {
        11 if digits(text) && bytes[0] == b'1' && bytes[1] >= b'3' => Some(Contact::Phone),
        13 if digits(text) && text.starts_with("861") && bytes[3] >= b'3' => Some(Contact::Phone),
        // Seventeen digits, the year of birth among them, and a digit that proves them.
        18 if text.is_ascii() && digits(&text[..17]) && matches!(&text[6..8], "19" | "20") => {
            let last = bytes[17];
            (last.is_ascii_digit() || matches!(last, b'x' | b'X')).then_some(Contact::IdNumber)
        }
        _ => {
            let (name, host) = text.split_once('@')?;
            let is_host = host.contains('.') && !host.contains(['@', ' ']);
            (!name.is_empty() && is_host).then_some(Contact::Mail)
        }
    }
}

/// Whether a byte can stand in no openid.
fn is_refused(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric() | (byte == b'_') | (byte == b'-'))
}

/// Judges the text of an openid cell as it stands, blanks around it included.
pub(crate) fn check(text: &str) -> Result<Shape, OpenIdFault> {
    let bytes = text.as_bytes();
    // No early exit: nearly every openid is good, and a loop without branches is faster for those.
    let refused = bytes.iter().fold(false, |refused, byte| refused | is_refused(*byte));
    if refused || bytes.is_empty() || bytes.len() > MAX_LENGTH {
        return Err(fault(text));
    }
    let usual = bytes.len() == USUAL_LENGTH && bytes[0] == b'o';
    Ok(if usual { Shape::Usual } else { Shape::Odd })
}

#[cold]
fn fault(text: &str) -> OpenIdFault {
    if text.trim().is_empty() {
        return OpenIdFault::Empty;
    }
    let allowed = |c: char| u8::try_from(c).is_ok_and(|byte| !is_refused(byte));
    match text.chars().enumerate().find(|(_, c)| !allowed(*c)) {
        Some((at, character)) => OpenIdFault::Character { character, at },
        None => OpenIdFault::TooLong { length: text.len() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_openid_is_o_and_27_characters() {
        assert_eq!(check("oABCDEFGHIJKLMNOPQRSTUVWXYZ_"), Ok(Shape::Usual));
        assert_eq!(check("o6_bmjrPTlm6_2sgVt7hMZOPfL2-"), Ok(Shape::Usual));
    }

    #[test]
    fn another_shape_is_odd_but_no_fault() {
        assert_eq!(check("oABC"), Ok(Shape::Odd));
        assert_eq!(check("xABCDEFGHIJKLMNOPQRSTUVWXYZ_"), Ok(Shape::Odd));
        assert_eq!(check(&"o".repeat(128)), Ok(Shape::Odd));
    }

    #[test]
    fn nothing_and_blanks_are_empty() {
        assert_eq!(check(""), Err(OpenIdFault::Empty));
        assert_eq!(check(" \t\u{3000}"), Err(OpenIdFault::Empty));
    }

    #[test]
    fn a_wrong_character_is_told_with_its_index_in_characters() {
        let fault = |character, at| Err(OpenIdFault::Character { character, at });
        assert_eq!(check(" oABC"), fault(' ', 0));
        assert_eq!(check("oAB.C"), fault('.', 3));
        assert_eq!(check("o张三"), fault('张', 1));
        assert_eq!(check("oé\u{fffd}"), fault('é', 1));
        assert_eq!(check("oÿ"), fault('ÿ', 1));
    }

    #[test]
    fn more_than_128_characters_are_too_long() {
        assert_eq!(check(&"o".repeat(129)), Err(OpenIdFault::TooLong { length: 129 }));
        // 90 characters of 3 bytes each are not too long, they are wrong.
        assert_eq!(check(&"张".repeat(90)), Err(OpenIdFault::Character { character: '张', at: 0 }));
    }

    #[test]
    fn every_allowed_character_and_no_other_passes() {
        for c in (0..=0x2ff).filter_map(char::from_u32) {
            let allowed = c.is_ascii_alphanumeric() || c == '_' || c == '-';
            assert_eq!(check(&format!("o{c}")).is_ok(), allowed, "{c:?}");
        }
    }

    #[test]
    fn numbers_and_addresses_of_people_are_told_from_openids() {
        for (text, known) in [
            ("13800138000", Some(Contact::Phone)),
            ("8613800138000", Some(Contact::Phone)),
            ("110101199003071234", Some(Contact::IdNumber)),
            ("11010119900307123x", Some(Contact::IdNumber)),
            ("zhang.san@qq.com", Some(Contact::Mail)),
            ("12800138000", None),
            ("110101159003071234", None),
            ("@qq.com", None),
            ("o6_bmjrPTlm6_2sgVt7hMZOPfL2M", None),
            ("oTEST_阿", None),
            ("", None),
        ] {
            assert_eq!(contact(text), known, "{text}");
        }
    }
}
