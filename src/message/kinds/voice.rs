//! `[message.voice]` (docs/platform.md#voice).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::media::Upload;
use crate::message::{AccountKind, Message};

/// A voice recording.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["media_id"]}, {"required": ["file"]}]))]
pub(crate) struct Voice {
    /// A temporary or permanent media id. A temporary one lives three days.
    pub(crate) media_id: Option<String>,
    /// A file that is uploaded, in place of a media id, relative to the campaign file: AMR or MP3, at most 2 MB and
    /// 60 seconds.
    pub(crate) file: Option<String>,
}

impl Message for Voice {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.media(("media_id", self.media_id.as_ref()), ("file", self.file.as_ref()), Upload::Voice);
    }
}
