//! How long an MP3 plays: its frames counted. The first frame alone does not tell where the bit rate varies and no
//! header says how many frames there are, which is how many recorders write.

use std::time::Duration;

/// The kbit/s of layer III by the index in a frame's header, for MPEG 1 and for MPEG 2 and 2.5.
const RATES: [[u32; 16]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
];

/// A frame: how many bytes it takes, and how long it plays.
struct Frame {
    bytes: usize,
    samples: u32,
    per_second: u32,
    /// Where the word stands that makes it a frame about the others, which plays nothing.
    info_at: usize,
}

/// How long a recording plays; nothing where there is no frame in it.
pub(super) fn length(content: &[u8]) -> Option<Duration> {
    let mut at = tag_length(content);
    let mut played = Duration::ZERO;
    let mut first = true;
    while let Some(rest) = content.get(at..).filter(|rest| rest.len() >= 4) {
        // Behind a tag or damage the frames go on where two stand one after the other.
        match frame(rest).filter(|frame| !first || follows(rest, frame)) {
            Some(frame) => {
                let about = first && frame.is_about_others(rest);
                if !about {
                    played += Duration::from_secs(frame.samples.into()) / frame.per_second;
                }
                first = false;
                at += frame.bytes;
            }
            None => at += 1,
        }
    }
    (!played.is_zero()).then_some(played)
}

fn follows(rest: &[u8], first: &Frame) -> bool {
    rest.get(first.bytes..).is_none_or(|next| next.len() < 4 || frame(next).is_some())
}

/// The bytes of an ID3v2 tag at the beginning.
fn tag_length(content: &[u8]) -> usize {
    match content {
        [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] => {
            let size = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | usize::from(**byte & 0x7f));
            let footer = if flags & 0x10 == 0 { 0 } else { 10 };
            10 + size + footer
        }
        _ => 0,
    }
}

fn frame(head: &[u8]) -> Option<Frame> {
    let &[0xff, second, third, fourth, ..] = head else { return None };
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    if second & 0xe0 != 0xe0 || version == 1 || layer != 1 {
        return None;
    }
    let first_version = version == 3;
    let rate = RATES[usize::from(!first_version)][usize::from(third >> 4)];
    let per_second = [44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))?
        / match version {
            3 => 1,
            2 => 2,
            _ => 4,
        };
    if rate == 0 {
        return None;
    }
    let samples = if first_version { 1152 } else { 576 };
    let padding = u32::from(third >> 1 & 1);
    let bytes = usize::try_from(samples / 8 * rate * 1000 / per_second + padding).ok()?;
    let mono = fourth >> 6 == 3;
    let sides = match (first_version, mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    Some(Frame { bytes, samples, per_second, info_at: 4 + sides })
}

impl Frame {
    fn is_about_others(&self, rest: &[u8]) -> bool {
        let word = |at: usize| rest.get(at..at + 4);
        matches!(word(self.info_at), Some(b"Xing" | b"Info")) || word(36) == Some(b"VBRI")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of MPEG 1 at 44.1 kHz by the index of its bit rate: 26.1 ms.
    fn frame(rate: u8) -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, rate << 4, 0];
        let bytes = 144 * RATES[0][usize::from(rate)] * 1000 / 44_100;
        frame.resize(bytes as usize, 0);
        frame
    }

    fn seconds(content: &[u8]) -> f64 {
        length(content).map_or(0.0, |length| length.as_secs_f64())
    }

    #[test]
    fn a_varying_bit_rate_is_counted_frame_by_frame() {
        let slow_first = [frame(1), frame(5).repeat(1999)].concat();
        assert!((52.2..52.3).contains(&seconds(&slow_first)), "{}", seconds(&slow_first));
        let fast_first = [frame(14), frame(1).repeat(3499)].concat();
        assert!((91.3..91.5).contains(&seconds(&fast_first)), "{}", seconds(&fast_first));
    }

    #[test]
    fn what_is_no_sound_does_not_play() {
        let mut about = frame(9);
        about[36..40].copy_from_slice(b"Xing");
        let tag = [b"ID3\x04\0\0\0\0\0\x05".as_slice(), &[0xff; 5]].concat();
        let tail = [b"TAG".as_slice(), &[0; 125]].concat();
        let file = [tag, about, frame(9).repeat(100), tail].concat();
        assert!((2.6..2.62).contains(&seconds(&file)), "{}", seconds(&file));
        assert_eq!(length(b"ID3 and nothing else"), None);
        assert_eq!(length(&[]), None);
    }
}
