//! Media files: what WeChat takes, as what, and how a content is named before it has an id.
//!
//! Nothing here reads a file. What was seen in one is held against the platform's limits (docs/platform.md#uploads,
//! docs/platform.md#pictures-of-articles).

use std::fmt;
use std::time::Duration;

use crate::diagnostic::code::Code;
use crate::diagnostic::value::{Key, Value};
use crate::message::problem::Problem;

const KB: u64 = 1 << 10;
const MB: u64 = 1 << 20;

/// The limit of pictures in the notes of the very page whose list says 10 MB
/// (docs/platform.md#where-sources-disagree).
const DOUBTFUL_IMAGE: u64 = 2 * MB;

/// How a file is called that is not there: only a pointer of Git LFS is.
pub(crate) const LFS: &str = "git-lfs";

/// What a file is uploaded as: the `type` of `media/upload`, or the call `media/uploadimg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Upload {
    /// A picture.
    Image,
    /// A voice recording.
    Voice,
    /// A video.
    Video,
    /// The cover of a video or of music.
    Thumb,
    /// A picture for an article; the platform gives an address for it and no id.
    ArticlePicture,
}

/// A format of media files that the platform takes for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Format {
    /// PNG.
    Png,
    /// JPEG, whether its name ends in `.jpg` or `.jpeg`.
    Jpeg,
    /// GIF.
    Gif,
    /// AMR.
    Amr,
    /// MP3.
    Mp3,
    /// MP4.
    Mp4,
}

/// A content and what it is uploaded as. Equal contents are one content, whatever their files are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Content {
    /// What it is uploaded as.
    pub(crate) upload: Upload,
    /// The SHA-256 of its bytes.
    pub(crate) sha256: [u8; 32],
}

/// What a file shows of itself, as far as the rules of media ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFacts {
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// Its format, or the name of another one that it has, where that is known.
    pub(crate) format: Result<Format, Option<&'static str>>,
    /// How long it plays, where it is sound whose length can be told.
    pub(crate) length: Option<Duration>,
    /// Whether it has the end that its format asks for.
    pub(crate) whole: bool,
}

impl Upload {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Image, Self::Voice, Self::Video, Self::Thumb, Self::ArticlePicture];

    /// Its name: the platform's `type`, or `uploadimg`. It is kept on disk and in payloads' digests and never
    /// changes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
            Self::ArticlePicture => "uploadimg",
        }
    }

    /// Whether it gives a media id, which dies; an article's picture gets an address instead.
    pub(crate) fn gives_id(self) -> bool {
        match self {
            Self::Image | Self::Voice | Self::Video | Self::Thumb => true,
            Self::ArticlePicture => false,
        }
    }

    /// The most bytes a file may have (docs/platform.md#uploads; docs/platform.md#pictures-of-articles, where it
    /// must be below 1 MB).
    pub(crate) fn max_bytes(self) -> u64 {
        match self {
            Self::Image | Self::Video => 10 * MB,
            Self::Voice => 2 * MB,
            Self::Thumb => 64 * KB,
            Self::ArticlePicture => MB - 1,
        }
    }

    /// The formats it takes (docs/platform.md#uploads, docs/platform.md#pictures-of-articles).
    pub(crate) fn formats(self) -> &'static [Format] {
        match self {
            Self::Image => &[Format::Png, Format::Jpeg, Format::Gif],
            Self::Voice => &[Format::Amr, Format::Mp3],
            Self::Video => &[Format::Mp4],
            Self::Thumb => &[Format::Jpeg],
            Self::ArticlePicture => &[Format::Jpeg, Format::Png],
        }
    }

    /// How long it may play, where that is limited (docs/platform.md#uploads).
    pub(crate) fn longest(self) -> Option<Duration> {
        match self {
            Self::Voice => Some(Duration::from_secs(60)),
            Self::Image | Self::Video | Self::Thumb | Self::ArticlePicture => None,
        }
    }

    /// Holds what was seen in a file to the platform's limits and hands every problem to `found`. `name` is the
    /// file's name as the campaign gives it.
    pub(crate) fn check(self, name: &str, facts: &FileFacts, found: &mut impl FnMut(Problem)) {
        let problem = |code| Problem::new(code).with("file", name);
        if facts.bytes == 0 {
            return found(problem(Code::MediaEmpty));
        }
        if facts.bytes > self.max_bytes() {
            let max = size(self.max_bytes());
            found(problem(Code::MediaTooLarge).with("size", size(facts.bytes)).with("max", max));
        } else if self == Self::Image && facts.bytes > DOUBTFUL_IMAGE {
            let doubtful = size(DOUBTFUL_IMAGE);
            found(problem(Code::MediaLarge).with("size", size(facts.bytes)).with("doubtful", doubtful));
        }
        match facts.format {
            Ok(format) if self.formats().contains(&format) => self.check_sound(name, format, facts, found),
            Ok(format) => found(self.misfit(name, format.name())),
            Err(other) => {
                let told = match other {
                    Some(LFS) => Key::new("type.lfs-pointer").into(),
                    Some(other) => Value::from(other),
                    None => Key::new("type.no-media").into(),
                };
                found(self.misfit(name, told))
            }
        }
    }

    fn check_sound(self, name: &str, format: Format, facts: &FileFacts, found: &mut impl FnMut(Problem)) {
        let problem = |code| Problem::new(code).with("file", name);
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        if ending.as_deref().is_some_and(|ending| Format::of_ending(ending).is_some_and(|it| it != format)) {
            found(problem(Code::MediaName).with("format", format.name()));
        }
        if !facts.whole {
            found(problem(Code::MediaCutOff));
        }
        let Some(longest) = self.longest() else { return };
        match facts.length {
            None => found(problem(Code::MediaUnmeasured)),
            Some(length) if length > longest => found(
                problem(Code::MediaTooLong)
                    .with("seconds", format!("{:.1}", length.as_secs_f64()))
                    .with("max", longest.as_secs()),
            ),
            Some(_) => {}
        }
    }

    fn misfit(self, name: &str, format: impl Into<Value>) -> Problem {
        let allowed: Vec<&str> = self.formats().iter().map(|format| format.name()).collect();
        Problem::new(Code::MediaFormat)
            .with("file", name)
            .with("format", format)
            .with("allowed", allowed.join(", "))
    }
}

