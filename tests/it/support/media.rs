//! Small media files that are what they say.

/// A picture, another content for each word.
pub fn png(word: &str) -> Vec<u8> {
    let length = u32::try_from(word.len()).expect("a short word").to_be_bytes();
    let text = [length.as_slice(), b"tEXt", word.as_bytes(), &[0; 4]].concat();
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0".as_slice();
    [head, &text, b"\0\0\0\0IEND\xaeB`\x82"].concat()
}

/// A photo.
pub fn jpg(word: &str) -> Vec<u8> {
    let length = u16::try_from(word.len() + 2).expect("a short word").to_be_bytes();
    let head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xfe".as_slice();
    [head, &length, word.as_bytes(), b"\xff\xd9"].concat()
}

/// A video.
pub fn mp4(word: &str) -> Vec<u8> {
    [b"\0\0\0\x18ftypmp42\0\0\0\0", word.as_bytes()].concat()
}

/// A recording: mono of 32 kbit/s at 32 kHz, frames of 144 bytes and 36 ms.
pub fn mp3(seconds: usize) -> Vec<u8> {
    let frame = [&[0xff, 0xfb, 0x18, 0xc0][..], &[0; 140]].concat();
    frame.repeat((seconds * 1000).div_ceil(36))
}

/// A recording: frames of 12.2 kbit/s and 20 ms.
pub fn amr(seconds: usize) -> Vec<u8> {
    let frame = [&[0x3c][..], &[0; 31]].concat();
    [b"#!AMR\n".to_vec(), frame.repeat(seconds * 50)].concat()
}
