//! How wide and high a picture is, by the first bytes of its content.

/// The size of a PNG, GIF or JPEG in pixels, where its content tells.
pub(super) fn of(content: &[u8]) -> Option<(u32, u32)> {
    if content.starts_with(b"\x89PNG") {
        return Some((big(content.get(16..20)?), big(content.get(20..24)?)));
    }
    if content.starts_with(b"GIF8") {
        let little =
            |at: usize| Some(u32::from(u16::from_le_bytes(content.get(at..at + 2)?.try_into().ok()?)));
        return Some((little(6)?, little(8)?));
    }
    jpeg(content)
}

/// A JPEG is a row of segments, one of which tells the size.
fn jpeg(content: &[u8]) -> Option<(u32, u32)> {
    let mut rest = content.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, kind, after @ ..] = rest else { return None };
        // A marker may be filled up, and some stand alone.
        if matches!(kind, 0xff) {
            rest = &rest[1..];
            continue;
        }
        if matches!(kind, 0x01 | 0xd0..=0xd8) {
            rest = after;
            continue;
        }
        let is_frame = matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            return Some((big(after.get(5..7)?), big(after.get(3..5)?)));
        }
        rest = after.get(usize::try_from(big(after.get(..2)?)).ok()?..)?;
    }
}

fn big(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_where_the_formats_have_them() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\0\x20\x08";
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc4\0\x03x\xff\xc2\0\x11\x08\x02\x58\x01\x90\x03";
        let cases: [(&[u8], _); 5] = [
            (png, Some((256, 32))),
            (b"GIF89a\x20\x03\x58\x02", Some((800, 600))),
            (jpeg, Some((400, 600))),
            (b"\xff\xd8\xff\xe0\0", None),
            (b"\xff\xd8\xff\xe0\0\0", None),
        ];
        for (content, size) in cases {
            assert_eq!(of(content), size, "{}", content.escape_ascii());
        }
    }
}
