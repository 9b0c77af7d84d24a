//! Media files: what is taken, and the ids that are given for them (docs/platform.md#media).

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::message::Kind;
use crate::simulator::dice;
use crate::simulator::judge::Refusal;
use crate::simulator::media_format::Format;
use crate::simulator::scenario::MediaTable;

const LONGEST_VOICE: Duration = Duration::from_secs(60);
/// Keeps media ids apart from tokens.
const MEDIA_SALT: u64 = 0x006d_6564_6961;

/// The `type` of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaType {
    Image,
    Voice,
    Video,
    Thumb,
}

impl MediaType {
    pub(crate) fn find(name: &str) -> Option<Self> {
        [Self::Image, Self::Voice, Self::Video, Self::Thumb].into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }

    /// The key of the id in the answer: a thumb has one of its own (docs/platform.md#uploads).
    pub(crate) fn id_key(self) -> &'static str {
        match self {
            Self::Image | Self::Voice | Self::Video => "media_id",
            Self::Thumb => "thumb_media_id",
        }
    }

    /// The largest file in bytes, and the code for a larger one.
    fn limit(self) -> (usize, i64) {
        match self {
            Self::Image => (10 << 20, 40009),
            Self::Voice => (2 << 20, 40010),
            Self::Video => (10 << 20, 40011),
            Self::Thumb => (64 << 10, 40012),
        }
    }

    fn takes(self, format: Format) -> bool {
        match self {
            Self::Image => matches!(format, Format::Png | Format::Jpeg | Format::Gif),
            Self::Voice => matches!(format, Format::Amr | Format::Mp3),
            Self::Video => format == Format::Mp4,
            Self::Thumb => format == Format::Jpeg,
        }
    }

    /// Whether a file is taken. Its name must end as files of some accepted format do; its format is read
    /// from its content, and the two need not agree.
    ///
    /// # Errors
    ///
    /// The errcode of the refusal.
    pub(crate) fn check(self, extension: &str, content: &[u8]) -> Result<(), i64> {
        let (limit, too_large) = self.limit();
        if content.is_empty() {
            return Err(44001);
        }
        if content.len() > limit {
            return Err(too_large);
        }
        let named = Format::of_extension(extension).is_some_and(|format| self.takes(format));
        let Some(format) = Format::of(content).filter(|format| named && self.takes(*format)) else {
            return Err(40005);
        };
        if format.duration(content).is_some_and(|duration| duration > LONGEST_VOICE) {
            return Err(45007);
        }
        Ok(())
    }
}

/// The ids that were given out.
#[derive(Debug)]
pub(crate) struct Shelf {
    items: HashMap<String, Item>,
    /// The contents behind the addresses of articles' pictures.
    pictures: HashMap<String, [u8; 32]>,
    known: HashSet<String>,
    strict: bool,
    life: Duration,
    seed: u64,
    named: u64,
}

#[derive(Debug)]
struct Item {
    kind: MediaType,
    sha256: [u8; 32],
    ends: Duration,
}

impl Shelf {
    pub(crate) fn new(table: &MediaTable, seed: u64) -> Self {
        Self {
            items: HashMap::new(),
            pictures: HashMap::new(),
            known: table.known.iter().cloned().collect(),
            strict: table.strict,
            life: table.life.0,
            seed,
            named: 0,
        }
    }

    /// Gives a file its id.
    pub(crate) fn add(&mut self, kind: MediaType, content: &[u8], now: Duration) -> String {
        let id = self.name();
        let sha256 = Sha256::digest(content).into();
        self.items.insert(id.clone(), Item { kind, sha256, ends: now + self.life });
        id
    }

    /// Gives the picture of an article its address.
    pub(crate) fn add_picture(&mut self, folder: &str, content: &[u8]) -> String {
        let url = format!("http://mmbiz.qpic.cn/{folder}/{}/0", self.name());
        self.pictures.insert(url.clone(), Sha256::digest(content).into());
        url
    }

    /// A message's body with every id and address that was given out here replaced by the content it stands for,
    /// `image:sha256:…`: what the recipient sees, whatever it was called this time.
    pub(crate) fn seen(&self, kind: Kind, message: &Value, body: &[u8]) -> Vec<u8> {
        let mut seen = body.to_vec();
        let mut show = |id: &Value, upload: &str, sha256: &[u8; 32]| {
            let hex: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
            let (from, to) = (id.to_string(), format!("\"{upload}:sha256:{hex}\""));
            if let Some(at) = memchr::memmem::find(&seen, from.as_bytes()) {
                seen.splice(at..at + from.len(), to.into_bytes());
            }
        };
        for &(place, _) in references(kind) {
            let Some(id) = message.pointer(place) else { continue };
            if let Some(item) = id.as_str().and_then(|id| self.items.get(id)) {
                show(id, item.kind.name(), &item.sha256);
            }
        }
        for article in message.pointer("/news/articles").and_then(Value::as_array).into_iter().flatten() {
            let url = &article["picurl"];
            if let Some(sha256) = url.as_str().and_then(|url| self.pictures.get(url)) {
                show(url, "uploadimg", sha256);
            }
        }
        seen
    }

