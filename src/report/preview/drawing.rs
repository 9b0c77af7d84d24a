//! A finished payload as WeChat shows it: one template a kind, filled from the payload's own JSON.

use serde::Serialize;
use serde_json::Value as Json;

use crate::message::Kind;
use crate::message::links::{Piece, pieces};

/// The template that draws a kind.
pub(crate) fn template(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => include_str!("assets/kinds/text.hbs"),
        Kind::Image => include_str!("assets/kinds/image.hbs"),
        Kind::Voice => include_str!("assets/kinds/voice.hbs"),
        Kind::Video => include_str!("assets/kinds/video.hbs"),
        Kind::Music => include_str!("assets/kinds/music.hbs"),
        Kind::News => include_str!("assets/kinds/news.hbs"),
        Kind::Mpnews => include_str!("assets/kinds/mpnews.hbs"),
        Kind::Mpnewsarticle => include_str!("assets/kinds/mpnewsarticle.hbs"),
        Kind::Msgmenu => include_str!("assets/kinds/msgmenu.hbs"),
        Kind::Wxcard => include_str!("assets/kinds/wxcard.hbs"),
        Kind::Miniprogrampage => include_str!("assets/kinds/miniprogrampage.hbs"),
        Kind::Link => include_str!("assets/kinds/link.hbs"),
    }
}

/// The template of a picture or a sound, for those of the kinds.
pub(crate) const MEDIA: &str = include_str!("assets/media.hbs");

/// The keys whose texts a phone shows. Others, such as addresses and ids, are listed beside it.
const SHOWN: &[&str] = &["content", "title", "description", "head_content", "tail_content"];

/// What the template of a kind is filled with.
#[derive(Debug, Serialize)]
pub(crate) struct Drawing<'p> {
    /// The kind's own object of the payload.
    pub(crate) message: &'p Json,
    /// Its `content` in pieces, links apart.
    pub(crate) pieces: Vec<Piece<'p>>,
    /// The pictures and sounds that it names.
    pub(crate) media: MediaFields,
    /// The pictures of its articles, in their order.
    pub(crate) covers: Vec<Media>,
}

/// The media of a message, by the field that names them.
#[derive(Debug, Default, Serialize)]
pub(crate) struct MediaFields {
    /// The picture, the recording or the video.
    pub(crate) media_id: Option<Media>,
    /// The picture shown before a video, or on a card.
    pub(crate) thumb_media_id: Option<Media>,
    /// The picture of a link, from the web.
    pub(crate) thumb_url: Option<Media>,
}

/// A picture or a sound.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Media {
    /// The name of its file, where it is a local one.
    pub(crate) file: Option<String>,
    /// The class that shows the picture itself, in the page's style, where the page holds it.
    pub(crate) shown: Option<String>,
    /// How long a recording takes, where that is known.
    pub(crate) seconds: Option<u64>,
    /// Whether it is an address in the web.
    pub(crate) web: bool,
}

impl<'p> Drawing<'p> {
    /// The drawing of a kind's object. `media` finds what is known of the medium that a field names so.
    pub(crate) fn new(message: &'p Json, media: impl Fn(&str) -> Media) -> Self {
        let named = |field: &str| message[field].as_str().map(&media);
        let articles = message["articles"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            message,
            pieces: message["content"].as_str().map_or_else(Vec::new, pieces),
            media: MediaFields {
                media_id: named("media_id"),
                thumb_media_id: named("thumb_media_id"),
                thumb_url: named("thumb_url"),
            },
            covers: articles.iter().map(|article| media(article["picurl"].as_str().unwrap_or(""))).collect(),
        }
    }

    /// The pictures and sounds it names.
    pub(crate) fn all_media(&self) -> impl Iterator<Item = &Media> {
        let MediaFields { media_id, thumb_media_id, thumb_url } = &self.media;
        media_id.iter().chain(thumb_media_id).chain(thumb_url).chain(&self.covers)
    }

    /// Whether the phone shows a text of the campaign's.
    pub(crate) fn has_text(&self) -> bool {
        has_text(self.message)
    }

    /// The fields that the phone does not show, by their path, with their texts.
    pub(crate) fn hidden(&self) -> Vec<(String, &'p str)> {
        let mut found = Vec::new();
        hidden("", self.message, &mut found);
        found
    }
}

fn has_text(value: &Json) -> bool {
    match value {
        Json::Object(map) => map.iter().any(|(key, value)| SHOWN.contains(&key.as_str()) || has_text(value)),
        Json::Array(items) => items.iter().any(has_text),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

fn hidden<'p>(path: &str, value: &'p Json, found: &mut Vec<(String, &'p str)>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map.iter().filter(|(key, _)| !SHOWN.contains(&key.as_str())) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                hidden(&path, value, found);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                hidden(&format!("{path}[{}]", index + 1), item, found);
            }
        }
        Json::String(text) => found.push((path.to_owned(), text)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_phone_does_not_show_is_told_beside_it() {
        let message =
            json!({ "articles": [{ "title": "t", "description": "d", "url": "u", "picurl": "p" }] });
        let drawing = Drawing::new(&message, |_| Media::default());
        let expected = [("articles[1].url".to_owned(), "u"), ("articles[1].picurl".to_owned(), "p")];
        assert_eq!(drawing.hidden(), expected);
    }
}
