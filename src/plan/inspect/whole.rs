//! Whether a picture is there to its end: one whose download broke off looks sound from its beginning.

use std::io::{self, BufReader, ErrorKind, Read, Seek};

use crate::message::media::Format;

/// Whether a file has the end that its format asks for. What has no pictures in it is not looked at.
pub(crate) fn is_whole(format: Format, file: impl Read + Seek) -> io::Result<bool> {
    let mut file = BufReader::new(file);
    let looked = match format {
        Format::Png => png(&mut file),
        Format::Jpeg => jpeg(&mut file),
        Format::Gif => gif(&mut file),
        Format::Amr | Format::Mp3 | Format::Mp4 => Ok(()),
    };
    match looked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn take<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip(file: &mut impl Read, count: u64) -> io::Result<()> {
    let skipped = io::copy(&mut file.take(count), &mut io::sink())?;
    if skipped < count { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Chunks, each with its length, up to `IEND`.
fn png(file: &mut impl Read) -> io::Result<()> {
    skip(file, 8)?;
    loop {
        let length = u32::from_be_bytes(take(file)?);
        let name: [u8; 4] = take(file)?;
        skip(file, u64::from(length) + 4)?;
        if &name == b"IEND" {
            return Ok(());
        }
    }
}

/// Segments up to the end of the image. The small picture that cameras put into a segment has an end of its own.
fn jpeg(file: &mut impl Read) -> io::Result<()> {
    skip(file, 2)?;
    let mut marker = next_marker(file)?;
    loop {
        match marker {
            0xd9 => return Ok(()),
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let length = u16::from_be_bytes(take(file)?);
                skip(file, u64::from(length.saturating_sub(2)))?;
            }
        }
        marker = next_marker(file)?;
    }
}

/// The next marker, behind the data of a scan where there is one.
fn next_marker(file: &mut impl Read) -> io::Result<u8> {
    let mut before = 0;
    loop {
        let [byte] = take(file)?;
        if before == 0xff && !matches!(byte, 0 | 0xff) {
            return Ok(byte);
        }
        before = byte;
    }
}

/// Blocks up to the trailer.
fn gif(file: &mut impl Read) -> io::Result<()> {
    skip(file, 10)?;
    let [flags, _, _] = take(file)?;
    skip_colours(file, flags)?;
    loop {
        match take(file)? {
            [0x3b] => return Ok(()),
            [0x21] => skip(file, 1)?,
            [0x2c] => {
                skip(file, 8)?;
                let [flags] = take(file)?;
                skip_colours(file, flags)?;
                skip(file, 1)?;
            }
            // Nothing is known of such a block; it is not cut off, at any rate.
            [_] => return Ok(()),
        }
        loop {
            match take(file)? {
                [0] => break,
                [length] => skip(file, u64::from(length))?,
            }
        }
    }
}

fn skip_colours(file: &mut impl Read, flags: u8) -> io::Result<()> {
    if flags & 0x80 == 0 { Ok(()) } else { skip(file, 3 << ((flags & 7) + 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x02IHDRab\0\0\0\0\0\0\0\0IEND\xaeB`\x82";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x06\xff\xd9ab\xff\xda\0\x02data\xff\0more\xff\xd0yet\xff\xd9";
    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0\x21\xf9\x04\x01\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";

    fn whole(format: Format, content: &[u8]) -> bool {
        is_whole(format, Cursor::new(content)).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_picture_ends_where_its_format_says_and_not_before() {
        for (format, content) in [(Format::Png, PNG), (Format::Jpeg, JPEG), (Format::Gif, GIF)] {
            assert!(whole(format, content), "{format}");
            assert!(whole(format, &[content, b"what a camera adds"].concat()), "{format}");
            for cut in 16..content.len() {
                assert!(!whole(format, &content[..cut]), "{format} cut at {cut}");
            }
        }
        assert!(whole(Format::Mp4, b""));
    }
}
