//! `[message.miniprogrampage]` (docs/platform.md#miniprogrampage).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;
use crate::message::field::{Form, Rules};
use crate::message::media::Upload;
use crate::message::{AccountKind, Message};

/// A mini program card.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["thumb_media_id"]}, {"required": ["thumb_file"]}]))]
pub(crate) struct Miniprogrampage {
    /// The title.
    #[schemars(required)]
    pub(crate) title: Option<String>,
    /// The mini program's appid, which must be linked with the account. Official Accounts must give it, mini
    /// programs must not: they send cards of their own.
    pub(crate) appid: Option<String>,
    /// The page as in app.json, with parameters: `pages/index/index?foo=bar`.
    #[schemars(required)]
    pub(crate) pagepath: Option<String>,
    /// The media id of the card's picture, uploaded as an image; 520 × 416 pixels look best.
    pub(crate) thumb_media_id: Option<String>,
    /// A picture that is uploaded as an image, in place of a media id, relative to the campaign file: PNG, JPG or
    /// GIF, at most 10 MB.
    pub(crate) thumb_file: Option<String>,
}

impl Message for Miniprogrampage {
    fn accounts(&self) -> &'static [AccountKind] {
        &[AccountKind::Official, AccountKind::MiniProgram]
    }

    fn compile(&self, account: AccountKind, draft: &mut Draft) {
        draft.field("title", self.title.as_ref(), Rules::REQUIRED);
        match account {
            AccountKind::Official => {
                draft.field("appid", self.appid.as_ref(), Rules::REQUIRED.form(Form::MiniprogramAppid));
            }
            AccountKind::MiniProgram => {
                if self.appid.is_some() {
                    draft.refuse("appid", account);
                }
            }
        }
        draft.field("pagepath", self.pagepath.as_ref(), Rules::REQUIRED.form(Form::Page));
        // The card's picture is an image upload, not a thumb (docs/platform.md#miniprogrampage).
        let thumb = ("thumb_media_id", self.thumb_media_id.as_ref());
        draft.media(thumb, ("thumb_file", self.thumb_file.as_ref()), Upload::Image);
    }
}
