//! `[message.msgmenu]` (docs/platform.md#msgmenu).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::Rules;
use crate::message::{AccountKind, Message};

/// A question with answers to tap. Test accounts cannot send it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Msgmenu {
    /// The text above the answers.
    pub(crate) head_content: Option<String>,
    /// The answers. WeChat limits how many there may be and how long they are, but publishes no number.
    #[schemars(required)]
    pub(crate) list: Option<Vec<MenuItem>>,
    /// The text below the answers.
    pub(crate) tail_content: Option<String>,
}

/// An answer to tap.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MenuItem {
    /// What comes back as `bizmsgmenuid` when the answer is tapped.
    #[schemars(required)]
    pub(crate) id: Option<String>,
    /// What the answer says.
    #[schemars(required)]
    pub(crate) content: Option<String>,
}

impl Message for Msgmenu {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("head_content", self.head_content.as_ref(), Rules::OPTIONAL);
        draft.list("list", self.list.as_ref(), |item, draft| {
            draft.field("id", item.id.as_ref(), Rules::REQUIRED);
            draft.field("content", item.content.as_ref(), Rules::REQUIRED);
        });
        draft.field("tail_content", self.tail_content.as_ref(), Rules::OPTIONAL);
    }
}
