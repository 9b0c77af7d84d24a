//! `[message.image]` (docs/platform.md#image).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::media::Upload;
use crate::message::{AccountKind, Message};

/// A picture.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["media_id"]}, {"required": ["file"]}]))]
pub(crate) struct Image {
    /// A temporary or permanent media id. A temporary one lives three days.
    pub(crate) media_id: Option<String>,
    /// A file that is uploaded, in place of a media id, relative to the campaign file: PNG, JPG or GIF, at most
    /// 10 MB. A template such as `"qr/{{openid}}.png"` gives everybody their own.
    pub(crate) file: Option<String>,
}

impl Message for Image {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official, AccountKind::MiniProgram]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.media(("media_id", self.media_id.as_ref()), ("file", self.file.as_ref()), Upload::Image);
    }
}