impl fmt::Display for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Format {
    /// Its name, which is also how the names of such files end.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Amr => "amr",
            Self::Mp3 => "mp3",
            Self::Mp4 => "mp4",
        }
    }

    /// The format that the end of a file's name, in lower case, promises.
    fn of_ending(ending: &str) -> Option<Self> {
        let all = [Self::Png, Self::Jpeg, Self::Gif, Self::Amr, Self::Mp3, Self::Mp4];
        all.into_iter().find(|format| format.name() == ending || *format == Self::Jpeg && ending == "jpeg")
    }

    /// The content type of an upload.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Amr => "audio/amr",
            Self::Mp3 => "audio/mpeg",
            Self::Mp4 => "video/mp4",
        }
    }

    /// The file name of an upload: always ASCII, because the platform answers 41005 to any other
    /// (docs/platform.md#file-names), and with the ending that the content has, because one without an ending gets
    /// 40005 (docs/platform.md#upload-errors).
    pub(crate) fn file_name(self) -> String {
        format!("media.{}", self.name())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a content is named where its id will stand: `image:sha256:` and 64 hexadecimal digits.
impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:sha256:", self.upload)?;
        self.sha256.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A size for people, to the byte: `1.5 MB (1572864 B)`.
pub(crate) fn size(bytes: u64) -> String {
    // Sizes of files fit a float well enough for a person.
    #[expect(clippy::cast_precision_loss)]
    let in_units = |unit: u64, name: &str| format!("{:.1} {name} ({bytes} B)", bytes as f64 / unit as f64);
    match bytes {
        0..KB => format!("{bytes} B"),
        KB..MB => in_units(KB, "KB"),
        MB.. => in_units(MB, "MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(upload: Upload, name: &str, facts: FileFacts) -> Vec<Code> {
        let mut codes = Vec::new();
        upload.check(name, &facts, &mut |problem| codes.push(problem.code));
        codes
    }

    fn facts(bytes: u64, format: Format) -> FileFacts {
        FileFacts { bytes, format: Ok(format), length: None, whole: true }
    }

    #[test]
    fn each_limit_holds_to_the_byte() {
        let limits = [
            (Upload::Image, Format::Gif, 10 << 20),
            (Upload::Video, Format::Mp4, 10 << 20),
            (Upload::Thumb, Format::Jpeg, 64 << 10),
            (Upload::ArticlePicture, Format::Png, (1 << 20) - 1),
        ];
        for (upload, format, most) in limits {
            let name = format.file_name();
            assert!(!codes(upload, &name, facts(most, format)).contains(&Code::MediaTooLarge), "{upload}");
            assert!(codes(upload, &name, facts(most + 1, format)).contains(&Code::MediaTooLarge), "{upload}");
        }
        assert_eq!(codes(Upload::Image, "a.png", facts((2 << 20) + 1, Format::Png)), [Code::MediaLarge]);
    }

    #[test]
    fn the_content_decides_and_a_wrong_name_is_worth_a_word() {
        assert_eq!(codes(Upload::Image, "a.jpg", facts(9, Format::Png)), [Code::MediaName]);
        assert_eq!(codes(Upload::Image, "a.JPEG", facts(9, Format::Jpeg)), []);
        assert_eq!(codes(Upload::Image, "a", facts(9, Format::Jpeg)), []);
        assert_eq!(codes(Upload::Thumb, "a.jpg", facts(9, Format::Png)), [Code::MediaFormat]);
        let foreign = FileFacts { bytes: 9, format: Err(Some("webp")), length: None, whole: true };
        assert_eq!(codes(Upload::Image, "a.png", foreign), [Code::MediaFormat]);
    }

    #[test]
    fn a_voice_plays_for_a_minute_and_no_longer() {
        let voice = |length| FileFacts { bytes: 9, format: Ok(Format::Mp3), length, whole: true };
        let seconds = |seconds| codes(Upload::Voice, "a.mp3", voice(seconds));
        assert_eq!(seconds(Some(Duration::from_secs(60))), []);
        assert_eq!(seconds(Some(Duration::from_millis(60_001))), [Code::MediaTooLong]);
        assert_eq!(seconds(None), [Code::MediaUnmeasured]);
    }

    #[test]
    fn sizes_are_told_in_units_and_to_the_byte() {
        let told = [812, 65_537, 10_485_761].map(size);
        assert_eq!(told, ["812 B", "64.0 KB (65537 B)", "10.0 MB (10485761 B)"]);
    }
}
