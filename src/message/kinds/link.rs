//! `[message.link]` (docs/platform.md#link).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::{Form, Rules};
use crate::message::{AccountKind, Message};

/// A link card. Only mini programs can send it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    /// The title.
    #[schemars(required)]
    pub(crate) title: Option<String>,
    /// The text under the title.
    #[schemars(required)]
    pub(crate) description: Option<String>,
    /// What opens when the card is tapped.
    #[schemars(required)]
    pub(crate) url: Option<String>,
    /// The picture: JPG or PNG, 640 × 320 or 80 × 80 pixels look best.
    #[schemars(required)]
    pub(crate) thumb_url: Option<String>,
}

impl Message for Link {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::MiniProgram]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("title", self.title.as_ref(), Rules::REQUIRED);
        draft.field("description", self.description.as_ref(), Rules::REQUIRED);
        draft.field("url", self.url.as_ref(), Rules::REQUIRED.form(Form::Url));
        draft.field("thumb_url", self.thumb_url.as_ref(), Rules::REQUIRED.form(Form::Url));
    }
}
