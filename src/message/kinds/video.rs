//! `[message.video]` (docs/platform.md#video).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::Rules;
use crate::message::media::Upload;
use crate::message::{AccountKind, Message};

/// A video.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = [
    {"oneOf": [{"required": ["media_id"]}, {"required": ["file"]}]},
    {"oneOf": [{"required": ["thumb_media_id"]}, {"required": ["thumb_file"]}]},
]))]
pub(crate) struct Video {
    /// The media id of the video.
    pub(crate) media_id: Option<String>,
    /// A video that is uploaded, in place of a media id, relative to the campaign file: MP4, at most 10 MB.
    pub(crate) file: Option<String>,
    /// The media id of the picture shown before the video plays. WeChat's newest table asks for it.
    pub(crate) thumb_media_id: Option<String>,
    /// A picture that is uploaded, in place of a media id: JPG, at most 64 KB.
    pub(crate) thumb_file: Option<String>,
    /// The title under the video.
    pub(crate) title: Option<String>,
    /// The text under the title.
    pub(crate) description: Option<String>,
}

impl Message for Video {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.media(("media_id", self.media_id.as_ref()), ("file", self.file.as_ref()), Upload::Video);
        let thumb = ("thumb_media_id", self.thumb_media_id.as_ref());
        draft.media(thumb, ("thumb_file", self.thumb_file.as_ref()), Upload::Thumb);
        draft.field("title", self.title.as_ref(), Rules::OPTIONAL);
        draft.field("description", self.description.as_ref(), Rules::OPTIONAL);
    }
}
