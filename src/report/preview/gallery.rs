//! The pictures that a page holds: each content once, however many messages show it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::message::media::Content;
use crate::plan::digest::Digest;
use crate::plan::media::MediaFile;
use crate::plan::sample::chosen::Sample;
use crate::report::preview::drawing::Media;

/// The largest picture that a page takes in, in bytes: pages are mailed.
const LARGEST: u64 = 2 << 20;
/// The most that all pictures of a page come to, in bytes.
const ALL: u64 = 16 << 20;

/// Pictures of local files, as classes of a style.
#[derive(Debug, Default)]
pub(crate) struct Gallery {
    held: Vec<Content>,
    bytes: u64,
    /// The rules that hold them.
    pub(crate) style: String,
}

impl Gallery {
    /// The pictures of these messages. A file that is too big, or cannot be read any more, is left out.
    pub(crate) fn of(samples: &[Sample]) -> Self {
        let mut gallery = Self::default();
        for place in samples.iter().flat_map(|sample| &sample.message.media) {
            gallery.take(&place.file);
        }
        gallery
    }

    fn take(&mut self, file: &MediaFile) {
        let fits = file.bytes <= LARGEST && self.bytes + file.bytes <= ALL;
        let mime = file.format.content_type();
        if !mime.starts_with("image/") || !fits || self.held.contains(&file.content) {
            return;
        }
        // By now it may be gone or another one; then it is not shown.
        let Ok(content) = std::fs::read(&file.path) else { return };
        if *Digest::of(&content).as_bytes() != file.content.sha256 {
            return;
        }
        let name = name(self.held.len());
        self.held.push(file.content);
        self.bytes += file.bytes;
        // Base64 has no character that means anything in a style. Writing into a String cannot fail.
        let _ = write!(
            self.style,
            ".{name}{{background-image:url(\"data:{mime};base64,{}\")}}",
            STANDARD.encode(content)
        );
    }

    /// What is known of the medium that stands in a message so: for a file that is its name, the openid in it masked or not.
    pub(crate) fn find(&self, sample: &Sample, text: &str) -> Media {
        let mut files = sample.message.media.iter().map(|place| &place.file);
        let Some(file) = files.find(|file| file.name == text || sample.people.hidden_in(&file.name) == text)
        else {
            return Media::default();
        };
        Media {
            file: Some(text.to_owned()),
            shown: self.held.iter().position(|held| *held == file.content).map(name),
            seconds: file.length.map(|length| length.as_secs() + u64::from(length.subsec_millis() >= 500)),
        }
    }
}

fn name(index: usize) -> String {
    format!("picture-{index}")
}
