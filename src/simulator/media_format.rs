//! The format and the playing time of a file, read from its content.

use std::time::Duration;

/// A format that some upload takes (docs/platform.md#uploads).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Jpeg,
    Gif,
    Amr,
    Mp3,
    Mp4,
}

const AMR: &[u8] = b"#!AMR\n";
const AMR_WIDE: &[u8] = b"#!AMR-WB\n";

impl Format {
    /// The format of a content, if it is one of these.
    pub(crate) fn of(content: &[u8]) -> Option<Self> {
        if content.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if content.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if content.starts_with(b"GIF8") {
            Some(Self::Gif)
        } else if content.starts_with(AMR) || content.starts_with(AMR_WIDE) {
            Some(Self::Amr)
        } else if content.get(4..8) == Some(b"ftyp") {
            Some(Self::Mp4)
        } else if content.starts_with(b"ID3") || Mp3Frame::read(content).is_some() {
            Some(Self::Mp3)
        } else {
            None
        }
    }

    /// The format that a file name's extension, in lower case, promises.
    pub(crate) fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "gif" => Some(Self::Gif),
            "amr" => Some(Self::Amr),
            "mp3" => Some(Self::Mp3),
            "mp4" => Some(Self::Mp4),
            _ => None,
        }
    }

    /// How long it plays, for sound.
    pub(crate) fn duration(self, content: &[u8]) -> Option<Duration> {
        match self {
            Self::Amr => Some(amr_duration(content)),
            Self::Mp3 => Some(mp3_duration(content)),
            Self::Png | Self::Jpeg | Self::Gif | Self::Mp4 => None,
        }
    }
}

/// Frames of 20 ms, the size of each in its first byte (RFC 4867, 5.3).
fn amr_duration(content: &[u8]) -> Duration {
    const NARROW: [usize; 16] = [12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0];
    const WIDE: [usize; 16] = [17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0];
    let (mut at, sizes) =
        if content.starts_with(AMR_WIDE) { (AMR_WIDE.len(), WIDE) } else { (AMR.len(), NARROW) };
    let mut frames = 0;
    while let Some(head) = content.get(at) {
        at += 1 + sizes[usize::from(head >> 3 & 0x0f)];
        frames += 1;
    }
    Duration::from_millis(20) * frames
}

/// The sum of all frames; what lies between them, such as tags, is stepped over.
fn mp3_duration(content: &[u8]) -> Duration {
    let mut at = id3_length(content);
    let mut total = Duration::ZERO;
    while at < content.len() {
        match Mp3Frame::read(&content[at..]) {
            Some(frame) => {
                total += frame.duration;
                at += frame.length;
            }
            None => at += 1,
        }
    }
    total
}

/// The length of an ID3v2 tag at the front, in four bytes of seven bits each.
fn id3_length(content: &[u8]) -> usize {
    match content.get(..10) {
        Some([b'I', b'D', b'3', _, _, _, size @ ..]) => {
            10 + size.iter().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f))
        }
        Some(_) | None => 0,
    }
}

/// One frame of MPEG audio, layer III.
struct Mp3Frame {
    length: usize,
    duration: Duration,
}

impl Mp3Frame {
    fn read(bytes: &[u8]) -> Option<Self> {
        const KBITS_1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        const KBITS_2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let &[sync, kind, rates, _] = bytes.get(..4)? else { return None };
        // Eleven bits of sync, then the version, then the layer.
        if sync != 0xff || kind & 0xe0 != 0xe0 || kind & 0x06 != 0x02 {
            return None;
        }
        let (kbits, divisor, samples) = match kind >> 3 & 0x03 {
            0b11 => (KBITS_1, 1, 1152),
            0b10 => (KBITS_2, 2, 576),
            0b00 => (KBITS_2, 4, 576),
            _ => return None,
        };
        let kbits = *kbits.get(usize::from(rates >> 4)).filter(|kbits| **kbits > 0)?;
        let hertz = *[44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 0x03))? / divisor;
        let padding = usize::from(rates >> 1 & 0x01);
        let duration = Duration::from_nanos(samples as u64 * 1_000_000_000 / hertz as u64);
        Some(Self { length: samples / 8 * kbits * 1000 / hertz + padding, duration })
    }
}

/// Small files of each format, for tests.
#[cfg(test)]
pub(crate) mod samples {
    use super::{AMR, Duration};

    pub(in crate::simulator) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    pub(in crate::simulator) const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
    pub(in crate::simulator) const GIF: &[u8] = b"GIF89a\x01\0\x01\0";
    pub(in crate::simulator) const MP4: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0";

    /// Mono of 32 kbit/s at 32 kHz: frames of 144 bytes and 36 ms, behind a tag.
    pub(in crate::simulator) fn mp3(duration: Duration) -> Vec<u8> {
        let frames = duration.as_millis() / 36;
        let mut file = b"ID3\x04\0\0\0\0\0\x02xx".to_vec();
        for _ in 0..frames {
            file.extend([0xff, 0xfb, 0x18, 0xc0]);
            file.extend([0; 140]);
        }
        file
    }

    /// Frames of 12.2 kbit/s.
    pub(in crate::simulator) fn amr(duration: Duration) -> Vec<u8> {
        let mut file = AMR.to_vec();
        for _ in 0..duration.as_millis() / 20 {
            file.push(0x3c);
            file.extend([0; 31]);
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playing_times_are_read() {
        let seconds = |file: &[u8]| {
            let format = Format::of(file).expect("a format");
            format.duration(file).map(|duration| duration.as_secs_f64().round())
        };
        assert_eq!(seconds(&samples::mp3(Duration::from_secs(10))), Some(10.0));
        assert_eq!(seconds(&samples::amr(Duration::from_secs(10))), Some(10.0));
        assert_eq!(seconds(samples::MP4), None);
    }

    #[test]
    fn broken_sound_ends() {
        for file in [&b"ID3"[..], b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"\xff\xfb", b"#!AMR\n\x3c"] {
            if let Some(format) = Format::of(file) {
                assert!(format.duration(file) < Some(Duration::from_secs(1)));
            }
        }
    }
}
