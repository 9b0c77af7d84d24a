//! `[message.text]` (docs/platform.md#text-length, docs/platform.md#links-in-texts).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::{Certainty, Form, Rules, Unit};
use crate::message::{AccountKind, Message};

/// The longest text that was seen to pass, in bytes of UTF-8. Measured by users; the documentation gives no
/// number. Markup counts, and a longer text is refused whole with 45002 (docs/platform.md#text-length).
pub(crate) const MAX_BYTES: usize = 2048;

const CONTENT: Rules = Rules::REQUIRED.at_most(MAX_BYTES, Unit::Bytes, Certainty::Refused).form(Form::Markup);

/// A text message.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    /// The text: at most 2048 bytes of UTF-8 once filled, about 680 Chinese characters. Line breaks are shown,
    /// `<a href="https://example.com">…</a>` is a link, and with `data-miniprogram-appid` and
    /// `data-miniprogram-path` it is one into a mini program that is bound to the account.
    #[schemars(required)]
    pub(crate) content: Option<String>,
}

impl Message for Text {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official, AccountKind::MiniProgram]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("content", self.content.as_ref(), CONTENT);
    }
}
