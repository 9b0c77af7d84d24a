//! The pictures that a page holds: each content once, however many messages show it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::message::media::Format;
use crate::plan::digest::Digest;
use crate::plan::inspect;
use crate::plan::media::MediaFile;
use crate::plan::sample::chosen::Sample;
use crate::report::preview::drawing::Media;
use crate::report::preview::size;
use crate::report::preview::what::Preview;

/// The largest picture that a page takes in, in bytes: pages are mailed.
pub(crate) const LARGEST: u64 = 2 << 20;
/// The most that all pictures of a page come to, in bytes.
const ALL: u64 = 16 << 20;
/// A picture in a message takes no more room than this, in pixels; it keeps its shape.
const ROOM: (u32, u32) = (150, 200);
/// Nor is it narrower.
const NARROWEST: u32 = 48;

/// Pictures of local files, as classes of a style.
#[derive(Debug, Default)]
pub(crate) struct Gallery {
    held: Vec<Held>,
    bytes: u64,
    /// The rules that hold them.
    pub(crate) style: String,
    /// The class that shows the account's own picture, where there is one.
    pub(crate) avatar: Option<String>,
}

#[derive(Debug)]
struct Held {
    sha256: [u8; 32],
    /// The address, of a picture from the web.
    address: Option<String>,
}

impl Gallery {
    /// The pictures of a preview. A file that is too big, or cannot be read any more, is left out.
    pub(crate) fn of(preview: &Preview<'_>) -> Self {
        let mut gallery = Self::default();
        for place in preview.survey.samples.iter().flat_map(|sample| &sample.message.media) {
            gallery.take_file(&place.file);
        }
        for (address, content) in preview.covers.into_iter().flatten() {
            gallery.take(content, Some(address));
        }
        let avatar = preview.campaign.account.avatar.as_ref();
        let avatar = avatar.and_then(|name| preview.plan.library.picture(name, LARGEST));
        gallery.avatar = avatar.and_then(|content| gallery.take(&content, None));
        gallery
    }

    fn take_file(&mut self, file: &MediaFile) {
        if !file.format.content_type().starts_with("image/") || file.bytes > LARGEST {
            return;
        }
        if self.held.iter().any(|held| held.sha256 == file.content.sha256) {
            return;
        }
        // By now it may be gone or another one; then it is not shown.
        let Ok(content) = std::fs::read(&file.path) else { return };
        if *Digest::of(&content).as_bytes() == file.content.sha256 {
            self.take(&content, None);
        }
    }

    /// Holds a picture, and gives the class that shows it; nothing where it is none, or too big.
    fn take(&mut self, content: &[u8], address: Option<&String>) -> Option<String> {
        let bytes = u64::try_from(content.len()).expect("a length of what is in memory");
        let format = inspect::format(content).ok()?;
        let mime = match format {
            Format::Png | Format::Jpeg | Format::Gif => format.content_type(),
            Format::Amr | Format::Mp3 | Format::Mp4 => return None,
        };
        if bytes > LARGEST || self.bytes + bytes > ALL {
            return None;
        }
        let class = name(self.held.len());
        self.held.push(Held { sha256: *Digest::of(content).as_bytes(), address: address.cloned() });
        self.bytes += bytes;
        // Base64 has no character that means anything in a style. Writing into a String cannot fail.
        let _ = write!(
            self.style,
            ".{class}{{background-image:url(\"data:{mime};base64,{}\"){}}}",
            STANDARD.encode(content),
            shape(size::of(content))
        );
        Some(class)
    }

    /// What is known of the medium that stands in a message so: for a file that is its name, the openid in it masked or not.
    pub(crate) fn find(&self, sample: &Sample, text: &str) -> Media {
        let mut files = sample.message.media.iter().map(|place| &place.file);
        let Some(file) = files.find(|file| file.name == text || sample.people.hidden_in(&file.name) == text)
        else {
            let shown = self.held.iter().position(|held| held.address.as_deref() == Some(text));
            let web = text.starts_with("http://") || text.starts_with("https://");
            return Media { shown: shown.map(name), web, ..Media::default() };
        };
        Media {
            file: Some(text.to_owned()),
            shown: self.held.iter().position(|held| held.sha256 == file.content.sha256).map(name),
            seconds: file.length.map(|length| length.as_secs() + u64::from(length.subsec_millis() >= 500)),
            web: false,
        }
    }
}

/// How much room a picture of this size takes in a message: what a phone gives it, in its own shape.
fn shape(size: Option<(u32, u32)>) -> String {
    let Some((width, height)) = size.filter(|(width, height)| *width > 0 && *height > 0) else {
        return String::new();
    };
    let (most_wide, most_high) = ROOM;
    let by_height = u64::from(most_high) * u64::from(width) / u64::from(height);
    let wide = u32::try_from(by_height).map_or(most_wide, |by_height| by_height.min(most_wide));
    format!(";--ratio:{width}/{height};--wide:{}px", wide.max(NARROWEST))
}

fn name(index: usize) -> String {
    format!("picture-{index}")
}
