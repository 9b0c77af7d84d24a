//! `[message.wxcard]` (docs/platform.md#wxcard).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::Rules;
use crate::message::{AccountKind, Message};

/// A coupon card. Only cards without custom codes, and those in code-import mode, can be sent.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wxcard {
    /// The card's id.
    #[schemars(required)]
    pub(crate) card_id: Option<String>,
}

impl Message for Wxcard {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("card_id", self.card_id.as_ref(), Rules::REQUIRED);
    }
}
