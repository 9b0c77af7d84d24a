//! `[message.mpnews]` (docs/platform.md#mpnews).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::Rules;
use crate::message::{AccountKind, Message};

/// An article card by media id; WeChat is retiring it, `mpnewsarticle` takes its place.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mpnews {
    /// The media id of the article. The article id of a published article does not work here.
    #[schemars(required)]
    pub(crate) media_id: Option<String>,
}

impl Message for Mpnews {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("media_id", self.media_id.as_ref(), Rules::REQUIRED);
    }
}
