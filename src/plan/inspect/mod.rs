//! What is in a media file: format and playing time, read from the content and never from the name.

mod mp3;
mod whole;

use std::time::Duration;

use crate::message::media::{Format, LFS};
pub(crate) use whole::is_whole;

/// How much of a file's beginning says what it is.
pub(crate) const HEAD: usize = 8192;

/// What stands in the place of a file that Git keeps elsewhere and has not fetched.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

const AMR: &[u8] = b"#!AMR\n";
const AMR_WIDE: &[u8] = b"#!AMR-WB\n";
/// What a frame of AMR plays (RFC 4867, 5.3).
const AMR_FRAME: Duration = Duration::from_millis(20);

/// The format of a content by its beginning, or the name of another format where it is known.
///
/// # Errors
///
/// The other format's name, if it has one.
pub(crate) fn format(head: &[u8]) -> Result<Format, Option<&'static str>> {
    if head.starts_with(LFS_POINTER) {
        return Err(Some(LFS));
    }
    if head.starts_with(AMR) || head.starts_with(AMR_WIDE) {
        return Ok(Format::Amr);
    }
    match infer::get(head).map(|kind| kind.extension()) {
        Some("png") => Ok(Format::Png),
        Some("jpg") => Ok(Format::Jpeg),
        Some("gif") => Ok(Format::Gif),
        Some("mp3") => Ok(Format::Mp3),
        // M4V is what some programs call their MP4.
        Some("mp4" | "m4v") => Ok(Format::Mp4),
        Some(other) => Err(Some(other)),
        // A brand that nobody listed, and an MP3 with check sums or of low quality.
        None if head.get(4..8) == Some(b"ftyp") => Ok(Format::Mp4),
        None if is_mpeg_frame(head) => Ok(Format::Mp3),
        None => Err(None),
    }
}

/// Whether a frame of MPEG audio, layer III, begins here: eleven bits of synchronisation, the version, the layer.
fn is_mpeg_frame(head: &[u8]) -> bool {
    matches!(head, [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 == 0x02)
}

/// How long a whole recording plays, where that can be told.
pub(crate) fn length(format: Format, content: &[u8]) -> Option<Duration> {
    match format {
        Format::Amr => Some(amr(content)),
        Format::Mp3 => mp3::length(content),
        Format::Png | Format::Jpeg | Format::Gif | Format::Mp4 => None,
    }
}

/// Counts the frames; the first byte of each says how long it is.
fn amr(content: &[u8]) -> Duration {
    const NARROW: [usize; 16] = [12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0];
    const WIDE: [usize; 16] = [17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0];
    let (mut at, sizes) =
        if content.starts_with(AMR_WIDE) { (AMR_WIDE.len(), WIDE) } else { (AMR.len(), NARROW) };
    let mut frames = 0;
    while let Some(head) = content.get(at) {
        at += 1 + sizes[usize::from(head >> 3 & 0x0f)];
        frames += 1;
    }
    AMR_FRAME * frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_from_the_content() {
        let cases: &[(&[u8], _)] = &[
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Ok(Format::Png)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0", Ok(Format::Jpeg)),
            (b"GIF89a\x01\0\x01\0", Ok(Format::Gif)),
            (b"#!AMR\n\x3c", Ok(Format::Amr)),
            (b"ID3\x04\0\0\0\0\0\0", Ok(Format::Mp3)),
            (b"\xff\xfa\x90\x00 with check sums", Ok(Format::Mp3)),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", Ok(Format::Mp4)),
            (b"\0\0\0\x18ftypnew1\0\0\0\0", Ok(Format::Mp4)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Err(Some("webp"))),
            (b"hello, this is a text", Err(None)),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:", Err(Some(LFS))),
        ];
        for (head, expected) in cases {
            assert_eq!(format(head), *expected, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn playing_times_are_counted() {
        let frames =
            |frames: usize| [AMR, &[[0x3c; 1].as_slice(), &[0; 31]].concat().repeat(frames)].concat();
        assert_eq!(length(Format::Amr, &frames(3000)), Some(Duration::from_secs(60)));
        let mp3 = [[0xff, 0xfb, 0x18, 0xc0].as_slice(), &[0; 140]].concat().repeat(500);
        let seconds = length(Format::Mp3, &mp3).map(|length| length.as_secs_f64());
        assert!(seconds.is_some_and(|seconds| (17.9..18.1).contains(&seconds)), "{seconds:?}");
        assert_eq!(length(Format::Mp3, b"ID3 and nothing else"), None);
    }
}
