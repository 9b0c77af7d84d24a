//! `[message.voice]` (wechat-facts 1.4, voice).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::Rules;
use crate::message::{AccountKind, Message};

/// A voice recording.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    /// A temporary or permanent media id. A temporary one lives three days.
    #[schemars(required)]
    pub media_id: Option<String>,
}

impl Message for Voice {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("media_id", self.media_id.as_ref(), Rules::REQUIRED);
    }
}