    /// A name that was not given before.
    fn name(&mut self) -> String {
        self.named += 1;
        dice::id(self.seed ^ MEDIA_SALT, self.named, 64)
    }

    /// Whether every media id of a message works. An id that was not given out here works unless the
    /// scenario is strict: it may stand for permanent material.
    ///
    /// # Errors
    ///
    /// 40007, with the place.
    pub(crate) fn check(&self, kind: Kind, message: &Value, now: Duration) -> Result<(), Refusal> {
        for &(place, allowed) in references(kind) {
            let Some(id) = message.pointer(place).and_then(Value::as_str) else { continue };
            let fault = match self.items.get(id) {
                Some(item) if item.ends <= now => "has expired",
                Some(item) if !allowed.contains(&item.kind) => "is of another type",
                None if self.strict && !self.known.contains(id) => "was never uploaded",
                Some(_) | None => continue,
            };
            return Err(Refusal::new(40007, format!("{place}: {id:?} {fault}")));
        }
        Ok(())
    }
}

/// Where a message has media ids, and of which types they may be (docs/platform.md#the-kinds). The pages do not say
/// whether the cover of a video or of music must be a thumb, so an image is taken too.
fn references(kind: Kind) -> &'static [(&'static str, &'static [MediaType])] {
    const COVER: &[MediaType] = &[MediaType::Thumb, MediaType::Image];
    match kind {
        Kind::Image => &[("/image/media_id", &[MediaType::Image])],
        Kind::Voice => &[("/voice/media_id", &[MediaType::Voice])],
        Kind::Video => &[("/video/media_id", &[MediaType::Video]), ("/video/thumb_media_id", COVER)],
        Kind::Music => &[("/music/thumb_media_id", COVER)],
        Kind::Mpnews => &[("/mpnews/media_id", &[])],
        Kind::Miniprogrampage => &[("/miniprogrampage/thumb_media_id", &[MediaType::Image])],
        Kind::Text | Kind::News | Kind::Mpnewsarticle | Kind::Msgmenu | Kind::Wxcard | Kind::Link => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::media_format::samples;

    #[test]
    fn each_type_takes_its_formats_by_content_within_its_size() {
        let padded = |head: &[u8], length: usize| {
            let mut file = head.to_vec();
            file.resize(length, 0);
            file
        };
        let cases = [
            (MediaType::Image, "png", samples::PNG.to_vec(), Ok(())),
            (MediaType::Image, "jpg", samples::PNG.to_vec(), Ok(())),
            (MediaType::Image, "gif", samples::GIF.to_vec(), Ok(())),
            (MediaType::Image, "png", Vec::new(), Err(44001)),
            (MediaType::Image, "", samples::PNG.to_vec(), Err(40005)),
            (MediaType::Image, "png", b"plain text".to_vec(), Err(40005)),
            (MediaType::Image, "png", padded(samples::PNG, 10 << 20), Ok(())),
            (MediaType::Image, "png", padded(samples::PNG, (10 << 20) + 1), Err(40009)),
            (MediaType::Voice, "mp3", samples::mp3(Duration::from_secs(59)), Ok(())),
            (MediaType::Voice, "mp3", samples::mp3(Duration::from_secs(61)), Err(45007)),
            (MediaType::Voice, "amr", samples::amr(Duration::from_secs(60)), Ok(())),
            (MediaType::Voice, "amr", samples::amr(Duration::from_secs(61)), Err(45007)),
            (MediaType::Voice, "mp3", padded(samples::PNG, (2 << 20) + 1), Err(40010)),
            (MediaType::Video, "mp4", samples::MP4.to_vec(), Ok(())),
            (MediaType::Video, "mp4", samples::JPEG.to_vec(), Err(40005)),
            (MediaType::Thumb, "jpg", padded(samples::JPEG, 64 << 10), Ok(())),
            (MediaType::Thumb, "jpg", padded(samples::JPEG, (64 << 10) + 1), Err(40012)),
            (MediaType::Thumb, "jpg", samples::PNG.to_vec(), Err(40005)),
        ];
        for (kind, extension, content, expected) in cases {
            assert_eq!(kind.check(extension, &content), expected, "{kind:?} {extension} {}", content.len());
        }
    }

    #[test]
    fn ids_expire_have_a_type_and_may_be_unknown_unless_it_is_strict() {
        let image = |id: &str| serde_json::json!({ "image": { "media_id": id } });
        let now = Duration::from_secs(1);
        for strict in [false, true] {
            let table = MediaTable { strict, known: vec!["permanent".into()], ..MediaTable::default() };
            let mut shelf = Shelf::new(&table, 0);
            let (good, voice) =
                (shelf.add(MediaType::Image, b"a", now), shelf.add(MediaType::Voice, b"b", now));
            let check =
                |id: &str, at| shelf.check(Kind::Image, &image(id), at).map_err(|refusal| refusal.code);
            assert_eq!(check(&good, now), Ok(()));
            assert_eq!(check(&good, now + table.life.0), Err(40007));
            assert_eq!(check(&voice, now), Err(40007));
            assert_eq!(check("permanent", now), Ok(()));
            assert_eq!(check("unknown", now), if strict { Err(40007) } else { Ok(()) });
        }
    }
}
