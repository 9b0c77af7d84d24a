//! `[message.video]` (wechat-facts 1.4, video).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::Rules;
use crate::message::{AccountKind, Message};

/// A video.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Video {
    /// The media id of the video.
    #[schemars(required)]
    pub media_id: Option<String>,
    /// The media id of the picture shown before the video plays. WeChat's newest table asks for it.
    #[schemars(required)]
    pub thumb_media_id: Option<String>,
    /// The title under the video.
    pub title: Option<String>,
    /// The text under the title.
    pub description: Option<String>,
}

impl Message for Video {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("media_id", self.media_id.as_ref(), Rules::REQUIRED);
        draft.field("thumb_media_id", self.thumb_media_id.as_ref(), Rules::REQUIRED);
        draft.field("title", self.title.as_ref(), Rules::OPTIONAL);
        draft.field("description", self.description.as_ref(), Rules::OPTIONAL);
    }
}
