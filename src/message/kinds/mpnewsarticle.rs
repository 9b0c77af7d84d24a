//! `[message.mpnewsarticle]` (docs/platform.md#mpnewsarticle).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::Rules;
use crate::message::{AccountKind, Message};

/// A card that opens a published article.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mpnewsarticle {
    /// The article id that publishing the article gave.
    #[schemars(required)]
    pub(crate) article_id: Option<String>,
}

impl Message for Mpnewsarticle {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        draft.field("article_id", self.article_id.as_ref(), Rules::REQUIRED);
    }
}
