//! `[message.news]` (docs/platform.md#news).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::message::draft::Draft;
use crate::message::field::{Certainty, Form, Rules, Unit};
use crate::message::media::Upload;
use crate::message::{AccountKind, Message};

/// How many articles WeChat takes today; more are answered with 45008 (docs/platform.md#news).
const ARTICLES_TODAY: usize = 1;
/// How many articles WeChat ever took (docs/platform.md#where-sources-disagree).
const ARTICLES_EVER: usize = 8;

const TITLE: Rules = Rules::REQUIRED.at_most(64, Unit::Chars, Certainty::Rumoured);
const URL: Rules = Rules::REQUIRED.form(Form::Url);

/// A card that opens an external link.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct News {
    /// The article: exactly one. WeChat answers 45008 to more.
    #[schemars(required)]
    pub(crate) articles: Option<Vec<Article>>,
}

/// An article of a news card.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["picurl"]}, {"required": ["picture_file"]}]))]
pub(crate) struct Article {
    /// The title; more than 64 characters may be refused with 45003.
    #[schemars(required)]
    pub(crate) title: Option<String>,
    /// The text under the title.
    #[schemars(required)]
    pub(crate) description: Option<String>,
    /// What opens when the card is tapped.
    #[schemars(required)]
    pub(crate) url: Option<String>,
    /// The picture: JPG or PNG, 640 × 320 or 80 × 80 pixels look best.
    pub(crate) picurl: Option<String>,
    /// A picture that is uploaded, in place of an address, relative to the campaign file: JPG or PNG, below 1 MB.
    pub(crate) picture_file: Option<String>,
}

impl Message for News {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official]
    }

    fn compile(&self, _account: AccountKind, draft: &mut Draft) {
        let count = self.articles.as_ref().map_or(0, Vec::len);
        if count > ARTICLES_TODAY {
            let code = if count > ARTICLES_EVER { Code::TooManyArticles } else { Code::SeveralArticles };
            draft.fault("articles", |at| Diagnostic::new(code, at).with("count", count));
        }
        draft.list("articles", self.articles.as_ref(), |article, draft| {
            draft.field("title", article.title.as_ref(), TITLE);
            draft.field("description", article.description.as_ref(), Rules::REQUIRED);
            draft.field("url", article.url.as_ref(), URL);
            let address = ("picurl", article.picurl.as_ref());
            let file = ("picture_file", article.picture_file.as_ref());
            draft.media_or(address, file, Upload::ArticlePicture, URL);
        });
    }
}
