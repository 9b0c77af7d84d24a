//! `[message.music]` (docs/platform.md#music).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::{Form, Rules};
use crate::message::media::Upload;
use crate::message::{AccountKind, Message};

/// A piece of music with a cover.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["thumb_media_id"]}, {"required": ["thumb_file"]}]))]
pub(crate) struct Music {
    /// The title. WeChat's newest table asks for it.
    #[schemars(required)]
    pub(crate) title: Option<String>,
    /// The text under the title. WeChat's newest table asks for it.
    #[schemars(required)]
    pub(crate) description: Option<String>,
    /// The address of the music.
    #[schemars(required)]
    pub(crate) musicurl: Option<String>,
    /// The address of the music in better quality, used on Wi-Fi.
    pub(crate) hqmusicurl: Option<String>,
    /// The media id of the cover.
    pub(crate) thumb_media_id: Option<String>,
    /// A cover that is uploaded, in place of a media id, relative to the campaign file: JPG, at most 64 KB.
    pub(crate) thumb_file: Option<String>,
}

impl Message for Music {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("title", self.title.as_ref(), Rules::REQUIRED);
        draft.field("description", self.description.as_ref(), Rules::REQUIRED);
        draft.field("musicurl", self.musicurl.as_ref(), Rules::REQUIRED.form(Form::Url));
        draft.field("hqmusicurl", self.hqmusicurl.as_ref(), Rules::OPTIONAL.form(Form::Url));
        let thumb = ("thumb_media_id", self.thumb_media_id.as_ref());
        draft.media(thumb, ("thumb_file", self.thumb_file.as_ref()), Upload::Thumb);
    }
}
